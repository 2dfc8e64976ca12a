#include "client/health_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>

#include "http/open_files.hpp"
#include "os/descriptor.hpp"
#include "os/file.hpp"
#include "os/file_size_signal.hpp"

namespace prx::driver {

namespace {

constexpr std::array<char, 8> kMagic{'p', 'r', 'x', 'h', 'l', 't', 'h', '\n'};
constexpr std::size_t kChecked = offsetof(HealthRecord, checksum);

class SipHash {
 public:
  explicit SipHash(const HealthSalt& key)
      : v_{0x736f6d6570736575ULL ^ key.first, 0x646f72616e646f6dULL ^ key.second,
           0x6c7967656e657261ULL ^ key.first, 0x7465646279746573ULL ^ key.second} {}

  std::uint64_t operator()(std::string_view text) {
    std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
    for (; text.size() >= 8; text.remove_prefix(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      take(word);
    }
    for (std::size_t i = 0; i < text.size(); ++i)
      last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    take(last);
    v_[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void take(std::uint64_t word) {
    v_[3] ^= word;
    round();
    round();
    v_[0] ^= word;
  }
  void round() {
    v_[0] += v_[1], v_[1] = std::rotl(v_[1], 13) ^ v_[0], v_[0] = std::rotl(v_[0], 32);
    v_[2] += v_[3], v_[3] = std::rotl(v_[3], 16) ^ v_[2];
    v_[0] += v_[3], v_[3] = std::rotl(v_[3], 21) ^ v_[0];
    v_[2] += v_[1], v_[1] = std::rotl(v_[1], 17) ^ v_[2], v_[2] = std::rotl(v_[2], 32);
  }

  std::array<std::uint64_t, 4> v_;
};

std::uint64_t checksum_of(const HealthRecord& record, const HealthSalt& salt) {
  return SipHash(salt)({reinterpret_cast<const char*>(&record), kChecked});
}

std::uint64_t checksum_of(HealthTable::Header header) {
  header.checksum = 0;
  return SipHash(header.salt)({reinterpret_cast<const char*>(&header), sizeof header});
}

Unexpected<Error> refuse(const std::string& what, const char* why) {
  return fail(ErrorClass::kInvalidRequest, what + ": " + why);
}

bool is_full(int os_error) { return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG; }

/// By errno. What is short for a moment is another time.
Unexpected<Error> refuse_by_system(const std::string& what) {
  const int os_error = errno;
  if (is_shortage(os_error)) return fail(ErrorClass::kTimeout, what + ": " + reason_of(os_error));
  const std::string why = os::reason(os_error);
  return refuse(what, (is_full(os_error) ? why + "; make room for it" : why).c_str());
}

int set_system_lock(int fd, struct flock* range) { return ::fcntl(fd, F_OFD_SETLK, range); }

/// Of an open file description, so that two files in one process keep each other out too.
class Lock {
 public:
  using Set = decltype(HealthFileOptions::set_lock);

  Lock(int fd, short type, Set set_lock) : fd_(fd), set_lock_(set_lock), held_(set(type)) {
    if (held_ || refused()) return;
    // Who has it needs some microseconds. No yield: that may cost a whole slice of the processor.
    const auto until = std::chrono::steady_clock::now() + HealthFile::kLockWait;
    while (!held_ && std::chrono::steady_clock::now() < until) held_ = set(type);
  }
  ~Lock() {
    if (held_) set(F_UNLCK);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  [[nodiscard]] bool held() const { return held_; }
  /// Nobody has it, and it is not to be had: of a file system without locks.
  [[nodiscard]] bool refused() const {
    return why_ != 0 && why_ != EAGAIN && why_ != EACCES && why_ != EINTR;
  }
  [[nodiscard]] int why() const { return why_; }

 private:
  bool set(short type) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;  // l_len 0: all of it
    why_ = set_lock_(fd_, &range) == 0 ? 0 : errno;
    return why_ == 0;
  }

  const int fd_;
  const Set set_lock_;
  int why_ = 0;
  bool held_ = false;
};

/// The runtime folder when it is the user's own: root may have inherited somebody else's.
bool is_folder_of(const std::filesystem::path& path, uid_t user) {
  struct stat status {};
  return path.is_absolute() && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         status.st_uid == user;
}

/// The private folder, made when it is missing.
Result<os::Descriptor> open_folder(const std::string& path, uid_t user) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refuse_by_system(path);
  os::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) return refuse_by_system(path);  // a link too
  struct stat status {};
  if (::fstat(folder.get(), &status) != 0) return refuse_by_system(path);
  if (status.st_uid != user)
    return refuse(path, "is another user's; set XDG_RUNTIME_DIR to a folder of your own");
  if ((status.st_mode & 0777) != 0700)
    return refuse(path, "has not the mode 0700; chmod 700 or remove it");
  return folder;
}

Result<os::Descriptor> open_file(int folder, const std::string& path, uid_t user) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  os::Descriptor file(::openat(folder, HealthFile::kName, kFlags, 0600));
  if (!file.is_open()) return refuse_by_system(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return refuse_by_system(path);
  if (!S_ISREG(status.st_mode)) return refuse(path, "is no regular file");
  if (status.st_uid != user) return refuse(path, "is another user's");
  if ((status.st_mode & 077) != 0) return refuse(path, "others can read or write it; remove it");
  if (status.st_nlink > 1) return refuse(path, "has a second name; remove it");
  return file;
}

}  // namespace

std::uint64_t health_name(const HealthSalt& salt, std::initializer_list<std::string_view> parts) {
  std::uint64_t name = 0;
  for (const std::string_view part : parts) name = SipHash({salt.first ^ name, salt.second})(part);
  return name != 0 ? name : 1;
}

// --- the contents

HealthTable::Header HealthTable::make_header(const HealthSalt& salt) {
  Header header;
  header.magic = kMagic;
  header.version = kVersion;
  header.record_size = sizeof(HealthRecord);
  header.records = kRecordsMax;
  header.salt = salt;
  header.checksum = checksum_of(header);
  return header;
}

std::string_view HealthTable::problem(const Header& header) {
  if (header.magic != kMagic) return "is no file of prx's";
  if (header.version != kVersion) return "is of another version of prx";
  return header == make_header(header.salt) ? "" : "is damaged";
}

bool HealthTable::whole(const HealthRecord& record) const {
  return record.name != 0 && record.checksum == checksum_of(record, image.header.salt);
}

std::optional<HealthRecord> HealthTable::find(std::uint64_t name) const {
  for (const auto& record : image.records)
    if (record.name == name && whole(record)) return record;
  return std::nullopt;
}

std::size_t HealthTable::place_for(std::uint64_t name) const {
  std::size_t best = 0;
  bool best_free = false;
  for (std::size_t i = 0; i < kRecordsMax; ++i) {
    const HealthRecord& record = image.records[i];
    const bool free = !whole(record);
    if (!free && record.name == name) return i;
    if (best_free) continue;
    if (free || record.written_ms < image.records[best].written_ms) best = i;
    best_free = free;
  }
  return best;
}

void HealthTable::put(HealthRecord record) {
  record.checksum = checksum_of(record, image.header.salt);
  const std::size_t place = place_for(record.name);
  image.records[place] = record;
  if (std::find(changed.begin(), changed.end(), place) == changed.end()) changed.push_back(place);
}

// --- the file

HealthFileOptions::HealthFileOptions() : user(::geteuid()), set_lock(&set_system_lock) {}

Result<std::unique_ptr<HealthFile>> HealthFile::open(const HealthFileOptions& options) {
  const std::filesystem::path path =
      is_folder_of(options.runtime_folder, options.user)
          ? options.runtime_folder / kFolder
          : options.temp_folder / (std::string(kFolder) + "-" + std::to_string(options.user));
  PRX_TRY_SET(const os::Descriptor folder, open_folder(path, options.user));
  const std::string name = path / kName;
  PRX_TRY_SET(os::Descriptor opened, open_file(folder.get(), name, options.user));
  std::unique_ptr<HealthFile> file(new HealthFile(std::move(opened), options));
  if (auto ready = file->prepare(); !ready) {
    const Error& problem = ready.error();
    if (problem.error_class == ErrorClass::kTimeout) return Unexpected(problem);
    const bool no_locks = problem.error_class == ErrorClass::kUnsupported;
    const char* remedy =
        no_locks ? "; set XDG_RUNTIME_DIR to a folder elsewhere" : "; remove it when no prx runs";
    if (problem.error_class == ErrorClass::kOverloaded) remedy = "";  // it has one of its own
    return refuse(name, (problem.message + remedy).c_str());
  }
  return file;
}

/// Reads the header, or writes it when the file is new.
Result<void> HealthFile::prepare() {
  if (const Lock lock(file_.get(), F_RDLCK, set_lock_); lock.refused())
    return fail(ErrorClass::kUnsupported,
                "its file system keeps no locks (" + os::reason(lock.why()) + ")");
  ssize_t size = ::pread(file_.get(), &header_, sizeof header_, 0);
  if (size == 0) {
    const Lock lock(file_.get(), F_WRLCK, set_lock_);
    if (!lock.held()) return fail(ErrorClass::kTimeout, "is locked");
    size = ::pread(file_.get(), &header_, sizeof header_, 0);  // somebody may have been faster
    if (size == 0) {
      HealthSalt salt;
      if (::getrandom(&salt, sizeof salt, GRND_NONBLOCK) != sizeof salt)
        return fail(ErrorClass::kTimeout, "no random numbers yet");
      header_ = HealthTable::make_header(salt);
      const int why = write_new();
      if (why != 0 && !is_full(why)) return refuse_by_system("writing it");
      if (why != 0) {
        static_cast<void>(::ftruncate(file_.get(), 0));  // for who comes when there is room
        return fail(ErrorClass::kOverloaded, "there is no room for it (" + os::reason(why) +
                                                 "); free some of the disk, or of the limit of "
                                                 "file sizes (ulimit -f)");
      }
      size = sizeof header_;
    }
  }
  if (size < 0) return refuse_by_system("reading or writing it");
  if (size != sizeof header_) return fail(ErrorClass::kInvalidRequest, "is cut short");
  if (const auto problem = HealthTable::problem(header_); !problem.empty())
    return fail(ErrorClass::kInvalidRequest, std::string(problem));
  return {};
}

/// The header first: a file without the rest is one too. \return 0, or errno.
int HealthFile::write_new() {
  const os::FileSizeSignalBlocked blocked;
  const ssize_t size = ::pwrite(file_.get(), &header_, sizeof header_, 0);
  if (size < 0) return errno;
  if (size != sizeof header_) return ENOSPC;
  return ::ftruncate(file_.get(), sizeof(HealthTable::Image)) != 0 ? errno : 0;
}

HealthFile::Access HealthFile::load(HealthTable& out) const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || status.st_nlink == 0) return Access::kLost;
  const ssize_t size = ::pread(file_.get(), &out.image, sizeof out.image, 0);
  if (size < static_cast<ssize_t>(sizeof out.image.header)) return Access::kLost;
  std::memset(reinterpret_cast<char*>(&out.image) + size, 0,
              sizeof out.image - static_cast<std::size_t>(size));  // a file that was cut
  out.changed.clear();
  return out.image.header == header_ ? Access::kDone : Access::kLost;
}

HealthFile::Access HealthFile::read(HealthTable& out) {
  const Lock lock(file_.get(), F_RDLCK, set_lock_);
  return lock.held() ? load(out) : Access::kBusy;
}

HealthFile::Access HealthFile::change(HealthTable& table,
                                      const std::function<void(HealthTable&)>& edit) {
  const Lock lock(file_.get(), F_WRLCK, set_lock_);
  if (!lock.held()) return Access::kBusy;
  if (const Access access = load(table); access != Access::kDone) return access;
  edit(table);
  const os::FileSizeSignalBlocked blocked;
  for (const std::size_t place : table.changed) {
    const auto offset = static_cast<off_t>((place + 1) * sizeof(HealthRecord));
    const HealthRecord& record = table.image.records[place];
    if (::pwrite(file_.get(), &record, sizeof record, offset) != sizeof record)
      return Access::kBusy;
  }
  return Access::kDone;
}

}  // namespace prx::driver
