// Bare libcurl under the load of the benchmarks; same options and report as bench_client.
#include <curl/curl.h>

#include "bench/baseline_curl/load.hpp"
#include "bench/common/load.hpp"
#include "bench/common/measure.hpp"

int main(int argc, char** argv) {
  const prx::bench::LoadOptions options = prx::bench::parse_load_options(argc, argv);
  prx::bench::raise_open_files();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  prx::bench::CurlLoad(options).run();
}
