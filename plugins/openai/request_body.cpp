#include "request_body.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "prx/sdk/chat_messages.hpp"

namespace prx::openai {
namespace {

using json::ObjectEdit;
using json::ObjectIndex;

constexpr std::string_view kMaxTokens = "max_tokens";
constexpr std::string_view kMaxCompletionTokens = "max_completion_tokens";
// With the quote of a model's token; some writers escape every slash.
constexpr auto kVendorPrefixes = std::to_array<std::string_view>({"\"openai/", "\"openai\\/"});

constexpr auto kEfforts = std::to_array<std::string_view>(
    {"\"none\"", "\"minimal\"", "\"low\"", "\"medium\"", "\"high\"", "\"xhigh\""});

/// Edits of one body; an ObjectEdit is made when there is one.
class BodyWriter {
 public:
  BodyWriter(const ObjectIndex& index, Shape shape, const BodyOptions& options)
      : index_(index), shape_(shape), options_(options) {}

  Result<std::optional<std::string>> run(bool stream) {
    for (const ObjectIndex::Member& member : index_.members()) member_of(member);
    if (stream) PRX_TRY(stream_options());
    if (!edit_) return std::optional<std::string>();
    return std::optional<std::string>(edit_->str());
  }

 private:
  ObjectEdit& edit() {
    if (!edit_) edit_.emplace(index_);
    return *edit_;
  }

  void member_of(const ObjectIndex::Member& member) {
    const bool is_escaped = member.key.find('\\') != std::string_view::npos;
    const auto is = [&](std::string_view name) {
      return is_escaped ? member.has_key(name) : member.key == name;
    };
    if (is("messages")) return messages(member.value);
    if (is("model")) return model(member.value);
    if (is(wrong_limit())) return limit();
    for (const std::string_view name : options_.request_dropped)
      if (is(name)) return drop(name, member.value);
  }

  /// A primary asked for by OpenRouter's name of a model means the vendor's own.
  void model(std::string_view token) {
    for (const std::string_view prefix : kVendorPrefixes)
      if (options_.is_openai && token.starts_with(prefix))
        edit().set("model", '"' + std::string(token.substr(prefix.size())));
  }

  [[nodiscard]] bool is_completion() const { return (shape_ & kCompletionTokens) != 0; }
  [[nodiscard]] std::string_view wrong_limit() const {
    return is_completion() ? kMaxTokens : kMaxCompletionTokens;
  }
  void limit() {
    const std::string_view right = is_completion() ? kMaxCompletionTokens : kMaxTokens;
    if (index_.find(right))
      edit().remove(wrong_limit());
    else
      edit().rename(wrong_limit(), right);
  }

  void drop(std::string_view name, std::string_view value) {
    edit().remove(name);
    if (name == "reasoning" && (shape_ & kNoEffort) == 0) effort(value);
  }
  void effort(std::string_view reasoning) {
    const auto inner = ObjectIndex::parse(reasoning);
    const auto asked = inner ? inner->find("effort") : std::nullopt;
    if (!asked || index_.find("reasoning_effort")) return;
    if (std::find(kEfforts.begin(), kEfforts.end(), *asked) != kEfforts.end())
      edit().set("reasoning_effort", std::string(*asked));
  }

  void messages(std::string_view value) {
    sdk::MessageEdit wanted;
    if ((shape_ & kRoles) != 0) {
      const bool is_developer = (shape_ & kDeveloperRole) != 0;
      wanted.role_from = is_developer ? "system" : "developer";
      wanted.role_to = is_developer ? "developer" : "system";
    }
    wanted.assistant_dropped = options_.assistant_dropped;
    wanted.part_dropped = options_.part_dropped;
    wanted.call_dropped = options_.call_dropped;
    wanted.reasoning_as = options_.reasoning_as;
    if (auto changed = sdk::edit_messages(value, wanted))
      edit().set("messages", std::move(*changed));
  }

