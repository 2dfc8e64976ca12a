#include "gateway/asked/asked_exchange.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/asked/models_body.hpp"

namespace prx::gateway {

namespace {

class AskedExchange final : public Exchange {
 public:
  AskedExchange(Dialect dialect, Responder& responder) : dialect_(dialect), responder_(responder) {}
  ~AskedExchange() override { *self_ = nullptr; }

  void hold_back(bool) override {}  // its answer is in one piece

  /// This, as long as its client is there. Read on the loop alone.
  [[nodiscard]] std::shared_ptr<AskedExchange*> self() const { return self_; }

  void answer(const Result<std::string>& body) {
    if (!body) return send_error(body.error(), dialect_, responder_);
    responder_.send({200, "application/json"}, *body);
  }

 private:
  const Dialect dialect_;
  Responder& responder_;
  const std::shared_ptr<AskedExchange*> self_ =
      std::make_shared<AskedExchange*>(this);  // shared with the question
};

std::vector<std::string> providers_of(const Config& config) {
  std::vector<std::string> out{config.first_provider()};
  if (const ChainConfig* const chain = config.find_chain(config.chain))
    for (const TargetConfig& target : chain->targets)
      if (std::find(out.begin(), out.end(), target.provider) == out.end())
        out.push_back(target.provider);
  return out;
}

std::vector<ListedModel> list(Client& client, const AccessKey* key,
                              const std::stop_token& closing) {
  const auto config = client.config();
  std::vector<Catalog> catalogs;
  for (const std::string& provider : providers_of(*config)) {
    CatalogOptions options;
    options.stop = closing;
    if (auto catalog = client.catalog(provider, options)) catalogs.push_back(std::move(*catalog));
  }
  auto models = listed_models(*config, catalogs);
  if (key != nullptr)
    std::erase_if(models, [&](const ListedModel& model) { return !key->allows(model.id); });
  return models;
}

}  // namespace

std::unique_ptr<Exchange> begin_asked(Client& client, AsioLoop& loop, Asker& asker, Find find,
                                      Dialect dialect, Responder& responder) {
  auto exchange = std::make_unique<AskedExchange>(dialect, responder);
  const bool asked = asker.ask([&client, &loop, find = std::move(find),
                                whose = exchange->self()](const std::stop_token& closing) {
    auto body = std::make_shared<Result<std::string>>(find(client, closing));
    if (closing.stop_requested()) return;
    loop.post([whose, body] {
      if (*whose != nullptr) (*whose)->answer(*body);
    });
  });
  if (asked) return exchange;
  Error error;
  error.error_class = ErrorClass::kOverloaded;
  error.message = "too many questions of this kind wait for their answers; try again soon";
  error.retry_after = std::chrono::seconds(1);
  send_error(error, dialect, responder);
  return nullptr;
}

Find find_models(std::shared_ptr<const AccessKey> key) {
  return [key = std::move(key)](Client& client,
                                const std::stop_token& closing) -> Result<std::string> {
    return models_body(list(client, key.get(), closing));
  };
}

Find find_model(std::string id, std::shared_ptr<const AccessKey> key, Dialect dialect) {
  return [id = std::move(id), key = std::move(key), dialect](
             Client& client, const std::stop_token& closing) -> Result<std::string> {
    std::vector<ListedModel> models = list(client, key.get(), closing);
    const auto found = std::find_if(models.begin(), models.end(),
                                    [&](const ListedModel& model) { return model.id == id; });
    if (found != models.end() && dialect == Dialect::kOpenRouter)
      return "{\"data\":" + found->json + '}';
    if (found != models.end()) return std::move(found->json);
    return fail(ErrorClass::kNotFound,
                "there is no model '" + id + "'; GET /models lists what there is");
  };
}

Find find_key() {
  return [](Client& client, const std::stop_token& closing) -> Result<std::string> {
    CallOptions options;
    options.stop = closing;
    PRX_TRY_SET(const Account account, client.account("", options));
    for (const AccountPart& part : account.parts)
      if (part.name == "key" && part.json != "null") return part.json;  // {"data":{...}}
    return fail(ErrorClass::kUnsupported,
                "provider '" + account.provider + "' says nothing of its key");
  };
}

}  // namespace prx::gateway
