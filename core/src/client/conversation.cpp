#include "prx/conversation.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "client/json_reading.hpp"
#include "client/json_writing.hpp"
#include "client/message_json.hpp"

namespace prx {
namespace {

using driver::bad_request;
using driver::number_of;
using json::ObjectIndex;

constexpr std::string_view kFormatMember = "prx_conversation";
constexpr std::int64_t kFormatVersion = 1;

std::string usage_json(const ConversationUsage& usage) {
  std::string out;
  driver::ObjectWriter writer(out);
  writer.number("calls", usage.calls)
      .number("prompt_tokens", usage.prompt_tokens)
      .number("completion_tokens", usage.completion_tokens)
      .number("reasoning_tokens", usage.reasoning_tokens)
      .number("cached_tokens", usage.cached_tokens)
      .number("cost", usage.cost.dollars)
      .flag("cost_lower_bound", usage.cost.lower_bound)
      .flag("cost_estimated", usage.cost.estimated)
      .end();
  return out;
}

constexpr std::int64_t kSumMax = 1'000'000'000'000'000;  // leaves room for what is added

/// What is missing or of another kind is 0: sums are told, nothing is decided by them.
ConversationUsage read_usage(std::string_view json) {
  ConversationUsage usage;
  const auto object = ObjectIndex::parse(json);
  if (!object) return usage;
  const auto count = [&](std::string_view name) {
    const auto number = number_of<std::int64_t>(object->find(name)).value_or(0);
    return std::clamp<std::int64_t>(number, 0, kSumMax);
  };
  usage.calls = count("calls");
  usage.prompt_tokens = count("prompt_tokens");
  usage.completion_tokens = count("completion_tokens");
  usage.reasoning_tokens = count("reasoning_tokens");
  usage.cached_tokens = count("cached_tokens");
  const double cost = number_of<double>(object->find("cost")).value_or(0.0);
  usage.cost.dollars = std::isfinite(cost) && cost > 0 ? cost : 0.0;
  usage.cost.lower_bound = object->find("cost_lower_bound") == "true";
  usage.cost.estimated = object->find("cost_estimated") == "true";
  return usage;
}

Result<void> check_version(const ObjectIndex& object) {
  if (!object.find(kFormatMember)) return {};  // a request's body
  const auto version = number_of<std::int64_t>(object.find(kFormatMember));
  if (version == kFormatVersion) return {};
  return bad_request("the conversation was saved by a later version of prx, or is damaged: " +
                     std::string(kFormatMember) + " is not 1");
}

}  // namespace

void ConversationUsage::add(const Usage& used, const std::vector<Attempt>& attempts) {
  ++calls;
  prompt_tokens += used.prompt_tokens.value_or(0);
  completion_tokens += used.completion_tokens.value_or(0);
  reasoning_tokens += used.reasoning_tokens.value_or(0);
  cached_tokens += used.cached_tokens.value_or(0);
  const CallCost one = cost_of(attempts);
  cost.dollars += one.dollars;
  cost.lower_bound = cost.lower_bound || one.lower_bound;
  cost.estimated = cost.estimated || one.estimated;
}

void Conversation::add(const ChatResponse& response) {
  messages.push_back(Message::answer(response));
  usage.add(response.usage, response.attempts);
}

bool Conversation::retry() {
  const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const Message& message) {
    return message.role == Message::Role::kUser;
  });
  if (last == messages.rend() || last == messages.rbegin()) return false;
  messages.erase(last.base(), messages.end());
  return true;
}

ChatRequest Conversation::request(ChatRequest settings) const {
  settings.messages = messages;
  return settings;
}

Result<std::string> Conversation::to_json() const {
  PRX_TRY_SET(const std::string list, driver::messages_json(messages));
  std::string out;
  driver::ObjectWriter writer(out);
  writer.number(kFormatMember, kFormatVersion)
      .raw("messages", list)
      .raw("usage", usage_json(usage));
  writer.end();
  return out;
}

Result<Conversation> Conversation::from_json(std::string_view json) {
  if (json.size() > kJsonMax) return bad_request("the conversation is larger than 256 MiB");
  if (const auto valid = json::validate(json); !valid)
    return bad_request("the conversation is not JSON: " + valid.error().message);
  Conversation out;
  std::string_view list = json.substr(json.find_first_not_of(" \t\r\n"));
  if (list.front() != '[') {
    const auto object = ObjectIndex::parse(json);
    const auto found = object ? object->find("messages") : std::nullopt;
    if (!found) return bad_request("the conversation has no array \"messages\"");
    PRX_TRY(check_version(*object));
    if (const auto usage = object->find("usage")) out.usage = read_usage(*usage);
    list = *found;
  }
  PRX_TRY_SET(out.messages, driver::read_messages(list));
  return out;
}

}  // namespace prx
