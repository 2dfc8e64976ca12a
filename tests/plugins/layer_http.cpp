// A provider over HTTP that does, by its configuration, each thing that an author may get wrong.
#include <stdexcept>
#include <string>

#include "prx/plugin.hpp"
#include "prx_note.h"

namespace {

using namespace prx::sdk;

constexpr std::size_t kSmallBody = 16;

HttpCall call_to(std::string path) {
  HttpCall call;
  call.url = "https://layer.test" + path;
  call.key_header = "x-api-key";
  call.key_prefix = "";
  return call;
}

/// The bytes as text, one event per piece.
class Pieces final : public Decoder {
 public:
  explicit Pieces(std::string mode) : mode_(std::move(mode)) {}

  void head(const HttpHead& head, EventWriter& out) override {
    if (mode_ == "throw in head") throw std::runtime_error("head fell over");
    if (head.status >= 300 && mode_ != "wait for the body")
      out.error(status_error(head.status, "layer"));
  }
  void data(char* bytes, std::size_t size, EventWriter& out) override {
    if (mode_ == "throw in data") throw std::runtime_error("data fell over");
    out.text({bytes, size});
    if (mode_ == "done in data") out.done();
  }
  void finish(EventWriter& out) override {
    if (mode_ == "no end" || mode_ == "for ever") return;
    out.finish(FinishReason::kStop);
    out.done();
  }
  std::optional<HttpCall> next() override {
    if (mode_ == "for ever") return call_to("/again");
    return std::nullopt;
  }

 private:
  const std::string mode_;
};

class Whole final : public BodyDecoder {
 public:
  Whole() : BodyDecoder(kSmallBody) {}

 protected:
  void body(const HttpHead& head, std::string_view body, EventWriter& out) override {
    out.item("body", std::to_string(head.status), body, head.header("x-note"));
    out.done();
  }
};

class LayerHttp final : public HttpProvider {
 public:
  LayerHttp(const Config& config, Host host) : HttpProvider(host), mode_(config.string("mode")) {}

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  prx::Result<HttpCall> request(const Request&) const override {
    if (mode_ == "throw in request") throw std::runtime_error("request fell over");
    if (mode_ == "refuse") return prx::fail(prx::ErrorClass::kUnsupported, "not here");
    HttpCall call = call_to("/chat");
    if (mode_ == "64 headers") call.headers.resize(64, {"x", "y"});
    if (mode_ == "65 headers") call.headers.resize(65, {"x", "y"});
    return call;
  }
  std::unique_ptr<Decoder> decoder(const Request&, const prx_sink&) const override {
    if (mode_ == "no decoder") return nullptr;
    if (mode_ == "whole") return std::make_unique<Whole>();
    return std::make_unique<Pieces>(mode_);
  }

 private:
  const std::string mode_;
};

}  // namespace

PRX_PLUGIN(LayerHttp, PRX_NOTE_ID, PRX_NOTE_VERSION)
