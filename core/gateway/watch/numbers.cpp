#include "gateway/watch/numbers.hpp"

#include <algorithm>

namespace prx::gateway {

namespace {

constexpr std::array kSeconds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                              1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
constexpr std::array kFirstChunk{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1,
                                 0.25,  0.5,   0.75, 1.0,  2.5,  5.0,  7.5,  10.0};
constexpr std::array kBetweenChunks{0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15,
                                    0.2,   0.3,   0.4,  0.5,   0.75, 1.0,   2.5};
constexpr std::array kTokens{1.0,       4.0,       16.0,       64.0,      256.0,
                             1024.0,    4096.0,    16384.0,    65536.0,   262144.0,
                             1048576.0, 4194304.0, 16777216.0, 67108864.0};
static_assert(kFirstChunk.size() <= Histogram::kBoundsMax);

double in_seconds(std::chrono::microseconds time) {
  return std::chrono::duration<double>(time).count();
}

void name_of(std::string& out, std::initializer_list<std::string_view> labels) {
  out.clear();
  for (const std::string_view label : labels) {
    out += label;
    out += '\n';
  }
}

}  // namespace

std::span<const double> seconds_bounds() { return kSeconds; }
std::span<const double> first_chunk_bounds() { return kFirstChunk; }
std::span<const double> between_chunks_bounds() { return kBetweenChunks; }
std::span<const double> token_bounds() { return kTokens; }

void Histogram::add(double value) {
  const auto* const place =
      std::lower_bound(bounds_.data(), bounds_.data() + bounds_.size(), value);
  ++counts_[static_cast<std::size_t>(place - bounds_.data())];
  sum_ += value;
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  sum_ += other.sum_;
}

std::uint64_t Histogram::all() const {
  std::uint64_t out = 0;
  for (const std::uint64_t count : counts_) out += count;
  return out;
}

CallSeries& Numbers::calls_of(Labels labels) {
  const auto find = [&] {
    name_of(name_,
            {labels.operation, labels.plugin, labels.provider, labels.model, labels.error_type});
    return calls_.find(name_);
  };
  auto found = find();
  if (found == calls_.end() && calls_.size() >= kSeriesMax) {
    labels.model = kOther;
    found = find();
  }
  if (found != calls_.end()) return found->second;
  CallSeries& out = calls_[name_];
  out.operation = labels.operation;
  out.plugin = labels.plugin;
  out.provider = labels.provider;
  out.model = labels.model;
  out.error_type = labels.error_type;
  return out;
}

void Numbers::take(const Measurement& measurement) {
  if (measurement.kind == Measurement::Kind::kAttempt) return take_attempt(measurement);
  CallSeries& series =
      calls_of({measurement.operation, measurement.provider_name, measurement.instance,
                measurement.request_model, measurement.error_type});
  last_ = &series;
  series.duration.add(in_seconds(measurement.duration));
  if (measurement.first_chunk) series.first_chunk.add(in_seconds(*measurement.first_chunk));
  if (measurement.input_tokens)
    series.input_tokens.add(static_cast<double>(*measurement.input_tokens));
  if (measurement.output_tokens)
    series.output_tokens.add(static_cast<double>(*measurement.output_tokens));
  series.cost += measurement.cost.value_or(0.0);
}

void Numbers::take_chunks(const Histogram& between_chunks) {
  if (last_ != nullptr) last_->between_chunks.add(between_chunks);
}

void Numbers::take_attempt(const Measurement& measurement) {
  const std::string_view reason = measurement.attempt->reason;
  name_of(name_, {measurement.instance, reason, measurement.error_type});
  AttemptSeries& series = attempts_[name_];
  if (series.count++ == 0) {
    series.provider = measurement.instance;
    series.reason = reason;
    series.error_type = measurement.error_type;
  }
  if (reason == "hedge") ++(measurement.error_type.empty() ? hedges_won_ : hedges_lost_);
}

void Numbers::add(const Numbers& other) {
  for (const auto& [name, from] : other.calls_) {
    CallSeries& to =
        calls_of({from.operation, from.plugin, from.provider, from.model, from.error_type});
    to.duration.add(from.duration);
    to.first_chunk.add(from.first_chunk);
    to.between_chunks.add(from.between_chunks);
    to.input_tokens.add(from.input_tokens);
    to.output_tokens.add(from.output_tokens);
    to.cost += from.cost;
  }
  for (const auto& [name, from] : other.attempts_) {
    AttemptSeries& to = attempts_[name];
    const std::uint64_t count = to.count + from.count;
    to = from;
    to.count = count;
  }
  hedges_won_ += other.hedges_won_;
  hedges_lost_ += other.hedges_lost_;
}

}  // namespace prx::gateway
