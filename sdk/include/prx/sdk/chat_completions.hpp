/// \file chat_completions.hpp
/// The Chat Completions dialect as pure functions: head and pieces of a body in, events out. No
/// socket, no clock, no allocation per event in the steady state. What OpenRouter, OpenAI and their
/// compatibles share.
///
/// https://platform.openai.com/docs/api-reference/chat
/// https://openrouter.ai/docs/api-reference/streaming
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "prx/plugin.h"
#include "prx/sdk/error.hpp"
#include "prx/sdk/retry_after.hpp"

namespace prx::sdk {

/// What the head of the answer said; views are borrowed for the call.
struct ChatHead {
  int status = 200;
  std::span<const prx_kv> headers{};  ///< names in lower case
};

/// A provider's own view of an error that it reported, with class and words as the dialect read
/// them: changes what it knows better. Must not throw.
using RefineError = void (*)(Error& error) noexcept;

/// How an answer is read.
struct ChatDecoderOptions {
  /// Asked for a stream; an answer of another media type is still read as what it is
  bool stream = true;
  bool want_frame = false;           ///< fill prx_event::frame
  std::size_t line_max = 16u << 20;  ///< bytes of one SSE line or event; more is kBadResponse
  std::size_t body_max = 64u << 20;  ///< bytes of a body that does not stream; more is kBadResponse
  std::size_t error_body_max =
      1u << 20;  ///< bytes of an error's body that are looked at; the rest is dropped
  /// Unix seconds when the request was sent, for waits that are given as a time; 0: the answer's
  /// own Date header alone is used.
  std::int64_t now_epoch = 0;
  RefineError refine_error = nullptr;  ///< of error statuses and error frames; null: none
};

/// Decodes one exchange. Feed head, then pieces, then finish; it emits the events of the
/// operation's grammar (prx/plugin.h) into `sink`, with exactly one terminal event: at [DONE], at
/// an error, or in finish(). After the terminal event everything is ignored. Views in events live
/// for the call. One thread at a time. The sink must not destroy the decoder.
///
/// Takes every shape of the wire that is known: comments anywhere, usage with and without choices,
/// repeated finish_reason, tool-call deltas with missing or reused ids and indices, errors under
/// HTTP 200 in, beside or without an "error" member, a plain JSON answer to a streaming request,
/// error statuses with JSON (cut too), HTML or nothing.
///
/// Decisions:
///  - FINISH goes out with the frame after which every choice that began has its reason. USAGE is
///    held until the end, since it may be repeated; when known it also comes before ERROR.
///  - After a choice's finish reason only repetitions of it, empty deltas and what describes the
///    answer (annotations, reasoning details, audio, logprobs; dropped) may come. Text, reasoning,
///    a refusal, an image or a tool call there is kBadResponse: an answer that goes on was not
///    over, and whoever dropped the rest would sell a part as the whole.
///  - The end: [DONE], or an end of the body, clean or cut, is DONE when every choice that
///    began has its finish reason: nothing of the answer is missing. Everything else is
///    kBadResponse
///    ("truncated"), or what HTTP said.
///  - An answer without any content, tool call, item and used token is kBadResponse ("empty
///    answer"), unless it ended by a content filter.
///  - A member that an answer needs and that is of another kind (content as an object or a number,
///    choices that are no array ...) is kBadResponse, which names it: never an empty success. What
///    is empty (null, "", [], {}, false) says nothing, as if it were absent.
///  - Text of another dialect is not read: choices[].text of the legacy completions often repeats
///    the delta beside it. An answer that ends with nothing but such text (or a function_call, or
///    strings of unknown names in a delta without content) is kBadResponse, which names the member;
///    so are events and bodies that never have "choices", such as those of the Responses API.
///  - The index of a choice may be a string of digits; what is no whole number is kBadResponse.
///  - A tool call without a name is kBadResponse; where length or a content filter cut the answer,
///    it comes with an empty name, so that the host can tell that something was cut.
///  - Members of a tool call that are not known here (a signature, say) come in events of their
///    own, in json, byte for byte; what is empty is left out, and so is what comes after the finish
///    reason. More than 256 of them in one frame are kBadResponse.
///  - A Content-Encoding is kBadResponse: requests ask for none.
///  - Finish reasons, id, model and provider are one line of at most 512 bytes; a cost above a
///    million dollars and a count above 10^12 are unknown.
///  - A finish reason "stop" of a choice with tool calls is PRX_FINISH_TOOL_CALLS; its name stays
///    the provider's own.
///  - ITEM json and USAGE json are the exact bytes of the source, so that signatures survive; but
///    for bytes of 0x1a to 0x1f in their strings, which are no JSON: they are escaped.
///  - Text that is not UTF-8 reaches the sink with U+FFFD in place of each bad byte, and so does an
///    escaped lone surrogate; `frame` is as received.
///  - A surrogate pair that is cut between two deltas of one text, reasoning or call's arguments is
///    joined: the first half waits for the next piece. A half that is still alone at the finish
///    reason is U+FFFD; in an answer that breaks off it was no character yet, and is left out.
///    Frames around such a cut come without `frame`: their events say other than they do.
///  - A sink that returns other than 0 gets ERROR kCancelled after the current frame.
class ChatDecoder {
 public:
  /// `sink` is copied. `provider_title` is the provider's name for messages ("OpenRouter").
  ChatDecoder(ChatDecoderOptions options, const prx_sink& sink, std::string provider_title);
  ~ChatDecoder();
  ChatDecoder(const ChatDecoder&) = delete;
  ChatDecoder& operator=(const ChatDecoder&) = delete;

