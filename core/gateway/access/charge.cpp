#include "gateway/access/charge.hpp"

#include <chrono>
#include <utility>

namespace prx::gateway {

namespace {

void note(RequestNotes& notes, const Attempt& attempt) {
  if (!attempt.asked()) return;
  ++notes.attempts;
  notes.target = attempt.provider + '/' + attempt.model;
  if (attempt.usage.prompt_tokens) notes.prompt_tokens = attempt.usage.prompt_tokens;
  if (attempt.usage.completion_tokens) notes.completion_tokens = attempt.usage.completion_tokens;
  notes.cost += attempt.cost.value_or(0.0);
  notes.cost_known = notes.cost_known && attempt.cost;
}

}  // namespace

void charge(CallOptions& options, std::shared_ptr<const AccessKey> key,
            std::shared_ptr<RequestNotes> notes) {
  if (!key && !notes) return;
  options.on_attempt = [key = std::move(key), notes = std::move(notes)](const Attempt& attempt) {
    if (key && attempt.cost) key->spend(*attempt.cost, std::chrono::system_clock::now());
    if (notes) note(*notes, attempt);
  };
}

}  // namespace prx::gateway
