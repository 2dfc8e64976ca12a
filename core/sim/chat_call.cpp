#include "sim/chat_call.hpp"

#include <algorithm>

#include "sim/json_view.hpp"
#include "sim/parameters.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

constexpr std::size_t kWordCharactersMax = 12;
constexpr std::size_t kTokensPerImage = 85;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Text of `content`, a string or an array of parts; counts what is no text.
std::string content_text(const JsonValue* content, std::size_t& tokens) {
  std::string out(text_of(content));
  if (content != nullptr && content->IsArray()) {
    for (const auto& part : content->GetArray()) {
      const auto text = text_of(member(&part, "text"));
      if (text.empty()) tokens += kTokensPerImage;
      out += text;
    }
  }
  tokens += count_tokens(out);
  return out;
}

std::optional<CallProblem> read_messages(const JsonValue* messages, ChatCall& call) {
  if (messages == nullptr || !messages->IsArray() || messages->Empty())
    return CallProblem{"'messages' must be an array with at least one message.", "messages"};
  std::string_view role;
  std::string text;
  for (const auto& message : messages->GetArray()) {
    role = text_of(member(&message, "role"));
    if (role.empty())
      return CallProblem{"Each of 'messages' must be an object with a 'role'.", "messages"};
    text = content_text(member(&message, "content"), call.prompt_tokens);
    if (role == "user") call.prompt = text;
    if (role != "tool") call.tool_results.clear();
    if (role == "tool") call.tool_results.push_back(text);
  }
  call.has_prefill = role == "assistant";
  if (call.has_prefill) call.prefill = text;
  call.wants_tools = role != "tool" || call.model.find(":again") != std::string::npos;
  return std::nullopt;
}

void read_limits(const JsonValue* root, ChatCall& call) {
  for (const char* name : {"max_tokens", "max_completion_tokens"}) {
    const JsonValue* limit = member(root, name);
    if (limit != nullptr && limit->IsUint()) call.tokens_max = limit->GetUint();
  }
}

void read_reasoning(const JsonValue* root, ChatCall& call) {
  const auto model = std::string_view(call.model).substr(0, call.model.find('#'));
  const JsonValue* reasoning = member(root, "reasoning");
  const JsonValue* enabled = member(reasoning, "enabled");
  const auto effort = text_of(member(root, "reasoning_effort"));
  call.reasoning = model.find(":thinking") != std::string_view::npos ||
                   is_true(member(root, "include_reasoning")) ||
                   (!effort.empty() && effort != "none") ||
                   (reasoning != nullptr && reasoning->IsObject());
  if (text_of(member(reasoning, "effort")) == "none") call.reasoning = false;
  if (enabled != nullptr && enabled->IsBool() && !enabled->GetBool()) call.reasoning = false;
  call.reasoning_shown = !is_true(member(reasoning, "exclude"));
}

/// The function's name that tool_choice forces, or "".
std::string_view forced_tool(const JsonValue* root) {
  return text_of(member(member(member(root, "tool_choice"), "function"), "name"));
}

std::optional<CallProblem> read_tools(const JsonValue* root, ChatCall& call) {
  const JsonValue* tools = member(root, "tools");
  const auto forced = forced_tool(root);
  if (tools != nullptr && tools->IsArray()) {
    for (const auto& tool : tools->GetArray()) {
      const JsonValue* function = member(&tool, "function");
      const auto name = text_of(member(function, "name"));
      if (name.empty() || (!forced.empty() && name != forced)) continue;
      call.tools.push_back({std::string(name), sample_json(member(function, "parameters"))});
    }
  }
  if (!forced.empty() && call.tools.empty())
    return CallProblem{"Tool choice '" + std::string(forced) + "' not found in 'tools' parameter.",
                       "tool_choice"};
  if (call.tools.empty() || text_of(member(root, "tool_choice")) == "none")
    call.wants_tools = false;
  return std::nullopt;
}

void read_format(const JsonValue* root, ChatCall& call) {
  const JsonValue* format = member(root, "response_format");
  const auto type = text_of(member(format, "type"));
  if (type == "json_schema")
    call.json_answer = sample_json(member(member(format, "json_schema"), "schema"));
  if (type != "json_object") return;
  call.json_answer = "{\"simulated\":true,\"prompt\":";
  append_quoted(call.json_answer, call.prompt);
  call.json_answer += '}';
}

}  // namespace

std::size_t token_length(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_space(text[at])) ++at;
  std::size_t characters = 0;
  while (at < text.size() && !is_space(text[at])) {
    if (!continues_character(text[at]) && ++characters > kWordCharactersMax) break;
    ++at;
  }
  return at;
}

std::size_t count_tokens(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(token_length(text));
  return count;
}

Result<ChatCall, CallProblem> read_chat_call(std::string_view body) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::Document document;
  document.Parse<kFlags>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject())
    return Unexpected(CallProblem{"We could not parse the JSON body of your request.", ""});
  ChatCall call;
  call.model = text_of(member(&document, "model"));
  call.stream = is_true(member(&document, "stream"));
  const JsonValue* stream_options = member(&document, "stream_options");
  call.include_usage = is_true(member(stream_options, "include_usage"));
  const JsonValue* obfuscation = member(stream_options, "include_obfuscation");
  call.obfuscate = obfuscation == nullptr || is_true(obfuscation);
  if (const JsonValue* prompt = member(&document, "prompt"); prompt != nullptr) {
    call.prompt = content_text(prompt, call.prompt_tokens);
  } else if (auto problem = read_messages(member(&document, "messages"), call)) {
    return Unexpected(std::move(*problem));
  }
  call.parameters = read_parameters(document);
  read_limits(&document, call);
  read_reasoning(&document, call);
  if (auto problem = read_tools(&document, call)) return Unexpected(std::move(*problem));
  read_format(&document, call);
  return call;
}

}  // namespace prx::sim
