#include "cli/models/models_table.hpp"

#include <gmock/gmock.h>

#include "cli/chat/model_hint.hpp"

namespace prx::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CatalogModel model(const std::string& id, double prompt, double completion, std::int64_t context) {
  CatalogModel out;
  out.facts.id = id;
  out.facts.prompt_price = prompt * 1e-6;
  out.facts.completion_price = completion * 1e-6;
  out.facts.context_length = context;
  return out;
}

std::vector<std::string> ids(const std::vector<ModelRow>& rows) {
  std::vector<std::string> out;
  for (const ModelRow& row : rows) out.push_back(row.model->facts.id);
  return out;
}

struct ModelsTable : ::testing::Test {
  ModelsTable() {
    Catalog& catalog = catalogs.emplace_back();
    catalog.provider = "p";
    catalog.models = {model("v/dear", 5, 10, 100), model("v/cheap", 0.15, 0.6, 300),
                      model("v/free", 0, 0, 200), CatalogModel{}};
    catalog.models[3].facts.id = "unknown";
    catalog.models[0].facts.name = "Something Dear";
    catalog.models[0].facts.created = 1;
    catalog.models[2].facts.created = 2;
    catalog.models[1].facts.tools = true;
    catalog.models[2].facts.tools = false;
    catalog.models[2].facts.vision = true;
    catalog.models[2].facts.structured_output = true;
  }
  [[nodiscard]] std::vector<std::string> chosen(const ModelFilter& filter,
                                                ModelOrder order = ModelOrder::kListed) const {
    return ids(chosen_models(catalogs, filter, order));
  }
  std::vector<Catalog> catalogs;
};

TEST_F(ModelsTable, WordsMatchIdAndNameInAnyCase) {
  EXPECT_THAT(chosen({.words = {"V/", "eAr"}}), ElementsAre("v/dear"));
  EXPECT_THAT(chosen({.words = {"something"}}), ElementsAre("v/dear"));
  EXPECT_THAT(chosen({.words = {"dear", "cheap"}}), IsEmpty()) << "all must be there";
  EXPECT_EQ(chosen({}).size(), 4U);
}

TEST_F(ModelsTable, FiltersLeaveOutWhatIsUnknown) {
  EXPECT_THAT(chosen({.tools = true}), ElementsAre("v/cheap"));
  EXPECT_THAT(chosen({.vision = true}), ElementsAre("v/free"));
  EXPECT_THAT(chosen({.structured = true}), ElementsAre("v/free"));
  EXPECT_THAT(chosen({.free = true}), ElementsAre("v/free"));
  EXPECT_THAT(chosen({.price_max = 0.6}), ElementsAre("v/cheap", "v/free"));
  EXPECT_THAT(chosen({.price_max = 0.5}), ElementsAre("v/free")) << "of both prices";
  EXPECT_THAT(chosen({.context_min = 200}), ElementsAre("v/cheap", "v/free"));
}

TEST_F(ModelsTable, OrdersPutWhatIsUnknownLast) {
  EXPECT_THAT(chosen({}, ModelOrder::kPrice),
              ElementsAre("v/free", "v/cheap", "v/dear", "unknown"));
  EXPECT_THAT(chosen({}, ModelOrder::kContext),
              ElementsAre("v/cheap", "v/free", "v/dear", "unknown"));
  EXPECT_THAT(chosen({}, ModelOrder::kCreated),
              ElementsAre("v/free", "v/dear", "v/cheap", "unknown"));
}

TEST_F(ModelsTable, ShowsPricesPerMillionAndQuestionMarks) {
  const auto text = models_table(chosen_models(catalogs, {}, ModelOrder::kListed), false);
  EXPECT_THAT(text,
              HasSubstr("ID       VENDOR  CONTEXT  VISION  TOOLS  $/M IN  $/M OUT  EXPIRES\n"));
  EXPECT_THAT(text, HasSubstr("v/cheap  -       300      ?       yes    0.15    0.6      -\n"));
  EXPECT_THAT(text, HasSubstr("unknown  -       ?        ?       ?      ?       ?        -\n"));
  EXPECT_THAT(models_table(chosen_models(catalogs, {}, ModelOrder::kListed), true),
              HasSubstr("\np         v/cheap"));
}

