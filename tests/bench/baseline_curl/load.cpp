#include "bench/baseline_curl/load.hpp"

#include "bench/common/measure.hpp"

namespace prx::bench {
namespace {

curl_slist* make_headers() {
  curl_slist* list = nullptr;
  for (const char* line :
       {"HTTP-Referer: https://github.com/theonlyhennygod/openprx", "X-Title: OpenPRX",
        "X-OpenRouter-Title: OpenPRX", "content-type: application/json", "accept: application/json",
        "authorization: Bearer sk-bench-0000", "User-Agent: prx/0.1.0"})
    list = curl_slist_append(list, line);
  return list;
}

}  // namespace

CurlLoad::CurlLoad(const LoadOptions& options)
    : options_(options),
      request_(request_body(options.mode != Mode::kJson)),
      sse_(sse_answer(options.stream_events)),
      answer_size_(options.mode == Mode::kJson ? kAnswerSize : sse_.body_size),
      headers_(make_headers()) {}

CurlLoad::~CurlLoad() {
  for (const auto& slot : slots_) curl_easy_cleanup(slot->easy);
  curl_slist_free_all(headers_);
}

std::size_t CurlLoad::write_body(char*, std::size_t size, std::size_t count, void* data) {
  auto& slot = *static_cast<Slot*>(data);
  const bool first = slot.received == 0;
  slot.received += size * count;
  slot.load->count_paced(size * count, first);
  return size * count;
}

std::size_t CurlLoad::write_header(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

// As CurlExchange::set_constants() in core/src/http has them.
void CurlLoad::set_constants(CURL* easy) const {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlLoad::write_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlLoad::write_header);
}

CURL* CurlLoad::make_easy(Slot& slot) const {
  CURL* const easy = curl_easy_init();
  const std::string url = options_.url + "/api/v1/chat/completions";
  set_constants(easy);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.data());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
  return easy;
}

void CurlLoad::start(Slot& slot) {
  slot.received = 0;
  ++started_;
  loop_.add(slot.easy);
}

void CurlLoad::start_more() {
  const bool paced = options_.mode == Mode::kPaced;
  while (slots_.size() < options_.streams && (!paced || started_ - begun_ < options_.opening_max) &&
         (paced || started_ < options_.warmup + options_.requests)) {
    Slot& slot = *slots_.emplace_back(std::make_unique<Slot>());
    slot.load = this;
    slot.easy = make_easy(slot);
    start(slot);
  }
}

std::size_t CurlLoad::events_so_far() const {
  std::size_t events = 0;
  for (const auto& slot : slots_) events += sse_.events_in(slot->received);
  return events;
}

void CurlLoad::count_paced(std::size_t bytes, bool first) {
  bytes_ += bytes;
  if (first) ++begun_;
}

// A paced load is measured by bytes, which the mean size of an event turns into a target; the exact
// count of events comes from what each stream received.
void CurlLoad::on_turn() {
  if (options_.mode != Mode::kPaced) return;
  start_more();
  if (begun_ < options_.streams) return;
  if (!meter_.begun()) {
    const std::size_t mean = sse_.event_ends.back() / sse_.events.size();
    events_at_begin_ = events_so_far();
    bytes_target_ = bytes_ + options_.events * mean;
    meter_.begin();
  } else if (bytes_ >= bytes_target_) {
    meter_.end();
    loop_.stop();
  }
}

void CurlLoad::on_done(CURL* easy, CURLcode code) {
  long status = 0;
  Slot* slot = nullptr;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
  if (code != CURLE_OK) die(std::string("curl: ") + curl_easy_strerror(code));
  if (status != 200 || slot->received != answer_size_)
    die("status " + std::to_string(status) + ", " + std::to_string(slot->received) + " bytes");
  if (options_.mode == Mode::kPaced) die("a paced stream ended before the measurement");
  ++done_;
  if (done_ == options_.warmup) meter_.begin();
  if (done_ == options_.warmup + options_.requests) {
    meter_.end();
    loop_.stop();
  } else if (started_ < options_.warmup + options_.requests) {
    start(*slot);
  }
}

void CurlLoad::run() {
  slots_.reserve(options_.streams);
  meter_.forget_memory();
  if (options_.warmup == 0 && options_.mode != Mode::kPaced) meter_.begin();
  start_more();
  loop_.run(*this);
  const bool paced = options_.mode == Mode::kPaced;
  meter_.print(paced ? events_so_far() - events_at_begin_ : options_.requests, slots_.size());
}

}  // namespace prx::bench
