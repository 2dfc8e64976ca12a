/// \file charge.hpp
/// What a call costs, and whom: its client's key, and the notes of its request.
#pragma once

#include <memory>

#include "gateway/access/key_ring.hpp"
#include "gateway/http/request_record.hpp"
#include "prx/client.hpp"

namespace prx::gateway {

/// Charges `key` (null: nobody) with each attempt of the call as it ends, and tells `notes` (null:
/// nobody) of it: also of a call whose client does not wait for the next one. An attempt whose cost
/// nobody knows costs nothing.
void charge(CallOptions& options, std::shared_ptr<const AccessKey> key,
            std::shared_ptr<RequestNotes> notes);

}  // namespace prx::gateway
