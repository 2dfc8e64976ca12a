#include "bench/client_bench/load.hpp"

#include <string>
#include <utility>

#include "bench/common/measure.hpp"

namespace prx::bench {
namespace {

Config make_config(const LoadOptions& options) {
  std::string toml =
      "[default]\nprovider = \"openrouter\"\nmodel = \"" + std::string(kModel) + "\"\n";
  toml += "[providers.openrouter]\nbase_url = \"" + options.url + "/api/v1\"\n";
  toml += "api_key = \"" + std::string(kApiKey) + "\"\n";
  toml += "[reliability]\nretries = 0\nhedge_after = \"off\"\n";
  toml += "[plugins]\ndirs = [\"" + options.plugins + "\"]\n[log]\nlevel = \"off\"\n";
  ConfigSource source;
  source.no_file = true;
  source.environment = [](const std::string&) -> std::optional<std::string> {
    return std::nullopt;
  };
  Result<Config> config = Config::parse(toml, "bench.toml", "/", source);
  if (!config) die(config.error().message);
  return std::move(*config);
}

std::unique_ptr<Client> open_client(const LoadOptions& options) {
  ClientOptions client_options;
  client_options.warm_up = false;
  Result<std::unique_ptr<Client>> client =
      Client::open(make_config(options), std::move(client_options));
  if (!client) die(client.error().message);
  return std::move(*client);
}

ChatRequest make_request(bool stream) {
  Result<ChatRequest> request = ChatRequest::from_json(request_body(stream));
  if (!request) die(request.error().message);
  return std::move(*request);
}

std::size_t expected_text_size(const LoadOptions& options) {
  return options.mode == Mode::kJson ? answer_text_size()
                                     : sse_answer(options.stream_events).text_size;
}

}  // namespace

class ClientLoad::Slot final : public Sink {
 public:
  explicit Slot(ClientLoad& load) : load_(load) {}

  void start() {
    text_size_ = 0;
    call_ = load_.client_->start(load_.request_, load_.call_options_, *this);
  }
  void end_call() { call_.reset(); }

  void on_event(const StreamEvent& event) override {
    if (event.type != StreamEvent::Type::kText) return;
    if (text_size_ == 0) load_.on_first_event();
    text_size_ += event.text.size();
    ++load_.events_;
    load_.on_paced_event();
  }
  void on_end(ChatResult result) override {
    if (load_.finished_) return;
    load_.check(result, text_size_);
    load_.on_done(*this);
  }

 private:
  ClientLoad& load_;
  std::unique_ptr<Call> call_;
  std::size_t text_size_ = 0;
};

class ClientLoad::Starter final : public Sink {
 public:
  explicit Starter(ClientLoad& load) : load_(load) {
    call_ = load_.client_->start(load_.request_, load_.call_options_, *this);
  }
  void end_call() { call_.reset(); }

  void on_event(const StreamEvent& event) override {
    if (event.type == StreamEvent::Type::kText && !std::exchange(begun_, true)) begin();
  }
  void on_end(ChatResult result) override {
    if (load_.finished_) return;
    if (!result) die("the first call failed: " + result.error().message);
    if (!std::exchange(begun_, true)) begin();
  }

 private:
  void begin() {
    load_.meter_.forget_memory();
    if (load_.options_.warmup == 0 && load_.options_.mode != Mode::kPaced) load_.meter_.begin();
    load_.start_more();
  }

  ClientLoad& load_;
  std::unique_ptr<Call> call_;
  bool begun_ = false;
};

ClientLoad::ClientLoad(const LoadOptions& options)
    : options_(options),
      text_size_(expected_text_size(options)),
      client_(open_client(options)),
      request_(make_request(options.mode != Mode::kJson)) {
  call_options_.stream_upstream = options.mode != Mode::kJson;
  slots_.reserve(options.streams);
}

ClientLoad::~ClientLoad() = default;

bool ClientLoad::more_to_start() const {
  if (options_.mode == Mode::kPaced) return started_ - begun_ < options_.opening_max;
  return started_ < options_.warmup + options_.requests;
}

void ClientLoad::start_more() {
  while (slots_.size() < options_.streams && more_to_start()) {
    ++started_;
    slots_.emplace_back(std::make_unique<Slot>(*this))->start();
  }
}

void ClientLoad::on_first_event() {
  ++begun_;
  if (options_.mode == Mode::kPaced) start_more();
}

void ClientLoad::on_paced_event() {
  if (options_.mode != Mode::kPaced || begun_ < options_.streams || finished_) return;
  if (!meter_.begun()) {
    events_ = 0;
    meter_.begin();
  } else if (events_ == options_.events) {
    finish();
  }
}

void ClientLoad::check(const ChatResult& result, std::size_t text_size) const {
  if (!result) die("a call failed: " + result.error().message);
  if (options_.mode == Mode::kPaced) die("a paced stream ended before the measurement");
  if (text_size != text_size_ || result->text.size() != text_size_)
    die("an answer has " + std::to_string(text_size) + " bytes of text, not " +
        std::to_string(text_size_));
  if (result->finish_reason != FinishReason::kStop || result->usage.total_tokens != 242)
    die("an answer came without its finish reason or usage");
}

void ClientLoad::on_done(Slot& slot) {
  ++done_;
  if (done_ == options_.warmup) meter_.begin();
  if (done_ == options_.warmup + options_.requests) {
    finish();
  } else if (more_to_start()) {
    ++started_;
    slot.start();
  }
}

void ClientLoad::finish() {
  meter_.end();
  finished_ = true;
  all_done_.count_down();
}

void ClientLoad::run() {
  starter_ = std::make_unique<Starter>(*this);
  all_done_.wait();
  meter_.print(options_.mode == Mode::kPaced ? options_.events : options_.requests, slots_.size());
  starter_->end_call();
  for (const auto& slot : slots_) slot->end_call();
}

}  // namespace prx::bench
