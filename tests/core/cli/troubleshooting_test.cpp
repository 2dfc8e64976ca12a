// What people run into with such tools, as the guide of OpenRouter lists it: a missing key, no
// credit, models that cannot do it, slow answers, rate limits. Each is met by the error of a chat
// with both plugins; and by a row of prx doctor, but for a prompt that is too long, of which it
// cannot know. A server that is only slow: DoctorChecks, which need not wait for it.
#include "doctor_fixture.hpp"

namespace prx::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// What is a vendor's own in the words for people.
struct Vendor {
  const char* provider;
  const char* title;
  const char* key_env;
  const char* model;
  const char* misspelt;
  const char* key_url;
  const char* credit_url;
  const char* health_path;
};

void PrintTo(const Vendor& vendor, std::ostream* out) { *out << vendor.provider; }

class Troubleshooting : public DoctorFixture, public ::testing::WithParamInterface<Vendor> {
 protected:
  void SetUp() override {
    environment["OPENAI_API_KEY"] = kKey;
    use_model(vendor().model);
  }
  void use_model(const std::string& model) {
    configure("[default]\nprovider = \"" + std::string(vendor().provider) + "\"\nmodel = \"" +
              model + "\"\n[reliability]\nretries = 0\n");
  }
  void simulate_key(sim::KeyState state) {
    sim::SimulatorOptions options;
    options.keys = {{kKey, state, {}}};
    simulate(std::move(options));
  }
  /// The one line that a chat fails with.
  std::string chat(int exit_code, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"chat", "--no-stream", "Hello"});
    const auto result = run(std::move(more));
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  }
  [[nodiscard]] DoctorRow of_provider(const char* check) const {
    return row(check, vendor().provider);
  }
  [[nodiscard]] DoctorRow target() const { return row("target", "default#1"); }
  [[nodiscard]] static const Vendor& vendor() { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(
    Plugins, Troubleshooting,
    ::testing::Values(Vendor{"openrouter", "OpenRouter", "OPENROUTER_API_KEY", "openai/gpt-4o",
                             "openai/gpt-4oo", "https://openrouter.ai/keys",
                             "https://openrouter.ai/credits", "/key"},
                      Vendor{"openai", "OpenAI", "OPENAI_API_KEY", "gpt-4o", "gpt-4oo",
                             "https://platform.openai.com/api-keys",
                             "https://platform.openai.com/settings/organization/billing",
                             "/models"}),
    [](const auto& one) { return std::string(one.param.provider); });

TEST_P(Troubleshooting, AMissingKey) {
  simulate();
  environment.erase(vendor().key_env);
  const auto says = AllOf(HasSubstr(std::string(vendor().key_env) + " is not set"),
                          HasSubstr("[providers." + std::string(vendor().provider) + "] api_key"),
                          HasSubstr(std::string("get one at ") + vendor().key_url));
  EXPECT_THAT(chat(4), says);
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(of_provider("key").status, "failure");
  EXPECT_THAT(of_provider("key").what + "; " + of_provider("key").remedy, says);
  EXPECT_EQ(simulator().stats().connections, 0U);
}

TEST_P(Troubleshooting, AKeyThatIsWrong) {
  simulate_key(sim::KeyState::kInvalid);
  const auto says =
      HasSubstr(std::string(vendor().title) + " rejected the key from " + vendor().key_env +
                "; check it, or get a new one at " + vendor().key_url);
  EXPECT_THAT(chat(4), says);
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_THAT(of_provider("key").what,
              HasSubstr("...c2e7 (env " + std::string(vendor().key_env) + "): "));
  EXPECT_THAT(of_provider("key").remedy, says);
}

TEST_P(Troubleshooting, NoCredit) {
  simulate_key(sim::KeyState::kNoCredit);
  EXPECT_THAT(chat(4), HasSubstr(vendor().credit_url));
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(of_provider("key").status, "failure");
  EXPECT_THAT(of_provider("key").remedy, HasSubstr(vendor().credit_url));
}

TEST_P(Troubleshooting, NoCreditForThisCallAlone) {
  simulate();
  use_model("sim/quota");
  EXPECT_THAT(chat(4), HasSubstr(vendor().credit_url));
  EXPECT_EQ(examine({"--live"}).exit_code, 1);
  EXPECT_EQ(of_provider("key").status, "ok");
  EXPECT_EQ(target().status, "failure");
  EXPECT_THAT(target().remedy, HasSubstr(vendor().credit_url));
}

// Where no answer tells it, a person is told where to look.
TEST_P(Troubleshooting, CreditAndLimitsAreToldOrWhereTheyAre) {
  simulate();
  EXPECT_EQ(examine().exit_code, 0) << text();
  const DoctorRow credit = of_provider("credit");
  EXPECT_THAT(credit.remedy + of_provider("key").remedy, HasSubstr(vendor().credit_url));
}

TEST_P(Troubleshooting, AModelThatDoesNotExist) {
  simulate();
  EXPECT_EQ(examine().exit_code, 0) << text();  // and the list is known from now on
  use_model(vendor().misspelt);
  const auto says = HasSubstr("did you mean '" + std::string(vendor().model) + "'");
  EXPECT_THAT(chat(7), says);
  EXPECT_EQ(examine().exit_code, 1);
  EXPECT_EQ(target().status, "failure");
  EXPECT_THAT(target().remedy, says);
}

TEST_P(Troubleshooting, APromptThatIsTooLong) {
  simulate();
  use_model("sim/context-length");
  EXPECT_THAT(chat(7), HasSubstr("shorten the prompt, or choose a model with a larger context"));
}

TEST_P(Troubleshooting, AModelThatDoesNotAnswerInTime) {
  simulate();
  use_model("sim/silence");
  EXPECT_THAT(chat(6, {"--timeout", "400ms"}), HasSubstr("or allow more time"));
  EXPECT_EQ(examine({"--live", "--timeout", "400ms"}).exit_code, 1);
  EXPECT_THAT(target().what, HasSubstr("the call failed: "));
  EXPECT_THAT(target().remedy, HasSubstr("or allow more time"));
}

TEST_P(Troubleshooting, ARateLimit) {
  simulate_key(sim::KeyState::kRateLimited);
  EXPECT_THAT(chat(5), AllOf(HasSubstr("429"), HasSubstr("try again")));
  EXPECT_EQ(examine().exit_code, 0) << text();
  EXPECT_EQ(of_provider("key").status, "warning");
  EXPECT_THAT(of_provider("key").remedy, HasSubstr("try again"));
  EXPECT_THAT(of_provider("reach").what, HasSubstr("answers in "));
}

TEST_P(Troubleshooting, ARateLimitOfOtherQuestionsDoesNotStopALiveCall) {
  simulate(with_fault(vendor().health_path, "429"));
  EXPECT_EQ(examine({"--live"}).exit_code, 0) << text();
  EXPECT_EQ(of_provider("key").status, "warning");
  EXPECT_THAT(target().what, HasSubstr("answered in "));
}

TEST_P(Troubleshooting, ARateLimitOfOneModelWithItsWait) {
  simulate();
  use_model("sim/429?retry_after=90");
  EXPECT_THAT(chat(5), HasSubstr("try again in 90 s"));
  EXPECT_EQ(examine({"--live"}).exit_code, 1) << text();
  EXPECT_THAT(target().what, AllOf(HasSubstr("the call failed: "), HasSubstr("429")));
  EXPECT_THAT(target().remedy, HasSubstr("try again in 90 s"));
}

}  // namespace
}  // namespace prx::cli
