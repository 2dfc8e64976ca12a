// Clients of an HTTP service that answers chats; see options.hpp for the command line, load.hpp for
// what it prints.
#include "bench/common/measure.hpp"
#include "bench/http_load/load.hpp"
#include "bench/http_load/options.hpp"

int main(int argc, char** argv) {
  const prx::bench::HttpLoadOptions options = prx::bench::parse_http_load_options(argc, argv);
  prx::bench::raise_open_files();
  const auto load = std::make_unique<prx::bench::HttpLoad>(options);
  load->run();
}
