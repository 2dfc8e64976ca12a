// Client::catalog(): lists of models, from the cache or from who has them.

#include <ctime>

#include "client/abi_convert.hpp"
#include "client/catalog_use.hpp"
#include "client/client_impl.hpp"

namespace prx {

namespace {

using catalog::Listed;
using catalog::Seconds;

bool is_old(Seconds fetched, std::chrono::seconds age_max) {
  const Seconds age = std::time(nullptr) - fetched;
  return age < 0 || age > age_max.count();  // of the future: somebody set the clock
}

Catalog catalog_of(const std::string& provider, Seconds fetched, std::vector<Listed> models) {
  Catalog out;
  out.provider = provider;
  out.fetched = std::chrono::system_clock::from_time_t(fetched);
  out.models.reserve(models.size());
  for (Listed& model : models) {
    CatalogModel& one = out.models.emplace_back();
    one.facts = read_model(model.json);
    one.facts.id = std::move(model.id);
    one.json = std::move(model.json);
  }
  return out;
}

Catalog cached(const std::string& provider, catalog::List list) {
  Catalog out = catalog_of(provider, list.fetched, std::move(list.models));
  out.from_cache = true;
  return out;
}

}  // namespace

std::uint64_t Client::Impl::catalog_generation() {
  if (options_.catalog == CatalogUse::kOff) return 0;
  return shelf_.generation(std::chrono::steady_clock::now(), disk_wait());
}

catalog::Shelf::Wait Client::Impl::disk_wait() {
  return driver::on_prx_thread() ? catalog::Shelf::Wait::kNo : catalog::Shelf::Wait::kYes;
}

Result<Catalog> Client::Impl::catalog(const std::string& name, const CatalogOptions& options) {
  using Fetch = CatalogOptions::Fetch;
  const auto in_force = snapshot();
  const std::string& wanted = name.empty() ? in_force->config->first_provider() : name;
  const ProviderConfig* const provider = in_force->config->find_provider(wanted);
  if (provider == nullptr)
    return fail(ErrorClass::kInvalidRequest,
                "unknown provider '" + wanted + "'; add [providers." + wanted + "]");
  auto list = shelf_.cache().read(driver::source_of(*provider));  // kOff: not found
  if (!list && list.error().error_class != ErrorClass::kNotFound)
    log_->write(LogLevel::kDebug, list.error().message);
  const bool fresh = list && !is_old(list->fetched, options.age_max);
  if (options.fetch == Fetch::kNever && !list) return Unexpected(list.error());
  if (options.fetch == Fetch::kNever || (options.fetch == Fetch::kWhenOld && fresh))
    return cached(wanted, std::move(*list));
  auto fetched = fetch_catalog(in_force, *provider, options);
  if (fetched || !list || fetched.error().error_class == ErrorClass::kCancelled) return fetched;
  Catalog out = cached(wanted, std::move(*list));
  out.fetch_error = std::move(fetched).error();
  return out;
}

/// Of one configuration: what the server of another one lists is not written down as this one's.
Result<Catalog> Client::Impl::fetch_catalog(std::shared_ptr<driver::Snapshot> in_force,
                                            const ProviderConfig& provider,
                                            const CatalogOptions& options) {
  PRX_TRY_SET(const Target whose, target(std::move(in_force), provider.name));
  if (auto unfit = whose.instance->lacks("models")) return Unexpected(std::move(*unfit));
  std::vector<Listed> models;
  CallOptions call;
  call.deadline = options.deadline;
  call.stop = options.stop;
  PRX_TRY(run(whose, PRX_OP_MODELS, call, [&](const prx_event& event) {
    if (event.type == PRX_EV_ITEM && event.id.len > 0)
      models.push_back(
          {std::string(driver::view(event.id)), std::string(driver::view(event.json))});
  }));
  const Seconds now = std::time(nullptr);
  if (options_.catalog == CatalogUse::kOn) {
    std::vector<Listed> shown;  // a server that says a secret back does not have it written down
    for (const Listed& model : models)
      if (!whose.instance->holds_secret(model.json)) shown.push_back(model);
    const auto written = shelf_.cache().write(driver::source_of(provider), now, shown);
    if (!written) log_->write(LogLevel::kInfo, written.error().message);
    shelf_.look_again();
  }
  return catalog_of(provider.name, now, std::move(models));
}

}  // namespace prx
