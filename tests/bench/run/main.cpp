// bench_run [--json] [--list] --programs DIR --prx FILE --plugins DIR [NAME...]: runs the
// benchmarks of these names (all without one, "ci" for the deterministic ones) and prints one
// table. `./bench` builds everything and calls it.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/measure.hpp"
#include "bench/run/plan.hpp"
#include "bench/run/process.hpp"
#include "bench/run/row.hpp"

namespace {

using prx::bench::die;

struct Options {
  bool json = false;
  bool list = false;
  prx::bench::Places places;
  std::vector<std::string> names;
};

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const auto value = [&] {
      if (i + 1 == words.size()) die(word + " needs a value");
      return words[++i];
    };
    if (word == "--json")
      options.json = true;
    else if (word == "--list")
      options.list = true;
    else if (word == "--programs")
      options.places.programs = value();
    else if (word == "--prx")
      options.places.prx = value();
    else if (word == "--plugins")
      options.places.plugins = value();
    else if (word.starts_with("-"))
      die("unknown option " + word);
    else
      options.names.push_back(word);
  }
  return options;
}

std::string make_scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "prx-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) die("cannot make " + name);
  return name;
}

std::vector<prx::bench::Row> run_all(const std::vector<prx::bench::Benchmark>& chosen,
                                     const prx::bench::Places& places) {
  std::vector<prx::bench::Row> rows;
  for (const prx::bench::Benchmark& benchmark : chosen) {
    std::fprintf(stderr, "%s: %s\n", benchmark.name.c_str(), benchmark.what.c_str());
    for (prx::bench::Row& row : benchmark.run(places)) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  Options options = parse({argv + 1, argv + argc});
  auto chosen = prx::bench::choose(prx::bench::benchmarks(), options.names);
  if (!chosen) die(chosen.error().message);
  if (options.list) {
    for (const auto& benchmark : *chosen)
      std::printf("%-16s %s\n", benchmark.name.c_str(), benchmark.what.c_str());
    return 0;
  }
  prx::bench::raise_open_files();
  options.places.scratch = make_scratch();
  prx::bench::pin(prx::bench::processors().load);
  const std::vector<prx::bench::Row> rows = run_all(*chosen, options.places);
  std::filesystem::remove_all(options.places.scratch);
  std::fputs(prx::bench::table(rows).c_str(), stdout);
  if (options.json) std::printf("%s\n", prx::bench::json_line(rows).c_str());
  return prx::bench::exit_code(rows);
}
