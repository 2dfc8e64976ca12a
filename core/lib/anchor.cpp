// libprx is its rooms; this file gives the linker something to begin with.
#include "prx/version.hpp"

static_assert(!prx::kVersion.empty());
