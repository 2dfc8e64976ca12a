#include "prx/tool_box.hpp"

#include <algorithm>
#include <cctype>

#include "prx/sdk/json_edit.hpp"
#include "prx/sdk/json_peek.hpp"

namespace prx {
namespace {

constexpr std::size_t kToolNameMax = 64;

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kToolNameMax &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-');
         });
}

Unexpected<Error> refused(const std::string& name, const std::string& what) {
  return fail(ErrorClass::kInvalidRequest, "tool '" + name + "': " + what);
}

}  // namespace

Result<void> ToolBox::add(Tool tool, ToolFunction function) {
  if (!json::is_utf8(tool.name) || !is_tool_name(tool.name))
    return refused(json::is_utf8(tool.name) ? tool.name : "?",
                   "a tool's name is 1 to 64 of A-Z, a-z, 0-9, _ and -");
  if (find(tool.name) != nullptr)
    return refused(tool.name, "is there already; give each tool a name of its own");
  if (!tool.server_tool.empty())
    return refused(tool.name,
                   "is run by the server (server_tool), not by a function; put it into "
                   "RunOptions::settings");
  if (!function) return refused(tool.name, "has no function");
  if (!json::is_utf8(tool.description)) return refused(tool.name, "its description is not UTF-8");
  if (tool.parameters.empty()) tool.parameters = R"({"type":"object"})";
  if (auto valid = json::validate(tool.parameters, kDepthMax); !valid)
    return refused(tool.name, "its parameters are not JSON: " + valid.error().message);
  if (!json::begins_object(tool.parameters))
    return refused(tool.name, R"(its parameters are no JSON object; write {"type":"object",...})");
  if (entries_.size() >= kToolsMax)
    return refused(tool.name, "is one too many; at most " + std::to_string(kToolsMax));
  entries_.emplace_back(std::move(tool), std::move(function));
  return {};
}

std::vector<Tool> ToolBox::tools() const {
  std::vector<Tool> out;
  out.reserve(entries_.size());
  for (const auto& [tool, function] : entries_) out.push_back(tool);
  return out;
}

const std::pair<Tool, ToolFunction>* ToolBox::find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [name](const auto& entry) { return entry.first.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace prx
