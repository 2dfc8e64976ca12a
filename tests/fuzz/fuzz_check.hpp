/// \file fuzz_check.hpp
/// A check that also holds in release builds.
#pragma once

#include <cstdio>
#include <cstdlib>

#define PRX_FUZZ_CHECK(condition)                                          \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)
