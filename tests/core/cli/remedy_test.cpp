#include "cli/remedy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace prx::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ProviderFacts acme() {
  ProviderFacts facts;
  facts.name = "acme";
  facts.title = "Acme AI";
  facts.key_env = "ACME_API_KEY";
  facts.key_url = "https://acme.test/keys";
  facts.credit_url = "https://acme.test/credits";
  facts.key_label = "ACME_API_KEY";
  return facts;
}

Error error_of(ErrorClass error_class, int http_status = 0) {
  Error error;
  error.error_class = error_class;
  error.message = "it failed";
  error.http_status = http_status;
  return error;
}

TEST(Explain, ABugOfAPluginIsItsMakersToMend) {
  Error error = error_of(ErrorClass::kInternal);
  EXPECT_THAT(explain(error, acme()), HasSubstr("this is a bug"));
  error.provider_code = "plugin";
  EXPECT_EQ(explain(error, acme()), "it failed; ask who made the plugin");
}

TEST(Explain, WhatCannotBeDoneIsLeftOutOnlyWhereSomethingWasAskedFor) {
  Error error = error_of(ErrorClass::kUnsupported);
  EXPECT_EQ(explain(error, acme()),
            "it failed; leave the parameter out, or choose a model that has it with --model");
  EXPECT_THAT(explain(error, acme(), kTalkWording), HasSubstr("has it with /model"));
  EXPECT_EQ(explain(error, acme(), kQueryWording), "it failed; see its plugin's documentation");
  error.provider_code = "not_offered";
  EXPECT_EQ(explain(error, acme()), "it failed") << "the message says what to do";
}

TEST(Explain, AMissingKeyHasALineOfItsOwn) {
  ProviderFacts facts = acme();
  facts.has_key = false;
  Error error = error_of(ErrorClass::kAuth);
  error.message = "Acme AI API key not set: ACME_API_KEY is not set; export it";
  EXPECT_EQ(explain(error, facts), error.message + "; get one at https://acme.test/keys");
}

TEST(Explain, AKeyThatMissesForAnotherReasonIsNotToBeBought) {
  ProviderFacts facts = acme();
  facts.has_key = false;
  Error error = error_of(ErrorClass::kAuth);
  error.message = "Acme AI API key not set: ACME_API_KEY is not sent to box.test; set api_key";
  EXPECT_EQ(explain(error, facts), error.message);
}

TEST(Explain, AKeylessServerThatAsksForOneShowsItsWordsAndTheWay) {
  ProviderFacts facts = acme();
  facts.has_key = false;
  const std::string text = explain(error_of(ErrorClass::kAuth, 401), facts);
  EXPECT_THAT(text, HasSubstr("it failed"));
  EXPECT_THAT(text, HasSubstr("API key not set"));
}

TEST(Explain, AServerOfOnesOwnThatIsNotThereIsToBeStarted) {
  ProviderFacts facts = acme();
  facts.is_own = true;
  EXPECT_EQ(explain(error_of(ErrorClass::kNetwork), facts),
            "it failed; start Acme AI, or correct [providers.acme] base_url");
}

TEST(Explain, ARejectedKeyNamesWhereItCameFrom) {
  EXPECT_EQ(explain(error_of(ErrorClass::kAuth, 401), acme()),
            "it failed; Acme AI rejected the key from ACME_API_KEY; check it, or get a new one at "
            "https://acme.test/keys");
}

TEST(Explain, SpentCreditNamesWhereToBuyMore) {
  EXPECT_THAT(explain(error_of(ErrorClass::kCredit, 402), acme()),
              HasSubstr("add credits at https://acme.test/credits"));
}

TEST(Explain, A402ThatAsksForFewerTokensNamesTheOption) {
  Error error = error_of(ErrorClass::kCredit, 402);
  error.message = "This request requires more credits, or fewer max_tokens";
  EXPECT_EQ(explain(error, acme()),
            "This request requires more credits, or fewer max_tokens; add credits at "
            "https://acme.test/credits, or ask for fewer tokens with --max-tokens");
  EXPECT_THAT(explain(error, acme(), kTalkWording),
              HasSubstr("or start with a smaller --max-tokens"));
  error.http_status = 429;  // a quota that is spent
  EXPECT_THAT(explain(error, acme()), Not(HasSubstr("--max-tokens")));
}

