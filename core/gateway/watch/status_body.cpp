#include "gateway/watch/status_body.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <string_view>

#include "gateway/watch/metrics_text.hpp"
#include "prx/version.hpp"

namespace prx::gateway {

namespace {

/// Numbers and texts of objects, shortly.
class Json {
 public:
  void open() { writer_.StartObject(); }
  void close() { writer_.EndObject(); }
  void list(std::string_view name) {
    key(name);
    writer_.StartArray();
  }
  void end_list() { writer_.EndArray(); }
  void object(std::string_view name) {
    key(name);
    open();
  }
  void put(std::string_view name, std::string_view text) {
    key(name);
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  void put_some(std::string_view name, std::string_view text) {
    if (!text.empty()) put(name, text);
  }
  void put(std::string_view name, double number) {
    key(name);
    writer_.Double(number);
  }
  void count(std::string_view name, std::uint64_t number) {
    key(name);
    writer_.Uint64(number);
  }
  void flag(std::string_view name, bool on) {
    key(name);
    writer_.Bool(on);
  }
  [[nodiscard]] std::string text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  void key(std::string_view name) {
    writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  }
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

double seconds(std::chrono::system_clock::time_point time) {
  return static_cast<double>(
             std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch())
                 .count()) /
         1e3;
}

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

void put_rest(Json& json, std::string_view name, std::optional<std::chrono::milliseconds> rest) {
  if (rest) json.put(name, std::chrono::duration<double>(*rest).count());
}

std::string_view word_of(LaneState::Breaker breaker) {
  switch (breaker) {
    case LaneState::Breaker::kOpen:
      return "open";
    case LaneState::Breaker::kHalfOpen:
      return "half-open";
    case LaneState::Breaker::kClosed:
      break;
  }
  return "closed";
}

void put_chains(Json& json, const Config& config) {
  json.put("chain", config.chain);
  json.list("chains");
  for (const ChainConfig& chain : config.chains) {
    json.open();
    json.put("name", chain.name);
    json.list("targets");
    for (const TargetConfig& target : chain.targets) {
      json.open();
      json.put("provider", target.provider);
      json.put_some("model", target.model);
      json.close();
    }
    json.end_list();
    json.close();
  }
  json.end_list();
}

void put_lanes(Json& json, const LoopReports& loops) {
  json.list("lanes");
  for (const LaneState& lane : lanes_of(loops)) {
    json.open();
    json.put("provider", lane.provider);
    json.put("model", lane.model);
    json.put("breaker", word_of(lane.breaker));
    json.flag("probing", lane.probing);
    json.count("failures", static_cast<std::uint64_t>(std::max(lane.failures, 0)));
    put_rest(json, "reopens_in", lane.reopens_in);
    put_rest(json, "rests_for", lane.rests_for);
    json.close();
  }
  json.end_list();
  json.list("keys");
  for (const KeyState& key : keys_of(loops)) {
    json.open();
    json.put("provider", key.provider);
    json.put("key", key.label);
    put_rest(json, "rests_for", key.rests_for);
    json.close();
  }
  json.end_list();
}

void put_loops(Json& json, const LoopReports& loops) {
  json.list("loops");
  for (const LoopReport& loop : loops) {
    json.open();
    json.count("connections", loop.server.connections);
    json.count("requests_active", loop.server.exchanges);
    json.count("operations", loop.client.operations);
    json.count("unsent_bytes", loop.unsent);
    json.count("accepted", loop.server.accepted);
    json.count("refused", loop.server.refused);
    json.count("requests", loop.server.requests);
    json.count("faults", loop.server.faults);
    json.count("clients_left", loop.server.clients_left);
    json.close();
  }
  json.end_list();
}

void put_attempts(Json& json, const BookedCall& call) {
  json.list("attempts");
  for (const BookedAttempt& attempt : call.attempts) {
    json.open();
    json.put("provider", attempt.provider);
    json.put("model", attempt.model);
    json.put("reason", attempt.reason);
    json.put_some("error", attempt.error_type);
    if (attempt.http_status != 0)
      json.count("status", static_cast<std::uint64_t>(attempt.http_status));
    json.put("wait_ms", milliseconds(attempt.wait));
    json.put("total_ms", milliseconds(attempt.total));
    if (attempt.first_token) json.put("first_token_ms", milliseconds(*attempt.first_token));
    json.close();
  }
  json.end_list();
}

void put_call(Json& json, const BookedCall& call) {
  json.open();
  json.put("ended", seconds(call.ended));
  json.put("id", call.id);
  json.put("operation", call.operation);
  json.put_some("provider", call.provider);
  json.put_some("model", call.model);
  json.put_some("served_model", call.served_model);
  json.put_some("finish_reason", call.finish_reason);
  json.put_some("error", call.error_type);
  json.put("duration_ms", milliseconds(call.duration));
  if (call.first_chunk) json.put("first_chunk_ms", milliseconds(*call.first_chunk));
  if (call.input_tokens && *call.input_tokens >= 0)
    json.count("input_tokens", static_cast<std::uint64_t>(*call.input_tokens));
  if (call.output_tokens && *call.output_tokens >= 0)
    json.count("output_tokens", static_cast<std::uint64_t>(*call.output_tokens));
  if (call.cost) json.put("cost", *call.cost);
  put_attempts(json, call);
  json.close();
}

/// The last ones of all loops, the latest first.
void put_calls(Json& json, const LoopReports& loops) {
  std::vector<const BookedCall*> calls;
  for (const LoopReport& loop : loops)
    for (const BookedCall& call : loop.calls) calls.push_back(&call);
  std::stable_sort(calls.begin(), calls.end(),
                   [](const BookedCall* a, const BookedCall* b) { return a->ended > b->ended; });
  if (calls.size() > CallBook::kCallsMax) calls.resize(CallBook::kCallsMax);
  json.list("calls");
  for (const BookedCall* const call : calls) put_call(json, *call);
  json.end_list();
}

void put_plugins(Json& json, const std::vector<PluginInfo>& plugins) {
  json.list("plugins");
  for (const PluginInfo& plugin : plugins) {
    if (plugin.state != PluginState::kUsable) continue;
    json.open();
    json.put("id", plugin.id);
    json.put("version", plugin.version);
    json.put("abi", plugin.abi);
    json.put("isolation", plugin.isolation);
    json.close();
  }
  json.end_list();
}

}  // namespace

std::string status_body(const StatusFacts& facts, const LoopReports& loops) {
  Json json;
  json.open();
  json.put("version", kVersion);
  json.put("now", seconds(facts.now));
  json.put("started", seconds(facts.started));
  json.flag("draining", facts.draining);
  const ProcessUse use = process_use();
  json.object("process");
  json.put("cpu_seconds", use.cpu_seconds);
  if (use.resident_bytes > 0)
    json.count("resident_bytes", static_cast<std::uint64_t>(use.resident_bytes));
  json.close();
  put_chains(json, *facts.config);
  put_lanes(json, loops);
  put_loops(json, loops);
  put_plugins(json, facts.plugins);
  put_calls(json, loops);
  json.close();
  return json.text();
}

}  // namespace prx::gateway
