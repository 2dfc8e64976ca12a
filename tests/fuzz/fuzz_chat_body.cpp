// Byte 0 picks dialect and headers; behind it lines: the first is a request's body, the others are
// texts and frames of its answer. What goes on is what came but for what must change, `prx` never
// leaves, nothing is asked for that access did not see, and what a client reads is well formed.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/fuzz_check.hpp"
#include "gateway/access/asked_names.hpp"
#include "gateway/chat/asked_chat.hpp"
#include "gateway/chat/chunk_writer.hpp"
#include "gateway/endpoint/asked_endpoint.hpp"
#include "gateway/error_body.hpp"
#include "prx/sdk/sse.hpp"

namespace {

using prx::CallOptions;
using prx::ErrorClass;
using prx::StreamEvent;
using prx::gateway::ChunkWriter;
using prx::gateway::Dialect;
using prx::gateway::HttpRequest;
using prx::json::ObjectIndex;

bool is_object(std::string_view text) {
  return prx::json::validate(text).has_value() && ObjectIndex::parse(text).has_value();
}

// --- requests

/// `after` is `before` without the members of these names, the others byte for byte.
void check_edit(std::string_view before, std::string_view after,
                std::initializer_list<std::string_view> gone) {
  const auto from = ObjectIndex::parse(before), to = ObjectIndex::parse(after);
  PRX_FUZZ_CHECK(from && to);
  std::vector<ObjectIndex::Member> kept;
  for (const auto& member : from->members())
    if (std::none_of(gone.begin(), gone.end(),
                     [&](std::string_view name) { return member.has_key(name); }))
      kept.push_back(member);
  const auto same = [](const ObjectIndex::Member& a, const ObjectIndex::Member& b) {
    return a.key == b.key && a.value == b.value;
  };
  PRX_FUZZ_CHECK(
      std::equal(kept.begin(), kept.end(), to->members().begin(), to->members().end(), same));
  // A chat without `prx` is not written anew; an endpoint's body may lose white space.
  if (gone.size() == 1 && kept.size() == from->members().size()) PRX_FUZZ_CHECK(before == after);
}

/// All that the chain is asked for is among what a key has to be allowed.
void check_names(const HttpRequest& http, const CallOptions& options, std::string_view body) {
  const auto names = prx::gateway::asked_names(http);
  if (!names) return;  // nobody is asked
  const auto knows = [&](const std::string& name) {
    PRX_FUZZ_CHECK(std::find(names->begin(), names->end(), name) != names->end());
  };
  if (!options.chain.empty()) knows("chain:" + options.chain);
  if (!options.provider.empty()) knows("provider:" + options.provider);
  const auto index = ObjectIndex::parse(body);
  PRX_FUZZ_CHECK(index);
  const auto text_of = [](std::string_view token) {
    return prx::json::unquoted(token).value_or("");
  };
  if (const auto model = index->find("model"); model && !text_of(*model).empty())
    knows(text_of(*model));
  if (const auto preset = index->find("preset"); preset && !text_of(*preset).empty())
    knows("@preset/" + text_of(*preset));
  const auto models = index->find("models");
  const auto list = prx::json::elements(models.value_or("[]"));
  if (!list) {
    PRX_FUZZ_CHECK(models == std::optional<std::string_view>("null"));
    return;
  }
  for (const std::string_view one : *list)
    if (!text_of(one).empty()) knows(text_of(one));
}

HttpRequest request_of(std::string_view body, std::uint8_t kind) {
  HttpRequest out;
  out.method = "POST";
  out.path = "/v1/chat/completions";
  out.body = body;
  if ((kind & 2) != 0) out.add("X-Prx-Chain", "two");
  if ((kind & 4) != 0) out.add("X-Prx-Provider", "one");
  if ((kind & 8) != 0) out.add("X-Prx-Deadline", "30s");
  return out;
}

void check_request(std::string_view body, std::uint8_t kind) {
  const Dialect dialect = (kind & 1) != 0 ? Dialect::kOpenRouter : Dialect::kOpenAi;
  const HttpRequest http = request_of(body, kind);
  const auto chat = prx::gateway::read_chat(request_of(body, kind), dialect);
  const auto endpoint = prx::gateway::read_endpoint("/embeddings", http, dialect);
  if (chat) {
    PRX_FUZZ_CHECK(endpoint.has_value());  // it asks for no more than an object
    PRX_FUZZ_CHECK(is_object(chat->request.raw()));
    check_edit(body, chat->request.raw(), {"prx"});
    check_names(http, chat->options, chat->request.raw());
    PRX_FUZZ_CHECK(chat->options.chain == endpoint->options.chain);
    PRX_FUZZ_CHECK(chat->options.provider == endpoint->options.provider);
  }
  if (!endpoint) {
    PRX_FUZZ_CHECK(endpoint.error().error_class == ErrorClass::kInvalidRequest);
    return;
  }
  check_edit(body, endpoint->request.body, {"prx", "stream", "stream_options"});
  check_names(http, endpoint->options, endpoint->request.body);
  PRX_FUZZ_CHECK(!chat || chat->stream == endpoint->stream);
}

// --- answers

/// The events that a client reads in `text`, each well formed.
std::vector<std::string> events_of(std::string text) {
  prx::sdk::SseParser parser(1u << 20);
  parser.feed(text.data(), text.size());
  std::vector<std::string> out;
  prx::sdk::SseEvent event;
  while (parser.get(event) == prx::sdk::SseResult::kEvent) {
    out.emplace_back(event.text());
    PRX_FUZZ_CHECK(is_object(out.back()));
  }
  PRX_FUZZ_CHECK(text.empty() || text.substr(text.size() - 2) == "\n\n");
  return out;
}

/// A line as an event: a byte for its type, a byte for what it has, and its text.
StreamEvent event_of(std::string_view line, const std::string& text) {
  StreamEvent out;
  const auto kind = static_cast<unsigned char>(line[0]);
  const auto with = static_cast<unsigned char>(line[1]);
  out.type = static_cast<StreamEvent::Type>(kind % 11);
  out.choice = with % 3;
  out.text = text;
  if ((with & 4) != 0)
    out.id = out.type == StreamEvent::Type::kMeta ? std::string_view(text) : "call";
  if ((with & 8) != 0 || out.type == StreamEvent::Type::kItem) out.name = "refusal";
  out.same_frame = (with & 16) != 0;
  out.json = prx::json::validate(text) ? std::string_view(text) : "{\"x\":1}";
  if ((with & 32) != 0 && is_object(text)) out.frame = text;
  return out;
}

/// A frame goes on as it came, but for usage that nobody asked for and the id of an answer that
/// another goes on with.
void check_frame(std::string_view frame, const std::string& written, bool include_usage) {
  const auto events = events_of(written);
  if (events.empty()) {
    const auto index = ObjectIndex::parse(frame);
    PRX_FUZZ_CHECK(!include_usage && index && index->find("usage"));
    return;
  }
  PRX_FUZZ_CHECK(events.size() == 1);
  std::string came(frame);
  std::replace(came.begin(), came.end(), '\r', '\n');
  if (events[0] == came) return;
  const auto index = ObjectIndex::parse(events[0]), before = ObjectIndex::parse(came);
  PRX_FUZZ_CHECK(index && before);
  for (const auto& member : before->members()) {
    if (member.has_key("id") || (!include_usage && member.has_key("usage"))) continue;
    PRX_FUZZ_CHECK(std::any_of(
        index->members().begin(), index->members().end(),
        [&](const auto& other) { return other.key == member.key && other.value == member.value; }));
  }
  if (!include_usage) PRX_FUZZ_CHECK(!index->find("usage"));
}

void check_errors(const std::string& text, const ChunkWriter& chunks) {
  prx::Error error{static_cast<ErrorClass>(text.size() % 15), text};
  error.provider_code = text.substr(0, text.find(' '));
  error.raw = text;
  if (!prx::json::is_utf8(error.provider_code)) error.provider_code.clear();
  for (const Dialect dialect : {Dialect::kOpenAi, Dialect::kOpenRouter}) {
    const auto answer = prx::gateway::error_answer(error, dialect);
    PRX_FUZZ_CHECK(is_object(answer.body) && answer.status >= 400);
    std::string out;
    chunks.write_error(answer.body, out);
    PRX_FUZZ_CHECK(events_of(out).size() == 1);
    out.clear();
    prx::gateway::append_event(out, answer.body);
    PRX_FUZZ_CHECK(events_of(out) == std::vector<std::string>{answer.body});
  }
}

void check_whole(const std::string& text) {
  prx::ChatResponse response;
  response.text = response.reasoning = response.refusal = response.id = response.model = text;
  response.native_finish_reason = response.served_by = text;
  if (prx::json::validate(text)) response.usage.json = text;
  response.tool_calls.resize(text.size() % 3);
  for (prx::ToolCall& call : response.tool_calls) call = {text, text, text};
  PRX_FUZZ_CHECK(is_object(prx::gateway::whole_answer(response, 7)));
}

void check_answer(const std::vector<std::string_view>& lines, std::uint8_t kind) {
  const bool include_usage = (kind & 16) == 0;
  ChunkWriter chunks({include_usage, "model", 7});
  for (const std::string_view line : lines) {
    if (line.size() < 2) continue;
    std::string text(line.substr(2));
    std::replace(text.begin(), text.end(), '\x01', '\n');
    if (!prx::json::is_utf8(text)) continue;  // the decoder lets no other pass
    const StreamEvent event = event_of(line, text);
    std::string out;
    chunks.write(event, out);
    const bool whole = text.find("chat.completion\"") != std::string::npos;
    if (!event.frame.empty() && !whole && event.type != StreamEvent::Type::kToolCall)
      check_frame(event.frame, out, include_usage);
    else
      (void)events_of(out);
    check_errors(text, chunks);
    check_whole(text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  check_request(lines.front(), data[0]);
  lines.erase(lines.begin());
  check_answer(lines, data[0]);
  return 0;
}