TEST(Explain, InAConversationNoRemedyNamesAnOptionThatHasACommand) {
  for (int code = PRX_E_CANCELLED; code <= PRX_E_INTERNAL; ++code) {
    for (const int status : {0, 400, 404}) {
      const std::string text =
          remedy(error_of(error_class_from(code), status), acme(), kTalkWording);
      for (const std::string option : {"--model", "--provider", "--chain", "--trace"})
        EXPECT_THAT(text, Not(HasSubstr(option))) << to_string(error_class_from(code));
    }
  }
  EXPECT_EQ(remedy(error_of(ErrorClass::kOverloaded), acme(), kTalkWording),
            "try again later, or choose another model with /model");
}

TEST(Explain, AModelThatIsNotFoundPointsToTheOption) {
  Error error = error_of(ErrorClass::kNotFound, 404);
  error.provider_code = "404";
  EXPECT_EQ(explain(error, acme()), "it failed; choose another model with --model");
}

TEST(Explain, WhatAnswersNotFoundWithoutACodeIsProbablyNoApi) {
  ProviderFacts facts = acme();
  EXPECT_EQ(explain(error_of(ErrorClass::kNotFound, 404), facts),
            "it failed; check [providers.acme] base_url, or choose another model with --model");
  facts.base_url_place = "ACME_BASE_URL";
  EXPECT_THAT(explain(error_of(ErrorClass::kNotFound, 404), facts),
              HasSubstr("check ACME_BASE_URL"));
}

TEST(Explain, ANotFoundOfAnOwnUrlMayBeItsPathUnlessTheCodeNamesTheModel) {
  ProviderFacts facts = acme();
  facts.base_url_place = "[providers.acme] base_url";
  Error error = error_of(ErrorClass::kNotFound, 404);
  error.provider_code = "404";
  EXPECT_EQ(explain(error, facts),
            "it failed; choose another model with --model, or check [providers.acme] base_url");
  error.provider_code = "model_not_found";
  EXPECT_EQ(explain(error, facts), "it failed; choose another model with --model");
}

TEST(Explain, AStatusSaysMoreThanItsClass) {
  EXPECT_THAT(explain(error_of(ErrorClass::kNetwork, 409), acme()), HasSubstr("try again later"));
  EXPECT_THAT(explain(error_of(ErrorClass::kInvalidRequest, 413), acme()),
              HasSubstr("shorten the prompt"));
  EXPECT_THAT(explain(error_of(ErrorClass::kUnsupported, 501), acme()),
              HasSubstr("check [providers.acme] base_url: that server does not know the call"));
  EXPECT_THAT(explain(error_of(ErrorClass::kInvalidRequest, 405), acme()),
              HasSubstr("check [providers.acme] base_url"));
  EXPECT_THAT(explain(error_of(ErrorClass::kNotFound, 302), acme()),
              AllOf(HasSubstr("check [providers.acme] base_url"), Not(HasSubstr("--model"))));
  EXPECT_THAT(explain(error_of(ErrorClass::kNetwork), acme()), HasSubstr("check the connection"));
  EXPECT_THAT(explain(error_of(ErrorClass::kTimeout, 409), acme()), HasSubstr("--timeout"))
      << "what the class says is exact enough";
}

TEST(Explain, ARateLimitTellsWhenRoundedUp) {
  Error error = error_of(ErrorClass::kRateLimit, 429);
  EXPECT_THAT(explain(error, acme()), HasSubstr("try again later"));
  error.retry_after = 19'001ms;
  EXPECT_THAT(explain(error, acme()), HasSubstr("try again in 20 s"));
}

TEST(Explain, EveryClassButThoseWithoutAWayOutHasARemedy) {
  for (int code = PRX_E_CANCELLED; code <= PRX_E_INTERNAL; ++code) {
    const ErrorClass error_class = error_class_from(code);
    const bool none =
        error_class == ErrorClass::kCancelled || error_class == ErrorClass::kInvalidRequest;
    EXPECT_EQ(remedy(error_of(error_class), acme()).empty(), none) << to_string(error_class);
  }
}

TEST(Explain, ARequestThatTheProviderCallsInvalidPointsToParametersAndModel) {
  EXPECT_EQ(explain(error_of(ErrorClass::kInvalidRequest, 400), acme()),
            "it failed; check the parameters, and the model named by --model");
}

TEST(Explain, WithoutAMessageTheClassSpeaks) {
  Error error = error_of(ErrorClass::kCancelled);
  error.message.clear();
  EXPECT_EQ(explain(error, acme()), "cancelled");
}

}  // namespace
}  // namespace prx::cli
