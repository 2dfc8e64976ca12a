#include "cli/chat/conversation_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "os/file.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> failed(const std::string& file, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, file + ": " + why);
}

/// Nothing of somebody else's is lost.
Result<void> check_present(const std::string& file, const std::optional<std::string>& expected) {
  struct stat about {};
  if (::lstat(file.c_str(), &about) != 0) return {};
  if (!expected) return failed(file, "it exists already; choose another name, or remove it first");
  const auto now = os::read_file(file, Conversation::kJsonMax, os::FileKind::kRegular);
  if (!now) return failed(file, now.error().message);
  if (now->text != *expected)
    return failed(file, "somebody else changed it meanwhile; choose another name, or /load it");
  return {};
}

}  // namespace

Result<std::string> save_conversation(const Conversation& conversation, const std::string& file,
                                      const std::optional<std::string>& expected) {
  PRX_TRY_SET(std::string text, conversation.to_json());
  text += '\n';
  const auto target = os::behind_links(file);
  os::FolderLock lock;
  if (lock.take(target.parent_path()) != 0)
    return failed(file, "somebody else is writing in its folder; try again in a moment");
  PRX_TRY(check_present(file, expected));
  os::Replacement beside;
  int error = beside.make(target);
  if (error == 0) error = beside.write(text);
  if (error == 0) error = beside.keep_owner_and_mode(0777);
  if (error == 0) error = beside.put_in_place(true);
  if (error != 0) return failed(file, os::reason(error));
  return text;
}

Result<LoadedConversation> load_conversation(const std::string& file) {
  auto content = os::read_file(file, Conversation::kJsonMax, os::FileKind::kRegular);
  if (!content) return failed(file, content.error().message);
  auto conversation = Conversation::from_json(content->text);
  if (!conversation) return failed(file, conversation.error().message);
  return LoadedConversation{std::move(*conversation), std::move(content->text)};
}

}  // namespace prx::cli
