// The rows about answers that are more than text: tool calls, reasoning, structured output, and
// characters that come in halves. No clock decides them.
#include "faults/tables.hpp"

namespace prx::faults {

namespace {

using enum ErrorClass;

/// 4 tokens; a call with them is one more, and so many deltas.
const std::string kOslo = R"({"city": "Oslo", "days": 3})";
const std::string kRome = R"({"city": "Rome", "days": 3})";
constexpr int kCallTokens = 5;
const std::string kWords = "I look it up.";  // 4 tokens
constexpr int kWordTokens = 4;

std::string tool(const std::string& name) {
  return R"({"type":"function","function":{"name":")" + name +
         R"(","parameters":{"type":"object","properties":{"city":{"type":"string"},)"
         R"("days":{"type":"integer"}}}}})";
}
const std::string kOneTool = "[" + tool("weather") + "]";
const std::string kTwoTools = "[" + tool("weather") + "," + tool("clock") + "]";

Target calls(const std::string& faults, const std::string& arguments, std::size_t count = 1) {
  return Target(faults).makes(count, arguments);
}

Scenario& tool_row(Table& t, std::string name, Target first, Target second, Expect expected,
                   const std::string& tools = kOneTool) {
  return row(t, "tool calls: " + std::move(name), {std::move(first), std::move(second)},
             std::move(expected))
      .ask("tools", tools);
}

/// Nothing of a call is shown before all of it is there, so any other target may answer.
void tool_calls_whole(Table& t) {
  tool_row(t, "all is well", calls("", kOslo), calls("", kRome),
           served_by(0, {1, 0}).bills(kCallTokens));
  tool_row(t, "two at once", calls("", kOslo, 2), calls("", kRome, 2),
           served_by(0, {1, 0}).bills(2 * kCallTokens), kTwoTools);
  tool_row(t, "503, the fallback's are served", calls("503", kOslo), calls("", kRome),
           served_by(1, {3, 1}).bills(kCallTokens));
  tool_row(t, "cut after each k, others differ", calls("cut?after={k}{w}", kOslo), calls("", kRome),
           served_by(1, {1, 1}).bills(kCallTokens))
      .each(1, kCallTokens)
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .lossy_proxy()
      .without_pieces();
  tool_row(t, "cut in the second of two, others differ", calls("cut?after=7{w}", kOslo, 2),
           calls("", kRome, 2), served_by(1, {1, 1}).bills(2 * kCallTokens), kTwoTools)
      .plain(served_by(1, {3, 1}).bills(2 * kCallTokens))
      .lossy_proxy()
      .without_pieces();
  tool_row(t, "cut inside, the fallback says a text", calls("cut?after=3{w}", kOslo),
           Target().says(kWords).with(R"(extra_body = { tool_choice = "none" })"),
           served_by(1, {1, 1}).bills(kWordTokens))
      .plain(served_by(1, {3, 1}).bills(kWordTokens))
      .lossy_proxy()
      .without_pieces();
  tool_row(t, "half of the arguments under a finish reason", calls("", R"({"city": "Os)"),
           calls("", kRome), served_by(1, {1, 1}).bills(kCallTokens))
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .without_pieces();
  tool_row(t, "no finish reason", calls("no-finish", kOslo), calls("", kRome),
           served_by(1, {1, 1}).bills(kCallTokens))
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .without_pieces();
  tool_row(t, "as some backends send them", calls("tool-quirk?shape={k}", kOslo), calls("", kRome),
           served_by(0, {1, 0}).bills(kCallTokens))
      .each(1, 4);
  tool_row(t, "recovery continue never goes on inside of one", calls("cut?after=3{w}", kOslo),
           calls("", kRome).with("prefill = true"), served_by(1, {1, 1}).bills(kCallTokens))
      .set("recovery", "\"continue\"")
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .lossy_proxy()
      .without_pieces();
}

/// Words that were shown bind; the call after them does not, until it is whole.
void words_before_tool_calls(Table& t) {
  const auto cut = [] { return calls("cut?after=7{w}", kOslo).says(kWords); };
  tool_row(t, "cut inside after words, the words agree", cut(), calls("", kRome).says(kWords),
           served_by(1, {1, 1}).bills(kWordTokens + kCallTokens))
      .plain(served_by(1, {3, 1}).bills(kWordTokens + kCallTokens))
      .lossy_proxy()
      .without_pieces();
  tool_row(t, "cut inside after words, the words differ", cut(),
           calls("", kRome).says("Let me see it."), refused({kBadResponse, kNetwork}, {3, 1}))
      .plain(served_by(1, {3, 1}).bills(kWordTokens + kCallTokens))
      .lossy_proxy();
}

/// The caller wants pieces, and has seen some.
void tool_call_pieces(Table& t) {
  tool_row(t, "pieces, all is well", calls("", kOslo), calls("", kRome),
           served_by(0, {1, 0}).bills(kCallTokens))
      .with_deltas();
  tool_row(t, "pieces, cut after each k, they agree", calls("cut?after={k}{w}", kOslo),
           calls("", kOslo), served_by(1, {1, 1}).bills(kCallTokens))
      .each(1, kCallTokens)
      .with_deltas();
  tool_row(t, "pieces, cut before they differ", calls("cut?after={k}{w}", kOslo), calls("", kRome),
           served_by(1, {1, 1}).bills(kCallTokens))
      .each(1, 2)
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .lossy_proxy()
      .with_deltas();
  tool_row(t, "pieces, cut after they differ", calls("cut?after={k}{w}", kOslo), calls("", kRome),
           refused({kBadResponse, kNetwork}, {3, 1}))
      .each(3, kCallTokens)
      .plain(served_by(1, {3, 1}).bills(kCallTokens))
      .lossy_proxy()
      .with_deltas();
  tool_row(t, "pieces, cut after a whole one", calls("cut?after=7{w}", kOslo, 2),
           calls("", kOslo, 2), refused({kBadResponse, kNetwork}, {1, 0}), kTwoTools)
      .plain(served_by(1, {{1, 3}, 1}).bills(2 * kCallTokens))
      .lossy_proxy()
      .with_deltas();
}

/// What the simulator thinks: 17 words and a signature. Only the first target shows it.
constexpr int kThoughts = 17;
constexpr int kThoughtDeltas = kThoughts + 1;

Scenario& reasoning_row(Table& t, std::string name, Target first, Target second, Expect expected) {
  return row(t, "reasoning: " + std::move(name), {std::move(first), std::move(second)},
             std::move(expected.bills(kThoughts + kTokens)))
      .ask("reasoning", R"({"effort":"high"})");
}

void reasoning(Table& t) {
  const std::string other = answer_text('x');
  const Expect unseen = served_by(1, {3, 1}).bills(kThoughts + kTokens);
  reasoning_row(t, "all is well", "", "", served_by(0, {1, 0}));
  reasoning_row(t, "cut before the text, text differs", "cut?after={k}{w}", Target().says(other),
                served_by(1, {1, 1}).restarted(1))
      .each(1, kThoughtDeltas)
      .plain(unseen)
      .lossy_proxy();
  reasoning_row(t, "malformed before the text, text differs", "malformed?after={k}",
                Target().says(other), served_by(1, {1, 1}).restarted(1))
      .each({"5", std::to_string(kThoughtDeltas)})
      .streaming();
  reasoning_row(t, "cut once, the same target again", "cut?after=5&times=1{w}", "404",
                served_by(0, {2, 1}).restarted(1))
      .plain(served_by(0, {2, 0}).bills(kThoughts + kTokens))
      .lossy_proxy();
  reasoning_row(t, "cut in the text, text agrees", "cut?after=30{w}", "", served_by(1, {1, 1}))
      .plain(unseen)
      .lossy_proxy();
  reasoning_row(t, "cut in the text, text differs", "cut?after=30{w}", Target().says(other),
                refused({kBadResponse, kNetwork}, {3, 1}))
      .plain(unseen)
      .lossy_proxy();
  reasoning_row(t, "recovery error: cut before the text", "cut?after=5{w}", "",
                refused({kBadResponse, kNetwork}, {1, 0}))
      .set("recovery", "\"error\"")
      .plain(unseen)
      .lossy_proxy();
}

const std::string kNumbers = "{\"n\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}";
const std::string kWordsInstead = "{\"n\": [1, 2, 3, 4, 5, 6, 0, 0, 0, 0]}";
constexpr int kNumberTokens = 11;

Scenario& schema_row(Table& t, std::string name, Target first, Target second, Expect expected) {
  return row(t, "structured output: " + std::move(name), {std::move(first), std::move(second)},
             std::move(expected.bills(kNumberTokens)))
      .ask("response_format",
           R"({"type":"json_schema","json_schema":{"name":"numbers","schema":{"type":"object",)"
           R"("properties":{"n":{"type":"array","items":{"type":"integer"}}}}}})");
}

void structured_output(Table& t) {
  const Expect unseen = served_by(1, {3, 1}).bills(kNumberTokens);
  const auto agrees = [] { return Target().says(kNumbers); };
  const auto cut = [] { return Target("cut?after={k}{w}").says(kNumbers); };
  schema_row(t, "all is well", agrees(), agrees(), served_by(0, {1, 0}));
  schema_row(t, "503", Target("503").says(kWordsInstead), agrees(), served_by(1, {3, 1}));
  schema_row(t, "cut after each k, text agrees", cut(), agrees(), served_by(1, {1, 1}))
      .each(1, kNumberTokens)
      .plain(unseen)
      .lossy_proxy();
  schema_row(t, "cut after 9, text differs", Target("cut?after=9{w}").says(kNumbers),
             Target().says(kWordsInstead), refused({kBadResponse, kNetwork}, {3, 1}))
      .plain(unseen)
      .lossy_proxy();
  // To go on from half an object would leave the billing at the rest, and the schema to chance.
  schema_row(t, "recovery continue asks for the whole", Target("cut?after=5{w}").says(kNumbers),
             agrees().with("prefill = true"), served_by(1, {1, 1}))
      .set("recovery", "\"continue\"")
      .plain(unseen)
      .lossy_proxy();
}

/// Four tokens of four deltas more: "so", " ", two halves, " far".
void half_characters(Table& t) {
  const std::string smile = "so \xF0\x9F\x98\x80 far";
  constexpr int kDeltas = 5;
  const auto says = [&](const std::string& faults) { return Target(faults).says(smile); };
  row(t, "a character in two halves", {says("half-pairs"), ""}, served_by(0, {1, 0}).bills(3));
  row(t, "a character in two halves, cut after each k, whole in the fallback",
      {says("half-pairs+cut?after={k}{w}"), says("")}, served_by(1, {1, 1}).bills(3))
      .each(1, kDeltas)
      .plain(served_by(1, {3, 1}).bills(3))
      .lossy_proxy();
  row(t, "a whole character, cut after each k, in two halves in the fallback",
      {says("cut?after={k}{w}"), says("half-pairs")}, served_by(1, {1, 1}).bills(3))
      .each(1, 3)
      .plain(served_by(1, {3, 1}).bills(3))
      .lossy_proxy();
}

}  // namespace

void add_shapes(Table& table) {
  tool_calls_whole(table);
  words_before_tool_calls(table);
  tool_call_pieces(table);
  reasoning(table);
  structured_output(table);
  half_characters(table);
}

}  // namespace prx::faults
