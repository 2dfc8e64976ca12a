/// \file request_options.hpp
/// Options of `prx chat` that say what goes into the request: sampling, format, attachments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/chat/prompt.hpp"
#include "prx/chat.hpp"

namespace prx::cli {

struct RequestOptions {
  std::optional<double> temperature, top_p;
  std::optional<std::int64_t> max_tokens, seed;
  std::vector<std::string> stop;
  std::optional<std::string> reasoning_effort;
  std::optional<std::string> schema;  ///< JSON or a file's name
  std::vector<std::string> images, sounds, files;
  std::vector<std::string> parameters;  ///< NAME=JSON

  /// Whether stdin is an attachment ("-"), and so no prompt.
  [[nodiscard]] bool takes_stdin() const;
};

/// `options` is borrowed until the arguments were parsed.
void declare_request(Arguments& arguments, RequestOptions& options);

/// Sets what the options say but for the attachments. Errors, one line naming the option:
/// kInvalidRequest; kTimeout when a schema's pipe has not ended by `until`.
[[nodiscard]] Result<void> apply_request(const RequestOptions& options, const Until& until,
                                         ChatRequest& request);

/// The attachments in the order of images, sounds and files. "-" reads `stdin_fd`; URLs are what
/// is_url() says; the rest are files. Errors: as apply_request(), and kTimeout as
/// read_all().
[[nodiscard]] Result<std::vector<Part>> read_attachments(const RequestOptions& options,
                                                         int stdin_fd, const Until& until);

/// One attachment, as `--image` takes it; for messages `option` is "--image".
[[nodiscard]] Result<Part> read_attachment(Part::Type type, const std::string& what,
                                           const std::string& option);

}  // namespace prx::cli
