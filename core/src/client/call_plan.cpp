// Which targets serve a request, in which order, and with which bodies.

#include <algorithm>

#include "client/catalog_use.hpp"
#include "client/chain_plan.hpp"
#include "client/client_impl.hpp"
#include "client/request_body.hpp"
#include "client/trace_context.hpp"

namespace prx {

namespace {

Error closing_error() {
  Error error;
  error.error_class = ErrorClass::kCancelled;
  error.message = "the client is closing";
  return error;
}

Error no_model(const std::string& provider) {
  Error error;
  error.error_class = ErrorClass::kInvalidRequest;
  error.message =
      "no model: provider '" + provider +
      "' has no default; give one (--model, /model in a conversation) or set [providers." +
      provider + "] model (prx models --provider " + provider +
      " shows what it has, or its plugin's documentation)";
  return error;
}

driver::ChainQuestion question_of(const CallOptions& options, std::string_view model) {
  driver::ChainQuestion question;
  question.provider = options.provider;
  question.chain = options.chain;
  question.model = model;
  return question;
}

/// Names the answer to a question among those that a snapshot remembers.
std::string question_name(const driver::ChainQuestion& question) {
  std::string name(question.provider);
  for (const std::string_view part :
       {question.chain, std::string_view(question.endpoint ? "endpoint" : "chat"),
        question.model}) {
    name += '\n';
    name += part;
  }
  return name;
}

}  // namespace

/// Puts the targets of one call together.
class Client::Impl::Planner {
 public:
  Planner(Impl& impl, std::shared_ptr<driver::Snapshot> snapshot, const CallOptions& options,
          driver::ChatPlan& out)
      : impl_(impl), options_(options), chat_(out) {
    if (snapshot->config->reliability.share_health)
      chat_.shared_health = &impl.shared_health_;
    else if (impl.group_health_)
      chat_.shared_health = &*impl.group_health_;
    chat_.snapshot = std::move(snapshot);
    chat_.options = options;
  }

  Result<void> run(const ChatRequest& request) {
    PRX_TRY(driver::check_traceparent(options_.traceparent));
    PRX_TRY_SET(std::string text, request.body());
    PRX_TRY_SET(const auto body, driver::RequestBody::parse(std::move(text)));
    chat_.body = body.text();
    chat_.has_format = body.has("response_format");
    chat_.overwrite_stream = request.raw().empty();
    const auto question = question_of(options_, body.model());
    PRX_TRY_SET(chat_.chain, impl_.prepared(*chat_.snapshot, question));
    if (chat_.chain->any_known) PRX_TRY(skip_unfit(body));
    set_deadline();
    return make_first(body);
  }

  Result<void> run(const EndpointRequest& request) {
    PRX_TRY(driver::check_traceparent(options_.traceparent));
    if (!request.path.starts_with('/'))
      return fail(ErrorClass::kInvalidRequest,
                  "'" + request.path + "' is no path of an endpoint; write it like /embeddings");
    PRX_TRY_SET(const auto body, driver::RequestBody::parse(request.body));
    if (body.model().empty())
      return fail(ErrorClass::kInvalidRequest,
                  request.path + ": the body names no model; give it a member \"model\"");
    if (driver::stream_member(body.index()).value_or(false))
      return fail(ErrorClass::kInvalidRequest,
                  request.path + " is answered in one piece; leave \"stream\" out");
    chat_.body = body.text();
    chat_.path = request.path;
    auto question = question_of(options_, body.model());
    question.endpoint = true;
    PRX_TRY_SET(chat_.chain, impl_.prepared(*chat_.snapshot, question));
    chat_.prices_known = chat_.chain->any_known;
    chat_.terms.stream = false;
    set_deadline();
    return {};
  }

 private:
  void set_deadline() {
    chat_.terms.deadline = chat_.chain->plan.policy.deadline;
    if (!options_.deadline) return;
    chat_.terms.deadline =
        std::clamp(*options_.deadline, Milliseconds{0}, driver::Operation::kWaitMax);
    chat_.terms.deadline_shown = options_.deadline_shown;
  }

  /// Leaves out the targets whose models are known not to be able to serve this request.
  Result<void> skip_unfit(const driver::RequestBody& body) {
    catalog::RequestNeeds needs(body.index());
    if (needs.names_models()) return {};
    chat_.prices_known = true;
    const auto unfit = driver::unfit_targets(*chat_.chain, needs);
    for (const auto& one : unfit)
      chat_.skipped.push_back(driver::skipped_attempt(*chat_.chain, one, needs));
    if (unfit.empty()) return {};
    if (unfit.size() == chat_.chain->targets.size())
      return Unexpected(*chat_.skipped.front().error);
    std::string name = question_name(question_of(options_, body.model()));
    for (const auto& one : unfit) name += '\n' + std::to_string(one.target);
    auto rest = impl_.find_prepared(*chat_.snapshot, name, chat_.chain->catalog);
    if (!rest) {
      rest = driver::chain_without(*chat_.chain, unfit);
      if (rest->whole) impl_.remember(*chat_.snapshot, std::move(name), rest);
    }
    chat_.chain = std::move(rest);
    return {};
  }

