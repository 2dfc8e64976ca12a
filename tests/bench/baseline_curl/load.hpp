/// \file load.hpp
/// Keeps N exchanges in flight over a CurlLoop, checks each answer by its size, and measures. One
/// thread.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/baseline_curl/curl_loop.hpp"
#include "bench/common/load.hpp"

namespace prx::bench {

class CurlLoad final : private CurlLoop::Client {
 public:
  explicit CurlLoad(const LoadOptions& options);
  ~CurlLoad();
  CurlLoad(const CurlLoad&) = delete;
  CurlLoad& operator=(const CurlLoad&) = delete;

  /// Does what the options say and prints the report; dies on a wrong answer.
  void run();

 private:
  struct Slot {
    CurlLoad* load = nullptr;
    CURL* easy = nullptr;
    std::size_t received = 0;  // bytes of the response body
  };

  static std::size_t write_body(char* bytes, std::size_t size, std::size_t count, void* slot);
  static std::size_t write_header(char* bytes, std::size_t size, std::size_t count, void* slot);

  void set_constants(CURL* easy) const;
  [[nodiscard]] CURL* make_easy(Slot& slot) const;
  void start(Slot& slot);
  void start_more();
  void on_done(CURL* easy, CURLcode code) override;
  void on_turn() override;
  void count_paced(std::size_t bytes, bool first);
  [[nodiscard]] std::size_t events_so_far() const;

  const LoadOptions options_;
  const std::string request_;
  const SseAnswer sse_;
  const std::size_t answer_size_;
  curl_slist* headers_ = nullptr;
  CurlLoop loop_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t started_ = 0, done_ = 0, begun_ = 0;
  std::size_t bytes_ = 0, bytes_target_ = 0, events_at_begin_ = 0;
  LoadMeter meter_;
};

}  // namespace prx::bench
