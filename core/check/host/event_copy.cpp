#include "check/host/event_copy.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "prx/sdk/abi.hpp"

namespace prx::check {

using sdk::view;

EventCopy copy_of_event(const prx_event& event) {
  EventCopy copy;
  copy.type = event.type;
  copy.choice = event.choice;
  copy.index = event.index;
  copy.finish = event.finish;
  copy.flags = event.flags;
  copy.text = view(event.text);
  copy.id = view(event.id);
  copy.name = view(event.name);
  copy.json = view(event.json);
  copy.frame = view(event.frame);
  if (sdk::is_whole(event.usage)) copy.usage = sdk::copy_of(*event.usage);
  if (sdk::is_whole(event.error)) copy.error = sdk::from_abi(*event.error);
  return copy;
}

std::string name_of_event(std::uint32_t type) {
  static constexpr const char* kNames[] = {"META",   "TEXT", "REASONING", "TOOL_CALL", "USAGE",
                                           "FINISH", "ITEM", "RAW",       "PROGRESS"};
  if (type == PRX_EV_DONE) return "DONE";
  if (type == PRX_EV_ERROR) return "ERROR";
  if (type >= PRX_EV_META && type <= PRX_EV_PROGRESS) return kNames[type - PRX_EV_META];
  return "event of type " + std::to_string(type);
}

const Error* CallOutcome::error() const {
  if (refused) return &*refused;
  if (events.empty() || !events.back().error) return nullptr;
  return &*events.back().error;
}

bool CallOutcome::done() const { return ended && events.back().type == PRX_EV_DONE; }

std::string CallOutcome::text() const {
  std::string out;
  for (const EventCopy& event : events)
    if (event.type == PRX_EV_TEXT) out += event.text;
  return out;
}

namespace {

std::string line_of(const EventCopy& event) {
  std::string line = name_of_event(event.type) + " " + std::to_string(event.choice);
  if (event.type == PRX_EV_FINISH) line += " " + std::to_string(event.finish);
  for (const std::string* part : {&event.text, &event.id, &event.name, &event.json})
    if (!part->empty()) line += " " + *part;
  if (event.usage)
    line += " " + std::to_string(event.usage->prompt_tokens) + " " +
            std::to_string(event.usage->completion_tokens) + " " +
            std::to_string(event.usage->total_tokens);
  if (event.error)
    line += " " + std::string(to_string(event.error->error_class)) + " " +
            std::to_string(event.error->http_status) + " " + event.error->provider_code;
  return line;
}

/// Pieces of one text, one reasoning, one tool call are joined where the first of them stood.
class Joined {
 public:
  void add(const EventCopy& event) {
    const bool is_piece = event.type == PRX_EV_TEXT || event.type == PRX_EV_REASONING ||
                          event.type == PRX_EV_TOOL_CALL;
    if (!is_piece) {
      lines_.push_back(line_of(event));
      return;
    }
    std::string key = name_of_event(event.type) + " " + std::to_string(event.choice);
    if (event.type == PRX_EV_TOOL_CALL) key += " " + std::to_string(event.index);
    const auto [place, is_first] = places_.try_emplace(key, lines_.size());
    if (is_first) lines_.push_back(key + ": ");
    lines_[place->second] += event.id + event.name + event.text + event.json;
  }
  [[nodiscard]] std::string str() const {
    std::string out;
    for (const std::string& line : lines_) out += line + "\n";
    return out;
  }

 private:
  std::vector<std::string> lines_;
  std::map<std::string, std::size_t> places_;
};

template <class Wanted>
std::string joined(const std::vector<EventCopy>& events, Wanted wanted) {
  Joined out;
  for (const EventCopy& event : events)
    if (wanted(event.type)) out.add(event);
  return out.str();
}

}  // namespace

std::string CallOutcome::digest() const {
  std::string out;
  if (refused) out = "refused " + std::string(to_string(refused->error_class)) + "\n";
  return out + joined(events, [](std::uint32_t type) { return type != PRX_EV_PROGRESS; });
}

std::string CallOutcome::answer() const {
  return joined(events, [](std::uint32_t type) {
    return type == PRX_EV_TEXT || type == PRX_EV_REASONING || type == PRX_EV_TOOL_CALL ||
           type == PRX_EV_FINISH;
  });
}

std::string CallOutcome::summary() const {
  if (const Error* const reason = error())
    return std::string(refused ? "start refused with " : "ERROR ") +
           std::string(to_string(reason->error_class)) + ": " + reason->message;
  if (!ended) return "no end after " + std::to_string(events.size()) + " events";
  return "DONE after " + std::to_string(events.size() - 1) + " events, text \"" +
         text().substr(0, 80) + "\"";
}

}  // namespace prx::check
