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

/// A piece of a message. Text, or an image by URL (https: or data:).
struct Part {
  enum class Type { kText, kImage };
  Type type = Type::kText;
  std::string text;    ///< kText: UTF-8
  std::string url;     ///< kImage
  std::string detail;  ///< kImage: "auto", "low", "high" or ""
  friend bool operator==(const Part&, const Part&) = default;
};

/// A complete tool call. `arguments` is JSON text, byte for byte as the model wrote it.
struct ToolCall {
  std::string id, name, arguments;
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

struct Message {
  enum class Role { kSystem, kDeveloper, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text;  ///< used when `parts` is empty
  std::vector<Part> parts;
  std::vector<ToolCall> tool_calls;  ///< kAssistant
  std::string tool_call_id;          ///< kTool
  std::string name;                  ///< optional
  std::string extra;  ///< JSON object text: further members (reasoning_details ...), or ""

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
  friend bool operator==(const Message&, const Message&) = default;

 private:
  static Message make(Role role, std::string text) {
    Message message;
    message.role = role;
    message.text = std::move(text);
    return message;
  }
};

struct Tool {
  std::string name, description;
  std::string parameters;  ///< JSON schema text, an object
  std::optional<bool> strict;
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
  std::string tool_choice;  ///< "", "auto", "none", "required", or a function's name
  std::optional<bool> parallel_tool_calls;
  std::optional<double> temperature, top_p, frequency_penalty, presence_penalty;
  std::optional<std::int64_t> max_tokens, seed;
  std::vector<std::string> stop;  ///< at most 4
  std::string response_format;    ///< JSON text or ""
  std::string extra;              ///< JSON object text whose members are added last and win, or ""

  /// A request from its JSON text: one object with `messages`, valid JSON and UTF-8, at most 64
  /// MiB. Errors: kInvalidRequest.
  [[nodiscard]] static PRX_API Result<ChatRequest> from_json(std::string body);

  /// The body as it is sent, without target-specific members. Errors: kInvalidRequest naming the
  /// member: text that is not UTF-8, JSON members that are not JSON, no message, a tool result
  /// without its call.
  [[nodiscard]] PRX_API Result<std::string> body() const;

  [[nodiscard]] const std::string& raw() const { return raw_; }  ///< "" when typed
  friend bool operator==(const ChatRequest&, const ChatRequest&) = default;

 private:
  std::string raw_;
};

enum class FinishReason { kOther, kStop, kLength, kToolCalls, kContentFilter };
[[nodiscard]] PRX_API std::string_view to_string(FinishReason reason);

/// One event of an answer. Views are borrowed: until the sink returns (push), or until next()
/// (pull).
struct StreamEvent {
  enum class Type {
    kMeta,           ///< id: generation id; name: served model; text: serving vendor
    kText,           ///< text
    kReasoning,      ///< text
    kToolCallDelta,  ///< index; id and name on the first; text: piece of the arguments. Only when
                     ///< asked for
    kToolCall,       ///< index, id, name, text: the whole arguments, valid JSON
    kItem,           ///< name, id, json
    kProgress,       ///< text
    kRestart,  ///< what was delivered so far is void (only reasoning was): the answer starts anew
  };
  Type type = Type::kText;
  std::uint32_t choice = 0, index = 0;
  std::string_view text, id, name, json;
  std::string_view frame;  ///< the source frame, when asked for, on its first event
};

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
};
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
