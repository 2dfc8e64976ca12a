// Stands between the honest plugin and the host, and breaks one rule: the one that MUTANT_<NAME>
// names. CMakeLists.txt says which rule that is.
#include <prx/plugin.h>

extern "C" const prx_plugin* prx_honest_query_v1(void) noexcept;

extern "C" PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) noexcept {
  return prx_honest_query_v1();
}
