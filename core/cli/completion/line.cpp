#include "cli/completion/line.hpp"

#include <algorithm>
#include <utility>

#include "cli/plan/plan_faults.hpp"
#include "cli/program_help.hpp"

namespace prx::cli {
namespace {

const CommandEntry* find_verb(std::span<const CommandEntry> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const CommandEntry& entry) {
    return entry.name == name && !entry.is_hidden();
  });
  return found == table.end() ? nullptr : &*found;
}

/// The verbs of a group by their second word.
std::vector<Candidate> verbs_of_group(std::span<const CommandEntry> table, std::string_view group) {
  std::vector<Candidate> out;
  for (const CommandEntry& entry : table) {
    if (!entry.name.starts_with(std::string(group) + " ")) continue;
    out.push_back({std::string(entry.name.substr(group.size() + 1)), std::string(entry.summary)});
  }
  return out;
}

/// Each first word once; a group that is no verb itself with its verbs.
std::vector<Candidate> first_words(std::span<const CommandEntry> table) {
  std::vector<Candidate> out;
  for (const CommandEntry& entry : table) {
    if (entry.is_hidden()) continue;
    const std::string word(entry.name.substr(0, entry.name.find(' ')));
    if (std::any_of(out.begin(), out.end(), [&](const Candidate& c) { return c.word == word; }))
      continue;
    std::string help(entry.summary);
    if (word != entry.name) {
      help.clear();
      for (const Candidate& verb : verbs_of_group(table, word))
        help += (help.empty() ? "" : ", ") + verb.word;
    }
    out.push_back({word, std::move(help)});
  }
  return out;
}

/// Follows the words as run_program() does.
class LineReader {
 public:
  explicit LineReader(std::span<const CommandEntry> table)
      : table_(table), options_(program_options()) {}

  void take(const std::string& word) {
    const bool follows_verb = std::exchange(fresh_, false);
    if (pending_) {
      give(*pending_, word);
      pending_.reset();
    } else if (is_option(word)) {
      take_option(word);
    } else if (word == "--" && !ended_) {
      ended_ = true;
    } else if (verb_ == nullptr) {
      take_verb(word);
    } else if (const CommandEntry* const verb = find_verb(table_, name_ + " " + word);
               verb != nullptr && follows_verb) {
      enter(*verb);
    } else {
      ++words_taken_;
    }
  }

  Completion at(std::string_view current, const ValueSource& values) const {
    if (pending_) return value_of(pending_->values, "", current, values);
    if (lost_) return {};
    if (!ended_ && current.starts_with('-')) return at_option(current, values);
    return at_word(current, values);
  }

 private:
  [[nodiscard]] bool is_option(std::string_view word) const {
    return !ended_ && word.size() > 1 && word.front() == '-' && word != "--";
  }

  [[nodiscard]] const OptionFacts* find_option(std::string_view name) const {
    const auto found =
        std::find_if(options_.begin(), options_.end(),
                     [&](const OptionFacts& option) { return option.has_name(name); });
    return found == options_.end() ? nullptr : &*found;
  }

  void give(const OptionFacts& option, const std::string& value) {
    for (const std::string& name : option.names) given_[name] = value;
  }

  void take_option(const std::string& word) {
    const std::size_t equals = word.find('=');
    const OptionFacts* const option = find_option(word.substr(0, equals));
    if (option == nullptr) return;
    if (equals != word.npos)
      give(*option, word.substr(equals + 1));
    else if (option->takes_value())
      pending_ = *option;
    else
      give(*option, "");
  }

  void take_verb(const std::string& word) {
    if (word == "help" && name_.empty()) {
      help_ = true;
      return;
    }
    const std::string name = name_.empty() ? word : name_ + " " + word;
    if (const CommandEntry* const verb = find_verb(table_, name))
      enter(*verb);
    else if (name_.empty() && !verbs_of_group(table_, word).empty())
      name_ = word;
    else
      lost_ = true;
  }

  void enter(const CommandEntry& verb) {
    verb_ = &verb;
    fresh_ = true;
    name_ = verb.name;
    VerbFacts facts = facts_of(verb);
    options_ = std::move(facts.options);
    words_ = std::move(facts.words);
  }

