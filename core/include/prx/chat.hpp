/// \file chat.hpp
/// What is asked and what comes back: ChatRequest, StreamEvent, ChatResponse, CallError. All are
/// values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prx/attempt.hpp"
#include "prx/export.hpp"
#include "prx/sdk/error.hpp"

namespace prx {

/// A piece of a message. What a member means to which Type is said beside it.
/// \see https://openrouter.ai/docs/features/multimodal/overview
struct Part {
  enum class Type {
    kText,
    kImage,
    kAudio,
    kFile,
    kOther,  ///< a kind that has no member here: `json` goes out as it is
  };
  Type type = Type::kText;
  std::string text;           ///< kText: UTF-8
  std::string url;            ///< kImage: https: or data:; kFile: the same, or "" with `file_id`
  std::string detail;         ///< kImage: "auto", "low", "high", "original" or ""
  std::string data = {};      ///< kAudio: base64, as RFC 4648 section 4
  std::string format = {};    ///< kAudio: "wav", "mp3" ...
  std::string filename = {};  ///< kFile: "paper.pdf", or ""
  std::string file_id = {};   ///< kFile: of an uploaded one, or ""
  std::string json = {};      ///< kOther: the whole part, JSON object text

  [[nodiscard]] static Part of_text(std::string text) {
    Part part;
    part.text = std::move(text);
    return part;
  }
  [[nodiscard]] static Part image(std::string url, std::string detail = {}) {
    Part part;
    part.type = Type::kImage;
    part.url = std::move(url);
    part.detail = std::move(detail);
    return part;
  }
  [[nodiscard]] static Part audio(std::string base64, std::string format) {
    Part part;
    part.type = Type::kAudio;
    part.data = std::move(base64);
    part.format = std::move(format);
    return part;
  }
  [[nodiscard]] static Part file(std::string url, std::string filename) {
    Part part;
    part.type = Type::kFile;
    part.url = std::move(url);
    part.filename = std::move(filename);
    return part;
  }
  friend bool operator==(const Part&, const Part&) = default;
};

/// A complete tool call. `arguments` is JSON text, byte for byte as the model wrote it.
struct ToolCall {
  std::string id, name, arguments;
  /// Of one with members that are not known here (a signature, say): the whole call as it was
  /// loaded, or as Chat Completions has it with those byte for byte. It goes out instead of the
  /// above. Else ""
  std::string json = {};
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

struct ChatResponse;

/// One message of a conversation. A value; checked by ChatRequest::body().
struct Message {
  enum class Role { kSystem, kDeveloper, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text;  ///< used when `parts` is empty
  std::vector<Part> parts;
  std::vector<ToolCall> tool_calls;  ///< kAssistant
  std::string tool_call_id;          ///< kTool
  std::string name;                  ///< optional
  /// \name Of an answer, echoed as it came: what a provider signed, it wants back unchanged
  /// @{
  std::string refusal;            ///< kAssistant: text
  std::string reasoning;          ///< kAssistant: text
  std::string reasoning_details;  ///< kAssistant: JSON array text, or ""
  std::string annotations;        ///< kAssistant: JSON array text, or ""
  /// @}
  std::string extra;  ///< JSON object text: further members, added last, or ""

  [[nodiscard]] static Message system(std::string text) {
    return make(Role::kSystem, std::move(text));
  }
  [[nodiscard]] static Message user(std::string text) { return make(Role::kUser, std::move(text)); }
  [[nodiscard]] static Message assistant(std::string text) {
    return make(Role::kAssistant, std::move(text));
  }
  [[nodiscard]] static Message tool(std::string tool_call_id, std::string result) {
    Message message = make(Role::kTool, std::move(result));
    message.tool_call_id = std::move(tool_call_id);
    return message;
  }
  /// An answer as the next turn has to say it again: its text, tool calls, refusal, reasoning,
  /// reasoning_details and annotations.
  [[nodiscard]] static PRX_API Message answer(const ChatResponse& response);
  friend bool operator==(const Message&, const Message&) = default;

