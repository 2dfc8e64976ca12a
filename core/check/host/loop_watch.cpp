#include "check/host/loop_watch.hpp"

#include <sys/resource.h>
#include <time.h>

namespace prx::check {
namespace {

std::chrono::nanoseconds time_of(clockid_t clock) {
  timespec at{};
  ::clock_gettime(clock, &at);
  return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

Spent spent_so_far() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return {time_of(CLOCK_MONOTONIC), time_of(CLOCK_THREAD_CPUTIME_ID), usage.ru_nvcsw};
}

Spent operator-(const Spent& left, const Spent& right) {
  return {left.wall - right.wall, left.processor - right.processor, left.sleeps - right.sleeps};
}

Spent operator+(const Spent& left, const Spent& right) {
  return {left.wall + right.wall, left.processor + right.processor, left.sleeps + right.sleeps};
}

LoopWatch::Scope*& innermost() {
  thread_local LoopWatch::Scope* of_this_thread = nullptr;
  return of_this_thread;
}

}  // namespace

LoopWatch::Scope::Scope(LoopWatch& watch, const char* entry)
    : watch_(watch.is_on() ? &watch : nullptr), entry_(entry) {
  if (watch_ == nullptr) return;
  outer_ = innermost();
  innermost() = this;
  before_ = spent_so_far();
}

LoopWatch::Scope::~Scope() {
  if (watch_ == nullptr) return;
  const Spent all = spent_so_far() - before_;
  innermost() = outer_;
  if (outer_ != nullptr) outer_->inside_ = outer_->inside_ + all;
  if (entry_ == nullptr) return;
  const Spent own = all - inside_;
  const std::chrono::nanoseconds held = own.sleeps > 0 ? own.wall : own.processor;
  if (held > watch_->longest_.time) watch_->longest_ = {held, entry_};
}

}  // namespace prx::check
