#include "cli/plan/plan_needs.hpp"

#include <string>

#include "client/catalog_use.hpp"

namespace prx::cli {
namespace {

using catalog::Need;

/// A request that has all this; only its parts are looked at.
std::string body_of(const PlanNeeds& needs) {
  std::string body = R"({"messages":[{"role":"user","content":[)";
  if (needs.vision) body += R"({"type":"image_url","image_url":{"url":""}})";
  body += "]}]";
  if (needs.tools) body += R"(,"tools":[{}])";
  if (needs.structured) body += R"(,"response_format":{"type":"json_schema"})";
  return body + '}';
}

/// What one model is known not to have.
std::optional<driver::UnmetNeed> unmet(const catalog::Known& known, const PlanNeeds& needs,
                                       const std::optional<std::int64_t>& context_length,
                                       catalog::RequestNeeds& request) {
  if (const auto need = catalog::unmet_need(known.facts, context_length, request))
    return driver::UnmetNeed{*need, 0};
  if (needs.context && context_length && *context_length < *needs.context)
    return driver::UnmetNeed{Need::kContext, static_cast<std::size_t>(*needs.context)};
  return std::nullopt;
}

}  // namespace

void declare_needs(Arguments& arguments, PlanNeeds& needs) {
  arguments.flag("--tools", needs.tools, "The plan of a request with tools");
  arguments.flag("--vision", needs.vision, "The plan of a request with an image");
  arguments.flag("--structured", needs.structured, "The plan of a request with a JSON schema");
  arguments.integer("--context", needs.context, "The plan of a request of so many tokens");
}

Result<void> check_needs(const PlanNeeds& needs) {
  if (needs.context && *needs.context < 1)
    return fail(ErrorClass::kInvalidRequest, "--context: write a number of 1 or more");
  return {};
}

std::vector<std::optional<Error>> unmet_needs(const driver::PlannedChain& chain,
                                              const PlanNeeds& needs,
                                              const Environment& environment) {
  std::vector<std::optional<Error>> out(chain.targets.size());
  const std::string body = body_of(needs);
  const auto index = json::ObjectIndex::parse(body);
  if (!needs.any() || !index) return out;
  catalog::RequestNeeds request(*index);
  catalog::Shelf lists(catalog::Cache(catalog::cache_folder(environment)),
                       [](const std::string&) {});
  catalog::ShelfReader reader(lists, catalog::Shelf::Wait::kYes);
  for (std::size_t i = 0; i < chain.targets.size(); ++i) {
    const driver::PlannedTarget& target = chain.targets[i];
    const std::string_view extra_body =
        target.target != nullptr ? std::string_view(target.target->extra_body) : "";
    const auto known = driver::known_of(reader, {*target.provider, target.model, extra_body});
    if (!known || !*known) continue;
    reliability::PlanTarget plan = target.plan;
    if (!plan.context_length) plan.context_length = (*known)->facts.context_length;
    if (const auto need = unmet(**known, needs, plan.context_length, request))
      out[i] = driver::unmet_error(plan, target.model, **known, *need);
  }
  return out;
}

}  // namespace prx::cli
