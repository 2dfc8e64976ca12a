/// \file load_context.hpp
/// Where one load stands: names, variables, and the settings, places and warnings gathered so far.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "prx/config.hpp"

namespace prx::config {

/// The text that is being read.
struct Input {
  std::string name;                 ///< stands for the file in messages
  std::filesystem::path folder;     ///< relative paths start here
  bool readable_by_others = false;  ///< the file's group or others can read it
};

/// Lives for one load, on one thread.
class LoadContext {
 public:
  /// `source` is borrowed.
  LoadContext(Input input, const ConfigSource& source);

  [[nodiscard]] const Input& input() const { return input_; }
  [[nodiscard]] const ConfigSource& source() const { return source_; }
  /// "file:line:column".
  [[nodiscard]] std::string where(Place place) const { return at(input_.name, place); }
  /// kInvalidRequest "file:line:column: text".
  [[nodiscard]] Unexpected<Error> error(Place place, std::string_view text) const;
  /// `~/x` below HOME, relative ones below the file's folder; "" stays "".
  [[nodiscard]] std::filesystem::path resolve(const std::string& path) const;

  /// Records a value for `config show`. Nowhere means that it is the default.
  void set(std::string path, std::string value, Place place);
  /// The same for a value from outside of the file.
  void set_from(std::string path, std::string value, std::string origin);
  /// "file:line:column" of a path that the file holds, else "".
  [[nodiscard]] std::string where(const std::string& path) const;
  /// Records where a path stands, without a value.
  void mark(const std::string& path, Place place);
  void warn(std::string text) { warnings_.push_back(std::move(text)); }

  /// Moves what was gathered into `config`: settings in the order of the file, then the others.
  void finish(Config& config);

 private:
  struct Entry {
    Setting setting;
    Place place;
  };
  Input input_;
  const ConfigSource& source_;
  std::vector<Entry> entries_;
  std::map<std::string, std::string> places_;
  std::vector<std::string> warnings_;
};

}  // namespace prx::config
