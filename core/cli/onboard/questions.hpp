/// \file questions.hpp
/// The interactive `prx onboard`: asks, shows what would be written, and writes it.
#pragma once

#include <string>
#include <vector>

#include "cli/onboard/dialogue.hpp"
#include "cli/onboard/session.hpp"

namespace prx::cli {

class OnboardQuestions {
 public:
  /// All borrowed. `verify`: providers are asked about keys and for their models.
  OnboardQuestions(Dialogue& dialogue, const OnboardSession& session, bool verify)
      : dialogue_(dialogue), session_(session), verify_(verify) {}

  /// Everything, to the last line. True: it was written, or nothing had to be. False: the person
  /// said no. Errors: kCancelled: the person left, and nothing was written; those of
  /// OnboardSession.
  [[nodiscard]] Result<bool> run();

 private:
  [[nodiscard]] Result<std::vector<ProviderSetup>> pick_providers();
  [[nodiscard]] Result<std::vector<ProviderSetup>> read_picks(const std::string& line);
  [[nodiscard]] Result<ProviderSetup> ask_server();
  [[nodiscard]] Result<std::string> ask_base_url();
  [[nodiscard]] Result<std::string> ask_name();

  /// False: the provider is left out.
  [[nodiscard]] Result<bool> settle_key(ProviderSetup& provider);
  [[nodiscard]] Result<bool> offer_present(ProviderSetup& provider);
  [[nodiscard]] Result<bool> offer_variable(ProviderSetup& provider);
  [[nodiscard]] Result<bool> paste_key(ProviderSetup& provider);
  [[nodiscard]] Result<bool> keep_key(ProviderSetup& provider);
  /// Whether to go on with it: it is good, or the person wants it all the same.
  [[nodiscard]] Result<bool> is_good(const ProviderSetup& provider);

  [[nodiscard]] Result<void> settle_model(ProviderSetup& provider, bool is_first);
  [[nodiscard]] Result<void> settle_fallbacks(Setup& setup);
  [[nodiscard]] Result<bool> confirm_and_write(const Setup& setup);

  Dialogue& dialogue_;
  const OnboardSession& session_;
  const bool verify_;
};

}  // namespace prx::cli
