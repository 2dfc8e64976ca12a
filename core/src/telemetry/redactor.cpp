#include "telemetry/redactor.hpp"

#include <algorithm>

namespace prx {

namespace {
constexpr std::string_view kRedacted = "[redacted]";

void add_unique(std::vector<std::string>& secrets, std::string_view secret) {
  if (secret.size() < Redactor::kSecretMin) return;
  if (std::find(secrets.begin(), secrets.end(), secret) == secrets.end())
    secrets.emplace_back(secret);
}

std::string as_json(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}
}  // namespace

void Redactor::add(std::string_view secret) {
  add_unique(secrets_, secret);
  add_unique(secrets_, as_json(secret));
  if (const auto space = secret.find(' '); space != std::string_view::npos)
    add_unique(secrets_, secret.substr(space + 1));
  std::stable_sort(secrets_.begin(), secrets_.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

void Redactor::add(const Redactor& other) {
  for (const auto& secret : other.secrets_) add(secret);
}

std::string Redactor::redact(std::string_view text) const {
  std::string out(text);
  for (const auto& secret : secrets_)
    for (auto at = out.find(secret); at != std::string::npos;
         at = out.find(secret, at + kRedacted.size()))
      out.replace(at, secret.size(), kRedacted);
  return out;
}

}  // namespace prx
