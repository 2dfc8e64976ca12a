#include "cli/chat/model_hint.hpp"

#include <algorithm>
#include <utility>

#include "config/did_you_mean.hpp"

namespace prx::cli {
namespace {

constexpr int kFar = 100;
constexpr std::size_t kShortest = 3;  // of a beginning that says something

std::string_view model_part(std::string_view id) { return id.substr(id.rfind('/') + 1); }

bool is_slip(int edits, std::string_view name) {
  return edits <= config::kNearDistance && 2 * static_cast<std::size_t>(edits) < name.size();
}

/// How far an id is from what was written; kFar: it is another model.
int distance(std::string_view wrong, std::string_view id) {
  const int whole = config::edit_distance(wrong, id, config::kNearDistance);
  if (is_slip(whole, wrong)) return whole;
  const int name = config::edit_distance(model_part(wrong), model_part(id), config::kNearDistance);
  if (is_slip(name, model_part(wrong))) return 10 + name;
  const bool begins =
      model_part(wrong).size() >= kShortest && model_part(id).starts_with(model_part(wrong));
  return begins ? 20 : kFar;
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
    if (out.size() < kModelHintsMax) out.push_back(id);
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
