/// \file stage.hpp
/// Where a scenario is played: a simulator, the proxy before it, the configuration that points
/// there. Each call has keys of its own, by which the simulator tells the calls apart.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "faults/scenario.hpp"
#include "prx/client.hpp"
#include "sim/simulator.hpp"
#include "support/certificates.hpp"
#include "support/nghttpx.hpp"

namespace prx::faults {

/// Made once for the whole wall: certificates, plugins, a home for the program.
class House {
 public:
  House();
  ~House();
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  std::filesystem::path folder;
  test::Certificates authority;
  test::Certificates::Pair good, expired;
};

/// One call of the table.
struct Cell {
  Host host = Host::kStream;
  std::size_t variant = 0;
};

/// One scenario over one wire. Safe from any thread.
class Stage {
 public:
  Stage(const House& house, const Scenario& scenario, Wire wire);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  [[nodiscard]] const Scenario& scenario() const { return scenario_; }
  [[nodiscard]] Wire wire() const { return wire_; }
  [[nodiscard]] sim::Simulator& simulator() { return *simulator_; }
  [[nodiscard]] std::string toml(const Cell& cell) const;
  /// The same as a file.
  [[nodiscard]] std::string config_file(const Cell& cell) const;
  [[nodiscard]] std::map<std::string, std::string> environment() const;
  /// A client of the library; what it logs is dropped.
  [[nodiscard]] std::unique_ptr<Client> open(const Cell& cell) const;
  /// What the simulator got of a call, for one target.
  [[nodiscard]] std::vector<sim::RequestRecord> requests(const Cell& cell,
                                                         std::size_t target) const;
  /// Waits until none of the call's requests is open any more; false after two seconds.
  [[nodiscard]] bool settled(const Cell& cell) const;

 private:
  [[nodiscard]] std::string key(const Cell& cell, std::size_t target, std::size_t number) const;
  [[nodiscard]] sim::FaultScript script() const;
  [[nodiscard]] std::string base_url(std::size_t target) const;

  const House& house_;
  const Scenario& scenario_;
  const Wire wire_;
  std::unique_ptr<sim::Simulator> simulator_;
  std::unique_ptr<test::Nghttpx> front_, bad_front_;
  int refusing_ = -1;  ///< a socket that is bound and does not listen
  std::uint16_t refusing_port_ = 0;
};

[[nodiscard]] std::string_view provider_name(std::size_t target);
[[nodiscard]] std::string_view model_name(std::size_t target);
[[nodiscard]] std::string replaced(std::string text, std::string_view mark, const std::string& by);
/// The text with "{k}" replaced.
[[nodiscard]] std::string with_variant(std::string text, const std::string& variant);

}  // namespace prx::faults
