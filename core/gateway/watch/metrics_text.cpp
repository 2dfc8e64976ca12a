#include "gateway/watch/metrics_text.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

namespace prx::gateway {

namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

void append_number(std::string& out, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  out += text;
}

/// Families of one text: each has its type and its help once, and its samples together.
class Text {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
    out.append(name).append(" ").append(type).append("\n");
  }
  void sample(const Labels& labels, double value, std::string_view suffix = {}) {
    out.append(name_).append(suffix);
    append(labels);
    out += ' ';
    append_number(out, value);
    out += '\n';
  }
  void histogram(Labels labels, const Histogram& values) {
    const std::size_t at = labels.size();
    labels.emplace_back("le", "");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i <= values.bounds().size(); ++i) {
      std::string bound = "+Inf";
      if (i < values.bounds().size()) {
        bound.clear();
        append_number(bound, values.bounds()[i]);
      }
      labels[at].second = bound;
      below += values.count(i);
      sample(labels, static_cast<double>(below), "_bucket");
    }
    labels.pop_back();
    sample(labels, values.sum(), "_sum");
    sample(labels, static_cast<double>(below), "_count");
  }
  std::string out;

 private:
  void append(const Labels& labels) {
    if (labels.empty()) return;
    char before = '{';
    for (const auto& [name, value] : labels) {
      out += std::exchange(before, ',');
      out.append(name).append("=\"");
      for (const char c : value)
        if (c == '\n')
          out += "\\n";
        else
          (c == '"' || c == '\\' ? out += '\\' : out) += c;
      out += '"';
    }
    out += '}';
  }
  std::string_view name_;
};

Labels labels_of(const CallSeries& series) {
  Labels out{{"gen_ai_operation_name", series.operation},
             {"gen_ai_provider_name", series.plugin},
             {"gen_ai_request_model", series.model},
             {"prx_provider", series.provider}};
  if (!series.error_type.empty()) out.emplace_back("error_type", series.error_type);
  return out;
}

/// In an order that does not change from one scrape to the next.
std::vector<const CallSeries*> sorted(const Numbers& numbers) {
  std::map<std::string_view, const CallSeries*> byname;
  for (const auto& [name, series] : numbers.calls()) byname.emplace(name, &series);
  std::vector<const CallSeries*> out;
  for (const auto& [name, series] : byname) out.push_back(series);
  return out;
}

void append_calls(Text& text, const Numbers& numbers) {
  const auto all = sorted(numbers);
  const auto each = [&](std::string_view name, std::string_view help, Histogram CallSeries::*of) {
    text.family(name, "histogram", help);
    for (const CallSeries* const series : all)
      if ((series->*of).all() > 0) text.histogram(labels_of(*series), series->*of);
  };
  each("gen_ai_client_operation_duration_seconds", "Calls, with all their attempts.",
       &CallSeries::duration);
  each("gen_ai_client_operation_time_to_first_chunk_seconds",
       "Begin of a call to the first piece of its answer.", &CallSeries::first_chunk);
  each("gen_ai_client_operation_time_per_output_chunk_seconds",
       "Time from one piece of a streamed answer to the next.", &CallSeries::between_chunks);
  text.family("gen_ai_client_token_usage", "histogram", "Tokens of a call.");
  for (const CallSeries* const series : all)
    for (const auto& [type, tokens] :
         {std::pair<std::string_view, const Histogram*>{"input", &series->input_tokens},
          {"output", &series->output_tokens}}) {
      if (tokens->all() == 0) continue;
      Labels labels = labels_of(*series);
      labels.emplace_back("gen_ai_token_type", type);
      text.histogram(labels, *tokens);
    }
  text.family("prx_cost_dollars_total", "counter", "What calls cost, as far as it is known.");
  for (const CallSeries* const series : all)
    if (series->cost > 0.0) text.sample(labels_of(*series), series->cost);
}

void append_attempts(Text& text, const Numbers& numbers) {
  std::map<std::string_view, const AttemptSeries*> byname;
  for (const auto& [name, series] : numbers.attempts()) byname.emplace(name, &series);
  text.family("prx_attempts_total", "counter",
              "Attempts by why they were made and how they ended.");
  for (const auto& [name, series] : byname)
    text.sample({{"prx_provider", series->provider},
                 {"reason", series->reason},
                 {"error_type", series->error_type}},
                static_cast<double>(series->count));
  text.family("prx_hedges_total", "counter", "Second attempts beside a slow one.");
  text.sample({{"outcome", "won"}}, static_cast<double>(numbers.hedges_won()));
  text.sample({{"outcome", "lost"}}, static_cast<double>(numbers.hedges_lost()));
}

double in_seconds(std::optional<std::chrono::milliseconds> time) {
  return time ? std::chrono::duration<double>(*time).count() : 0.0;
}

