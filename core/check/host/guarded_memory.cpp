#include "check/host/guarded_memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <new>

namespace prx::check {
namespace {

constexpr std::byte kCanaryByte{0xA5};

std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

Lender::~Lender() {
  if (kind_ != Lending::kBorrowed) return;
  // Kept as unreadable address space, so that nothing else is ever mapped where a plugin still
  // points.
  for (const Area& area : areas_) {
    madvise(area.begin, area.size, MADV_DONTNEED);
    mprotect(area.begin, area.size, PROT_NONE);
  }
}

void* Lender::place(const void* bytes, std::size_t size, bool is_struct) {
  const std::size_t page = page_size();
  const std::size_t tail = is_struct && kind_ == Lending::kCanary ? kFutureTail : 0;
  const std::size_t used = std::max<std::size_t>(1, (size + tail + page - 1) / page) * page;
  void* const area = mmap(nullptr, used + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED || mprotect(area, used, PROT_READ | PROT_WRITE) != 0)
    throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(area);
  std::byte* const copy = begin + used - tail - size;
  if (size != 0) std::memcpy(copy, bytes, size);
  std::fill_n(copy + size, tail, kCanaryByte);
  areas_.push_back({begin, used, tail == 0 ? nullptr : copy + size});
  return copy;
}

prx_str Lender::lend_text(std::string_view text) {
  if (kind_ == Lending::kPlain || text.empty()) return {text.data(), text.size()};
  return {static_cast<const char*>(place(text.data(), text.size(), false)), text.size()};
}

const prx_kv* Lender::lend(const prx_kv* pairs, std::size_t count) {
  if (kind_ == Lending::kPlain || count == 0) return pairs;
  std::vector<prx_kv> copies(pairs, pairs + count);
  for (prx_kv& pair : copies) {
    pair.key = lend_text(std::string_view(pair.key.ptr, pair.key.len));
    pair.value = lend_text(std::string_view(pair.value.ptr, pair.value.len));
  }
  return static_cast<const prx_kv*>(place(copies.data(), count * sizeof(prx_kv), false));
}

char* Lender::lend_writable(char* bytes, std::size_t size) {
  if (kind_ == Lending::kPlain) return bytes;
  return static_cast<char*>(place(bytes, size, false));
}

bool Lender::canaries_live() const {
  return std::all_of(areas_.begin(), areas_.end(), [](const Area& area) {
    return area.canary == nullptr || std::all_of(area.canary, area.canary + kFutureTail,
                                                 [](std::byte b) { return b == kCanaryByte; });
  });
}

}  // namespace prx::check
