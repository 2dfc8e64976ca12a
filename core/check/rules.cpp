#include <array>

#include "check/rule.hpp"

namespace prx::check {

std::vector<Rule> all_rules() {
  std::vector<Rule> all;
  for (const auto table :
       {file_rules(), table_rules(), operation_rules(), answer_rules(), endurance_rules()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}

}  // namespace prx::check
