/* A translation unit that uses every macro of the header under -pedantic. Compiled as C and as C++.
 */
#include "prx/plugin.h"

PRX_PLUGIN_NOTE("{\"id\":\"use\",\"version\":\"1\",\"abi\":\"1.0\",\"kinds\":[\"use\"]}");

static void destroy(void* instance) PRX_NOEXCEPT { (void)instance; }

static void (*const in_table)(void* instance) PRX_NOEXCEPT = destroy;

static prx_plugin copied(const prx_plugin* plugin) {
  prx_plugin copy;
  PRX_COPY(&copy, plugin);
  return copy;
}

PRX_EXPORT const prx_plugin* prx_plugin_query_v1(void) PRX_NOEXCEPT {
  static const prx_plugin plugin = {
      sizeof(prx_plugin), PRX_ABI_MAJOR, PRX_ABI_MINOR, 0, {"use", 3}, {"1", 1}, NULL, NULL, NULL};
  in_table(NULL);
  return PRX_HAS(prx_plugin, &plugin, interface_) && copied(&plugin).size == plugin.size ? &plugin
                                                                                         : NULL;
}
