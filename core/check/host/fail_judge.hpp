/// \file fail_judge.hpp
/// The prx_fail of one call of the plugin, and whether it was used as the contract says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "check/host/breach.hpp"
#include "prx/plugin.h"
#include "prx/sdk/error.hpp"

namespace prx::check {

class FailJudge {
 public:
  /// \param what  "start", for the breaches
  FailJudge(Breaches& breaches, std::string what) : breaches_(breaches), what_(std::move(what)) {}
  FailJudge(const FailJudge&) = delete;
  FailJudge& operator=(const FailJudge&) = delete;

  [[nodiscard]] prx_fail abi() { return {sizeof(prx_fail), 0, this, &FailJudge::set}; }
  /// Once the call returned that status: notes what was wrong.
  void judge(std::int32_t status);
  /// Why it failed; nullopt when it returned PRX_OK.
  [[nodiscard]] const std::optional<Error>& reason() const { return reason_; }

 private:
  static void set(void* self, const prx_error* error) noexcept;

  Breaches& breaches_;
  const std::string what_;
  int times_ = 0;
  std::int32_t code_ = 0;
  std::optional<Error> reason_;
};

/// What an out parameter holds before the call that fills it.
[[nodiscard]] void* unset_pointer();

}  // namespace prx::check
