/// \file charge.hpp
/// Who pays for a call.
#pragma once

#include <memory>

#include "gateway/access/key_ring.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Charges `key` (null: nobody) with each attempt of the call as it ends: also of a call whose
/// client does not wait for the next one. An attempt whose cost nobody knows costs nothing.
void charge(CallOptions& options, std::shared_ptr<const AccessKey> key);

}  // namespace prx::gateway
