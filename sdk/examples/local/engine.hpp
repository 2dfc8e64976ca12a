/// \file engine.hpp
/// The work on a worker: loading the model, and the loop that makes words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <prx/sdk/op.hpp>

#include "asked.hpp"
#include "model.hpp"

namespace local {

/// How a piece of work ended.
enum class Outcome { kDone, kStopped, kTooLate };

/// The model of one instance. Loaded by one thread at a time, which the line sees to, and read by
/// all afterwards. Each word and each step of the loading looks whether it is still wanted.
class Engine {
 public:
  /// \param epochs  times that the text is learned, 1 or more.
  Engine(std::string_view corpus, std::uint64_t seed, std::size_t epochs);

  /// Goes on where the last call was stopped. Progress once per epoch.
  [[nodiscard]] Outcome load(prx::sdk::Op& op);
  /// Says words until the sentence ends, a stop comes or the limit is reached; then FINISH and
  /// USAGE. After load() returned kDone.
  [[nodiscard]] Outcome say(prx::sdk::Op& op, const Asked& asked) const;

 private:
  Model model_;
  const std::size_t steps_;     ///< until it is loaded
  std::size_t steps_done_ = 0;  ///< written by who loads
};

}  // namespace local
