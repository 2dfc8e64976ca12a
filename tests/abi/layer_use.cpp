// A provider on each step of the C++ layer, so that a compiler sees its templates in use.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "prx/plugin.hpp"

namespace {

using namespace prx::sdk;

class Steps {
 public:
  static prx::Result<std::unique_ptr<Steps>> create(const Config&, Host) {
    return std::make_unique<Steps>();
  }
  static std::string describe() { return "{}"; }
  static void start(Op op, const Request&) {
    op.on_cancel([] {});
    std::move(op).spawn([](Op worker) {
      worker.text("piece");
      std::move(worker).post([](Op loop) {
        std::move(loop).after(std::chrono::milliseconds(1), [](Op last) { last.done(); });
      });
    });
  }
};

class Whole final : public BodyDecoder {
 protected:
  void body(const HttpHead&, std::string_view, EventWriter& out) override { out.done(); }
};

class Http final : public HttpProvider {
 public:
  Http(const Config&, Host host) : HttpProvider(host) {}
  static std::string describe() { return "{}"; }
  prx::Result<HttpCall> request(const Request&) const override { return HttpCall{}; }
  std::unique_ptr<Decoder> decoder(const Request&, const prx_sink&) const override {
    return std::make_unique<Whole>();
  }
};

[[maybe_unused]] constexpr prx_plugin kHttp = detail::Entry<Http>::plugin("http", "1.0.0");

}  // namespace

PRX_PLUGIN(Steps, "steps", "1.0.0")
