/// \file session.hpp
/// One visit of `prx onboard`, whoever answers its questions: the configuration as it is and as it
/// will be, what providers say to keys, and writing it all.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "cli/onboard/setup.hpp"
#include "prx/client.hpp"

namespace prx::cli {

/// What a provider said to a key.
struct KeyVerdict {
  std::optional<Error> error;  ///< nullopt: it is good, or nothing can be asked
  std::string text;            ///< one line for a person
  /// It was asked and said yes.
  bool verified = false;
  std::optional<double> credit_left;
  [[nodiscard]] bool is_refused() const {
    return error && (error->error_class == ErrorClass::kAuth ||
                     error->error_class == ErrorClass::kPermission);
  }
};

class OnboardSession {
 public:
  static constexpr Milliseconds kPatience{10'000};  ///< with each question to a provider

  /// Reads the configuration that is there. Errors: kInvalidRequest: it cannot be read or is wrong.
  [[nodiscard]] static Result<OnboardSession> open(const GlobalOptions& globals);

  [[nodiscard]] const std::filesystem::path& file() const { return file_; }
  [[nodiscard]] bool exists() const { return text_.has_value(); }
  [[nodiscard]] const std::string& text() const;                    ///< "" when there is none
  [[nodiscard]] const Config& present() const { return present_; }  ///< resolved
  [[nodiscard]] const std::vector<Service>& services() const {
    return services_;
  }  ///< tables of other names last
  [[nodiscard]] const Service* find_service(std::string_view name) const;
  /// The variable's value when it holds what can be a key.
  [[nodiscard]] std::optional<std::string> key_in(const std::string& variable) const;
  /// Whether the vendor's variable may be taken for this provider without being named: as
  /// resolve_config() has it, not for somebody else's server.
  [[nodiscard]] bool may_have_vendor_key(const ProviderSetup& provider) const;
  /// "NAME.key" beside the configuration, and where that is.
  void place_key_file(ProviderSetup& provider) const;

  /// Blocks; asks the provider alone.
  [[nodiscard]] KeyVerdict verify(const ProviderSetup& provider, const std::stop_token& stop) const;
  [[nodiscard]] Result<Catalog> catalog(const ProviderSetup& provider,
                                        const std::stop_token& stop) const;
  /// Its list's entry of that model, or nullptr.
  [[nodiscard]] const ModelFacts* find_model(const Catalog& catalog, const ProviderSetup& provider,
                                             const std::string& model) const;

  /// The model of a provider for which nobody names one: the configured one; else its default, as
  /// far as the list has it at an address of one's own; else the only one that is listed; or "".
  /// \param listed  nullptr: no list is known.
  [[nodiscard]] std::string usual_model(const ProviderSetup& provider, bool is_first,
                                        const Catalog* listed) const;

  /// The text that will be written; it was read and found right. Errors: kInvalidRequest.
  [[nodiscard]] Result<std::string> text_for(const Setup& setup) const;
  /// Its difference to what is there, keys masked.
  [[nodiscard]] std::string diff(const Setup& setup, const std::string& text) const;
  /// What is not as it looks: variables that win over the file, fallbacks that lack something. One
  /// line each.
  [[nodiscard]] std::vector<std::string> cautions(const Setup& setup) const;
  /// Keys first, then the configuration when it is another one. Errors: kInvalidRequest; it says
  /// what was written all the same.
  [[nodiscard]] Result<void> write(const Setup& setup, const std::string& text) const;

 private:
  void add_tables();
  /// Whether it is asked at another address than its plugin or preset says.
  [[nodiscard]] bool has_own_address(const ProviderSetup& provider) const;
  [[nodiscard]] Environment environment(const std::string& key) const;
  [[nodiscard]] Result<Config> parse(const std::string& text, const std::string& key,
                                     bool read_secrets) const;
  [[nodiscard]] Result<std::unique_ptr<Client>> client_for(const ProviderSetup& provider) const;
  [[nodiscard]] std::string name() const;

  std::filesystem::path file_;
  std::optional<std::string> text_;
  Config present_;
  std::vector<Service> services_;
};

}  // namespace prx::cli
