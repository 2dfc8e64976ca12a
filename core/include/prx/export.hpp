/// \file export.hpp
/// PRX_API marks what libprx exports; everything else is hidden.
#pragma once

#define PRX_API __attribute__((visibility("default")))
