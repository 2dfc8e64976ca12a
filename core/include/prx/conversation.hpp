/// \file conversation.hpp
/// Conversation: the turns of a talk as a value, for whoever is asked next.
///
///     prx::Conversation talk;
///     talk.messages.push_back(prx::Message::user("Name a prime."));
///     if (auto answer = client->chat(talk.request())) talk.add(*answer);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prx/chat.hpp"
#include "prx/export.hpp"

namespace prx {

/// What the calls of a conversation used and cost, every attempt counted. Tokens that a provider
/// did not tell are not in the sums.
struct ConversationUsage {
  std::int64_t calls = 0;  ///< those that failed too
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  std::int64_t reasoning_tokens = 0, cached_tokens = 0;  ///< parts of the two above
  CallCost cost;
  /// Adds a call, failed ones too: their attempts may have cost something.
  PRX_API void add(const Usage& usage, const std::vector<Attempt>& attempts);
  friend bool operator==(const ConversationUsage&, const ConversationUsage&) = default;
};

/// A value. Whatever the provider of a turn signed (reasoning_details) or annotated is kept byte
/// for byte, so that any turn may go to any provider: each plugin leaves out what its server does
/// not take.
struct Conversation {
  static constexpr std::size_t kJsonMax = 256u << 20;  ///< bytes that from_json() takes

  std::vector<Message> messages;
  ConversationUsage usage;

  /// Appends an answer as the assistant's turn, and counts its usage.
  PRX_API void add(const ChatResponse& response);

  /// Takes the turns after the last one of the user away, and leaves that one the last, so that it
  /// can be asked again. False, and nothing changes: there is none, or nothing comes after it.
  PRX_API bool retry();

  /// A request with these messages and nothing else; or `settings` with these messages.
  [[nodiscard]] PRX_API ChatRequest request(ChatRequest settings = {}) const;

  /// One JSON object: {"prx_conversation": 1, "messages": [...], "usage": {...}}, the messages in
  /// the vocabulary of Chat Completions. Errors: kInvalidRequest naming the message.
  [[nodiscard]] PRX_API Result<std::string> to_json() const;
  /// What to_json() wrote, a request body with `messages`, or an array of messages. Members that
  /// are not known here stay in Message::extra and Part::json. Errors: kInvalidRequest naming the
  /// message.
  [[nodiscard]] static PRX_API Result<Conversation> from_json(std::string_view json);

  friend bool operator==(const Conversation&, const Conversation&) = default;
};

}  // namespace prx
