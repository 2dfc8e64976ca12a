/// \file session.hpp
/// The plugin's file in this process, with one configured instance on the strict host. What rules
/// work with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "check/host/call.hpp"
#include "check/host/host.hpp"
#include "check/host/script.hpp"
#include "check/subject.hpp"
#include "prx/plugin.h"
#include "prx/sdk/result.hpp"

namespace prx::check {

/// A mapped plugin; never unmapped. The variable of its key is set to kKey before that.
struct Loaded {
  const prx_plugin* plugin = nullptr;
  const prx_provider* provider = nullptr;
  const prx_plugin* (*query)() = nullptr;
};
/// Maps the file alone: nothing of it is called but what its loading runs. Errors: the linker's
/// words.
[[nodiscard]] Result<Loaded> map_plugin(const Subject& subject);
/// Maps the file and asks it for its tables.
[[nodiscard]] Result<Loaded> load_for_check(const Subject& subject);

struct SessionOptions {
  Lending lending = Lending::kPlain;
  std::set<std::string> missing{};           ///< services that the host does not have
  std::optional<std::string> config_json{};  ///< instead of the subject's
  std::string kind{};                        ///< "": the note's first
};

/// One thread, but for calls on loops of their own. Destroys and deinits at its end.
class Session {
 public:
  explicit Session(const Subject& subject, const SessionOptions& options = {});
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Whether there is an instance; else `problem` says why not.
  [[nodiscard]] bool ready() const { return instance_ != nullptr; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Why create failed; nullopt when it did not, or was never called.
  [[nodiscard]] const std::optional<Error>& refused() const { return refused_; }

  [[nodiscard]] const Subject& subject() const { return world_.subject; }
  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] Host& host() { return host_; }
  [[nodiscard]] Loop& loop() { return loop_; }
  [[nodiscard]] const prx_provider& provider() const { return *loaded_.provider; }
  [[nodiscard]] void* instance() const { return instance_; }

  /// An operation that is not started yet, whose requests are answered so.
  [[nodiscard]] std::unique_ptr<Call> call(CallSpec spec, Script script);
  /// From start to release.
  [[nodiscard]] CallOutcome run(CallSpec spec, Script script);
  /// What describe writes.
  [[nodiscard]] std::string describe();

 private:
  void open(const SessionOptions& options);

  World world_;
  Loop loop_;
  Host module_host_, host_;
  Loaded loaded_;
  void* module_ = nullptr;
  bool has_module_ = false;
  void* instance_ = nullptr;
  std::string problem_;
  std::optional<Error> refused_;
};

/// The PRX_OP_* of a note's name; 0 for another one.
[[nodiscard]] std::uint32_t operation_code(std::string_view name);
/// What is started for a sample: the subject's request with `stream` as the sample has it.
[[nodiscard]] CallSpec spec_for(const Subject& subject, std::string_view operation, bool stream);

}  // namespace prx::check
