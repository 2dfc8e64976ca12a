#include "gateway/access/budget_keeper.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include "http/signals_blocked.hpp"
#include "os/file.hpp"

namespace prx::gateway {

namespace {

constexpr std::string_view kHead = "prx serve budgets 1\n";
constexpr std::string_view kFile = "serve-budgets";
constexpr std::size_t kSizeMax = 4u << 20;  // bytes of the file: kBudgetLinesMax and more

std::int64_t size_of(const AccessKey& key) {
  const auto& window = key.config().budget_window;
  return window ? window->count() : 0;
}

std::int64_t window_of_line(std::int64_t window_ms, WallTime now) {
  if (window_ms == 0) return 0;
  return window_of(std::chrono::milliseconds(window_ms), now);
}

bool is_in_force(const BudgetLine& line, WallTime now) {
  return line.window == window_of_line(line.window_ms, now);
}

/// What `lines` have of that window; 0: nothing.
std::int64_t sum_in(const BudgetLines& lines, const std::string& name, std::int64_t window_ms,
                    WallTime now) {
  const auto found = lines.find(name);
  const bool same = found != lines.end() && found->second.window_ms == window_ms &&
                    is_in_force(found->second, now);
  return same ? found->second.nanodollars : 0;
}

/// "NAME 1 2 3"; false: it is none.
bool read_line(std::string_view text, BudgetLines& out) {
  const std::size_t space = text.find(' ');
  if (space == 0 || space == std::string_view::npos) return false;
  BudgetLine line;
  const char* at = text.data() + space;
  const char* const end = text.data() + text.size();
  for (std::int64_t* const number : {&line.window_ms, &line.window, &line.nanodollars}) {
    if (at == end || *at != ' ') return false;
    const auto [behind, error] = std::from_chars(at + 1, end, *number);
    if (error != std::errc{} || *number < 0) return false;
    at = behind;
  }
  if (at != end) return false;
  out[std::string(text.substr(0, space))] = line;
  return true;
}

Unexpected<Error> cannot(std::string_view what, const std::filesystem::path& file, int error) {
  return fail(ErrorClass::kInternal, "budgets cannot be " + std::string(what) + ": " +
                                         file.string() + ": " + os::reason(error) +
                                         "; until they can, a restart forgets what was spent");
}

}  // namespace

std::filesystem::path state_folder(const Environment& environment) {
  if (const auto state = environment("XDG_STATE_HOME"); state && state->starts_with('/'))
    return std::filesystem::path(*state) / "prx";
  const auto home = environment("HOME");
  if (home && home->starts_with('/'))
    return std::filesystem::path(*home) / ".local" / "state" / "prx";
  return {};
}

std::string budget_text(const BudgetLines& lines) {
  std::string out(kHead);
  for (const auto& [name, line] : lines)
    out += name + ' ' + std::to_string(line.window_ms) + ' ' + std::to_string(line.window) + ' ' +
           std::to_string(line.nanodollars) + '\n';
  return out;
}

Result<BudgetLines> read_budgets(std::string_view text) {
  if (!text.starts_with(kHead))
    return fail(ErrorClass::kBadResponse, "it is no file of budgets of this version");
  text.remove_prefix(kHead.size());
  BudgetLines out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    read_line(text.substr(0, end), out);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

BudgetKeeper::BudgetKeeper(std::filesystem::path folder, std::shared_ptr<const KeyRing> ring,
                           Say say, std::chrono::milliseconds every)
    : folder_(std::move(folder)),
      file_(folder_ / kFile),
      say_(std::move(say)),
      every_(every),
      ring_(std::move(ring)) {
  sync();  // before the first request
  try {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error&) {
    if (say_) say_("budgets are written at the end alone: no thread could be made");
  }
}

BudgetKeeper::~BudgetKeeper() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  closing_changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  sync();
}

void BudgetKeeper::keep(std::shared_ptr<const KeyRing> ring) {
  const std::lock_guard lock(mutex_);
  ring_ = std::move(ring);
}

void BudgetKeeper::work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (closing_changed_.wait_for(lock, every_, [this] { return closing_; })) return;
    }
    sync();
  }
}

void BudgetKeeper::sync() {
  {
    const std::lock_guard lock(mutex_);
    now_ = ring_;
  }
  if (!now_->asks()) return;
  const auto done = sync_file();
  if (!done && !std::exchange(told_, true) && say_) say_(done.error().message);
  if (done) told_ = false;
}

/// Whether this service spent something that the file does not know.
bool BudgetKeeper::is_changed(WallTime now) const {
  const auto& keys = now_->keys();
  return std::any_of(keys.begin(), keys.end(), [&](const auto& one) {
    const AccessKey& key = *one.second;
    const std::int64_t sum = key.use().spent.in(window_of(key.config().budget_window, now));
    return sum != sum_in(synced_, key.name(), size_of(key), now);
  });
}

Result<BudgetLines> BudgetKeeper::load() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0 && errno == ENOENT) return BudgetLines();
  const auto read = os::read_file(file_, kSizeMax, os::FileKind::kRegular);
  auto lines = read ? read_budgets(read->text) : Result<BudgetLines>(Unexpected(read.error()));
  if (!lines)
    return fail(ErrorClass::kInternal,
                "budgets cannot be read: " + file_.string() + ": " + lines.error().message +
                    "; correct or remove it, until then a restart forgets what was spent");
  return lines;
}

/// What the lines have more is spent here too; then they say what is spent here. True: they have
/// changed.
bool BudgetKeeper::exchange(BudgetLines& lines, WallTime now) {
  const BudgetLines before = lines;
  for (const auto& [digest, key] : now_->keys()) {
    const std::string& name = key->name();
    const std::int64_t window_ms = size_of(*key);
    const std::int64_t window = window_of(key->config().budget_window, now);
    const std::int64_t synced = sum_in(synced_, name, window_ms, now);
    const std::int64_t known = std::max(sum_in(lines, name, window_ms, now), synced);
    key->use().spent.add(window, known - synced);
    synced_[name] = {window_ms, window, known};
    const std::int64_t here = key->use().spent.in(window);
    if (here > 0) lines[name] = {window_ms, window, here};
  }
  std::erase_if(lines, [&](const auto& one) { return !is_in_force(one.second, now); });
  while (lines.size() > kBudgetLinesMax) lines.erase(lines.begin());
  return lines != before;
}

Result<void> BudgetKeeper::sync_file() {
  const WallTime now = std::chrono::system_clock::now();
  if (read_ && !is_changed(now)) return {};
  if (const int error = os::make_private_folders(folder_); error != 0)
    return cannot("kept", folder_, error);
  os::FolderLock lock;
  if (const int error = lock.take(folder_); error != 0) return cannot("kept", folder_, error);
  os::remove_left_over(file_);
  PRX_TRY_SET(BudgetLines lines, load());
  read_ = true;
  if (!exchange(lines, now)) return {};
  os::Replacement file;
  int error = file.make(file_);
  if (error == 0) error = file.write(budget_text(lines));
  if (error == 0) error = file.put_in_place(false);
  if (error != 0) return cannot("written", file_, error);
  synced_ = std::move(lines);
  return {};
}

}  // namespace prx::gateway
