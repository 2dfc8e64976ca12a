// Probing a note (goal: <= 5 us) and loading a plugin (goal: <= 0.3 ms), both with a warm file
// cache. The plugin is PRX_BENCH_PLUGIN of the environment, else the first *.so of the build's
// lib/prx/plugins.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <string>

#include "plugin/registry.hpp"

namespace prx {
namespace {

namespace fs = std::filesystem;

/// Copies are mapped for good, so their number is bounded.
constexpr int kLoads = 50;

fs::path plugin_file() {
  if (const char* file = ::getenv("PRX_BENCH_PLUGIN")) return file;
  const fs::path here = fs::canonical("/proc/self/exe").parent_path();
  for (fs::path dir = here; dir != dir.root_path(); dir = dir.parent_path()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir / "lib/prx/plugins", error))
      if (entry.path().extension() == ".so") return entry.path();
  }
  return {};
}

/// A folder of our own with a fresh copy per load, since a file is mapped once per process.
class Copies {
 public:
  Copies() {
    std::string name = (fs::temp_directory_path() / "prx-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) dir_ = name;
  }
  ~Copies() {
    std::error_code error;
    fs::remove_all(dir_, error);
  }
  Copies(const Copies&) = delete;
  Copies& operator=(const Copies&) = delete;

  Candidate next(const fs::path& original) {
    const fs::path file = dir_ / (std::to_string(count_++) + ".so");
    fs::copy_file(original, file);
    fs::permissions(file, fs::perms::owner_all);
    Candidate candidate;
    candidate.info.path = file.string();
    candidate.info.state = PluginState::kUsable;
    if (auto note = probe(file)) candidate.note = *note;
    return candidate;
  }

 private:
  fs::path dir_;
  int count_ = 0;
};

void BM_Probe(benchmark::State& state) {
  const fs::path file = plugin_file();
  for (auto _ : state) {
    const auto note = probe(file);
    if (!note) state.SkipWithError(note.error().message.c_str());
    benchmark::DoNotOptimize(note);
  }
}
BENCHMARK(BM_Probe)->Unit(benchmark::kMicrosecond);

void BM_Load(benchmark::State& state) {
  const fs::path original = plugin_file();
  if (original.empty()) return state.SkipWithError("no plugin to load");
  Copies copies;
  for (auto _ : state) {
    const Candidate candidate = copies.next(original);
    const auto begin = std::chrono::steady_clock::now();
    const auto loaded = load_plugin(candidate);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    if (!loaded) state.SkipWithError(loaded.error().message.c_str());
    state.SetIterationTime(took.count());
  }
}
BENCHMARK(BM_Load)->Iterations(kLoads)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace prx
