/// \file request_body.hpp
/// The body of a chat for one target: what the caller wrote, with model, stream and extra_body
/// spliced in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "prx/sdk/error.hpp"

namespace prx::driver {

struct BodyOptions {
  std::string_view model;              ///< asked for when the body names none
  bool stream = true;                  ///< used when the body does not say
  bool overwrite_stream = false;       ///< `stream` is set also when the body says otherwise
  std::string_view extra_body;         ///< of the provider: JSON object text or ""; its members win
  std::string_view target_extra_body;  ///< of the target: wins over the provider's
};

/// A body as it is sent, and what it asks for.
struct SpecialBody {
  std::string text;
  std::string model;
  bool stream = false;
};

/// One scan, and one copy when something has to change; `messages` keeps its bytes, and a body that
/// says everything itself goes out as it is. Errors: kInvalidRequest.
[[nodiscard]] Result<SpecialBody> specialise_body(std::string body, const BodyOptions& options);

}  // namespace prx::driver
