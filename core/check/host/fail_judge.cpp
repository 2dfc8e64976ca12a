#include "check/host/fail_judge.hpp"

#include "check/host/event_judge.hpp"
#include "check/host/host.hpp"
#include "prx/sdk/abi.hpp"

namespace prx::check {

void FailJudge::set(void* self, const prx_error* error) noexcept {
  auto& judge = *static_cast<FailJudge*>(self);
  ++judge.times_;
  if (!sdk::is_whole(error))
    return judge.breaches_.add(Breach::kFail, judge.what_ + ": fail was set to no prx_error");
  judge_error(*error, judge.breaches_, judge.what_ + ", fail");
  for (const prx_str text : {error->message, error->provider_code, error->request_id, error->raw})
    if (holds_key(sdk::view(text)))
      judge.breaches_.add(Breach::kSecret, "the key is in what " + judge.what_ + " gave to fail");
  judge.code_ = error->code;
  judge.reason_ = sdk::from_abi(*error);
}

void FailJudge::judge(std::int32_t status) {
  const int wanted = status == PRX_OK ? 0 : 1;
  if (times_ != wanted)
    breaches_.add(Breach::kFail, what_ + " returned " + std::to_string(status) + " and set fail " +
                                     std::to_string(times_) + " times");
  else if (times_ == 1 && code_ != status)
    breaches_.add(Breach::kFail, what_ + " returned " + std::to_string(status) +
                                     ", and fail says " + std::to_string(code_));
  if (status == PRX_OK) return reason_.reset();
  if (reason_) return;
  reason_.emplace();
  reason_->error_class = error_class_from(status);
  reason_->message = "no reason was given";
}

void* unset_pointer() {
  static const char marker = 0;  // only its address is used, and it is never written to
  return const_cast<char*>(&marker);
}

}  // namespace prx::check
