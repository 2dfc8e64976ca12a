#include <gmock/gmock.h>

#include <string>

#include "prx/model.hpp"

namespace prx {
namespace {

using ::testing::ElementsAre;

TEST(ModelFacts, OfOpenRouterAreReadWhole) {
  const ModelFacts facts = read_model(R"({"id":"anthropic/claude-x","name":"Anthropic: Claude X",
    "created":1747930371,"context_length":200000,
    "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},
    "pricing":{"prompt":"0.000003","completion":"0.000015","request":"0","image":"0.0048",
               "input_cache_read":"0.0000003","input_cache_write":"0.00000375"},
    "top_provider":{"context_length":200000,"max_completion_tokens":64000},
    "supported_parameters":["tools","structured_outputs"],"expiration_date":"2027-01-31"})");
  EXPECT_EQ(facts.id, "anthropic/claude-x");
  EXPECT_EQ(facts.name, "Anthropic: Claude X");
  EXPECT_EQ(facts.vendor, "anthropic");
  EXPECT_EQ(facts.context_length, 200'000);
  EXPECT_EQ(facts.completion_max, 64'000);
  EXPECT_EQ(facts.tools, true);
  EXPECT_EQ(facts.vision, true);
  EXPECT_EQ(facts.structured_output, true);
  EXPECT_EQ(facts.reasoning, false);
  EXPECT_EQ(facts.prompt_price, 0.000003);
  EXPECT_EQ(facts.completion_price, 0.000015);
  EXPECT_EQ(facts.cache_read_price, 0.0000003);
  EXPECT_EQ(facts.cache_write_price, 0.00000375);
  EXPECT_EQ(facts.request_price, 0.0);
  EXPECT_EQ(facts.created, 1747930371);
  EXPECT_EQ(facts.expires, "2027-01-31");
  EXPECT_THAT(facts.supported_parameters, ElementsAre("tools", "structured_outputs"));
  EXPECT_THAT(facts.input_modalities, ElementsAre("text", "image"));
}

TEST(ModelFacts, OfOpenAiAreUnknownButForNameAndDates) {
  const ModelFacts facts = read_model(
      R"({"id":"gpt-4o","object":"model","created":1715367049,"owned_by":"system",
          "shutdown_date":"2026-10-23"})");
  EXPECT_EQ(facts.id, "gpt-4o");
  EXPECT_EQ(facts.vendor, "system");
  EXPECT_EQ(facts.created, 1715367049);
  EXPECT_EQ(facts.expires, "2026-10-23");
  EXPECT_EQ(facts.tools, std::nullopt);
  EXPECT_EQ(facts.vision, std::nullopt);
  EXPECT_EQ(facts.structured_output, std::nullopt);
  EXPECT_EQ(facts.context_length, std::nullopt);
  EXPECT_EQ(facts.prompt_price, std::nullopt);
}

TEST(ModelFacts, OfTogetherHaveTheirPricesPerMillion) {
  const ModelFacts facts = read_model(
      R"({"id":"meta-llama/Llama-3.3-70B","display_name":"Llama 3.3 70B","organization":"Meta",
          "context_length":131072,"pricing":{"hourly":0,"input":0.88,"output":0.88,"base":0}})");
  EXPECT_EQ(facts.name, "Llama 3.3 70B");
  EXPECT_EQ(facts.vendor, "Meta");
  EXPECT_DOUBLE_EQ(facts.prompt_price.value_or(0), 0.00000088);
  EXPECT_DOUBLE_EQ(facts.completion_price.value_or(0), 0.00000088);
}

TEST(ModelFacts, PricesOfInputAndOutputInStringsArePerToken) {
  const ModelFacts facts =
      read_model(R"({"id":"a/b","pricing":{"input":"0.0000025","output":"0.00001"}})");
  EXPECT_EQ(facts.prompt_price, 0.0000025);
  EXPECT_EQ(facts.completion_price, 0.00001);
}

TEST(ModelFacts, ContextHasManyNames) {
  EXPECT_EQ(read_model(R"({"id":"x","context_window":8192})").context_length, 8'192);  // Groq
  EXPECT_EQ(read_model(R"({"id":"x","max_context_length":32768})").context_length,
            32'768);                                                                  // Mistral
  EXPECT_EQ(read_model(R"({"id":"x","max_model_len":4096})").context_length, 4'096);  // vLLM
  EXPECT_EQ(read_model(R"({"id":"x","meta":{"n_ctx_train":2048}})").context_length,
            std::nullopt);  // llama.cpp: what it was trained with, not what it runs with
  EXPECT_EQ(read_model(R"({"id":"x","context_length":null,"top_provider":{"context_length":7}})")
                .context_length,
            7);
}

TEST(ModelFacts, OfMistralAndFireworksSayWhatAModelCan) {
  const ModelFacts mistral = read_model(
      R"({"id":"mistral-small","capabilities":{"completion_chat":true,"function_calling":true,
          "vision":false},"deprecation":"2026-02-01T12:00:00Z"})");
  EXPECT_EQ(mistral.tools, true);
  EXPECT_EQ(mistral.vision, false);
  EXPECT_EQ(mistral.expires, "2026-02-01");
  const ModelFacts fireworks = read_model(
      R"({"id":"accounts/fireworks/models/x","supports_tools":false,"supports_image_input":true})");
  EXPECT_EQ(fireworks.tools, false);
  EXPECT_EQ(fireworks.vision, true);
}

TEST(ModelFacts, ThePriceOfARouterIsUnknownAndZeroIsFree) {
  const ModelFacts router =
      read_model(R"({"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}})");
  EXPECT_EQ(router.prompt_price, std::nullopt);
  const ModelFacts free = read_model(R"({"id":"a/b:free","pricing":{"prompt":"0"}})");
  EXPECT_EQ(free.prompt_price, 0.0);
}

