#include "client/health_board.hpp"

namespace prx::driver {

HealthBoard::HealthBoard() { table_.image.header = HealthTable::make_header(salt_); }

HealthStore::Access HealthBoard::read(HealthTable& out) {
  const std::lock_guard lock(mutex_);
  out.image = table_.image;
  out.changed.clear();
  return Access::kDone;
}

HealthStore::Access HealthBoard::change(HealthTable& table,
                                        const std::function<void(HealthTable&)>& edit) {
  const std::lock_guard lock(mutex_);
  table.image = table_.image;
  table.changed.clear();
  edit(table);
  if (table.changed.empty()) return Access::kDone;
  table_.image = table.image;
  version_.fetch_add(1, std::memory_order_release);
  return Access::kDone;
}

}  // namespace prx::driver
