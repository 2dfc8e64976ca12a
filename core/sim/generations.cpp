#include "sim/generations.hpp"

#include <algorithm>
#include <utility>

#include "sim/dialect.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

std::string record_json(const Generation& record) {
  const auto number = [](std::size_t value) { return std::to_string(value); };
  std::string out = "{\"data\":{\"id\":";
  append_quoted(out, record.id);
  out += ",\"model\":";
  append_quoted(out, record.model);
  out += ",\"provider_name\":";
  append_quoted(out, record.catalog->provider);
  out += ",\"api_type\":\"completions\",\"created_at\":\"2025-01-01T00:00:00.000Z\",\"streamed\":";
  out.append(record.streamed ? "true" : "false").append(",\"cancelled\":");
  out.append(record.cancelled ? "true" : "false").append(",\"finish_reason\":");
  append_quoted(out, record.finish_reason);
  out += ",\"tokens_prompt\":" + number(record.prompt_tokens);
  out += ",\"tokens_completion\":" + number(record.completion_tokens);
  out += ",\"native_tokens_prompt\":" + number(record.prompt_tokens);
  out += ",\"native_tokens_completion\":" + number(record.completion_tokens);
  out += ",\"native_tokens_reasoning\":" + number(record.reasoning_tokens);
  out += ",\"native_tokens_cached\":0,\"total_cost\":" + decimal(record.cost);
  out += ",\"usage\":" + decimal(record.cost);
  return out += ",\"cache_discount\":null,\"is_byok\":false,\"latency\":1,\"generation_time\":1}}";
}

}  // namespace

void Generations::add(Generation generation) {
  if (records_.size() == kGenerationsMax) records_.pop_front();
  records_.push_back(std::move(generation));
}

void Generations::cancel(std::string_view id) {
  for (auto& record : records_)
    if (record.id == id) record.cancelled = true;
}

std::optional<std::string> Generations::look_up(std::string_view id) {
  const auto found = std::find_if(records_.begin(), records_.end(),
                                  [&](const Generation& record) { return record.id == id; });
  if (found == records_.end() || found->misses-- > 0) return std::nullopt;
  found->misses = 0;
  return record_json(*found);
}

}  // namespace prx::sim
