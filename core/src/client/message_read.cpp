// JSON -> messages.
#include <array>
#include <utility>

#include "client/json_writing.hpp"
#include "client/message_json.hpp"

namespace prx::driver {
namespace {

using json::ObjectIndex;

constexpr std::array<std::pair<std::string_view, Message::Role>, 5> kRoles{{
    {"system", Message::Role::kSystem},
    {"developer", Message::Role::kDeveloper},
    {"user", Message::Role::kUser},
    {"assistant", Message::Role::kAssistant},
    {"tool", Message::Role::kTool},
}};

Result<std::string> text_of(std::string_view value, const std::string& where) {
  auto text = json::unquoted(value);
  if (!text) return bad_request(where + " is not a string");
  return std::move(*text);
}

/// Whether an object has no other members than these; one that has goes through as it is.
bool has_only(const ObjectIndex& object, std::initializer_list<std::string_view> names) {
  std::size_t known = 0;
  for (const std::string_view name : names) known += object.find(name) ? 1 : 0;
  return known == object.members().size();
}

/// Reads strings of one object into members; a missing one is left alone, another kind fails.
class TextReader {
 public:
  explicit TextReader(const ObjectIndex& object) : object_(object) {}
  TextReader& text(std::string_view name, std::string& out) {
    const auto value = object_.find(name);
    if (!value) return *this;
    auto text = json::unquoted(*value);
    good_ = good_ && text.has_value();
    if (text) out = std::move(*text);
    return *this;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  const ObjectIndex& object_;
  bool good_ = true;
};

/// False: it is of a shape that Part has no members for.
bool read_image(const ObjectIndex& inner, Part& out) {
  out.type = Part::Type::kImage;
  return has_only(inner, {"url", "detail"}) &&
         TextReader(inner).text("url", out.url).text("detail", out.detail).good() &&
         !out.url.empty();
}
bool read_audio(const ObjectIndex& inner, Part& out) {
  out.type = Part::Type::kAudio;
  return has_only(inner, {"data", "format"}) &&
         TextReader(inner).text("data", out.data).text("format", out.format).good() &&
         !out.data.empty() && !out.format.empty();
}
bool read_file(const ObjectIndex& inner, Part& out) {
  out.type = Part::Type::kFile;
  return has_only(inner, {"filename", "file_data", "file_id"}) &&
         TextReader(inner)
             .text("filename", out.filename)
             .text("file_data", out.url)
             .text("file_id", out.file_id)
             .good() &&
         out.url.empty() != out.file_id.empty();
}

struct PartKind {
  std::string_view type, member;
  bool (*read)(const ObjectIndex& inner, Part& out);
};
constexpr std::array<PartKind, 3> kPartKinds{{{"image_url", "image_url", read_image},
                                              {"input_audio", "input_audio", read_audio},
                                              {"file", "file", read_file}}};

bool read_known_part(const ObjectIndex& object, std::string_view type, Part& out) {
  if (type == "text")
    return has_only(object, {"type", "text"}) && object.find("text") &&
           TextReader(object).text("text", out.text).good();
  for (const PartKind& kind : kPartKinds) {
    if (kind.type != type || !has_only(object, {"type", kind.member})) continue;
    const auto value = object.find(kind.member);
    const auto inner = value ? ObjectIndex::parse(*value) : Result<ObjectIndex>(fail({}, ""));
    return inner && kind.read(*inner, out);
  }
  return false;
}

Result<Part> read_part(std::string_view json, const std::string& where) {
  const auto object = ObjectIndex::parse(json);
  const auto type = object ? object->find("type") : std::nullopt;
  if (!type) return bad_request(where + " is not an object with a \"type\"");
  PRX_TRY_SET(const std::string name, text_of(*type, where + ".type"));
  Part part;
  if (read_known_part(*object, name, part)) return part;
  Part other;
  other.type = Part::Type::kOther;
  other.json = json;
  return other;
}

Result<ToolCall> read_tool_call(std::string_view json, const std::string& where) {
  const auto object = ObjectIndex::parse(json);
  const auto function = object ? object->find("function") : std::nullopt;
  const auto inner = function ? ObjectIndex::parse(*function) : Result<ObjectIndex>(fail({}, ""));
  if (!inner) return bad_request(where + " is not an object with a \"function\"");
  ToolCall call;
  const bool good =
      TextReader(*object).text("id", call.id).good() &&
      TextReader(*inner).text("name", call.name).text("arguments", call.arguments).good();
  if (!good || call.id.empty() || call.name.empty())
    return bad_request(where + " needs an id, and a function with a name, as strings");
  const bool is_known =
      has_only(*object, {"id", "type", "function"}) && has_only(*inner, {"name", "arguments"});
  if (!is_known) call.json = json;
  return call;
}

/// One message, member by member.
class MessageReader {
 public:
  MessageReader(std::string_view json, std::string where) : json_(json), where_(std::move(where)) {}

