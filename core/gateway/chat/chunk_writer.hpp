/// \file chunk_writer.hpp
/// A streamed answer as the chunks of Chat Completions that a client reads: the source's own frames
/// as they came, edited only where they must be, and chunks of our own where there is no frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "prx/chat.hpp"

namespace prx::gateway {

struct ChunkOptions {
  bool include_usage = true;  ///< false: usage is taken out, and a chunk of usage alone left out
  std::string model;          ///< of chunks of our own, until the answer says who serves
  std::int64_t created = 0;   ///< seconds since 1970
};

/// Of one answer. No I/O.
class ChunkWriter {
 public:
  explicit ChunkWriter(ChunkOptions options) : options_(std::move(options)) {}

  /// Appends what the event says as events of a stream: "data: {...}\n\n", or nothing.
  void write(const StreamEvent& event, std::string& out);
  /// Appends `envelope`, {"error":{...}}, as OpenRouter writes an error behind a stream that has
  /// begun: in a chunk that its clients' schema takes, with "error" as the finish reason.
  void write_error(std::string_view envelope, std::string& out) const;
  /// The id that the client knows the answer by; "" as long as nothing said one.
  [[nodiscard]] const std::string& id() const { return id_; }

 private:
  void forward(const StreamEvent& event, std::string& out);
  void compose(const StreamEvent& event, std::string& out);
  void open_chunk(std::string& out) const;
  void meet(const StreamEvent& meta);

  const ChunkOptions options_;
  std::string id_, model_;
  bool renamed_ = false;    ///< what is sent now has another id than the client knows
  bool began_ = false;      ///< a chunk of our own has said the role
  bool is_known_ = false;   ///< a frame came, and says whether there are several
  bool in_pieces_ = false;  ///< the frame was an answer in one piece: its events become chunks
};

/// `text` as an event of a stream: one "data:" line for each line.
void append_event(std::string& out, std::string_view text);

/// An answer without a frame as a whole chat.completion object.
[[nodiscard]] std::string whole_answer(const ChatResponse& response, std::int64_t created);

}  // namespace prx::gateway
