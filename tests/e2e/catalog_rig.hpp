/// \file catalog_rig.hpp
/// A rig with a cache of models of its own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/cache.hpp"
#include "rig.hpp"

namespace prx::test {

namespace fs = std::filesystem;
using Fetch = CatalogOptions::Fetch;

inline CatalogOptions fetching(Fetch fetch) {
  CatalogOptions options;
  options.fetch = fetch;
  return options;
}

inline ChatRequest with_tool(ChatRequest request) {
  Tool tool;
  tool.name = "now";
  tool.parameters = R"({"type":"object"})";
  request.tools.push_back(tool);
  return request;
}

inline ChatRequest with_image(ChatRequest request) {
  Part image;
  image.type = Part::Type::kImage;
  image.url = "data:image/png;base64,AAAA";
  request.messages[0].parts.push_back(image);
  return request;
}

class CatalogTest : public ::testing::Test {
 protected:
  CatalogTest() {
    std::string name = (fs::canonical(fs::temp_directory_path()) / "prx-lists-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "cannot make " << name;
    folder = name;
    rig.environment["XDG_CACHE_HOME"] = folder;
  }
  ~CatalogTest() override {
    std::error_code error;
    fs::remove_all(folder, error);
  }

  /// A chain of OpenRouter's models, in that order.
  std::unique_ptr<Client> open(const std::vector<std::string>& models) {
    rig.toml += "\n[default]\nchain = \"c\"\n[chains.c]\ntargets = [\n";
    for (const auto& model : models)
      rig.toml += model.front() == '{'
                      ? model + ",\n"
                      : "{ provider = \"openrouter\", model = \"" + model + "\" },\n";
    rig.toml += "]\n";
    return rig.open();
  }
  /// The same, when the list was fetched before.
  std::unique_ptr<Client> open_knowing(const std::vector<std::string>& models) {
    auto client = open(models);
    EXPECT_TRUE(client->catalog("openrouter"));
    return client;
  }
  [[nodiscard]] std::size_t sent(std::string_view path) const {
    const auto requests = rig.simulator->requests();
    return static_cast<std::size_t>(std::count_if(
        requests.begin(), requests.end(),
        [&](const sim::RequestRecord& request) { return request.target.ends_with(path); }));
  }
  [[nodiscard]] static std::vector<std::string> reasons(const std::vector<Attempt>& attempts) {
    std::vector<std::string> out;
    for (const auto& attempt : attempts) out.push_back(attempt.reason);
    return out;
  }
  /// Lets the list of OpenRouter be as if it were that old.
  void age(std::chrono::seconds age) const {
    const catalog::Cache cache(folder / "prx/models");
    const catalog::Source source{"openrouter", rig.simulator->base_url()};
    auto list = cache.read(source);
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_TRUE(cache.write(source, std::time(nullptr) - age.count(), list->models));
  }

  fs::path folder;
  Rig rig;
};

}  // namespace prx::test
