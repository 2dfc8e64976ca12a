/// \file asked.hpp
/// What of a chat's request this model can do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <prx/sdk/error.hpp>

namespace local {

struct Asked {
  static constexpr std::size_t kStopsMax = 16;

  std::string prompt;          ///< the texts of all messages, a blank between two
  std::size_t tokens_max = 0;  ///< words of the answer, 1 or more
  double temperature = 0.8;    ///< 0 to 2
  std::uint64_t seed = 0;
  std::vector<std::string> stops;
};

/// What a request that does not say is given.
struct AskedDefaults {
  std::size_t tokens_max = 64;
  std::uint64_t seed = 1;
};

/// Errors: kInvalidRequest for what is no request; kUnsupported for tools, JSON by a schema, more
/// than one answer and content that is no text, so that a chain goes on to a target that has them.
[[nodiscard]] prx::Result<Asked> read_asked(std::string_view body, const AskedDefaults& defaults);

}  // namespace local
