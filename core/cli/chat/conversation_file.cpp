#include "cli/chat/conversation_file.hpp"

#include <sys/stat.h>

#include <utility>

#include "os/file.hpp"

namespace prx::cli {
namespace {

Unexpected<Error> failed(const std::string& file, const std::string& why) {
  return fail(ErrorClass::kInvalidRequest, file + ": " + why);
}

}  // namespace

Result<void> save_conversation(const Conversation& conversation, const std::string& file,
                               bool overwrite) {
  PRX_TRY_SET(std::string text, conversation.to_json());
  text += '\n';
  struct stat about {};
  if (!overwrite && ::lstat(file.c_str(), &about) == 0)
    return failed(file, "it exists already; choose another name, or remove it first");
  os::Replacement beside;
  int error = beside.make(file);
  if (error == 0) error = beside.write(text);
  if (error == 0) error = beside.put_in_place(true);
  return error == 0 ? Result<void>() : Result<void>(failed(file, os::reason(error)));
}

Result<Conversation> load_conversation(const std::string& file) {
  auto content = os::read_file(file, Conversation::kJsonMax, os::FileKind::kRegular);
  if (!content) return failed(file, content.error().message);
  auto conversation = Conversation::from_json(content->text);
  if (!conversation) return failed(file, conversation.error().message);
  return std::move(*conversation);
}

}  // namespace prx::cli
