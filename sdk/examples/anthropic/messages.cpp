#include "messages.hpp"

#include <utility>

#include <prx/sdk/json_edit.hpp>
#include <prx/sdk/json_peek.hpp>
#include <prx/sdk/text.hpp>

#include "content.hpp"
#include "json_writer.hpp"
#include "reasoning.hpp"

namespace anthropic {
namespace {

using prx::ErrorClass;
using prx::Result;
using prx::json::ObjectIndex;

prx::Unexpected<prx::Error> bad_message(const std::string& where, std::string_view what) {
  return prx::fail(ErrorClass::kInvalidRequest, where + ": " + std::string(what));
}

/// Collects blocks into turns: what one side says in a row is one turn.
class TurnWriter {
 public:
  Result<void> add(const ObjectIndex& message, const std::string& where) {
    const std::string role = text(message, "role");
    for (const Role& known : kRoles) {
      if (known.name != role) continue;
      PRX_TRY((this->*known.add)(message, where));
      if (!said_.empty()) say(known.side);
      return {};
    }
    return prx::fail(ErrorClass::kUnsupported,
                     where + ": Anthropic has no role \"" + prx::sdk::one_line(role) + "\"");
  }
  Turns take() {
    end_turn();
    return {system_.empty() ? std::string() : system_.take(),
            turns_.empty() ? std::string() : turns_.take()};
  }

 private:
  struct Role {
    std::string_view name, side;
    Result<void> (TurnWriter::*add)(const ObjectIndex& message, const std::string& where);
  };
  static const Role kRoles[5];

  Result<void> instructions(const ObjectIndex& message, const std::string& where) {
    return add_content(member(message, "content"), where, system_);
  }
  Result<void> user(const ObjectIndex& message, const std::string& where) {
    return add_content(member(message, "content"), where, said_);
  }
  Result<void> assistant(const ObjectIndex& message, const std::string& where) {
    add_thinking(member(message, "reasoning_details"), said_);
    PRX_TRY(add_content(member(message, "content"), where, said_));
    if (const auto refusal = member(message, "refusal"); !refusal.empty()) add_text(refusal, said_);
    const std::string_view calls = member(message, "tool_calls");
    if (calls.empty()) return {};
    const auto list = prx::json::elements(calls);
    if (!list) return bad_message(where, "tool_calls is no list");
    for (const std::string_view call : *list) PRX_TRY(tool_use(call, where));
    return {};
  }
  Result<void> tool_use(std::string_view json, const std::string& where) {
    const auto call = ObjectIndex::parse(json);
    if (!call) return bad_message(where, "a tool call is no object");
    const ObjectIndex function = object(*call, "function");
    const std::string name = text(function, "name");
    const std::string id = text(*call, "id");
    if (name.empty() || id.empty())
      return bad_message(where, "a tool call needs an id and a function");
    std::string arguments = text(function, "arguments");
    if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) arguments = "{}";
    if (!prx::json::begins_object(arguments) || !prx::json::validate(arguments))
      return bad_message(
          where, "the arguments for tool '" + prx::sdk::one_line(name) + "' are no JSON object");
    said_.add(ObjectWriter()
                  .text("type", "tool_use")
                  .text("id", tool_call_id(id))
                  .text("name", name)
                  .raw("input", arguments)
                  .str());
    return {};
  }
  Result<void> tool(const ObjectIndex& message, const std::string& where) {
    const std::string id = text(message, "tool_call_id");
    if (id.empty()) return bad_message(where, "a tool's message needs a tool_call_id");
    ObjectWriter result;
    result.text("type", "tool_result").text("tool_use_id", tool_call_id(id));
    ListWriter content;
    PRX_TRY(add_content(member(message, "content"), where, content));
    if (!content.empty()) result.raw("content", content.take());
    if (const auto caching = member(message, "cache_control"); !caching.empty())
      result.raw("cache_control", caching);
    said_.add(result.str());
    return {};
  }

  void say(std::string_view side) {
    if (side != side_) end_turn();
    side_ = side;
    turn_.add(said_);
  }
  void end_turn() {
    if (turn_.empty()) return;
    turns_.add(ObjectWriter().text("role", side_).raw("content", turn_.take()).str());
  }

  std::string_view side_;  ///< whose turn is written; static text
  ListWriter system_, turns_, turn_;
  ListWriter said_;  ///< by the message at hand
};

constinit const TurnWriter::Role TurnWriter::kRoles[5] = {
    {"system", "", &TurnWriter::instructions}, {"developer", "", &TurnWriter::instructions},
    {"user", "user", &TurnWriter::user},       {"assistant", "assistant", &TurnWriter::assistant},
    {"tool", "user", &TurnWriter::tool},
};

}  // namespace

std::string tool_call_id(std::string_view id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : id) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    const auto byte = static_cast<unsigned char>(c);
    if (fits)
      out += c;
    else
      (out += '_').append({kDigits[byte >> 4], kDigits[byte & 15]});
  }
  return out;
}

Result<Turns> read_messages(std::string_view messages) {
  const auto list = prx::json::elements(messages);
  if (!list) return prx::fail(ErrorClass::kInvalidRequest, "messages is no list");
  TurnWriter writer;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string where = "messages[" + std::to_string(i) + "]";
    const auto message = ObjectIndex::parse((*list)[i]);
    if (!message) return bad_message(where, "it is no object");
    PRX_TRY(writer.add(*message, where));
  }
  Turns turns = writer.take();
  if (turns.messages.empty())
    return prx::fail(ErrorClass::kInvalidRequest,
                     "messages has nothing but instructions; add a message of the user");
  return turns;
}

}  // namespace anthropic