  void head(const ChatHead& head);
  /// The bytes may be overwritten.
  void data(char* bytes, std::size_t size);
  /// The body ended: nullptr when complete, else what HTTP said. Emits the terminal event if none
  /// came yet.
  void finish(const Error* http_error);
  /// True after the terminal event was emitted.
  [[nodiscard]] bool ended() const;
  /// True when every choice that began has its finish reason: finish(nullptr) would end with DONE.
  [[nodiscard]] bool answer_complete() const;
  /// Of a rejected status, what came of its body (at most error_body_max bytes); else nullopt.
  [[nodiscard]] std::optional<std::string_view> rejection() const;
  /// Ends now with this error, unless ended.
  void fail(const Error& error);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// A rejected status and its body as a typed error: class from the provider's typed code
/// (error.metadata.error_type, error.availability, code), then from the status; never from words.
/// A status outside of 100 to 599 is kBadResponse. A body that was cut is read as far as it goes.
/// `now_epoch` (Unix seconds, 0: unknown) turns dates and epoch resets of Retry-After into a wait;
/// a Date header in the answer goes before it for dates. The message is one line of at most 600
/// bytes with the provider's words and the cause inside error.metadata.raw; of an HTML body it has
/// the title at most. `raw` has the cause as the upstream wrote it.
[[nodiscard]] Error read_error(const ChatHead& head, std::string_view body,
                               std::string_view provider_title, std::int64_t now_epoch);

/// What a rejected request's body names by type. A value.
struct Refusal {
  std::string code{};       ///< the typed code, "unsupported_parameter"; "" for none
  std::string parameter{};  ///< what it is about, "messages[0].role"; "" for none
};

/// Reads `error.code` and `error.param`; and of FastAPI's `{"detail":[{"type","loc"}]}` (at the
/// top, in `message` or in `error`) the first element: `loc` without its "body", as a parameter.
/// Both its names for an extra member are "unknown_parameter" here. Never reads words.
[[nodiscard]] Refusal read_refusal(std::string_view error_body);

/// The class of a failure from status and the provider's typed code ("" when it gave none).
[[nodiscard]] ErrorClass classify(int status, std::string_view typed_code);

/// The models of a `GET /models` body as ITEM events (name "model", id, json with its exact bytes),
/// then DONE or ERROR. Takes {"data": [...]}, {"models": [...]} and a bare array; elements without
/// an id are left out.
void read_models(std::string_view body, const prx_sink& sink, std::string_view provider_title);

}  // namespace prx::sdk
