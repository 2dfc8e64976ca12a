#include "cli/sim/sim_script.hpp"

#include "config/toml_json.hpp"

namespace prx::cli {

Result<sim::FaultScript> parse_script(std::string_view toml, const std::string& name) {
  PRX_TRY_SET(const std::string json, toml_to_json(toml, name));
  auto script = sim::script_from_json(json);
  if (!script) return fail(ErrorClass::kInvalidRequest, name + ": " + script.error().message);
  return script;
}

}  // namespace prx::cli
