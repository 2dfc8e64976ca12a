#include "cli/serve/new_key.hpp"

#include "config/mask.hpp"
#include "config/table_reader.hpp"
#include "gateway/access/digest.hpp"

namespace prx::cli {

Result<std::string> new_key_text(const std::string& name) {
  if (!config::is_table_name(name) || config::looks_like_key(name))
    return fail(ErrorClass::kInvalidRequest,
                "--new-key: " + config::shown(name) +
                    " is no name for a key; say whose it is, with 1 to 64 of A-Z a-z 0-9 _ -");
  PRX_TRY_SET(const std::string key, gateway::make_key());
  const auto digest = gateway::sha256(key);
  if (!digest) return fail(ErrorClass::kInternal, "OpenSSL of this machine has no SHA-256");
  return key + "\n\n[serve.keys." + name + "]\nsha256 = \"" + gateway::hex(*digest) + "\"\n";
}

}  // namespace prx::cli
