#include "cli/remedy.hpp"

#include <chrono>

namespace prx::cli {
namespace {

const std::string& title_of(const ProviderFacts& provider) {
  return provider.title.empty() ? provider.name : provider.title;
}

std::string at(const std::string& url) { return url.empty() ? "" : " at " + url; }

/// "20 s", rounded up: a wait told too short would be refused again.
std::string wait_text(std::chrono::milliseconds wait) {
  return std::to_string((wait.count() + 999) / 1'000) + " s";
}

std::string when(const Error& error) {
  return error.retry_after ? "in " + wait_text(*error.retry_after) : "later";
}

std::string missing_key(const ProviderFacts& provider) {
  std::string text = title_of(provider) + " API key not set; ";
  if (!provider.key_env.empty()) text += "export " + provider.key_env + "=... or ";
  text += "set [providers." + provider.name + "] api_key";
  if (!provider.key_url.empty()) text += "; get one at " + provider.key_url;
  return text;
}

/// The library knows why there is none, and what to do; where to get one is said when the vendor's
/// own variable is what misses.
std::string why_no_key(const Error& error, const ProviderFacts& provider) {
  std::string text = error.message;
  const bool own = !provider.key_env.empty() &&
                   error.message.find(provider.key_env + " is not set") != std::string::npos;
  if (own && !provider.key_url.empty()) text += "; get one at " + provider.key_url;
  return text;
}

std::string rejected_key(const ProviderFacts& provider) {
  std::string text = title_of(provider) + " rejected the key";
  if (!provider.key_label.empty()) text += " from " + provider.key_label;
  text += "; check it, or get a new one";
  return text + at(provider.key_url);
}

/// A 402 may ask for fewer tokens: a request without a limit is reckoned with the model's largest
/// answer. No code says so, only the provider's words.
std::string spent_credit(const Error& error, const ProviderFacts& provider, const Wording& words) {
  std::string text = provider.credit_url.empty()
                         ? "add credit to your " + title_of(provider) + " account"
                         : "add credits at " + provider.credit_url;
  const bool may_ask_less =
      error.http_status == 402 && error.message.find("max_tokens") != std::string::npos;
  if (may_ask_less) text += ", or " + std::string(words.fewer_tokens);
  return text;
}

bool is_missing_key(const Error& error, const ProviderFacts& provider) {
  return error.error_class == ErrorClass::kAuth && error.http_status == 0 && !provider.has_key;
}

std::string base_url_of(const ProviderFacts& provider) {
  return provider.base_url_place.empty() ? "[providers." + provider.name + "] base_url"
                                         : provider.base_url_place;
}
std::string check_base_url(const ProviderFacts& provider) {
  return "check " + base_url_of(provider);
}

std::string unreachable(const ProviderFacts& provider) {
  if (provider.is_own)
    return "start " + title_of(provider) + ", or correct " + base_url_of(provider);
  return "check the connection and " + base_url_of(provider);
}

/// An API says so in an error object with a code; without one the path or host is probably wrong.
std::string not_found(const Error& error, const ProviderFacts& provider, const Wording& words) {
  std::string choose = "choose another model with " + std::string(words.model);
  if (error.http_status == 404 && error.provider_code.empty())
    return check_base_url(provider) + ", or " + choose;
  const bool is_model = error.provider_code.find("model") != std::string::npos;
  if (is_model || provider.base_url_place.empty()) return choose;
  return choose + ", or " + check_base_url(provider);
}

/// The message says where it leads to.
bool is_redirect(int status) { return status >= 300 && status < 400; }

/// What a status says that its class does not.
std::string remedy_of_status(const Error& error, const ProviderFacts& provider) {
  switch (error.http_status) {
    case 405:
    case 501:
      return check_base_url(provider) + ": that server does not know the call";
    case 409:
    case 425:
      return "try again " + when(error);
    case 413:
      return "shorten the prompt, or leave images and files out";
    default:
      return {};
  }
}

}  // namespace

std::string remedy(const Error& error, const ProviderFacts& provider, const Wording& words) {
  if (error.error_class == ErrorClass::kNotFound && is_redirect(error.http_status))
    return check_base_url(provider);
  const bool coarse = error.error_class == ErrorClass::kInvalidRequest ||
                      error.error_class == ErrorClass::kUnsupported ||
                      error.error_class == ErrorClass::kNetwork ||
                      error.error_class == ErrorClass::kBadResponse;
  if (std::string text = coarse ? remedy_of_status(error, provider) : ""; !text.empty())
    return text;
  const std::string model(words.model);
  switch (error.error_class) {
    case ErrorClass::kAuth:
      return provider.has_key ? rejected_key(provider) : missing_key(provider);
    case ErrorClass::kCredit:
      return spent_credit(error, provider, words);
    case ErrorClass::kPermission:
      return "see what the key may do" + at(provider.key_url);
    case ErrorClass::kRateLimit:
      return "try again " + when(error);
    case ErrorClass::kOverloaded:
      return "try again " + when(error) + ", or choose another model with " + model;
    case ErrorClass::kNotFound:
      return not_found(error, provider, words);
    case ErrorClass::kUnsupported:
      if (error.provider_code == "not_offered") return {};  // it is in the message
      return std::string(words.unsupported);
    case ErrorClass::kContextLength:
      return "shorten the prompt, or choose a model with a larger context with " + model;
    case ErrorClass::kContentPolicy:
      return "change the prompt, or choose another model with " + model;
    case ErrorClass::kTimeout:
      return "try again, or allow more time in the configuration or " +
             std::string(words.with_timeout);
    case ErrorClass::kNetwork:
      return unreachable(provider);
    case ErrorClass::kBadResponse:
      return "try again; " + std::string(words.trace);
    case ErrorClass::kInternal:
      if (error.provider_code == "isolation" || error.provider_code == "plugin")
        return "ask who made the plugin";
      return "this is a bug; " + std::string(words.more_log);
    case ErrorClass::kInvalidRequest:
      // Some providers answer an unknown model so; without a status it never left this machine.
      return error.http_status == 0 ? "" : "check the parameters, and the model named by " + model;
    case ErrorClass::kCancelled:
      break;
  }
  return {};
}

std::string explain(const Error& error, const ProviderFacts& provider, const Wording& words) {
  if (is_missing_key(error, provider)) return why_no_key(error, provider);
  const std::string next = remedy(error, provider, words);
  if (error.message.empty()) return next.empty() ? std::string(to_string(error.error_class)) : next;
  return next.empty() ? error.message : error.message + "; " + next;
}

}  // namespace prx::cli
