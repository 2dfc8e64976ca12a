// Which target serves a request, and with which body.

#include <algorithm>

#include "client/client_impl.hpp"
#include "client/request_body.hpp"

namespace prx {

namespace {

struct Choice {
  std::string provider;
  const TargetConfig* target = nullptr;  ///< of a chain, else nullptr
  ReliabilityConfig policy;
};

/// The provider that the call names, else the first target of the chain in force.
Choice choose(const Config& config, const CallOptions& options) {
  Choice choice{options.provider, nullptr, config.reliability};
  if (!choice.provider.empty()) return choice;
  choice.provider = config.provider;
  const ChainConfig* chain = config.find_chain(config.chain);
  if (chain == nullptr) return choice;
  choice.target = &chain->targets.front();
  choice.provider = choice.target->provider;
  choice.policy = chain->policy;
  return choice;
}

/// What the configuration resolved to, for a request that names no model.
const std::string& default_model(const ProviderConfig& provider, const TargetConfig* target) {
  return target != nullptr ? target->model_in_use : provider.model_in_use;
}

Error closing_error() {
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "the client is closing";
  return error;
}

Error no_model(const std::string& provider) {
  Error error;
  error.error_class = ErrorClass::kInvalidRequest;
  error.message = "no model: provider '" + provider +
                  "' has no default; give --model or set [providers." + provider + "] model";
  return error;
}

}  // namespace

Result<driver::ChatPlan> Client::Impl::plan(const ChatRequest& request,
                                            const CallOptions& options) {
  Choice choice = choose(config_, options);
  PRX_TRY_SET(driver::ProviderInstance* const target, instance(choice.provider));
  if (auto problem = target->key_problem()) return Unexpected(std::move(*problem));
  PRX_TRY_SET(std::string body, request.body());

  driver::BodyOptions edit;
  edit.model = default_model(target->config(), choice.target);
  edit.stream = options.stream_upstream;
  edit.overwrite_stream = request.raw().empty();
  edit.extra_body = target->config().extra_body;
  if (choice.target != nullptr) edit.target_extra_body = choice.target->extra_body;
  PRX_TRY_SET(driver::SpecialBody special, driver::specialise_body(std::move(body), edit));
  if (special.model.empty()) return Unexpected(no_model(choice.provider));

  driver::ChatPlan plan;
  plan.plan.stream = special.stream;
  driver::CallTarget call;
  call.instance = target;
  call.model = std::move(special.model);
  call.body = std::make_shared<const std::string>(std::move(special.text));

  const auto& clocks = choice.target != nullptr && choice.target->timeouts
                           ? *choice.target->timeouts
                           : target->config().timeouts;
  plan.plan.targets.push_back({choice.provider, clocks});
  plan.plan.policy = choice.policy;
  if (options.deadline)
    plan.plan.policy.deadline = std::min(*options.deadline, driver::Operation::kWaitMax);
  plan.targets.push_back(std::move(call));
  plan.options = options;
  plan.request_id = new_request_id();
  return plan;
}

std::shared_ptr<driver::ChatCall> Client::Impl::make_call(const ChatRequest& request,
                                                          const CallOptions& options, Sink& sink,
                                                          std::optional<Error>& refused) {
  driver::ChatPlan chat;
  if (auto made = plan(request, options))
    chat = std::move(*made);
  else
    refused = std::move(made).error();
  const std::lock_guard lock(calls_mutex_);
  if (closing_) refused = closing_error();
  const std::uint64_t number = next_call_++;
  auto call = std::make_shared<driver::ChatCall>(runtime_, lanes_, std::move(chat), sink,
                                                 [this, number] { call_ended(number); });
  calls_[number] = call;
  return call;
}

}  // namespace prx
