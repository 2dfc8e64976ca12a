/// \file script.hpp
/// `prx onboard --non-interactive`: what flags say, checked, shown and written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/onboard/session.hpp"

namespace prx::cli {

/// The verb's own options.
struct OnboardOptions {
  std::vector<std::string> providers;  ///< --provider
  std::optional<std::string> model, key_file, key_env, base_url;
  bool non_interactive = false, print = false, yes = false, no_verify = false, json = false;
};

class OnboardScript {
 public:
  OnboardScript(const OnboardOptions& options, const OnboardSession& session,
                const std::stop_token& stop)
      : options_(options), session_(session), stop_(stop) {}

  /// The exit code, after its messages.
  [[nodiscard]] int run();

 private:
  /// An error, with the code that it ends the program with.
  struct Failure {
    int code;
    std::string message;
  };
  struct Done {
    std::string provider;
    KeyVerdict verdict;
  };

  [[nodiscard]] Result<void, Failure> prepare();
  [[nodiscard]] Result<ProviderSetup, Failure> provider_named(const std::string& name,
                                                              bool is_first) const;
  [[nodiscard]] Result<void, Failure> settle_first_key(ProviderSetup& provider) const;
  [[nodiscard]] Result<void, Failure> read_key_from_stdin(ProviderSetup& provider) const;
  [[nodiscard]] Result<void, Failure> settle_key(ProviderSetup& provider) const;
  [[nodiscard]] Result<std::string, Failure> text() const;
  [[nodiscard]] Result<std::string, Failure> settle();
  [[nodiscard]] Result<void, Failure> verify();
  [[nodiscard]] Result<void, Failure> settle_models();
  [[nodiscard]] Result<void, Failure> settle_model(ProviderSetup& provider, bool is_first) const;
  [[nodiscard]] Result<void, Failure> verify_model(const ProviderSetup& first) const;
  [[nodiscard]] Result<bool, Failure> write(const std::string& text, const std::string& diff) const;
  [[nodiscard]] bool replaces_a_key() const;
  [[nodiscard]] int show(bool changed, const std::string& diff) const;

  const OnboardOptions& options_;
  const OnboardSession& session_;
  std::stop_token stop_;
  Setup setup_;
  std::vector<Done> verdicts_;
};

}  // namespace prx::cli