void append_health(Text& text, const LoopReports& loops) {
  const auto lanes = lanes_of(loops);
  text.family("prx_lane_state", "gauge", "Breaker of a target: 0 closed, 1 half-open, 2 open.");
  for (const LaneState& lane : lanes)
    text.sample({{"prx_provider", lane.provider}, {"gen_ai_request_model", lane.model}},
                lane.breaker == LaneState::Breaker::kOpen
                    ? 2
                    : (lane.breaker == LaneState::Breaker::kHalfOpen ? 1 : 0));
  text.family("prx_lane_rest_seconds", "gauge",
              "Until a target that asked for a pause is asked again.");
  for (const LaneState& lane : lanes)
    text.sample({{"prx_provider", lane.provider}, {"gen_ai_request_model", lane.model}},
                in_seconds(lane.rests_for));
  text.family("prx_key_rest_seconds", "gauge", "Until a key that was refused is tried again.");
  for (const KeyState& key : keys_of(loops))
    text.sample({{"prx_provider", key.provider}, {"key", key.label}}, in_seconds(key.rests_for));
}

void append_server(Text& text, const LoopReports& loops) {
  ServerCounts counts;
  std::size_t unsent = 0, operations = 0;
  for (const LoopReport& loop : loops) {
    counts += loop.server;
    unsent += loop.unsent;
    operations += loop.client.operations;
  }
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       double value) {
    text.family(name, type, help);
    text.sample({}, value);
  };
  const auto number = [](auto count) { return static_cast<double>(count); };
  one("prx_server_connections", "gauge", "Connections of clients.", number(counts.connections));
  one("prx_server_requests_active", "gauge", "Requests that are being answered.",
      number(counts.exchanges));
  one("prx_server_unsent_bytes", "gauge", "Bytes of answers that wait for their clients.",
      number(unsent));
  one("prx_client_operations", "gauge", "Operations of plugins under way.", number(operations));
  one("prx_server_connections_total", "counter", "Connections that were accepted.",
      number(counts.accepted));
  one("prx_server_refused_total", "counter", "Connections above connections_max.",
      number(counts.refused));
  one("prx_server_requests_total", "counter", "Requests that came whole.", number(counts.requests));
  one("prx_server_faults_total", "counter", "Requests that were none, or too large, or too slow.",
      number(counts.faults));
  one("prx_server_clients_left_total", "counter", "Clients that left before their answer ended.",
      number(counts.clients_left));
  one("prx_server_loops", "gauge", "Loops that serve.", number(loops.size()));
  const ProcessUse use = process_use();
  one("process_cpu_seconds_total", "counter", "User and system time.", use.cpu_seconds);
  if (use.resident_bytes > 0)
    one("process_resident_memory_bytes", "gauge", "Resident memory.", number(use.resident_bytes));
}

/// The larger of two rests.
void keep_longer(std::optional<std::chrono::milliseconds>& of,
                 std::optional<std::chrono::milliseconds> other) {
  if (other && (!of || *other > *of)) of = other;
}

}  // namespace

std::vector<LaneState> lanes_of(const LoopReports& loops) {
  std::map<std::pair<std::string_view, std::string_view>, LaneState> out;
  for (const LoopReport& loop : loops)
    for (const LaneState& lane : loop.client.lanes) {
      auto& known = out.try_emplace({lane.provider, lane.model}, lane).first->second;
      const auto weight = [](const LaneState& one) {
        return one.breaker == LaneState::Breaker::kOpen
                   ? 2
                   : (one.breaker == LaneState::Breaker::kHalfOpen ? 1 : 0);
      };
      if (weight(lane) > weight(known)) known.breaker = lane.breaker;
      known.probing = known.probing || lane.probing;
      known.failures = std::max(known.failures, lane.failures);
      keep_longer(known.reopens_in, lane.reopens_in);
      keep_longer(known.rests_for, lane.rests_for);
    }
  std::vector<LaneState> list;
  for (auto& [name, lane] : out) list.push_back(std::move(lane));
  return list;
}

std::vector<KeyState> keys_of(const LoopReports& loops) {
  std::map<std::pair<std::string_view, std::string_view>, KeyState> out;
  for (const LoopReport& loop : loops)
    for (const KeyState& key : loop.client.keys)
      keep_longer(out.try_emplace({key.provider, key.label}, key).first->second.rests_for,
                  key.rests_for);
  std::vector<KeyState> list;
  for (auto& [name, key] : out) list.push_back(std::move(key));
  return list;
}

ProcessUse process_use() {
  ProcessUse out;
  rusage use{};
  if (::getrusage(RUSAGE_SELF, &use) == 0)
    out.cpu_seconds = static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                      static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  std::ifstream file("/proc/self/statm");
  long long size = 0, resident = 0;
  if (file >> size >> resident) out.resident_bytes = resident * ::sysconf(_SC_PAGESIZE);
  return out;
}

std::string metrics_text(const LoopReports& loops) {
  Numbers numbers;
  for (const LoopReport& loop : loops) numbers.add(loop.numbers);
  Text text;
  append_calls(text, numbers);
  append_attempts(text, numbers);
  append_health(text, loops);
  append_server(text, loops);
  return std::move(text.out);
}

}  // namespace prx::gateway
