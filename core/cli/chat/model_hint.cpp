#include "cli/chat/model_hint.hpp"

#include <algorithm>
#include <utility>

#include "config/did_you_mean.hpp"

namespace prx::cli {
namespace {

constexpr int kFar = 100;
constexpr int kMuchFarther = 20;      // than the best: not what was meant
constexpr std::size_t kShortest = 3;  // of a part that says something wherever it is

/// Without its vendor and its tag.
std::string_view model_part(std::string_view id) {
  const std::string_view name = id.substr(id.rfind('/') + 1);
  return name.substr(0, name.find(':'));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

/// How well `part` is what stands somewhere in `name`: as a word of it, at its beginning, inside.
int distance_of_part(std::string_view part, std::string_view name) {
  int best = kFar;
  if (part.empty()) return best;
  for (auto at = name.find(part); at != std::string_view::npos; at = name.find(part, at + 1)) {
    const auto end = at + part.size();
    const bool begins = at == 0 || !is_letter(name[at - 1]);
    const bool ends = end == name.size() || !is_letter(name[end]);
    const int far = at == 0 && (ends || part.size() >= kShortest) ? 20
                    : begins && ends                              ? 40
                    : part.size() >= kShortest                    ? 50
                                                                  : kFar;
    best = std::min(best, far);
  }
  return best;
}

bool is_slip(int edits, std::string_view name) {
  return edits <= config::kNearDistance && 2 * static_cast<std::size_t>(edits) < name.size();
}

/// Of a slip to the nearest beginning of the name: "claude-sonet" to "claude-sonnet-4".
int distance_to_beginning(std::string_view wrong, std::string_view name) {
  int best = config::kNearDistance + 1;
  constexpr auto kSlack = static_cast<std::size_t>(config::kNearDistance);
  for (std::size_t size = wrong.size() - std::min(wrong.size(), kSlack);
       size <= std::min(wrong.size() + kSlack, name.size()); ++size)
    best =
        std::min(best, config::edit_distance(wrong, name.substr(0, size), config::kNearDistance));
  return best;
}

/// How far an id is from what was written; kFar: it is another model.
int distance(std::string_view wrong, std::string_view id) {
  const int whole = config::edit_distance(wrong, id, config::kNearDistance);
  if (is_slip(whole, wrong)) return whole;
  const int name = config::edit_distance(model_part(wrong), model_part(id), config::kNearDistance);
  if (is_slip(name, model_part(wrong))) return 10 + name;
  const std::string part = lower(model_part(wrong)), model = lower(model_part(id));
  const int inside = distance_of_part(part, model);
  if (inside < kFar) return inside;
  const int begin = distance_to_beginning(part, model);
  return begin <= config::kNearDistance && 4 * static_cast<std::size_t>(begin) < part.size()
             ? 30 + begin
             : kFar;
}

}  // namespace

std::vector<std::string_view> nearest_models(std::string_view wrong,
                                             std::span<const std::string_view> ids) {
  std::vector<std::pair<int, std::string_view>> found;
  for (const std::string_view id : ids) {
    const int far = distance(wrong, id);
    if (far == 0) return {};
    if (far < kFar) found.emplace_back(far, id);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> out;
  for (const auto& [far, id] : found)
    if (out.size() < kModelHintsMax && far <= found.front().first + kMuchFarther) out.push_back(id);
  return out;
}

std::string did_you_mean(const std::vector<std::string_view>& ids) {
  std::string text;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text += i == 0 ? "did you mean '" : i + 1 == ids.size() ? " or '" : ", '";
    text += ids[i];
    text += '\'';
  }
  return text.empty() ? text : text + '?';
}

}  // namespace prx::cli
