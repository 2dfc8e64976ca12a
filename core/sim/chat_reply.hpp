/// \file chat_reply.hpp
/// The replies to POST chat/completions, completions and embeddings.
#pragma once

#include <cstdint>

#include "sim/chat_call.hpp"
#include "sim/generations.hpp"
#include "sim/reply.hpp"
#include "sim/simulator.hpp"

namespace prx::sim {

/// What a reply is made from; all is borrowed for the call, dialect and options for the reply's
/// life.
struct ChatContext {
  const Dialect& dialect;
  const SimulatorOptions& options;
  const CatalogModel& model;
  const Faults& faults;
  std::uint64_t number;  ///< of the request
  std::int64_t created;  ///< Unix seconds
  bool keep_alive;
  Generations& generations;
};

[[nodiscard]] Reply chat_reply(const ChatContext& context, const ChatCall& call);
/// The older text endpoint, not streaming.
[[nodiscard]] Reply text_reply(const ChatContext& context, const ChatCall& call);
/// One vector of kEmbeddingSize numbers per input; `body` is the request.
[[nodiscard]] Reply embeddings_reply(const ChatContext& context, std::string_view body);

inline constexpr std::size_t kEmbeddingSize = 8;
inline constexpr std::size_t kEmbeddingInputsMax = 2'048;

}  // namespace prx::sim
