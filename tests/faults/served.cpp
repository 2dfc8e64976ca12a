#include "faults/served.hpp"

#include <rapidjson/document.h>

#include <map>
#include <stdexcept>

#include "core/sim/raw_client.hpp"

namespace prx::faults {

namespace {

using Clock = std::chrono::steady_clock;
using sim::test::Close;
using sim::test::Response;

constexpr std::chrono::seconds kPatience{300};  ///< above what the slowest scenario takes
constexpr std::string_view kTrail = ": prx ";

const rapidjson::Value* member(const rapidjson::Value* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

std::string text_of(const rapidjson::Value* value) {
  return value != nullptr && value->IsString() ? value->GetString() : "";
}

const rapidjson::Value* first_choice(const rapidjson::Value& object) {
  const auto* const choices = member(&object, "choices");
  return choices != nullptr && choices->IsArray() && !choices->Empty() ? &(*choices)[0] : nullptr;
}

std::string body_of(const Scenario& scenario, bool stream) {
  std::string more = ",\"prx\":{\"trail\":true}";
  for (const auto& [name, json] : scenario.asks) {
    more += ",\"";
    more.append(name).append("\":").append(json);
  }
  return sim::test::chat_body("chain:wall", stream, more);
}

struct Piece {
  std::string id, name, arguments;
};

/// What one answer says.
class Reader {
 public:
  Reader(Observed& out, const Response& response) : out_(out), response_(response) {}

  void read(bool stream) {
    if (response_.status != 200) return refusal();
    stream ? chunks() : whole();
  }

 private:
  void odd(std::string what) { out_.odd.push_back(std::move(what)); }

  void refusal() {
    rapidjson::Document body;
    body.Parse(response_.body.c_str());
    const auto* const error = body.HasParseError() ? nullptr : member(&body, "error");
    if (!response_.whole || error == nullptr)
      return odd("status " + std::to_string(response_.status) + " without an error in its body");
    const auto* const code = member(error, "code");
    if (code == nullptr || !code->IsInt() || code->GetInt() != response_.status)
      odd("the code of an error is not its status");
    take_error(*error);
  }

  void take_error(const rapidjson::Value& error) {
    out_.message = text_of(member(&error, "message"));
    out_.error_type = text_of(member(member(&error, "metadata"), "error_type"));
    if (out_.error_type.empty()) odd("an error without a type");
  }

  void whole() {
    rapidjson::Document body;
    body.Parse(response_.body.c_str());
    const auto* const choice = body.HasParseError() ? nullptr : first_choice(body);
    if (!response_.whole || choice == nullptr) return odd("status 200 without an answer");
    const auto* const message = member(choice, "message");
    out_.answered = true;
    out_.text = text_of(member(message, "content"));
    if (const auto* const calls = member(message, "tool_calls"); calls != nullptr)
      for (const auto& call : calls->GetArray()) take_piece(call, pieces_.size());
    out_.calls = calls();
    take_usage(body);
    take_trail([&](const char* name) {
      const auto found = response_.headers.find(name);
      return found == response_.headers.end() ? std::string() : found->second;
    });
  }

  void chunks() {
    for (const std::string& event : sim::test::events(response_.body)) {
      if (done_ || failed_) odd("an event behind the last one: " + event.substr(0, 200));
      if (event == "[DONE]")
        done_ = true;
      else
        chunk(event);
    }
    out_.pieces = calls();
    if (failed_) {
      if (response_.whole || response_.close != Close::kReset) odd("a broken stream ends cleanly");
      return;
    }
    out_.answered = done_ && response_.whole;
    if (!done_) odd("a stream that did not break has no [DONE]");
    if (!response_.whole) odd("a stream that did not break has no end");
    if (!finished_) odd("a complete answer without a finish reason");
    out_.calls = out_.pieces;
    const auto at = response_.body.find(kTrail);
    if (at == std::string::npos) return odd("no trail");
    const std::string line = response_.body.substr(at + kTrail.size());
    rapidjson::Document trail;
    trail.Parse(line.substr(0, line.find('\n')).c_str());
    if (trail.HasParseError()) return odd("a trail that is no JSON");
    take_trail([&](const char* name) { return text_of(member(&trail, name)); });
  }

  void chunk(const std::string& event) {
    rapidjson::Document body;
    body.Parse(event.c_str());
    if (body.HasParseError() || !body.IsObject())
      return odd("a chunk that is no JSON: " + event.substr(0, 200));
    const std::string id = text_of(member(&body, "id"));
    if (id_.empty()) id_ = id;
    if (id.empty() || id != id_) odd("a chunk with another id");
    const auto* const choice = first_choice(body);
    const auto* const delta = member(choice, "delta");
    out_.text += text_of(member(delta, "content"));
    if (const auto* const calls = member(delta, "tool_calls"); calls != nullptr && calls->IsArray())
      for (const auto& call : calls->GetArray()) {
        const auto* const index = member(&call, "index");
        take_piece(call, index != nullptr && index->IsUint() ? index->GetUint() : 0);
      }
    const std::string finish = text_of(member(choice, "finish_reason"));
    finished_ = finished_ || !finish.empty();
    take_usage(body);
    const auto* const error = member(&body, "error");
    if (error == nullptr) return;
    failed_ = true;
    if (finish != "error") odd("an error without its finish reason");
    take_error(*error);
  }

  void take_piece(const rapidjson::Value& call, std::size_t index) {
    Piece& piece = pieces_[index];
    const std::string id = text_of(member(&call, "id"));
    if (!id.empty() && !piece.id.empty() && piece.id != id)
      odd("the id of a tool call has changed");
    if (piece.id.empty()) piece.id = id;
    const auto* const function = member(&call, "function");
    piece.name += text_of(member(function, "name"));
    piece.arguments += text_of(member(function, "arguments"));
  }

  void take_usage(const rapidjson::Value& body) {
    const auto* const tokens = member(member(&body, "usage"), "completion_tokens");
    if (tokens != nullptr && tokens->IsInt64()) out_.tokens = tokens->GetInt64();
  }

  /// Who served, how many were asked, and what it cost, when that is known.
  template <class Find>
  void take_trail(Find find) {
    const std::string target = find("x-prx-target");
    out_.provider = target.substr(0, target.find('/'));
    out_.model = target.substr(std::min(target.size(), target.find('/') + 1));
    const std::string asked = find("x-prx-attempts");
    if (asked.empty())
      odd("the attempts are not told");
    else
      out_.asked = std::stoul(asked);
    CallCost cost;
    cost.lower_bound = find("x-prx-cost").empty();
    out_.cost = cost;
  }

  [[nodiscard]] std::string calls() const {
    std::string out;
    for (const auto& [index, piece] : pieces_)
      out += (out.empty() ? "" : "; ") + piece.name + "(" + piece.arguments + ")";
    return out;
  }

  Observed& out_;
  const Response& response_;
  bool done_ = false, failed_ = false, finished_ = false;
  std::string id_;
  std::map<std::size_t, Piece> pieces_;
};

}  // namespace

Served::Served(const Stage& stage, const Cell& cell) : client_(stage.open(cell)) {
  ServeConfig config;
  config.listen = "127.0.0.1:0";
  auto opened = gateway::Gateway::open({client_.get()}, config);
  if (!opened) throw std::runtime_error(opened.error().message);
  gateway_ = std::move(*opened);
  const std::string& url = gateway_->url();
  port_ = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

Observed Served::call(const Scenario& scenario, bool stream) const {
  Observed out;
  const auto start = Clock::now();
  sim::test::RawClient client(port_);
  client.send(
      sim::test::request_text("POST", "/api/v1/chat/completions", body_of(scenario, stream)));
  const Response response = client.read(kPatience);
  out.took = std::chrono::duration_cast<milliseconds>(Clock::now() - start);
  Reader(out, response).read(stream);
  return out;
}

}  // namespace prx::faults