  /// The body for the first target is made before the call begins: what is wrong with a request is
  /// said at once.
  Result<void> make_first(const driver::RequestBody& body) {
    const driver::BodyOptions edit = chat_.edit_for(0);
    chat_.terms.stream = body.streams(edit);
    PRX_TRY_SET(chat_.first, body.specialise(edit));
    if (chat_.first->model.empty()) return Unexpected(no_model(chat_.plan_target(0).name));
    return {};
  }

  Impl& impl_;
  const CallOptions& options_;
  driver::ChatPlan& chat_;
};

/// What the same question found before; chains are few, and models that calls ask for too.
Result<std::shared_ptr<const driver::PreparedChain>> Client::Impl::prepared(
    driver::Snapshot& snapshot, const driver::ChainQuestion& question) {
  std::string name = question_name(question);
  const std::uint64_t generation = catalog_generation();
  if (auto found = find_prepared(snapshot, name, generation)) return found;
  PRX_TRY_SET(auto chain, prepare(snapshot, question, generation));
  if (chain->whole) remember(snapshot, std::move(name), chain);
  return chain;
}

std::shared_ptr<const driver::PreparedChain> Client::Impl::find_prepared(driver::Snapshot& snapshot,
                                                                         const std::string& name,
                                                                         std::uint64_t generation) {
  const std::lock_guard lock(snapshot.mutex);
  const auto found = snapshot.prepared.find(name);
  const bool known = found != snapshot.prepared.end() && found->second->catalog == generation;
  return known ? found->second : nullptr;
}

void Client::Impl::remember(driver::Snapshot& snapshot, std::string name,
                            std::shared_ptr<const driver::PreparedChain> chain) {
  const std::lock_guard lock(snapshot.mutex);
  if (snapshot.prepared.size() >= driver::Snapshot::kPreparedMax) snapshot.prepared.clear();
  snapshot.prepared[std::move(name)] = std::move(chain);
}

/// A target that cannot serve is left out; the first one's reason is the error when none can.
Result<std::shared_ptr<const driver::PreparedChain>> Client::Impl::prepare(
    driver::Snapshot& snapshot, const driver::ChainQuestion& question, std::uint64_t generation) {
  PRX_TRY_SET(driver::PlannedChain chain, plan_chain(*snapshot.config, question));
  driver::PreparedChain out;
  out.plan.policy = *chain.policy;
  std::optional<Error> problem;
  for (auto& target : chain.targets) {
    auto made = instance(snapshot, target.plan.name);
    out.whole = out.whole && made.has_value();
    auto unfit = made ? (*made)->key_problem() : std::optional(made.error());
    if (!unfit && question.endpoint) unfit = (*made)->lacks("call");
    if (!unfit && target.model.empty()) unfit = no_model(target.plan.name);
    if (unfit) {
      if (!problem) problem = std::move(unfit);
      continue;
    }
    driver::CallTarget call;
    call.instance = *made;
    call.model = std::move(target.model);
    if (target.target != nullptr && !question.endpoint) call.extra_body = target.target->extra_body;
    out.plan.targets.push_back(std::move(target.plan));
    out.targets.push_back(std::move(call));
  }
  if (out.targets.empty()) return Unexpected(std::move(*problem));
  out.catalog = generation;
  catalog::ShelfReader shelf(shelf_, disk_wait());
  if (generation != 0) driver::add_known(out, shelf, snapshot, options_.environment);
  return std::make_shared<const driver::PreparedChain>(std::move(out));
}

template <class Request>
Result<void> Client::Impl::plan(const Request& request, const CallOptions& options,
                                driver::ChatPlan& out) {
  PRX_TRY(Planner(*this, snapshot(), options, out).run(request));
  out.terms.seed = random_number();
  out.request_id = request_id(out.terms.seed);
  return {};
}

template <class Request>
std::shared_ptr<driver::ChatCall> Client::Impl::make_call(const Request& request,
                                                          const CallOptions& options, Sink& sink,
                                                          std::optional<Error>& refused) {
  driver::ChatPlan chat;
  if (auto made = plan(request, options, chat); !made) refused = std::move(made).error();
  const std::lock_guard lock(calls_mutex_);
  if (closing_) refused = closing_error();
  const std::uint64_t number = next_call_++;
  auto call = std::make_shared<driver::ChatCall>(runtime_, health_, std::move(chat), sink,
                                                 [this, number] { call_ended(number); });
  calls_[number] = call;
  return call;
}

template std::shared_ptr<driver::ChatCall> Client::Impl::make_call(const ChatRequest&,
                                                                   const CallOptions&, Sink&,
                                                                   std::optional<Error>&);
template std::shared_ptr<driver::ChatCall> Client::Impl::make_call(const EndpointRequest&,
                                                                   const CallOptions&, Sink&,
                                                                   std::optional<Error>&);

}  // namespace prx
