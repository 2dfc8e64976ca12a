#include "gateway/http/http_request.hpp"

#include <algorithm>

namespace prx::gateway {

namespace {
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const Field& field : fields_)
    if (name_of(field) == name)
      return std::string_view(text_).substr(field.at + field.name_size, field.value_size);
  return {};
}

std::size_t HttpRequest::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields_.begin(), fields_.end(), [&](const Field& field) { return name_of(field) == name; }));
}

void HttpRequest::add(std::string_view name, std::string_view value) {
  fields_.push_back({static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
  for (const char c : name) text_ += lower(c);
  text_ += value;
}

}  // namespace prx::gateway
