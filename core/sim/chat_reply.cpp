#include "sim/chat_reply.hpp"

#include <utility>

#include "sim/chat_stream.hpp"
#include "sim/journal.hpp"
#include "sim/json_view.hpp"
#include "sim/sample_json.hpp"

namespace prx::sim {
namespace {

AnswerNames names_of(const ChatContext& context, const ChatCall& call) {
  AnswerNames names;
  names.id = context.dialect.answer_id(context.number);
  names.model = call.model;
  names.catalog = &context.model;
  names.created = context.created;
  names.obfuscate = call.stream && call.obfuscate;
  names.usage_null = call.stream && call.include_usage;
  return names;
}

Answer answer_of(const ChatContext& context, const ChatCall& call) {
  AnswerOptions options;
  options.text = context.options.answer;
  options.tokens = context.options.answer_tokens;
  options.shows_reasoning = context.dialect.is_openrouter();
  return make_answer(call, context.faults, options);
}

void remember(const ChatContext& context, const AnswerNames& names, const ChatCall& call,
              const Answer& answer) {
  Generation record;
  record.id = names.id;
  record.model = names.model;
  record.catalog = names.catalog;
  record.prompt_tokens = answer.prompt_tokens;
  record.completion_tokens = answer.completion_tokens;
  record.reasoning_tokens = answer.reasoning_tokens;
  record.cost = cost_of(answer, *names.catalog);
  record.streamed = call.stream;
  record.finish_reason = answer.finish_reason;
  record.misses = context.options.generation_misses;
  context.generations.add(std::move(record));
}

/// A body that is an error under HTTP 200, when error-frame meets a call that does not stream.
std::optional<std::string> error_body(const ChatContext& context, const std::string& completion) {
  const Fault* fault = find_fault(context.faults, FaultKind::kErrorFrame);
  if (fault == nullptr) return std::nullopt;
  VendorError error = usual_error(fault->status);
  error.form = fault->shape == 2 ? CodeForm::kWord : fault->code;
  if (fault->shape != 4) return context.dialect.error(error);
  std::string body = completion;
  return body.insert(body.find("}],\"usage\""),
                     ",\"error\":" + context.dialect.error_object(error));
}

Reply json_reply(const ChatContext& context, std::string body, std::string_view id) {
  PlainReply plain;
  plain.headers = context.dialect.headers(id, context.number);
  plain.body = std::move(body);
  return make_reply(std::move(plain), context.faults, context.keep_alive);
}

Reply whole_reply(const ChatContext& context, const AnswerNames& names, const Answer& answer) {
  const bool has_finish = find_fault(context.faults, FaultKind::kNoFinish) == nullptr;
  std::string body = context.dialect.completion(names, answer, has_finish);
  if (auto error = error_body(context, body)) body = std::move(*error);
  return json_reply(context, std::move(body), names.id);
}

void append_vector(std::string& out, std::string_view input, std::size_t index) {
  out += "{\"object\":\"embedding\",\"index\":" + std::to_string(index) + ",\"embedding\":[";
  std::uint64_t bits = hash_key(input);
  for (std::size_t i = 0; i < kEmbeddingSize; ++i) {
    bits = bits * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
    if (i > 0) out += ',';
    out += decimal(static_cast<double>(bits >> 40) / static_cast<double>(1u << 24));
  }
  out += "]}";
}

}  // namespace

Reply chat_reply(const ChatContext& context, const ChatCall& call) {
  AnswerNames names = names_of(context, call);
  Answer answer = answer_of(context, call);
  const Faults& faults = context.faults;
  remember(context, names, call, answer);
  const std::string id = names.id;
  const bool plain = !call.stream || find_fault(faults, FaultKind::kPlainJson) != nullptr ||
                     find_fault(faults, FaultKind::kTruncatedJson) != nullptr;
  Reply reply;
  if (plain) {
    names.obfuscate = false;
    reply = whole_reply(context, names, answer);
  } else {
    StreamOptions options;
    options.include_usage = call.include_usage || context.dialect.is_openrouter();
    options.first_token_delay = context.options.first_token_delay;
    options.token_delay = context.options.token_delay;
    auto body = std::make_unique<ChatStream>(context.dialect, std::move(names), std::move(answer),
                                             faults, options);
    reply = make_stream(context.dialect.headers(id, context.number), std::move(body), faults,
                        context.keep_alive);
  }
  reply.generation_id = id;
  return reply;
}

/// `"usage":{...}` of an answer that is no chat; OpenRouter says what it cost.
std::string plain_usage(const ChatContext& context, const Answer& answer, bool completes) {
  std::string out = "\"usage\":{\"prompt_tokens\":" + std::to_string(answer.prompt_tokens);
  if (completes) out += ",\"completion_tokens\":" + std::to_string(answer.completion_tokens);
  out += ",\"total_tokens\":" + std::to_string(answer.prompt_tokens + answer.completion_tokens);
  if (context.dialect.is_openrouter())
    out += ",\"cost\":" + decimal(cost_of(answer, context.model));
  return out += '}';
}

Reply text_reply(const ChatContext& context, const ChatCall& call) {
  const AnswerNames names = names_of(context, call);
  const Answer answer = answer_of(context, call);
  std::string out = "{\"id\":";
  append_quoted(out, names.id);
  out += ",\"object\":\"text_completion\",\"created\":" + std::to_string(names.created);
  out += ",\"model\":";
  append_quoted(out, names.model);
  out += ",\"choices\":[{\"text\":";
  append_quoted(out, answer.text);
  out += ",\"index\":0,\"logprobs\":null,\"finish_reason\":";
  append_quoted(out, answer.finish_reason);
  out += "}]," + plain_usage(context, answer, true);
  return json_reply(context, out + '}', names.id);
}

Reply embeddings_reply(const ChatContext& context, std::string_view body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(
      body.data(), body.size());
  const JsonValue* input = document.HasParseError() ? nullptr : member(&document, "input");
  const bool is_array = input != nullptr && input->IsArray() && !input->Empty() &&
                        input->Size() <= kEmbeddingInputsMax;
  if (input == nullptr || (!is_array && !input->IsString())) {
    VendorError error = usual_error(400);
    error.message = "'input' must be a string or an array of 1 to 2048 strings.";
    error.parameter = "input";
    return make_reply(error_reply(context.dialect, error), context.faults, context.keep_alive);
  }
  std::string out = "{\"object\":\"list\",\"data\":[";
  std::size_t tokens = 0;
  const std::size_t count = is_array ? input->Size() : 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = text_of(is_array ? &(*input)[static_cast<rapidjson::SizeType>(i)] : input);
    tokens += count_tokens(text);
    if (i > 0) out += ',';
    append_vector(out, text, i);
  }
  out += "],\"model\":";
  append_quoted(out, context.model.id);
  Answer answer;
  answer.prompt_tokens = tokens;
  out += ',' + plain_usage(context, answer, false);
  return json_reply(context, out + '}', "");
}

}  // namespace prx::sim
