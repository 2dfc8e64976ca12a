#include "client/forked.hpp"

namespace prx::driver {

Error used_after_fork() {
  Error error;
  error.error_class = ErrorClass::kInternal;
  error.message =
      "this client belongs to the process that opened it, and this is a child of its fork(); open "
      "a client here";
  return error;
}

}  // namespace prx::driver
