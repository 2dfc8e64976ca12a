// Byte 0 picks the size of pieces, byte 1 the head. The events keep the grammar of prx/plugin.h,
// the texts are UTF-8, and the cuts do not matter.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/fuzz_check.hpp"
#include "prx/sdk/chat_completions.hpp"
#include "prx/sdk/json_edit.hpp"

namespace {

using prx::sdk::ChatDecoder;
using prx::sdk::ChatDecoderOptions;

std::string_view view(prx_str text) {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

/// Follows the grammar: META? (TEXT|...|FINISH)* USAGE? (DONE|ERROR), nothing of a choice after its
/// FINISH
class Checker {
 public:
  prx_sink sink() { return {sizeof(prx_sink), 0, this, &Checker::on_event}; }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] int ends() const { return ends_; }

 private:
  static std::int32_t on_event(void* ctx, const prx_event* event) noexcept {
    static_cast<Checker*>(ctx)->check(*event);
    return 0;
  }
  static int stage_of(std::uint32_t type) {
    switch (type) {
      case PRX_EV_META:
        return 0;
      case PRX_EV_USAGE:
        return 3;
      case PRX_EV_DONE:
      case PRX_EV_ERROR:
        return 4;
      default:
        return 1;
    }
  }
  void check(const prx_event& e) {
    const int stage = stage_of(e.type);
    PRX_FUZZ_CHECK(ends_ == 0);
    PRX_FUZZ_CHECK(stage > stage_ || (stage == stage_ && stage == 1));
    stage_ = stage;
    if (e.type >= PRX_EV_TEXT && e.type <= PRX_EV_ITEM && e.type != PRX_EV_USAGE)
      still_open(e.choice);
    if (e.type == PRX_EV_FINISH) finish(e);
    if (e.type == PRX_EV_TOOL_CALL) tool_call(e);
    if (e.type == PRX_EV_META)
      for (prx_str name : {e.id, e.name, e.text}) PRX_FUZZ_CHECK(name.len <= kNameMax);
    if (e.usage != nullptr) check_usage(*e.usage);
    if (e.type == PRX_EV_DONE) PRX_FUZZ_CHECK(!finished_.empty() && begun_.empty());
    if (e.type == PRX_EV_TEXT || e.type == PRX_EV_REASONING) PRX_FUZZ_CHECK(e.text.len > 0);
    if (stage == 4) ++ends_;
    for (prx_str text : {e.text, e.id, e.name, e.json})
      PRX_FUZZ_CHECK(prx::json::is_utf8(view(text)));
    if (e.error != nullptr) check_error(*e.error);
    lines_.push_back(std::to_string(e.type) + " " + std::to_string(e.choice) + "." +
                     std::to_string(e.index) + " " + std::string(view(e.text)) + "|" +
                     std::string(view(e.id)) + "|" + std::string(view(e.name)) + "|" +
                     std::string(view(e.json)));
  }
  void still_open(std::uint32_t choice) {
    PRX_FUZZ_CHECK(std::find(finished_.begin(), finished_.end(), choice) == finished_.end());
    if (std::find(begun_.begin(), begun_.end(), choice) == begun_.end()) begun_.push_back(choice);
  }
  /// A call without a name is one that the finish reason cut.
  void finish(const prx_event& e) {
    PRX_FUZZ_CHECK(e.name.len <= kNameMax);
    const bool cut = e.finish == PRX_FINISH_LENGTH || e.finish == PRX_FINISH_CONTENT_FILTER;
    const auto of_choice = [&e](std::uint32_t choice) { return choice == e.choice; };
    PRX_FUZZ_CHECK(cut || std::none_of(nameless_.begin(), nameless_.end(), of_choice));
    finished_.push_back(e.choice);
    std::erase_if(begun_, of_choice);
  }
  void tool_call(const prx_event& e) {
    if (e.id.len > 0 && e.name.len == 0) nameless_.push_back(e.choice);
    if (e.json.len == 0) return;
    PRX_FUZZ_CHECK(prx::json::validate(view(e.json)) &&
                   prx::json::ObjectIndex::parse(view(e.json)));
  }
  static void check_usage(const prx_usage& usage) {
    PRX_FUZZ_CHECK(usage.cost == -1 || (usage.cost >= 0 && usage.cost <= 1e6));
    for (std::int64_t count : {usage.prompt_tokens, usage.completion_tokens, usage.total_tokens})
      PRX_FUZZ_CHECK(count >= -1 && count <= 1'000'000'000'000);
  }
  static void check_error(const prx_error& e) {
    const std::string_view message = view(e.message);
    PRX_FUZZ_CHECK(!message.empty() && message.size() <= 600 && prx::json::is_utf8(message));
    PRX_FUZZ_CHECK(std::none_of(message.begin(), message.end(),
                                [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    PRX_FUZZ_CHECK(e.code >= PRX_E_CANCELLED && e.code <= PRX_E_INTERNAL);
  }

  int stage_ = -1;
  int ends_ = 0;
  static constexpr std::size_t kNameMax = 512;
  std::vector<std::uint32_t> begun_, finished_, nameless_;  // choices; begun_ but not finished
  std::vector<std::string> lines_;
};

prx_kv header(std::string_view name, std::string_view value) {
  return {{name.data(), name.size()}, {value.data(), value.size()}};
}

std::vector<std::string> run(std::string_view body, std::uint8_t kind, std::size_t piece) {
  static constexpr std::string_view kMedia[] = {"text/event-stream", "application/json",
                                                "text/html", ""};
  static constexpr int kStatus[] = {200, 200, 200, 429};
  Checker checker;
  ChatDecoderOptions options;
  options.want_frame = (kind & 16) != 0;
  options.line_max = 4096;
  ChatDecoder decoder(options, checker.sink(), "Provider");
  const std::string after(body.substr(0, 12));
  const prx_kv headers[] = {header("content-type", kMedia[kind & 3]), header("retry-after", after),
                            header("x-ratelimit-reset-tokens", after), header("location", after)};
  decoder.head({(kind & 32) != 0 ? 302 : kStatus[(kind >> 2) & 3], headers});
  for (std::size_t at = 0; at < body.size(); at += piece) {
    std::string copy(body.substr(at, piece));
    decoder.data(copy.data(), copy.size());
  }
  decoder.finish(nullptr);
  PRX_FUZZ_CHECK(checker.ends() == 1);
  return checker.lines();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto whole = run(body, data[1], body.size() + 1);
  PRX_FUZZ_CHECK(run(body, data[1], data[0] % 64 + 1u) == whole);
  return 0;
}
