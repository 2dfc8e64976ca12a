/// \file health_file.hpp
/// The small file by which local processes tell each other which targets and keys rest: where it
/// lies, how it is read and written. What its records mean is health_merge.hpp's.
///
/// A header and kRecordsMax records of a fixed size, each with a checksum: what a killed writer
/// left half done is an empty place. It is read by pread and written by pwrite, never mapped, so
/// that a file that is cut short is no SIGBUS. The places are in the host's byte order: the file
/// never leaves the machine.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "client/health_store.hpp"
#include "os/descriptor.hpp"
#include "prx/sdk/error.hpp"
#include "prx/sdk/result.hpp"

struct flock;

namespace prx::driver {

/// What is known of one lane or key. Times are milliseconds of the wall clock since 1970; 0: none.
struct HealthRecord {
  std::uint64_t name = 0;         ///< a salted hash; 0: an empty place
  std::int64_t written_ms = 0;    ///< the oldest makes place for a new one
  std::int64_t rests_ms = 0;      ///< until when it cools, or a refused key rests
  std::int64_t open_ms = 0;       ///< of a breaker that opened: until when; later it is half-open
  std::int64_t lease_ms = 0;      ///< until when the place of the probe is taken
  std::uint64_t lease_owner = 0;  ///< by whom
  std::uint64_t failures = 0;     ///< in a row, of all processes
  std::uint64_t checksum = 0;
  friend bool operator==(const HealthRecord&, const HealthRecord&) = default;
};
static_assert(sizeof(HealthRecord) == 64);

struct HealthSalt {
  std::uint64_t first = 0, second = 0;
  friend bool operator==(const HealthSalt&, const HealthSalt&) = default;
};

/// The name of a lane or key in a file with that salt; never 0. SipHash-2-4 over the parts.
/// \see https://www.aumasson.jp/siphash/siphash.pdf
[[nodiscard]] std::uint64_t health_name(const HealthSalt& salt,
                                        std::initializer_list<std::string_view> parts);

/// The file's contents. Pure.
class HealthTable {
 public:
  static constexpr std::size_t kRecordsMax = 255;
  static constexpr std::uint32_t kVersion = 1;

  struct Header {
    std::array<char, 8> magic{};
    std::uint32_t version = 0, record_size = 0, records = 0, reserved = 0;
    HealthSalt salt;
    std::array<std::uint64_t, 2> reserved_too{};
    std::uint64_t checksum = 0;
    friend bool operator==(const Header&, const Header&) = default;
  };
  struct Image {
    Header header;
    std::array<HealthRecord, kRecordsMax> records{};
  };
  static_assert(sizeof(Header) == 64 && sizeof(Image) == 16'384);

  [[nodiscard]] static Header make_header(const HealthSalt& salt);
  /// Why it is none of ours; "" when it is.
  [[nodiscard]] static std::string_view problem(const Header& header);

  /// nullopt when there is none, or what is there is damaged.
  [[nodiscard]] std::optional<HealthRecord> find(std::uint64_t name) const;
  /// In its own place, else in an empty or damaged one, else instead of the oldest.
  void put(HealthRecord record);

  Image image;
  std::vector<std::size_t> changed;  ///< places that put() filled

 private:
  [[nodiscard]] bool whole(const HealthRecord& record) const;
  [[nodiscard]] std::size_t place_for(std::uint64_t name) const;
};

struct HealthFileOptions {
  std::filesystem::path runtime_folder;  ///< $XDG_RUNTIME_DIR; "" or not ours: the one below
  std::filesystem::path temp_folder = "/tmp";
  uid_t user;  ///< who must own everything
  /// Sets a lock of an open file description, and does not wait: 0, or -1 with errno.
  int (*set_lock)(int fd, struct flock* range);

  HealthFileOptions();  ///< of the process's effective user, with the system's locks
};

/// An open file. Not thread-safe; several in one process are as several processes.
class HealthFile final : public HealthStore {
 public:
  /// For a lock that another has; then it is given up for this time.
  static constexpr std::chrono::microseconds kLockWait{100};
  static constexpr const char* kFolder = "prx";
  static constexpr const char* kName = "health.v1";

  /// `runtime_folder/prx/health.v1`, else `temp_folder/prx-UID/health.v1`; makes what is missing.
  /// Folder and file must be the user's alone and no links, on a file system that keeps locks.
  /// Errors: kTimeout: busy, or no descriptor or memory for it, try again; kInvalidRequest: with
  /// the path and the remedy. A file that is not ours stays as it is.
  [[nodiscard]] static Result<std::unique_ptr<HealthFile>> open(const HealthFileOptions& options);
  HealthFile(const HealthFile&) = delete;
  HealthFile& operator=(const HealthFile&) = delete;

  [[nodiscard]] Access read(HealthTable& out) override;
  [[nodiscard]] Access change(HealthTable& table,
                              const std::function<void(HealthTable&)>& edit) override;
  [[nodiscard]] const HealthSalt& salt() const override { return header_.salt; }

 private:
  HealthFile(os::Descriptor file, const HealthFileOptions& options)
      : file_(std::move(file)), set_lock_(options.set_lock) {}
  [[nodiscard]] Result<void> prepare();
  [[nodiscard]] int write_new();
  [[nodiscard]] Access load(HealthTable& out) const;

  const os::Descriptor file_;
  const decltype(HealthFileOptions::set_lock) set_lock_;
  HealthTable::Header header_;
};

}  // namespace prx::driver
