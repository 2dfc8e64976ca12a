// libprx under the load of the benchmarks: client, plugin and transport; same options and report as
// bench_curl.
#include "bench/client_bench/load.hpp"
#include "bench/common/load.hpp"
#include "bench/common/measure.hpp"

int main(int argc, char** argv) {
  const prx::bench::LoadOptions options = prx::bench::parse_load_options(argc, argv);
  if (options.plugins.empty()) prx::bench::die("--plugins is missing");
  prx::bench::raise_open_files();
  prx::bench::ClientLoad(options).run();
}
