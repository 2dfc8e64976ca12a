#include "cli/talk/line_editor.hpp"

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <utility>

#include "cli/output.hpp"
#include "cli/talk/history_file.hpp"
#include "cli/utf8.hpp"
#include "prx/sdk/json_edit.hpp"

namespace prx::cli {
namespace {

constexpr int kPasteWaitMs = 20;  // between lines of one paste; nobody types that fast
constexpr const char* kMorePrompt = "... ";

/// libedit measures and writes characters by the locale's rules; nothing else here goes by it.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

/// Whether there is something to read within `wait_ms` (-1: for ever); false also when `stop_fd` is
/// what can be read.
bool wait_readable(int fd, int stop_fd, int wait_ms) {
  std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_fd, POLLIN, 0}};
  int ready = -1;
  do ready = poll(fds.data(), fds.size(), wait_ms);
  while (ready < 0 && errno == EINTR && wait_ms < 0);
  return ready > 0 && fds[1].revents == 0;
}

/// What stands for a byte that is no UTF-8 while it is edited: half a surrogate pair, which no text
/// has. libedit shows it by its number, and takes it for no key.
constexpr char32_t kBrokenBase = 0xDC00, kBrokenMin = 0xDC80, kBrokenMax = 0xDCFF;

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code >= kBrokenMin && code <= kBrokenMax) {
    out += static_cast<char>(code - kBrokenBase);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

struct LineEditor::Impl {
  LineEditorOptions options;
  EditLine* editor = nullptr;
  History* history = nullptr;
  std::string prompt;
  bool cancelled = false, told = false;
  std::string held;                   ///< bytes read beyond the last character, at most 3
  std::unique_ptr<HistoryFile> kept;  ///< null: nothing is kept
  bool more_waits = false;            ///< behind the line feed that was read last

  ~Impl() {
    if (editor != nullptr) el_end(editor);
    if (history != nullptr) history_end(history);
  }

  static Impl& of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }

  // --- what libedit calls

  static char* prompt_of(EditLine* editor) { return of(editor).prompt.data(); }

  /// \return 1, 0 at the end, -1 with errno.
  static int read_character(EditLine* editor, wchar_t* out) {
    Impl& self = of(editor);
    Utf8Step step{Utf8Step::Kind::kCut, 0, 0};
    while (true) {
      if (!self.held.empty()) step = next_utf8(self.held);
      if (step.kind != Utf8Step::Kind::kCut) break;
      if (!wait_readable(STDIN_FILENO, self.options.stop_fd, -1)) return 0;
      char byte = 0;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (got <= 0) return static_cast<int>(got);
      self.held += byte;
    }
    if (step.kind == Utf8Step::Kind::kInvalid)
      step.code = kBrokenBase + static_cast<unsigned char>(self.held.front());
    self.held.erase(0, step.size);
    *out = static_cast<wchar_t>(step.code);
    // Asked here, since the terminal tells of a line's beginning only while it is being edited.
    if (*out == L'\n' || *out == L'\r')
      self.more_waits =
          !self.held.empty() || wait_readable(STDIN_FILENO, self.options.stop_fd, kPasteWaitMs);
    return 1;
  }

  static unsigned char cancel(EditLine* editor, int) {
    of(editor).cancelled = true;
    return CC_EOF;
  }

  /// Completes the command at the beginning of the line as far as it is clear; in a text, a tab is
  /// one.
  static unsigned char complete(EditLine* editor, int) {
    const Impl& self = of(editor);
    const LineInfo* const line = el_line(editor);
    const std::string_view typed(line->buffer,
                                 static_cast<std::size_t>(line->cursor - line->buffer));
    if (!typed.starts_with('/')) return el_insertstr(editor, "\t") == 0 ? CC_REFRESH : CC_ERROR;
    std::string common;
    std::size_t fitting = 0;
    for (const std::string& word : self.options.words) {
      if (!word.starts_with(typed)) continue;
      if (++fitting == 1) {
        common = word;
        continue;
      }
      const auto [end, other] =
          std::mismatch(common.begin(), common.end(), word.begin(), word.end());
      common.erase(end, common.end());
    }
    if (fitting == 1) common += ' ';
    if (fitting == 0 || common.size() <= typed.size()) return CC_ERROR;
    return el_insertstr(editor, common.c_str() + typed.size()) == 0 ? CC_REFRESH : CC_ERROR;
  }

  // --- history

  void load_history() {
    HistEvent event;
    ::history(history, &event, H_SETSIZE, options.history_max);
    ::history(history, &event, H_SETUNIQUE, 1);
    if (options.history.empty()) return;
    kept = std::make_unique<HistoryFile>(options.history, history, options.history_max);
    tell(kept->load());
  }

  /// Written after each entry: a terminal may be closed at any time.
  void remember(const std::string& text) {
    if (text.find_first_not_of(" \t\n") == std::string::npos || !json::is_utf8(text)) return;
    HistEvent event;
    if (kept != nullptr)
      tell(kept->add(text));
    else
      ::history(history, &event, H_ENTER, text.c_str());
  }

  /// What is wrong with the history, once.
  void tell(const Result<void>& done) {
    if (!done && !std::exchange(told, true)) message(done.error().message);
  }

  // --- one line

  Entry read_line(std::string_view shown) {
    prompt = shown;
    cancelled = more_waits = false;
    el_set(editor, EL_PREP_TERM, 1);  // before the prompt: who sees it may press any key
    int count = 0;
    const wchar_t* const line = el_wgets(editor, &count);
    Entry entry;
    if (cancelled) entry.end = End::kCancelled;
    if (cancelled || line == nullptr || count <= 0) return entry;
    entry.end = End::kLine;
    for (int i = 0; i < count; ++i) append_utf8(entry.text, static_cast<char32_t>(line[i]));
    if (entry.text.ends_with('\n')) entry.text.pop_back();
    return entry;
  }
};

