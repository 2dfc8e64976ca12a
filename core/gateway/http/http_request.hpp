/// \file http_request.hpp
/// One request of a client, as it was received.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/http/request_record.hpp"

namespace prx::gateway {

class AccessKey;

/// A value. Views are into `text_` and live as long as it does; a move keeps none of them.
class HttpRequest {
 public:
  std::string method;  ///< as it came: "GET"
  std::string path;  ///< without the query, never empty: "/v1/models"; escapes are left as they are
  std::string query;  ///< behind the "?", or ""
  std::string body;
  int version = 11;        ///< 10 or 11
  bool keep_alive = true;  ///< the client takes another answer on this connection
  /// Whose it is, as the gate found; null: nobody was asked
  std::shared_ptr<const AccessKey> key;  // shared with the ring it is from
  /// What is found out about it; null: nobody wants to know
  std::shared_ptr<RequestNotes> notes;  // shared by its connection and the call that it becomes

  /// The value of the first header of that name, written in lower case; "" when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
  /// How often it came.
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] std::size_t headers() const { return fields_.size(); }
  /// Bytes of names and values are copied; the name is kept in lower case.
  void add(std::string_view name, std::string_view value);

 private:
  struct Field {
    std::uint32_t at, name_size, value_size;
  };
  [[nodiscard]] std::string_view name_of(const Field& field) const {
    return std::string_view(text_).substr(field.at, field.name_size);
  }
  std::string text_;  ///< of all fields, one behind the other
  std::vector<Field> fields_;
};

}  // namespace prx::gateway
