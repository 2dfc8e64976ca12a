/// \file failure.hpp
/// Several failures of one call, as the one error that its caller gets. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "prx/sdk/error.hpp"

namespace prx::reliability {

/// One attempt that failed.
struct Failure {
  std::size_t target = 0;  ///< its place in the chain
  std::string name;        ///< PlanTarget::shown()
  Error error;
};

/// The failure most useful to the caller: what is wrong with the request whoever is asked, then
/// what the first target cannot do with it or with its key or model, then what passes by itself,
/// then what is wrong with a fallback; of equals the first. Its class, status and codes are those
/// of the result, and its message says what each target said last.
/// \param failures  1 or more, in the order in which they happened.
[[nodiscard]] Error most_useful(const std::vector<Failure>& failures);

/// "'a': what it said (3 times); 'b': what it said", in order of the targets.
[[nodiscard]] std::string what_each_said(const std::vector<Failure>& failures);

}  // namespace prx::reliability
