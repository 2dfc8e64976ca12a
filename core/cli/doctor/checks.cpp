#include "cli/doctor/checks.hpp"

#include <algorithm>

#include "cli/exit_codes.hpp"
#include "cli/json_writer.hpp"

namespace prx::cli {
namespace {

void append_sentence(std::string& out, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out += "; ";
  out += text;
}

bool passes_by_itself(const Error& error) {
  return error.error_class == ErrorClass::kRateLimit ||
         error.error_class == ErrorClass::kOverloaded;
}

}  // namespace

bool names_remedy(const Error& error) {
  return error.error_class == ErrorClass::kBadResponse &&
         error.message.find("; ") != std::string::npos;
}

std::string_view to_string(CheckStatus status) {
  switch (status) {
    case CheckStatus::kOk:
      return "ok";
    case CheckStatus::kWarning:
      return "warning";
    case CheckStatus::kFailure:
      break;
  }
  return "failure";
}

void Check::add(CheckStatus found, std::string_view text, std::string_view next) {
  status = std::max(status, found);
  append_sentence(what, text);
  append_sentence(remedy, next);
}

Check split_check(CheckStatus status, std::string check, std::string subject,
                  std::string_view text) {
  Check row{status, std::move(check), std::move(subject), std::string(text), {}};
  const auto end = text.find("; ");
  if (end == std::string_view::npos) return row;
  row.what.resize(end);
  row.remedy = text.substr(end + 2);
  return row;
}

Check failed_check(std::string check, std::string subject, const Error& error,
                   const ProviderFacts& facts) {
  const auto status = passes_by_itself(error) ? CheckStatus::kWarning : CheckStatus::kFailure;
  if (names_remedy(error))
    return split_check(status, std::move(check), std::move(subject), error.message);
  const std::string what =
      error.message.empty() ? std::string(to_string(error.error_class)) : error.message;
  return {status, std::move(check), std::move(subject), what, remedy(error, facts, kQueryWording)};
}

bool is_told(const Checks& checks, std::string_view text) {
  return std::any_of(checks.begin(), checks.end(), [&](const Check& row) {
    const std::string whole = row.remedy.empty() ? row.what : row.what + "; " + row.remedy;
    return whole.find(text) != std::string::npos;
  });
}

std::string checks_json(const Checks& checks) {
  JsonWriter json;
  json.begin_object();
  json.key("checks").begin_array();
  for (const Check& row : checks) {
    json.begin_object();
    json.key("status").string(to_string(row.status)).key("check").string(row.check);
    json.key("subject").string_or_null(row.subject).key("what").string(row.what);
    json.key("remedy").string_or_null(row.remedy);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text() + "\n";
}

int checks_exit_code(const Checks& checks) {
  const bool unwell = std::any_of(checks.begin(), checks.end(), [](const Check& row) {
    return row.status == CheckStatus::kFailure;
  });
  return unwell ? kExitUnwell : kExitOk;
}

}  // namespace prx::cli
