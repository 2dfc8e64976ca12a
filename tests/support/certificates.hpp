/// \file certificates.hpp
/// A certificate authority for one test, made with the openssl program in a folder of its own.
#pragma once

#include <filesystem>
#include <string>

namespace prx::test {

/// Removes its folder at the end. Throws std::runtime_error when openssl is missing or refuses.
class Certificates {
 public:
  struct Pair {
    std::string certificate;  ///< path, PEM
    std::string key;          ///< path, PEM
  };

  Certificates();
  ~Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  [[nodiscard]] std::string ca_file() const;
  /// Signed by the authority for a subject name such as "DNS:localhost,IP:127.0.0.1".
  [[nodiscard]] Pair issue(const std::string& subject_names, bool expired = false);
  [[nodiscard]] Pair self_signed(const std::string& subject_names);

 private:
  void run(const std::string& arguments) const;
  [[nodiscard]] std::string path(const std::string& name) const;
  void write(const std::string& name, const std::string& text) const;

  std::filesystem::path folder_;
  int count_ = 0;
};

}  // namespace prx::test