LineEditor::LineEditor(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineEditor::~LineEditor() = default;

Result<std::unique_ptr<LineEditor>> LineEditor::open(LineEditorOptions options) {
  use_utf8();
  auto impl = std::make_unique<Impl>();
  impl->options = std::move(options);
  impl->history = history_init();
  impl->editor = el_init("prx", stdin, stdout, stderr);
  if (impl->editor == nullptr || impl->history == nullptr)
    return fail(ErrorClass::kInvalidRequest,
                "the terminal cannot be used for a conversation; give the prompt as an argument");
  EditLine* const editor = impl->editor;
  el_set(editor, EL_CLIENTDATA, impl.get());
  el_set(editor, EL_PROMPT, &Impl::prompt_of);
  el_set(editor, EL_EDITOR, "emacs");
  el_set(editor, EL_SIGNAL, 0);
  el_set(editor, EL_HIST, ::history, impl->history);
  el_wset(editor, EL_GETCFN, &Impl::read_character);
  el_wset(editor, EL_ADDFN, L"prx-cancel", L"Leaves the line", &Impl::cancel);
  el_wset(editor, EL_ADDFN, L"prx-complete", L"Completes a command", &Impl::complete);
  el_set(editor, EL_SETTY, "-d", "-isig", nullptr);
  el_source(editor, nullptr);  // the person's own ~/.editrc
  el_set(editor, EL_BIND, "^C", "prx-cancel", nullptr);
  el_set(editor, EL_BIND, "^I", "prx-complete", nullptr);
  impl->load_history();
  return std::unique_ptr<LineEditor>(new LineEditor(std::move(impl)));
}

LineEditor::Entry LineEditor::read(std::string_view prompt) {
  EntryBuilder builder;
  Entry entry = impl_->read_line(prompt);
  while (entry.end == End::kLine && builder.add(entry.text, impl_->more_waits))
    entry = impl_->read_line(kMorePrompt);
  if (entry.end != End::kLine) return {entry.end, {}, false};
  entry.pasted = builder.pasted();
  entry.text = builder.take();
  impl_->remember(entry.text);
  return entry;
}

}  // namespace prx::cli