  Result<Message> run() {
    const auto object = ObjectIndex::parse(json_);
    if (!object) return bad_request(where_ + " is not a JSON object");
    if (!object->find("role")) return bad_request(where_ + " has no \"role\"");
    json::ObjectEdit rest(*object);
    for (const auto& member : object->members()) {
      const std::string_view name = member.key;
      PRX_TRY_SET(const bool taken, take(name, member.value));
      if (taken) rest.remove(name);
    }
    out_.extra = rest.str();
    const auto left = ObjectIndex::parse(out_.extra);
    if (left && left->members().empty()) out_.extra.clear();
    return std::move(out_);
  }

 private:
  Result<bool> take(std::string_view name, std::string_view value) {
    if (name == "role") return take_role(value);
    if (name == "content") return take_content(value);
    if (name == "tool_calls") return take_tool_calls(value);
    const std::array<std::pair<std::string_view, std::string*>, 4> texts{{
        {"name", &out_.name},
        {"tool_call_id", &out_.tool_call_id},
        {"refusal", &out_.refusal},
        {"reasoning", &out_.reasoning},
    }};
    for (const auto& [key, member] : texts) {
      if (name != key) continue;
      if (value == "null") return true;
      PRX_TRY_SET(*member, text_of(value, where_ + "." + std::string(name)));
      return true;
    }
    if (name == "reasoning_details") return take_array(value, out_.reasoning_details);
    if (name == "annotations") return take_array(value, out_.annotations);
    return false;
  }

  Result<bool> take_role(std::string_view value) {
    PRX_TRY_SET(const std::string name, text_of(value, where_ + ".role"));
    for (const auto& [known, role] : kRoles) {
      if (known != name) continue;
      out_.role = role;
      return true;
    }
    return bad_request(where_ + ".role \"" + name.substr(0, 40) +
                       "\" is none of system, developer, user, assistant and tool");
  }

  Result<bool> take_content(std::string_view value) {
    if (value == "null") return true;
    if (value.front() != '[') {
      PRX_TRY_SET(out_.text, text_of(value, where_ + ".content"));
      return true;
    }
    PRX_TRY_SET(const auto parts, json::elements(value));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      PRX_TRY_SET(Part part, read_part(parts[i], where_ + "." + at("content", i)));
      out_.parts.push_back(std::move(part));
    }
    return true;
  }

  Result<bool> take_tool_calls(std::string_view value) {
    if (value == "null") return true;
    const auto calls = json::elements(value);
    if (!calls) return bad_request(where_ + ".tool_calls is not an array");
    for (std::size_t i = 0; i < calls->size(); ++i) {
      PRX_TRY_SET(ToolCall call, read_tool_call((*calls)[i], where_ + "." + at("tool_calls", i)));
      out_.tool_calls.push_back(std::move(call));
    }
    return true;
  }

  /// What is no array has no place of its own.
  static Result<bool> take_array(std::string_view value, std::string& out) {
    if (value == "null") return true;
    if (value.front() != '[') return false;
    out = value;
    return true;
  }

  const std::string_view json_;
  const std::string where_;
  Message out_;
};

}  // namespace

Result<std::vector<Message>> read_messages(std::string_view array) {
  PRX_TRY(need_json(array, "messages", '['));
  PRX_TRY_SET(const auto elements, json::elements(array));
  std::vector<Message> out;
  out.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    PRX_TRY_SET(Message message, MessageReader(elements[i], at("messages", i)).run());
    out.push_back(std::move(message));
  }
  return out;
}

}  // namespace prx::driver
