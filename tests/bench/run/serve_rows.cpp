#include "bench/run/serve_rows.hpp"

#include <utility>

#include "bench/run/statistics.hpp"

namespace prx::bench {

Row values_row(std::string name, const std::vector<double>& values, std::string unit) {
  Row row;
  row.name = std::move(name);
  row.value = median(values);
  row.unit = std::move(unit);
  row.note = spread(values);
  return row;
}

Row over_nginx_row(std::string name, const std::vector<double>& values, double goal, double floor) {
  Row row = values_row(std::move(name), values, kOverNginx);
  row.kind = Kind::kRatio;
  row.goal = goal;
  row.floor = floor;
  return row;
}

std::vector<Gateway> present(const Places& places, const std::vector<Gateway>& wanted) {
  std::vector<Gateway> out;
  for (const Gateway gateway : wanted)
    if (!why_not(places, gateway)) out.push_back(gateway);
  return out;
}

std::optional<std::string> why_not_all(const Places& places, const std::vector<Gateway>& wanted) {
  for (const Gateway gateway : wanted)
    if (auto reason = why_not(places, gateway)) return reason;
  return std::nullopt;
}

}  // namespace prx::bench
