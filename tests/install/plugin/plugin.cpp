// A provider in one file, built without CMake: the note is a literal.
#include <prx/plugin.hpp>

// clang-format off
PRX_PLUGIN_NOTE("{\"id\":\"by-hand\",\"version\":\"1.0.0\",\"abi\":\"1.0\",\"needs\":\"1.0\",\"kinds\":[\"by-hand\"],\"operations\":[\"chat\"],\"hosts\":[],\"key_env\":\"\",\"title\":\"By hand\",\"default_model\":\"any\",\"capabilities\":{},\"config\":{}}");
// clang-format on

class ByHand {
 public:
  ByHand(const prx::sdk::Config&, prx::sdk::Host) {}
  static std::string describe() { return "{}"; }
  static void start(prx::sdk::Op op, const prx::sdk::Request&) {
    op.text("built by hand");
    op.finish(prx::sdk::FinishReason::kStop);
    op.done();
  }
};

PRX_PLUGIN(ByHand, "by-hand", "1.0.0")