TEST_F(ModelsTable, MovesNoCursorAndStaysNarrow) {
  catalogs[0].models[0].facts.id = "\x1b[2Jx\n" + std::string(500, 'y');
  const auto rows = chosen_models(catalogs, {}, ModelOrder::kListed);
  const std::string text = models_table(rows, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("^[[2Jx y"));
  EXPECT_LT(text.find('\n'), 200U);
}

TEST_F(ModelsTable, JsonHasNullForWhatIsUnknown) {
  catalogs[0].fetched = std::chrono::system_clock::from_time_t(1'700'000'000);
  const std::string text = models_json(chosen_models(catalogs, {.words = {"unkn"}}, {}));
  EXPECT_EQ(text,
            R"([{"provider":"p","id":"unknown","name":null,"vendor":null,"context_length":null,)"
            R"("completion_max":null,"tools":null,"vision":null,"structured_output":null,)"
            R"("reasoning":null,"prompt_price":null,"completion_price":null,)"
            R"("cache_read_price":null,"cache_write_price":null,"request_price":null,)"
            R"("created":null,"expires":null,"supported_parameters":[],"input_modalities":[],)"
            R"("fetched":1700000000}])"
            "\n");
}

TEST(ModelAge, IsRounded) {
  using std::chrono::seconds;
  EXPECT_EQ(age_text(seconds(-5)), "just now");
  EXPECT_EQ(age_text(seconds(59)), "just now");
  EXPECT_EQ(age_text(seconds(60)), "1 min ago");
  EXPECT_EQ(age_text(seconds(3 * 3'600 + 1)), "3 h ago");
  EXPECT_EQ(age_text(seconds(47 * 3'600)), "47 h ago");
  EXPECT_EQ(age_text(seconds(49 * 3'600)), "2 days ago");
}

TEST(ModelHint, NamesTheNearestIds) {
  const std::vector<std::string_view> known{"anthropic/claude-sonnet-4",
                                            "openai/gpt-4o",
                                            "openai/gpt-4o-mini",
                                            "openai/gpt-4.1",
                                            "openai/o3",
                                            "openai/gpt-4-32k"};
  EXPECT_THAT(nearest_models("openai/gpt4o", known), ElementsAre("openai/gpt-4o"));
  EXPECT_THAT(nearest_models("anthropic/claude-sonet-4", known),
              ElementsAre("anthropic/claude-sonnet-4"));
  EXPECT_EQ(nearest_models("gpt-4o", known).front(), "openai/gpt-4o");
  EXPECT_EQ(nearest_models("opnai/gpt-4o", known).front(), "openai/gpt-4o");
  EXPECT_EQ(nearest_models("gpt-4", known).size(), kModelHintsMax);
  EXPECT_THAT(nearest_models("openai/gpt-4o", known), IsEmpty()) << "it is one";
  EXPECT_THAT(nearest_models("llama", known), IsEmpty());
  EXPECT_THAT(nearest_models("", known), IsEmpty());
}

TEST(ModelHint, KnowsAPartASlipOfABeginningAndIgnoresTags) {
  const std::vector<std::string_view> known{
      "openai/chatgpt-4o-latest",  "anthropic/claude-3.5-sonnet",
      "anthropic/claude-sonnet-4", "openai/o4-mini",
      "llama3.2:latest",           "z/model-so4"};
  EXPECT_THAT(nearest_models("sonnet", known),
              ElementsAre("anthropic/claude-3.5-sonnet", "anthropic/claude-sonnet-4"));
  EXPECT_THAT(nearest_models("claude-sonet", known), ElementsAre("anthropic/claude-sonnet-4"));
  EXPECT_THAT(nearest_models("o4", known), ElementsAre("openai/o4-mini"));
  EXPECT_THAT(nearest_models("llama3.1", known), ElementsAre("llama3.2:latest"));
  EXPECT_THAT(nearest_models("llama3.2", known), ElementsAre("llama3.2:latest"));
  EXPECT_THAT(nearest_models("GPT-4o", known), ElementsAre("openai/chatgpt-4o-latest"));
  EXPECT_THAT(nearest_models("so", known), IsEmpty()) << "too short to say something";
  EXPECT_THAT(nearest_models("/", known), IsEmpty());
}

TEST(ModelHint, IsAQuestion) {
  EXPECT_EQ(did_you_mean({}), "");
  EXPECT_EQ(did_you_mean({"a"}), "did you mean 'a'?");
  EXPECT_EQ(did_you_mean({"a", "b", "c"}), "did you mean 'a', 'b' or 'c'?");
}

}  // namespace
}  // namespace prx::cli
