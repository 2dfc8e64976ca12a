/// \file header_list.hpp
/// The headers of a request, in one text, so that they are made, moved and compared in one go.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prx::http {

/// A value. Nothing is checked here: the transport refuses what HTTP cannot carry.
class HeaderList {
 public:
  struct Header {
    std::string_view name;
    std::string_view value;
    friend bool operator==(const Header&, const Header&) = default;
  };

  HeaderList() = default;
  HeaderList(std::initializer_list<Header> headers) {
    for (const Header& header : headers) add(header.name, header.value);
  }

  /// For so many more, with so many bytes of names and values in all.
  void reserve(std::size_t headers, std::size_t bytes) {
    places_.reserve(places_.size() + headers);
    text_.reserve(text_.size() + bytes + headers * kBetween);
  }
  /// The value is `value` and `more` after it.
  void add(std::string_view name, std::string_view value, std::string_view more = {}) {
    places_.push_back({static_cast<std::uint32_t>(text_.size()),
                       static_cast<std::uint32_t>(name.size()),
                       static_cast<std::uint32_t>(value.size() + more.size())});
    const bool empty = value.empty() && more.empty();
    text_.append(name).append(empty ? ";" : ": ").append(value).append(more).push_back('\0');
  }
  /// Takes out every header of that name; the case of letters does not matter.
  void remove(std::string_view name) {
    for (std::size_t i = places_.size(); i-- > 0;)
      if (same_name((*this)[i].name, name)) remove(i);
  }

  [[nodiscard]] std::size_t size() const { return places_.size(); }
  [[nodiscard]] Header operator[](std::size_t i) const {
    const Place& place = places_[i];
    const std::string_view all = text_;
    const std::size_t between = place.value_size == 0 ? 1 : 2;
    return {all.substr(place.begin, place.name_size),
            all.substr(place.begin + place.name_size + between, place.value_size)};
  }
  /// As libcurl takes it: "name: value", or "name;" for an empty value, and a zero byte.
  [[nodiscard]] char* line(std::size_t i) { return text_.data() + places_[i].begin; }

  friend bool operator==(const HeaderList& a, const HeaderList& b) {
    return a.text_ == b.text_ && a.places_ == b.places_;
  }

  [[nodiscard]] static bool same_name(std::string_view a, std::string_view b) {
    const auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [&](char x, char y) { return fold(x) == fold(y); });
  }

 private:
  static constexpr std::size_t kBetween = 3;  // ": " and the zero byte
  struct Place {
    std::uint32_t begin, name_size, value_size;
    friend bool operator==(const Place&, const Place&) = default;
  };

  void remove(std::size_t i) {
    const std::uint32_t begin = places_[i].begin;
    const auto end =
        i + 1 < places_.size() ? places_[i + 1].begin : static_cast<std::uint32_t>(text_.size());
    text_.erase(begin, end - begin);
    places_.erase(places_.begin() + static_cast<std::ptrdiff_t>(i));
    for (; i < places_.size(); ++i) places_[i].begin -= end - begin;
  }

  std::string text_;
  std::vector<Place> places_;
};

}  // namespace prx::http
