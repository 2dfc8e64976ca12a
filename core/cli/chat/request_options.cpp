#include "cli/chat/request_options.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <utility>

#include "cli/chat/attachment_url.hpp"
#include "prx/attachment.hpp"
#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx::cli {
namespace {

constexpr std::string_view kStdin = "-";

Unexpected<Error> bad_request_option(std::string text) {
  return fail(ErrorClass::kInvalidRequest, std::move(text));
}

Unexpected<Error> about(const std::string& option, Error error) {
  error.message = option + ": " + error.message;
  return Unexpected(std::move(error));
}

Result<void> check_numbers(const RequestOptions& options) {
  if (options.temperature && !(std::isfinite(*options.temperature) && *options.temperature >= 0))
    return bad_request_option("--temperature: write a number of 0 or more, e.g. 0.7");
  if (options.top_p && !(*options.top_p >= 0 && *options.top_p <= 1))
    return bad_request_option("--top-p: write a number from 0 to 1, e.g. 0.9");
  if (options.max_tokens && *options.max_tokens < 1)
    return bad_request_option("--max-tokens: write a number of 1 or more");
  return {};
}

/// The text of the option itself when it is an object, else that of the file it names.
Result<std::string> read_schema(const std::string& given, const Until& until) {
  if (json::begins_object(given)) return given;
  auto text = read_text_file(given, until);
  if (text || text.error().error_class != ErrorClass::kInvalidRequest) return text;
  std::error_code ignored;
  const bool is_json = json::validate(given) && !std::filesystem::exists(given, ignored);
  if (given.empty() || is_json)
    return bad_request_option(given +
                              " is no JSON object; write a JSON schema, or the name of a file");
  return text;
}

Result<std::string> format_of(const std::string& given, const Until& until) {
  constexpr const char* kOption = "--schema";
  auto schema = read_schema(given, until);
  if (!schema) return about(kOption, std::move(schema).error());
  if (const auto valid = json::validate(*schema); !valid)
    return bad_request_option("--schema: it is not JSON: " + valid.error().message);
  if (!json::ObjectIndex::parse(*schema))
    return bad_request_option("--schema: it is not a JSON object");
  return R"({"type":"json_schema","json_schema":{"name":"answer","schema":)" + *schema + "}}";
}

Result<void> check_stdin(const RequestOptions& options) {
  std::ptrdiff_t readers = 0;
  for (const auto* list : {&options.images, &options.sounds, &options.files})
    readers += std::count(list->begin(), list->end(), kStdin);
  if (readers > 1)
    return bad_request_option("two attachments are -, but stdin can be read once only");
  return {};
}

Result<Part> from_stdin(Part::Type type, const std::string& option, int fd, const Until& until) {
  PRX_TRY_SET(const std::string bytes, read_all(fd, kAttachmentMax, until));
  auto part = attach(type, bytes, "stdin");
  if (!part) return about(option, std::move(part).error());
  return part;
}

}  // namespace

bool RequestOptions::takes_stdin() const {
  for (const auto* list : {&images, &sounds, &files})
    if (std::find(list->begin(), list->end(), kStdin) != list->end()) return true;
  return false;
}

void declare_request(Arguments& arguments, RequestOptions& options) {
  arguments.number("--temperature", options.temperature, "Randomness, usually 0 to 2");
  arguments.number("--top-p", options.top_p,
                   "Share of the likeliest tokens to choose from, 0 to 1");
  arguments.integer("--max-tokens", options.max_tokens, "Longest answer, in tokens");
  arguments.integer("--seed", options.seed, "Same seed, same answer, where the model can");
  arguments.list("--stop", options.stop, "TEXT", "End the answer before this text; repeatable");
  arguments.text("--reasoning-effort", options.reasoning_effort, "EFFORT",
                 "none, minimal, low, medium, high ...",
                 {Values::Kind::kChoice, {"none", "minimal", "low", "medium", "high"}});
  arguments.text("--schema", options.schema, "FILE|JSON",
                 "Ask for JSON of this JSON schema; another answer is an error");
  arguments.list("--image", options.images, "FILE|URL",
                 "Show the model an image; - is stdin; repeatable");
  arguments.list("--audio", options.sounds, "FILE", "Let the model hear a sound; repeatable");
  arguments.list("--file", options.files, "FILE|URL",
                 "Give the model a file: a PDF, a text ...; repeatable");
  arguments.list("--param", options.parameters, "NAME=JSON",
                 "Any other member of the request; repeatable");
}

Result<void> apply_request(const RequestOptions& options, const Until& until,
                           ChatRequest& request) {
  PRX_TRY(check_numbers(options));
  request.temperature = options.temperature;
  request.top_p = options.top_p;
  request.max_tokens = options.max_tokens;
  request.seed = options.seed;
  request.stop = options.stop;
  request.reasoning_effort = options.reasoning_effort.value_or("");
  if (options.schema) {
    PRX_TRY_SET(request.response_format, format_of(*options.schema, until));
  }
  PRX_TRY_SET(request.extra, parameters_json(options.parameters));
  return {};
}

Result<Part> read_attachment(Part::Type type, const std::string& what, const std::string& option) {
  auto part = is_url(what) ? part_of_url(type, what) : attach_file(type, what);
  if (!part) return about(option, std::move(part).error());
  return part;
}

Result<std::vector<Part>> read_attachments(const RequestOptions& options, int stdin_fd,
                                           const Until& until) {
  struct List {
    Part::Type type;
    const std::vector<std::string>* what;
    const char* option;
  };
  const std::array<List, 3> lists{{{Part::Type::kImage, &options.images, "--image"},
                                   {Part::Type::kAudio, &options.sounds, "--audio"},
                                   {Part::Type::kFile, &options.files, "--file"}}};
  std::vector<Part> parts;
  PRX_TRY(check_stdin(options));
  for (const List& list : lists) {
    for (const std::string& what : *list.what) {
      PRX_TRY_SET(Part part, what == kStdin ? from_stdin(list.type, list.option, stdin_fd, until)
                                            : read_attachment(list.type, what, list.option));
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

}  // namespace prx::cli