  /// A stream tells its usage only when asked to.
  /// \see https://platform.openai.com/docs/api-reference/chat/create
  Result<void> stream_options() {
    const auto present = index_.find("stream_options");
    if ((shape_ & kNoStreamOptions) != 0) {
      if (present) edit().remove("stream_options");
      return {};
    }
    if (!options_.asks_usage) return {};
    if (!present || *present == "null") {
      edit().set("stream_options", R"({"include_usage":true})");
      return {};
    }
    const auto inner = ObjectIndex::parse(*present);
    if (!inner)
      return fail(ErrorClass::kInvalidRequest,
                  R"(stream_options must be an object such as {"include_usage":true})");
    if (!inner->find("include_usage"))
      edit().set("stream_options", ObjectEdit(*inner).set("include_usage", "true").str());
    return {};
  }

  const ObjectIndex& index_;
  const Shape shape_;
  const BodyOptions& options_;
  std::optional<ObjectEdit> edit_;
};

/// All that a body can be changed for, but roles. Without any of it there is no work.
json::KeyFilter work_of(const BodyOptions& options, std::string_view wrong_limit) {
  std::vector<std::string_view> names{"stream_options", wrong_limit};
  if (options.is_openai) names.emplace_back("openai");  // a vendor's prefix
  for (const auto* const list : {&options.request_dropped, &options.assistant_dropped,
                                 &options.part_dropped, &options.call_dropped})
    names.insert(names.end(), list->begin(), list->end());
  return json::KeyFilter(std::move(names));
}

/// The body with that member behind its last one; nullopt for an empty object, and what is none.
std::optional<std::string> with_last(std::string_view body, std::string_view member) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = body.find_first_not_of(kSpace);
  const std::size_t brace = body.find_last_not_of(kSpace);
  if (first == std::string_view::npos || body[first] != '{' || body[brace] != '}')
    return std::nullopt;
  const std::size_t last = body.substr(0, brace).find_last_not_of(kSpace);
  if (last == std::string_view::npos || last == first) return std::nullopt;
  std::string out;
  out.reserve(last + member.size() + 3);
  out.append(body.substr(0, last + 1)).append(",").append(member).append("}");
  return out;
}

std::vector<std::string_view> all_but(std::span<const std::string_view> names,
                                      const std::vector<std::string>& known) {
  std::vector<std::string_view> out;
  for (const std::string_view name : names)
    if (std::find(known.begin(), known.end(), name) == known.end()) out.emplace_back(name);
  return out;
}

}  // namespace

void choose_dropped(BodyOptions& options, const std::vector<std::string>& request_members,
                    const std::vector<std::string>& message_members) {
  options.request_dropped = all_but(kOpenRouterMembers, request_members);
  if (options.is_openai)
    for (const std::string_view name : all_but(kForeignSamplers, request_members))
      options.request_dropped.push_back(name);
  options.assistant_dropped = all_but(kAssistantMembers, message_members);
  constexpr std::string_view kOwnName = "reasoning_content";  // of DeepSeek and llama.cpp
  const auto takes = [&](std::string_view name) {
    return std::find(message_members.begin(), message_members.end(), name) != message_members.end();
  };
  if (takes(kOwnName) && !takes("reasoning")) options.reasoning_as = kOwnName;
  options.part_dropped = all_but(kPartMembers, message_members);
  if (options.is_openai) options.call_dropped = all_but(kCallMembers, message_members);
  options.work = work_of(options, kMaxCompletionTokens);
  options.work_of_completion = work_of(options, kMaxTokens);
}

Result<std::optional<std::string>> write_body(std::string_view body, bool stream, Shape shape,
                                              const BodyOptions& options) {
  const bool is_completion = (shape & kCompletionTokens) != 0;
  const json::KeyFilter& work = is_completion ? options.work_of_completion : options.work;
  if ((shape & kRoles) == 0 && !work.may_have(body)) {
    const bool adds_usage = stream && options.asks_usage && (shape & kNoStreamOptions) == 0;
    if (!adds_usage) return std::optional<std::string>();
    if (auto out = with_last(body, R"("stream_options":{"include_usage":true})")) return out;
  }
  PRX_TRY_SET(const ObjectIndex index, ObjectIndex::parse(body));
  return BodyWriter(index, shape, options).run(stream);
}

}  // namespace prx::openai