  Completion at_option(std::string_view current, const ValueSource& values) const {
    const std::size_t equals = current.find('=');
    if (equals == std::string_view::npos) return all_options();
    const OptionFacts* const option = find_option(current.substr(0, equals));
    if (option == nullptr || !option->takes_value()) return {};
    return value_of(option->values, current.substr(0, equals + 1), current.substr(equals + 1),
                    values);
  }

  /// Those that may still be given.
  Completion all_options() const {
    Completion out;
    for (const OptionFacts& option : options_) {
      if (given_.contains(option.names.front()) && !option.repeatable) continue;
      for (const std::string& name : option.names) out.candidates.push_back({name, option.help});
    }
    return out;
  }

  Completion at_word(std::string_view current, const ValueSource& values) const {
    Completion out;
    if (verb_ == nullptr) {
      out.candidates = name_.empty() ? first_words(table_) : verbs_of_group(table_, name_);
      if (name_.empty() && !help_)
        out.candidates.push_back({"help", "Print the help of the program, or of a verb"});
      return out;
    }
    if (help_) return fresh_ ? group_words() : out;
    if (words_ && !(words_->kind == Values::Kind::kChoice && words_taken_ > 0))
      out = value_of(*words_, "", current, values);
    else if (!words_ && !ended_)
      out = all_options();  // nothing else can stand here
    if (fresh_)
      for (Candidate& verb : verbs_of_group(table_, name_)) out.candidates.push_back(verb);
    return out;
  }

  Completion group_words() const {
    Completion out;
    out.candidates = verbs_of_group(table_, name_);
    return out;
  }

  Completion value_of(const Values& kind, std::string_view before, std::string_view current,
                      const ValueSource& values) const {
    Completion out;
    out.before = before;
    switch (kind.kind) {
      case Values::Kind::kText:
        break;
      case Values::Kind::kFile:
        out.kind = Completion::Kind::kFiles;
        break;
      case Values::Kind::kPluginOrFile:
        if (current.find_first_of("/.") == std::string_view::npos)
          out.candidates = values(Values::Kind::kPlugin, given_);
        if (out.candidates.empty()) out.kind = Completion::Kind::kFiles;
        break;
      case Values::Kind::kChoice:
        for (const std::string& choice : kind.choices) out.candidates.push_back({choice, ""});
        break;
      case Values::Kind::kFault:
        add_faults(out, current, values);
        break;
      default:
        out.candidates = values(kind.kind, given_);
    }
    return out;
  }

  /// "TARGET=FAULT,TARGET=FAULT": the part behind the last comma.
  void add_faults(Completion& out, std::string_view current, const ValueSource& values) const {
    const std::size_t begin = current.rfind(',') + 1;  // of none: 0
    const std::size_t equals = current.find('=', begin);
    const bool target = equals == std::string_view::npos;
    const std::string head(current.substr(0, target ? begin : equals + 1));
    if (target) {
      out.kind = Completion::Kind::kOpen;
      for (const Candidate& each : values(Values::Kind::kFault, given_))
        out.candidates.push_back({head + each.word + "=", each.help});
    } else {
      for (const std::string& fault : fault_examples())
        out.candidates.push_back({head + fault, ""});
    }
  }

  std::span<const CommandEntry> table_;
  std::vector<OptionFacts> options_;
  std::optional<Values> words_;
  std::optional<OptionFacts> pending_;  ///< its value is the next word
  const CommandEntry* verb_ = nullptr;
  std::string name_;  ///< of the verb, or of a group as long as its verb is not named
  GivenOptions given_;
  int words_taken_ = 0;
  bool help_ = false;   ///< `prx help ...`
  bool fresh_ = false;  ///< the verb was the last word
  bool ended_ = false;  ///< by "--"
  bool lost_ = false;   ///< by a word that is no verb
};

}  // namespace

Completion complete_line(std::span<const CommandEntry> table, const std::vector<std::string>& words,
                         std::string_view current, const ValueSource& values) {
  LineReader reader(table);
  for (const std::string& word : words) reader.take(word);
  return reader.at(current, values);
}

}  // namespace prx::cli
