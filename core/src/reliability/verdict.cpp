#include "reliability/verdict.hpp"

#include <algorithm>

namespace prx::reliability {

namespace {

Verdict from_table(const Error& error) {
  Verdict out;
  switch (error.error_class) {
    case ErrorClass::kNetwork:
    case ErrorClass::kOverloaded:
    case ErrorClass::kBadResponse:
      out.retry = out.fallback = out.counts = true;
      return out;
    case ErrorClass::kTimeout:
      out.retry = error.phase == Phase::kConnect;
      out.fallback = out.counts = true;
      return out;
    case ErrorClass::kRateLimit:  // its key cools; the lane is not to blame
      out.retry = out.next_key = out.fallback = true;
      return out;
    case ErrorClass::kCredit:
    case ErrorClass::kAuth:
      out.next_key = out.fallback = out.dead_key = true;
      return out;
    case ErrorClass::kPermission:
    case ErrorClass::kNotFound:
    case ErrorClass::kUnsupported:
    case ErrorClass::kContextLength:
      out.fallback = true;
      return out;
    case ErrorClass::kInternal:
      if (error.phase == Phase::kConnect) {  // no socket: the others would get none either
        out.retry = out.local = true;
        return out;
      }
      out.fallback = out.counts = true;
      return out;
    case ErrorClass::kContentPolicy:
    case ErrorClass::kInvalidRequest:
    case ErrorClass::kCancelled:
      return out;
  }
  return out;
}

bool holds(const std::vector<ErrorClass>& classes, ErrorClass one) {
  return std::find(classes.begin(), classes.end(), one) != classes.end();
}

}  // namespace

Verdict verdict(const Error& error, const ReliabilityConfig& policy) {
  Verdict out = from_table(error);
  if (error.error_class == ErrorClass::kCancelled) return out;
  if (policy.retry_on) out.retry = holds(*policy.retry_on, error.error_class);
  if (policy.fallback_on) out.fallback = holds(*policy.fallback_on, error.error_class);
  if (error.retryable && !out.dead_key) out.retry = *error.retryable;
  // An answer that would be the same again is the request's doing.
  if (error.error_class == ErrorClass::kBadResponse && error.retryable == false) out.counts = false;
  return out;
}

}  // namespace prx::reliability