 private:
  static Message make(Role role, std::string text) {
    Message message;
    message.role = role;
    message.text = std::move(text);
    return message;
  }
};

/// A function that the model may call. A value.
struct Tool {
  std::string name, description;
  std::string parameters;  ///< JSON schema text, an object
  std::optional<bool> strict = std::nullopt;
  /// Of a tool that is no function: the whole of it as JSON object text, such as
  /// {"type":"openrouter:web_search"}, which the server runs; then no other member counts. Else ""
  std::string server_tool = {};
  friend bool operator==(const Tool&, const Tool&) = default;
};

/// A Chat Completions request, typed or raw.
///
/// Typed: fill the members. Raw: from_json(), and the body goes out as it is but for `model` and
/// `stream` when those are set here. Absent members are left out of the body.
struct ChatRequest {
  std::string model;  ///< "" : the target's
  std::vector<Message> messages;
  std::vector<Tool> tools;
  /// "", "auto", "none", "required", a function's name, or a JSON object as it is sent
  std::string tool_choice;
  std::optional<bool> parallel_tool_calls;
  std::optional<double> temperature;         ///< 0 to 2
  std::optional<double> top_p;               ///< 0 to 1
  std::optional<double> frequency_penalty;   ///< -2 to 2
  std::optional<double> presence_penalty;    ///< -2 to 2
  std::optional<double> repetition_penalty;  ///< 0 to 2; not OpenAI's
  std::optional<double> min_p, top_a;        ///< 0 to 1; not OpenAI's
  std::optional<std::int64_t> top_k;         ///< 0 or more; not OpenAI's
  /// 1 or more; goes out as the name that the target knows (`max_completion_tokens` at OpenAI)
  std::optional<std::int64_t> max_tokens;
  std::optional<std::int64_t> seed;
  std::vector<std::string> stop;  ///< at most 4
  std::optional<bool> logprobs;
  std::optional<std::int64_t> top_logprobs;  ///< 0 to 20; needs logprobs
  std::string logit_bias;                    ///< JSON object text (token id -> -100 to 100), or ""
  /// "max", "xhigh", "high", "medium", "low", "minimal", "none", or ""
  std::string reasoning_effort;
  std::string reasoning;  ///< JSON object text, OpenRouter's wider form of the same, or ""
  std::string verbosity;  ///< "low", "medium", "high" ..., or ""
  /// JSON text, or "". When it asks for JSON, an answer that is none is kBadResponse
  std::string response_format;
  std::string prediction;               ///< JSON object text, or ""
  std::vector<std::string> modalities;  ///< "text", "image", "audio"; of the answer
  std::string audio;             ///< JSON object text (voice and format of the answer), or ""
  std::string metadata;          ///< JSON object text, or ""
  std::string service_tier;      ///< "auto", "flex" ..., or ""
  std::string user;              ///< names the end user, or ""
  std::string prompt_cache_key;  ///< or ""
  /// \name OpenRouter's own; plugins of others leave them out
  /// @{
  std::string provider;                 ///< routing: JSON object text, its keys checked, or ""
  std::vector<std::string> models;      ///< tried by the server after `model`
  std::string route;                    ///< "fallback", or ""
  std::vector<std::string> transforms;  ///< "middle-out"
  std::string plugins;                  ///< JSON array text, or ""
  std::string session_id;               ///< at most 256 bytes, or ""
  /// @}
  std::string extra;  ///< JSON object text whose members are added last and win, or ""

  /// A request from its JSON text: one object with `messages`, valid JSON and UTF-8, at most 64
  /// MiB. Errors: kInvalidRequest.
  [[nodiscard]] static PRX_API Result<ChatRequest> from_json(std::string body);

