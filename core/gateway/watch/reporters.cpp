#include "gateway/watch/reporters.hpp"

#include <atomic>

namespace prx::gateway {

namespace {

class ReportExchange final : public Exchange {
 public:
  explicit ReportExchange(Responder& responder) : self_(std::make_shared<Responder*>(&responder)) {}
  ~ReportExchange() override { *self_ = nullptr; }

  void hold_back(bool) override {}  // its answer is in one piece

  /// Who is answered, as long as its client is there. Read on the loop alone.
  [[nodiscard]] std::shared_ptr<Responder*> whom() const { return self_; }

 private:
  const std::shared_ptr<Responder*> self_;  // shared with the question
};

}  // namespace

void Reporters::ask(AsioLoop& loop, std::function<void(const LoopReports&)> told) const {
  struct Gathered {
    LoopReports reports;  ///< each loop writes its own
    std::atomic<std::size_t> left;
    std::function<void(const LoopReports&)> told;
  };
  const auto all = std::make_shared<Gathered>();  // shared by the questions
  all->reports.resize(sources_.size());
  all->left = sources_.size();
  all->told = std::move(told);
  for (std::size_t i = 0; i < sources_.size(); ++i)
    sources_[i].loop->post([all, i, &loop, source = &sources_[i]] {
      all->reports[i] = source->report();
      if (all->left.fetch_sub(1) == 1) loop.post([all] { all->told(all->reports); });
    });
}

std::unique_ptr<Exchange> begin_report(const Reporters& reporters, AsioLoop& loop,
                                       Responder& responder, std::string_view type,
                                       std::function<std::string(const LoopReports&)> text) {
  auto exchange = std::make_unique<ReportExchange>(responder);
  reporters.ask(
      loop, [whom = exchange->whom(), type, text = std::move(text)](const LoopReports& reports) {
        if (*whom != nullptr)
          (*whom)->send({200, type, {{"Cache-Control", "no-store"}}}, text(reports));
      });
  return exchange;
}

}  // namespace prx::gateway
