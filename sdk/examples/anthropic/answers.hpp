/// \file answers.hpp
/// The decoders of this provider, one per kind of operation. Pure: bytes in, events out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <prx/sdk/http_provider.hpp>
#include <prx/sdk/sse.hpp>

#include "message_reader.hpp"

namespace anthropic {

/// Unix seconds; the plugin reads the wall's clock, a test says what it likes.
using EpochClock = std::int64_t (*)();

/// A chat: a stream of events, a whole message, or a refusal of either. What it is, its media type
/// says; an answer that is cut before message_stop is kBadResponse, or what HTTP said.
class ChatAnswer final : public prx::sdk::Decoder {
 public:
  static constexpr std::size_t kBodyMax = 64u << 20;   ///< bytes of a whole message
  static constexpr std::size_t kErrorMax = 64u << 10;  ///< bytes of a refusal; the rest is dropped

  explicit ChatAnswer(EpochClock clock) : clock_(clock) {}

  void head(const prx::sdk::HttpHead& head, prx::sdk::EventWriter& out) override;
  void data(char* bytes, std::size_t size, prx::sdk::EventWriter& out) override;
  void finish(prx::sdk::EventWriter& out) override;
  void broken(const prx::Error& error, prx::sdk::EventWriter& out) override;

 private:
  void read_events(prx::sdk::EventWriter& out);
  void keep(std::string_view bytes, std::size_t max, prx::sdk::EventWriter& out);
  void end(const prx::Error& error, prx::sdk::EventWriter& out);
  [[nodiscard]] prx::Error refusal() const;

  const EpochClock clock_;
  int status_ = 0;
  bool is_stream_ = false;
  std::vector<prx::sdk::Header> headers_;  ///< of a refusal
  std::string body_;                       ///< of a refusal, or a whole message
  prx::sdk::SseParser events_;
  std::optional<MessageReader> message_;
};

/// The models, page by page: one ITEM each. More than kPagesMax pages are kBadResponse.
/// \see https://platform.claude.com/docs/en/api/models/list
class ModelsAnswer final : public prx::sdk::BodyDecoder {
 public:
  static constexpr int kPagesMax = prx::sdk::kExchangesMax;
  /// The request for the models after `id`; "": the first ones.
  using PageCall = std::function<prx::sdk::HttpCall(std::string_view after)>;

  ModelsAnswer(PageCall call, EpochClock clock) : call_(std::move(call)), clock_(clock) {}
  [[nodiscard]] std::optional<prx::sdk::HttpCall> next() override;

 protected:
  void body(const prx::sdk::HttpHead& head, std::string_view body,
            prx::sdk::EventWriter& out) override;

 private:
  [[nodiscard]] prx::Result<void> page(std::string_view body, prx::sdk::EventWriter& out);

  const PageCall call_;
  const EpochClock clock_;
  std::string after_;  ///< the last model so far
  int pages_ = 0;
};

/// Health and warm-up: a list of models shows that the server answers this key.
class ProbeAnswer final : public prx::sdk::BodyDecoder {
 public:
  explicit ProbeAnswer(EpochClock clock) : clock_(clock) {}

 protected:
  void body(const prx::sdk::HttpHead& head, std::string_view body,
            prx::sdk::EventWriter& out) override;

 private:
  const EpochClock clock_;
};

}  // namespace anthropic
