#include "check/check_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "check/check_provider.hpp"
#include "config/table_reader.hpp"
#include "config/text_values.hpp"
#include "os/file.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::check {
namespace {

using config::Array;
using config::LoadContext;
using config::Member;
using config::Table;
using config::TableReader;

constexpr std::array<std::string_view, 4> kTables{"provider", "chat", "quirks", "answers"};
constexpr std::array<std::string_view, 3> kChatKeys{"model", "body", "body_file"};
constexpr std::array<std::string_view, 9> kQuirkKeys{
    "needed",      "imports",        "glibc_max",  "glibcxx_max",  "init_array",
    "concurrency", "random_answers", "slow_start", "errors_in_200"};
constexpr std::array<std::string_view, 10> kAnswerKeys{
    "name", "op",        "stream", "status", "headers",
    "body", "body_file", "text",   "error",  "marked_end"};
constexpr std::array<std::string_view, 6> kOperations{"chat",   "models",  "health",
                                                      "warmup", "account", "call"};
constexpr config::Range<int> kStatus{200, 599}, kConcurrency{0, 1'000};

/// A version such as 2.36: what is compared number by number.
bool is_version(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos &&
         text.front() != '.' && text.back() != '.' && text.find("..") == text.npos;
}

Result<std::string> read_version(TableReader& reader, std::string_view key, std::string fallback) {
  PRX_TRY_SET(auto version, reader.text(key, std::move(fallback)));
  const Member* const member = reader.find(key);
  if (member != nullptr && !is_version(version))
    return reader.context().error(member->node.place,
                                  reader.name_of(key) + " is no version; write \"2.38\"");
  return version;
}

/// A string as it is written: a body may hold "${".
Result<std::optional<std::string>> plain_text(const TableReader& reader, std::string_view key) {
  const Member* const member = reader.find(key);
  if (member == nullptr) return std::optional<std::string>();
  const auto* const text = member->node.as<std::string>();
  if (text == nullptr) return reader.wrong_type(*member, "a string", "put it in quotes");
  return std::optional(*text);
}

/// `body`, or the content of `body_file`.
Result<std::optional<std::string>> read_body(TableReader& reader) {
  PRX_TRY_SET(auto body, plain_text(reader, "body"));
  PRX_TRY_SET(const auto path, reader.path_text("body_file"));
  if (path.empty()) return body;
  const Member& member = *reader.find("body_file");
  if (body)
    return reader.context().error(member.place,
                                  "'body' and 'body_file' exclude each other; remove one");
  auto file = os::read_file(reader.context().resolve(path), kAnswerBodyMax, os::FileKind::kRegular);
  if (!file)
    return reader.context().error(member.node.place,
                                  reader.name_of("body_file") + ": " + file.error().message);
  return std::optional(std::move(file->text));
}

class CheckReader {
 public:
  CheckReader(LoadContext& context, const Table& top, const PluginNote& note)
      : context_(context), top_(context, top, ""), note_(note) {}

  Result<CheckFile> read() {
    PRX_TRY(read_chat());
    PRX_TRY(read_quirks());
    PRX_TRY(read_answers());
    return std::move(out_);
  }

 private:
  Result<void> read_chat() {
    out_.model = note_.default_model.empty() ? kUsualModel : note_.default_model;
    PRX_TRY_SET(const Table* const table, top_.table("chat"));
    std::optional<std::string> body;
    if (table != nullptr) {
      TableReader reader(context_, *table, "chat");
      PRX_TRY(reader.only(kChatKeys));
      PRX_TRY_SET(const auto model, reader.model("model"));
      if (!model.empty()) out_.model = model;
      PRX_TRY_SET(body, read_body(reader));
    }
    const std::string text =
        body.value_or(R"({"messages":[{"role":"user","content":"Say hello."}]})");
    const auto index = json::ObjectIndex::parse(text);
    if (!index || !json::validate(text))
      return context_.error(top_.find("chat")->place,
                            "the body of [chat] is no JSON object; write a Chat Completions one");
    out_.request_json = json::ObjectEdit(*index).set("model", json::quoted(out_.model)).str();
    return {};
  }

  Result<void> read_quirks() {
    PRX_TRY_SET(const Table* const table, top_.table("quirks"));
    if (table == nullptr) return {};
    TableReader reader(context_, *table, "quirks");
    Quirks& quirks = out_.quirks;
    PRX_TRY(reader.only(kQuirkKeys));
    PRX_TRY_SET(quirks.needed, reader.texts("needed"));
    PRX_TRY_SET(quirks.imports, reader.texts("imports"));
    PRX_TRY_SET(quirks.glibc_max, read_version(reader, "glibc_max", quirks.glibc_max));
    PRX_TRY_SET(quirks.glibcxx_max, read_version(reader, "glibcxx_max", quirks.glibcxx_max));
    PRX_TRY_SET(quirks.init_array, reader.flag("init_array", false));
    PRX_TRY_SET(const int concurrency, reader.integer("concurrency", kConcurrency, 0));
    quirks.concurrency = static_cast<unsigned>(concurrency);
    PRX_TRY_SET(quirks.random_answers, reader.flag("random_answers", false));
    PRX_TRY_SET(quirks.slow_start, reader.flag("slow_start", false));
    PRX_TRY_SET(quirks.errors_in_200, reader.flag("errors_in_200", true));
    return {};
  }

  Result<void> read_answers() {
    const Member* const member = top_.find("answers");
    if (member == nullptr) return {};
    const auto* const answers = member->node.as<Array>();
    if (answers == nullptr) return top_.wrong_type(*member, "tables", "begin each by [[answers]]");
    if (answers->size() > kAnswersMax)
      return context_.error(
          member->place, "more than " + std::to_string(kAnswersMax) + " [[answers]]; remove some");
    for (std::size_t i = 0; i < answers->size(); ++i) {
      const auto* const table = (*answers)[i].as<Table>();
      if (table == nullptr) return top_.wrong_type(*member, "tables", "begin each by [[answers]]");
      TableReader reader(context_, *table, "answers." + std::to_string(i + 1));
      PRX_TRY(read_answer(reader, (*answers)[i].place));
    }
    return {};
  }

  Result<void> read_answer(TableReader& reader, config::Place place) {
    Sample sample;
    sample.own = true;
    PRX_TRY(reader.only(kAnswerKeys));
    PRX_TRY_SET(sample.name, reader.filled_text("name", ""));
    PRX_TRY_SET(sample.op, reader.word("op", kOperations, kOperations.front()));
    PRX_TRY_SET(sample.stream, reader.flag("stream", sample.op == kOperations.front()));
    PRX_TRY_SET(sample.status, reader.integer("status", kStatus, sample.status));
    PRX_TRY(read_headers(reader, sample));
    PRX_TRY_SET(auto body, read_body(reader));
    if (sample.name.empty() || !body)
      return context_.error(place, "[[answers]] has no " +
                                       std::string(sample.name.empty() ? "name" : "body") +
                                       "; write one");
    sample.body = std::move(*body);
    PRX_TRY_SET(sample.text, plain_text(reader, "text"));
    PRX_TRY(read_error(reader, sample));
    PRX_TRY_SET(sample.marked_end, reader.flag("marked_end", sample.marked_end));
    const auto same = [&](const Sample& other) { return other.name == sample.name; };
    if (std::any_of(out_.samples.begin(), out_.samples.end(), same))
      return context_.error(
          place, "two [[answers]] have the name '" + sample.name + "'; give each its own");
    out_.samples.push_back(std::move(sample));
    return {};
  }

  static Result<void> read_headers(TableReader& reader, Sample& sample) {
    PRX_TRY_SET(const Table* const headers, reader.table("headers"));
    if (headers == nullptr) return {};
    for (const Member& header : *headers) {
      const auto* const value = header.node.as<std::string>();
      if (value == nullptr) return reader.wrong_type(header, "a string", "put it in quotes");
      std::string name = header.key;
      for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      sample.headers.emplace_back(std::move(name), *value);
    }
    return {};
  }

  static Result<void> read_error(TableReader& reader, Sample& sample) {
    PRX_TRY_SET(sample.error, reader.filled_text("error", ""));
    if (sample.error.empty() || error_class_from(std::string_view(sample.error))) return {};
    return reader.context().error(
        reader.find("error")->node.place,
        reader.name_of("error") +
            " is no class of error; plugin.h has them: \"rate_limit\", \"bad_response\" ...");
  }

  LoadContext& context_;
  TableReader top_;
  const PluginNote& note_;
  CheckFile out_;
};

/// What stands outside of the tables of check.toml, as its [provider].
void move_to_provider(Table& top) {
  const auto is_table = [](const Member& member) {
    return std::find(kTables.begin(), kTables.end(), member.key) != kTables.end();
  };
  const auto others = std::stable_partition(top.begin(), top.end(), is_table);
  if (others == top.end()) return;
  Table loose(std::make_move_iterator(others), std::make_move_iterator(top.end()));
  const config::Place place = loose.front().place;
  top.erase(others, top.end());
  const auto provider = std::find_if(
      top.begin(), top.end(), [](const Member& member) { return member.key == kTables.front(); });
  if (provider == top.end()) {
    top.push_back({std::string(kTables.front()), place, {place, std::move(loose)}});
  } else if (auto* const table = provider->node.as<Table>()) {
    table->insert(table->end(), std::make_move_iterator(loose.begin()),
                  std::make_move_iterator(loose.end()));
  }
}

}  // namespace

Result<CheckText> check_text(const std::string& file_or_toml) {
  std::error_code error;
  const std::filesystem::path path(file_or_toml);
  const bool is_text = file_or_toml.find('=') != file_or_toml.npos;
  if (is_text && !std::filesystem::exists(path, error))
    return CheckText{file_or_toml, "--config", ".", true};
  auto file = os::read_file(path, config::kDocumentMax, os::FileKind::kAny);
  if (!file) return fail(ErrorClass::kInvalidRequest, file_or_toml + ": " + file.error().message);
  return CheckText{std::move(file->text), file_or_toml,
                   std::filesystem::absolute(path, error).parent_path(), false};
}

Result<CheckFile> read_check_file(const CheckText& text, const PluginNote& note,
                                  const Environment& environment) {
  PRX_TRY_SET(auto document, config::parse_document(text.toml, text.name));
  Table& top = *document.as<Table>();
  if (text.is_inline) move_to_provider(top);
  ConfigSource source;
  source.environment = environment;
  LoadContext context({text.name, text.folder, false}, source);
  TableReader reader(context, top, "");
  PRX_TRY(reader.only(kTables));
  PRX_TRY_SET(CheckFile out, CheckReader(context, top, note).read());
  PRX_TRY_SET(const Table* const provider, reader.table(kTables.front()));
  PRX_TRY(read_provider(provider == nullptr ? Table() : *provider, {context, text, note}, out));
  return out;
}

}  // namespace prx::check
