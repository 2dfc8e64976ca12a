// The smallest provider over HTTP: posts the request, and the answer is plain text.
#include "prx/plugin.hpp"

#include <memory>
#include <string>

#include "prx/sdk/json_edit.hpp"
#include "prx_note.h"

using namespace prx::sdk;

class PlainText final : public HttpProvider {
 public:
  PlainText(const Config& config, Host host)
      : HttpProvider(host),
        url_(config.string("base_url", "https://api.example.com") + "/generate") {}

  static std::string describe() { return PRX_NOTE_CAPABILITIES; }

  prx::Result<HttpCall> request(const Request& request) const override {
    if (request.kind != OpKind::kChat)
      return prx::fail(prx::ErrorClass::kUnsupported, "this provider can only chat");
    HttpCall call;
    call.url = url_;
    call.headers = {{"content-type", "application/json"}};
    return call;  // no body of its own: the request's is posted as it is
  }

  std::unique_ptr<Decoder> decoder(const Request&, const prx_sink&) const override {
    return std::make_unique<Answer>();
  }

 private:
  class Answer final : public Decoder {
    static constexpr std::size_t kTextMax = 1u << 20;

    void head(const HttpHead& head, EventWriter& out) override {
      if (head.status != 200) out.error(status_error(head, "the example's server"));
    }
    void data(char* bytes, std::size_t size, EventWriter& out) override {
      text_.append(bytes, size);  // a piece may end within a character
      if (text_.size() > kTextMax) broke(out, "the answer is longer than 1 MiB");
    }
    void finish(EventWriter& out) override {
      if (!prx::json::is_utf8(text_)) return broke(out, "the answer is not UTF-8");
      out.text(text_);
      out.finish(FinishReason::kStop);
      out.done();
    }
    static void broke(EventWriter& out, const char* why) {
      out.error(prx::fail(prx::ErrorClass::kBadResponse, why).error());
    }

    std::string text_;
  };

  const std::string url_;
};

PRX_PLUGIN(PlainText, PRX_NOTE_ID, PRX_NOTE_VERSION)