  /// The body as it is sent, without target-specific members. Errors: kInvalidRequest naming the
  /// member: text that is not UTF-8, JSON members that are not JSON or of another kind, numbers out
  /// of their range, no message, a tool result without its call, a call without its result.
  [[nodiscard]] PRX_API Result<std::string> body() const;

  [[nodiscard]] const std::string& raw() const { return raw_; }  ///< "" when typed
  friend bool operator==(const ChatRequest&, const ChatRequest&) = default;

 private:
  std::string raw_;
};

enum class FinishReason { kOther, kStop, kLength, kToolCalls, kContentFilter };
/// "stop", "length", "tool_calls", "content_filter", "other".
[[nodiscard]] PRX_API std::string_view to_string(FinishReason reason);

/// One event of an answer. Views are borrowed: until the sink returns (push), or until next()
/// (pull).
struct StreamEvent {
  enum class Type {
    kMeta,           ///< id: generation id; name: served model; text: serving vendor
    kText,           ///< text
    kReasoning,      ///< text
    kToolCallDelta,  ///< index; id and name on the first; text: piece of the arguments; json: what
                     ///< else there is of the call, or "". Only when asked for
    kToolCall,       ///< index, id, name, text: the whole arguments, valid JSON (but see
                     ///< CallOptions::malformed_tool_arguments); json: ToolCall's
    kItem,           ///< name, id, json
    kProgress,       ///< text
    kRestart,  ///< what was delivered so far is void (only reasoning was): the answer starts anew
    /// \name Only with CallOptions::frames, for who sends an answer on
    /// @{
    kFinish,  ///< text: "stop", "length" ...; name: the provider's own reason
    kUsage,   ///< json: the provider's whole usage object, or ""
    kOther,   ///< json: a frame that says none of the above
    /// @}
  };
  Type type = Type::kText;
  std::uint32_t choice = 0, index = 0;
  std::string_view text, id, name, json;
  /// With CallOptions::frames, on the first event of a frame: the frame, as it came. Of an answer
  /// in one piece, all of it. "" where there is none: another protocol, or an answer that goes on
  /// where another broke, as long as what it sends is not what the caller is given
  std::string_view frame;
  bool same_frame = false;  ///< the frame of the event before this one says this, too
};

/// A whole answer: of several choices the first one. A value.
struct ChatResponse {
  std::string text;
  std::string reasoning;
  std::vector<ToolCall> tool_calls;
  /// Calls left out of `tool_calls`, since the finish reason (length, content filter) cut them
  std::size_t tool_calls_cut = 0;
  FinishReason finish_reason = FinishReason::kOther;
  std::string native_finish_reason;  ///< the provider's own word
  std::string refusal;
  /// JSON array text as received, to be echoed in the next turn; or ""
  std::string reasoning_details;
  std::string annotations;  ///< JSON array text as received; or ""
  Usage usage;
  std::string id;                 ///< generation id
  std::string model;              ///< that served
  std::string provider;           ///< the instance that served
  std::string served_by;          ///< the vendor behind it, when it says ("Anthropic")
  std::vector<Attempt> attempts;  ///< in the order in which they ended; the last one served
};

/// What all attempts of a call cost, in US dollars.
struct CallCost {
  double dollars = 0.0;
  bool lower_bound = false;  ///< the cost of an attempt is not known
  bool estimated = false;    ///< that of an attempt was reckoned from listed prices
  friend bool operator==(const CallCost&, const CallCost&) = default;
};
/// The sum over a trail.
[[nodiscard]] PRX_API CallCost cost_of(const std::vector<Attempt>& attempts);

/// Why a call has no answer. `partial` holds what was delivered before it broke.
struct CallError : Error {
  CallError() = default;
  CallError(Error error)
      : Error(std::move(error)) {}  // NOLINT: an Error is a CallError without a trail
  std::vector<Attempt> attempts;
  ChatResponse partial;  ///< its own `attempts` is empty
};

}  // namespace prx