TEST(ModelFacts, OfWrongTypesAreUnknown) {
  const ModelFacts facts = read_model(
      R"({"id":7,"name":[],"created":"soon","context_length":"long","architecture":"x",
          "pricing":[1],"supported_parameters":{"tools":1},"expiration_date":12,
          "top_provider":null,"capabilities":[true],"input_modalities":[1,2]})");
  EXPECT_EQ(facts, ModelFacts());
}

TEST(ModelFacts, PricesThatAreNoneAreUnknown) {
  for (const char* price : {"", "free", "1e400", "nan", "inf", "0.1x", "-0.5", "7", "0x1p-3"}) {
    const ModelFacts facts =
        read_model(R"({"id":"a","pricing":{"prompt":")" + std::string(price) + R"("}})");
    EXPECT_EQ(facts.prompt_price, std::nullopt) << price;
  }
  EXPECT_EQ(read_model(R"({"id":"a","pricing":{"prompt":0.3}})").prompt_price, std::nullopt);
}

TEST(ModelFacts, DatesThatAreNoneAreUnknown) {
  for (const char* date : {"", "soon", "2026-1-1", "20260101", "2026-01-01x", "2026/01/01"}) {
    const ModelFacts facts =
        read_model(R"({"id":"a","expiration_date":")" + std::string(date) + R"("})");
    EXPECT_EQ(facts.expires, "") << date;
  }
}

TEST(ModelFacts, OfWhatIsNoObjectNothingIsKnown) {
  for (const char* json : {"", "[]", "null", "{", R"({"id":"a")", R"({"id":"a"}{})", "\"a\""})
    EXPECT_EQ(read_model(json), ModelFacts()) << json;
}

TEST(ModelFacts, OfWhatIsTooDeepOrTooLongNothingIsKnown) {
  const auto nested = [](int levels) {
    return R"({"id":"a","x":)" + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "}";
  };
  EXPECT_EQ(read_model(nested(kModelDepthMax - 1)).id, "a");
  EXPECT_EQ(read_model(nested(kModelDepthMax)).id, "");
  EXPECT_EQ(read_model(nested(100'000)).id, "");
  const std::string begin = R"({"id":"a","x":")", end = R"("})";
  const std::string full(kModelBytesMax - begin.size() - end.size(), 'x');
  EXPECT_EQ(read_model(begin + full + end).id, "a");
  EXPECT_EQ(read_model(begin + full + "x" + end).id, "");
}

TEST(ModelFacts, AnEndlessListOfParametersIsCut) {
  std::string json = R"({"id":"a","supported_parameters":["p0")";
  for (int i = 1; i < 1'000; ++i) json += ",\"p" + std::to_string(i) + '"';
  EXPECT_EQ(read_model(json + "]}").supported_parameters.size(), 256U);
}

}  // namespace
}  // namespace prx
