#include "cli/completion/shells.hpp"

#include <algorithm>
#include <array>

#include "cli/visible.hpp"

namespace prx::cli {

// The build makes them of the folder completions.
std::string_view bash_completion_text();
std::string_view zsh_completion_text();
std::string_view fish_completion_text();

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// A name that a terminal or the lines of an answer cannot carry is not offered.
bool can_be_offered(const std::string& word) {
  return !word.empty() && std::none_of(word.begin(), word.end(), is_control) &&
         visible_line(word) == word;
}

std::string first_line(Completion::Kind kind) {
  switch (kind) {
    case Completion::Kind::kFiles:
      return "files\n";
    case Completion::Kind::kOpen:
      return "open\n";
    case Completion::Kind::kWords:
      break;
  }
  return "words\n";
}

std::string described_answer(const Completion& completion, const std::string& before) {
  std::string text = first_line(completion.kind);
  for (const Candidate& candidate : completion.candidates) {
    if (!can_be_offered(candidate.word)) continue;
    text += before + candidate.word;
    if (!candidate.help.empty()) text += '\t' + visible_line(candidate.help);
    text += '\n';
  }
  return text;
}

/// Reads a line as bash cuts it in words.
class BashReader {
 public:
  explicit BashReader(std::string_view home) : home_(home) {}

  BashLine read(std::string_view text) {
    for (; at_ < text.size(); ++at_) take(text[at_], text.substr(at_ + 1));
    BashLine line;
    line.words = std::move(words_);
    line.current_written = std::move(written_);
    line.current = plain();
    line.quote = quote_;
    line.redirects = redirects_;
    return line;
  }

 private:
  void take(char c, std::string_view behind) {
    if (quote_ == '\'') {
      in_single(c);
    } else if (c == '\\') {
      escaped(behind);
    } else if (quote_ == '"') {
      in_double(c);
    } else if (c == '\'' || c == '"') {
      quote_ = c;
      written_ += c;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      end_word();
    } else if (c == '<' || c == '>') {
      redirect();
    } else {
      add(c);
    }
  }
  void in_single(char c) {
    if (c != '\'') return add(c);
    quote_ = 0;
    written_ += c;
  }
  void in_double(char c) {
    if (c != '"') return add(c);
    quote_ = 0;
    written_ += c;
  }
  /// Between double quotes a backslash stands for itself before most characters.
  void escaped(std::string_view behind) {
    constexpr std::string_view kSpecial = "\\\"$`";
    written_ += '\\';
    if (behind.empty()) return;
    if (quote_ == '"' && kSpecial.find(behind.front()) == std::string_view::npos) {
      text_ += '\\';
      return;
    }
    ++at_;
    add(behind.front());
  }
  void add(char c) {
    text_ += c;
    written_ += c;
  }
  void end_word() {
    if (written_.empty()) return;
    if (!redirects_) words_.push_back(plain());
    redirects_ = false;
    text_.clear();
    written_.clear();
  }
  /// What stands right before it is a word, or the number of a descriptor.
  void redirect() {
    const bool number = written_.find_first_not_of("0123456789&") == std::string::npos;
    if (number) {
      text_.clear();
      written_.clear();
    }
    end_word();
    redirects_ = true;
  }
  [[nodiscard]] std::string plain() const {
    return written_.starts_with("~/") ? std::string(home_) + text_.substr(1) : text_;
  }

  std::string_view home_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string text_, written_;
  char quote_ = 0;
  bool redirects_ = false;
};

/// As it has to be written where that quotation mark is open.
std::string quoted(std::string_view word, char quote) {
  constexpr std::string_view kPlain = "_./:@%+,=-^";
  std::string out;
  for (const char c : word) {
    const bool plain = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') ||
                       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (quote == '\'' && c == '\'')
      out += "'\\'";
    else if (quote == 0
                 ? !plain
                 : quote == '"' && std::string_view("\\\"$`").find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

constexpr std::array kShells{std::pair("bash", Shell::kBash), std::pair("zsh", Shell::kZsh),
                             std::pair("fish", Shell::kFish)};

}  // namespace

const std::vector<std::string>& shell_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const auto& [name, shell] : kShells) names.emplace_back(name);
    return names;
  }();
  return kNames;
}

std::optional<Shell> shell_from(std::string_view name) {
  for (const auto& [known, shell] : kShells)
    if (known == name) return shell;
  return std::nullopt;
}

std::string_view completion_script(Shell shell) {
  switch (shell) {
    case Shell::kZsh:
      return zsh_completion_text();
    case Shell::kFish:
      return fish_completion_text();
    case Shell::kBash:
      break;
  }
  return bash_completion_text();
}

BashLine read_bash_line(std::string_view line, std::string_view home) {
  return BashReader(home).read(line);
}

std::string bash_answer(const Completion& completion, const BashLine& line,
                        std::string_view replaced) {
  std::string text = first_line(completion.kind);
  std::string_view kept = line.current_written;  // what readline leaves in place
  if (kept.ends_with(replaced)) kept.remove_suffix(replaced.size());
  const std::size_t kept_size = read_bash_line(kept, "").current.size();
  for (const Candidate& candidate : completion.candidates) {
    const std::string word = completion.before + candidate.word;
    if (!can_be_offered(word) || !word.starts_with(line.current)) continue;
    text += quoted(std::string_view(word).substr(kept_size), line.quote) + '\n';
  }
  return text;
}

std::string fish_answer(const Completion& completion) {
  return described_answer(completion, completion.before);
}

std::string zsh_answer(const Completion& completion) { return described_answer(completion, ""); }

}  // namespace prx::cli
