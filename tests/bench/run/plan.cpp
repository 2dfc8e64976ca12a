#include "bench/run/plan.hpp"

#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace prx::bench {

std::vector<Benchmark> benchmarks() {
  std::vector<Benchmark> all;
  for (auto part : {load_benchmarks(), start_benchmarks(), fallback_benchmarks(),
                    serve_benchmarks(), micro_benchmarks(), count_benchmarks()})
    std::move(part.begin(), part.end(), std::back_inserter(all));
  return all;
}

Result<std::vector<Benchmark>> choose(std::vector<Benchmark> all,
                                      const std::vector<std::string>& names) {
  if (names.empty()) return all;
  std::string known = "ci";
  for (const Benchmark& benchmark : all) known += ", " + benchmark.name;
  const auto is_known = [&all](const std::string& name) {
    return name == "ci" ||
           std::any_of(all.begin(), all.end(), [&](const Benchmark& b) { return b.name == name; });
  };
  for (const std::string& name : names)
    if (!is_known(name))
      return fail(ErrorClass::kInvalidRequest,
                  "no benchmark named '" + name + "'; there are: " + known);
  const auto wanted = [&names](const Benchmark& benchmark) {
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return name == benchmark.name || (name == "ci" && benchmark.quick);
    });
  };
  std::erase_if(all, [&](const Benchmark& benchmark) { return !wanted(benchmark); });
  return all;
}

bool built(const std::string& program) { return ::access(program.c_str(), X_OK) == 0; }

}  // namespace prx::bench
