#include "gateway/models/models_exchange.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/client_loop.hpp"
#include "gateway/models/models_body.hpp"

namespace prx::gateway {

namespace {

Result<std::vector<ListedModel>> ask(Client& client, const std::stop_token& stop) {
  const auto config = client.config();
  std::vector<std::string> providers{config->first_provider()};
  if (const ChainConfig* const chain = config->find_chain(config->chain))
    for (const TargetConfig& target : chain->targets)
      if (std::find(providers.begin(), providers.end(), target.provider) == providers.end())
        providers.push_back(target.provider);
  std::vector<Catalog> catalogs;
  std::optional<Error> first_error;
  for (const std::string& provider : providers) {
    CatalogOptions options;
    options.stop = stop;
    auto catalog = client.catalog(provider, options);
    if (catalog)
      catalogs.push_back(std::move(*catalog));
    else if (!first_error)
      first_error = std::move(catalog).error();
  }
  // Chains can be asked for whatever the providers say.
  if (catalogs.empty() && config->chains.empty() && first_error) return Unexpected(*first_error);
  return listed_models(*config, catalogs);
}

class ModelsExchange final : public Exchange {
 public:
  ModelsExchange(std::string id, Dialect dialect, Responder& responder)
      : id_(std::move(id)), dialect_(dialect), responder_(responder) {}
  ~ModelsExchange() override { *self_ = nullptr; }

  void hold_back(bool) override {}  // its answer is in one piece

  /// This, as long as its client is there. Read on the loop alone.
  [[nodiscard]] std::shared_ptr<ModelsExchange*> self() const { return self_; }

  void answer(const Result<std::vector<ListedModel>>& models) {
    if (!models) return send_error(models.error(), dialect_, responder_);
    const ResponseHead head{200, "application/json"};
    if (id_.empty()) return responder_.send(head, models_body(*models));
    const auto found = std::find_if(models->begin(), models->end(),
                                    [&](const ListedModel& model) { return model.id == id_; });
    if (found != models->end()) return responder_.send(head, found->json);
    Error error;
    error.error_class = ErrorClass::kNotFound;
    error.message = "there is no model '" + id_ + "'; GET /models lists what there is";
    send_error(error, dialect_, responder_);
  }

 private:
  const std::string id_;
  const Dialect dialect_;
  Responder& responder_;
  const std::shared_ptr<ModelsExchange*> self_ =
      std::make_shared<ModelsExchange*>(this);  // shared with the question
};

}  // namespace

std::unique_ptr<Exchange> begin_models(Client& client, Asker& asker, std::string id,
                                       Dialect dialect, Responder& responder) {
  auto exchange = std::make_unique<ModelsExchange>(std::move(id), dialect, responder);
  AsioLoop& loop = ClientLoop::of(client);
  const bool asked =
      asker.ask([&client, &loop, whose = exchange->self()](const std::stop_token& closing) {
        auto models = std::make_shared<Result<std::vector<ListedModel>>>(ask(client, closing));
        if (closing.stop_requested()) return;
        loop.post([whose, models] {
          if (*whose != nullptr) (*whose)->answer(*models);
        });
      });
  if (asked) return exchange;
  Error error;
  error.error_class = ErrorClass::kOverloaded;
  error.message = "too many lists of models are being asked for; try again soon";
  error.retry_after = std::chrono::seconds(1);
  send_error(error, dialect, responder);
  return nullptr;
}

}  // namespace prx::gateway
