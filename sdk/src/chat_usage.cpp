#include "chat_answer.hpp"
#include "rapid.hpp"

namespace prx::sdk {
namespace {

using rapid::Value;

const Value* member(const Value* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

std::int64_t tokens(const Value* object, const char* name, const char* other = nullptr) {
  const Value* value = member(object, name);
  if ((value == nullptr || !value->IsNumber()) && other != nullptr) value = member(object, other);
  if (value == nullptr || !value->IsNumber()) return -1;
  if (value->IsInt64()) return value->GetInt64() < 0 ? -1 : value->GetInt64();
  const double number = value->GetDouble();
  return number >= 0 && number < 1e15 ? static_cast<std::int64_t>(number) : -1;
}

double dollars(const Value* value) {
  return value != nullptr && value->IsNumber() && value->GetDouble() >= 0 ? value->GetDouble() : -1;
}

}  // namespace

prx_usage read_usage(std::string_view json) {
  Scratch scratch;
  rapid::Document root;
  root.ParseInsitu<rapid::kParseInsituFlag | rapid::kParseIterativeFlag>(scratch.assign(json));
  const Value* const object = root.HasParseError() ? nullptr : &root;
  const Value* prompt = member(object, "prompt_tokens_details");
  if (prompt == nullptr) prompt = member(object, "input_tokens_details");
  const Value* completion = member(object, "completion_tokens_details");
  if (completion == nullptr) completion = member(object, "output_tokens_details");
  prx_usage usage{};
  usage.size = sizeof usage;
  usage.prompt_tokens = tokens(object, "prompt_tokens", "input_tokens");
  usage.completion_tokens = tokens(object, "completion_tokens", "output_tokens");
  usage.total_tokens = tokens(object, "total_tokens");
  usage.reasoning_tokens = tokens(completion, "reasoning_tokens");
  usage.cached_tokens = tokens(prompt, "cached_tokens");
  if (usage.cached_tokens < 0) usage.cached_tokens = tokens(object, "prompt_cache_hit_tokens");
  usage.cache_write_tokens = tokens(prompt, "cache_write_tokens");
  usage.cost = dollars(member(object, "cost"));
  return usage;
}

}  // namespace prx::sdk
