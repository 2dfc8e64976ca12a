// With THROWING a function that may throw goes into a table, which must not compile; without, it
// must.
#include "prx/plugin.h"

#ifdef THROWING
static void destroy(void*) {}
#else
static void destroy(void*) noexcept {}
#endif

prx_provider make_provider() {
  prx_provider provider = {};
  provider.destroy = destroy;
  return provider;
}
