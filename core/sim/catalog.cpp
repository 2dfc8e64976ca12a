#include "sim/catalog.hpp"

#include <array>

#include "sim/fault.hpp"

namespace prx::sim {
namespace {

constexpr std::array kModels{
    CatalogModel{"anthropic/claude-sonnet-4", "Anthropic: Claude Sonnet 4", "Anthropic", 1747930371,
                 200'000, 64'000, "0.000003", "0.000015", true, true, true},
    CatalogModel{"anthropic/claude-opus-4", "Anthropic: Claude Opus 4", "Anthropic", 1747931245,
                 200'000, 32'000, "0.000015", "0.000075", true, true, true},
    CatalogModel{"openai/gpt-4o", "OpenAI: GPT-4o", "OpenAI", 1715558400, 128'000, 16'384,
                 "0.0000025", "0.00001", true, false, true},
    CatalogModel{"openai/gpt-4o-mini", "OpenAI: GPT-4o-mini", "OpenAI", 1721260800, 128'000, 16'384,
                 "0.00000015", "0.0000006", true, false, true},
    CatalogModel{"openai/o3", "OpenAI: o3", "OpenAI", 1744823457, 200'000, 100'000, "0.000002",
                 "0.000008", true, true, true},
    CatalogModel{"google/gemini-2.5-pro", "Google: Gemini 2.5 Pro", "Google", 1750169544, 1'048'576,
                 65'536, "0.00000125", "0.00001", true, true, true},
    CatalogModel{"google/gemini-2.5-flash", "Google: Gemini 2.5 Flash", "Google", 1750172488,
                 1'048'576, 65'535, "0.0000003", "0.0000025", true, true, true},
    CatalogModel{"meta-llama/llama-3.1-8b-instruct", "Meta: Llama 3.1 8B Instruct", "DeepInfra",
                 1721692800, 131'072, 16'384, "0.00000002", "0.00000003", false, false, true},
    CatalogModel{"meta-llama/llama-3.1-8b-instruct:free", "Meta: Llama 3.1 8B Instruct (free)",
                 "DeepInfra", 1721692800, 131'072, 16'384, "0", "0", false, false, true},
    CatalogModel{"mistralai/mistral-small", "Mistral: Mistral Small", "Mistral", 1704844800, 32'768,
                 8'192, "0.0000002", "0.0000006", false, false, true},
    CatalogModel{"deepseek/deepseek-r1", "DeepSeek: R1", "DeepSeek", 1737381095, 163'840, 32'768,
                 "0.0000004", "0.000002", false, true, false},
    CatalogModel{"qwen/qwen3-32b", "Qwen: Qwen3 32B", "Cerebras", 1745875945, 40'960, 8'192,
                 "0.0000001", "0.0000003", false, true, true},
    CatalogModel{"openai/gpt-4-32k", "OpenAI: GPT-4 32k", "OpenAI", 1693180800, 32'767, 4'096,
                 "0.00006", "0.00012", false, false, true, "2025-06-06"},
    CatalogModel{"anthropic/claude-3-opus", "Anthropic: Claude 3 Opus", "Anthropic", 1709596800,
                 200'000, 4'096, "0.000015", "0.000075", true, false, true, "2999-12-31"},
    CatalogModel{"openai/gpt-3.5-turbo-instruct", "OpenAI: GPT-3.5 Turbo Instruct", "OpenAI",
                 1695859200, 4'095, 4'096, "0.0000015", "0.000002", false, false, false},
    CatalogModel{"meta-llama/llama-3.2-3b-instruct:free", "Meta: Llama 3.2 3B Instruct (free)",
                 "Venice", 1727222400, 131'072, 16'384, "0", "0", false, false, true},
    CatalogModel{"openai/text-embedding-3-small", "OpenAI: Text Embedding 3 Small", "OpenAI",
                 1705953180, 8'192, 0, "0.00000002", "0", false, false, false},
    CatalogModel{"openrouter/auto", "Auto Router", "OpenRouter", 1699401600, 2'000'000, 64'000,
                 "0.000001", "0.000002", true, false, true},
    CatalogModel{"sim/ok", "Simulator: all is well", "Simulator", 1735689600, 128'000, 16'384,
                 "0.000001", "0.000002", true, false, true},
};

}  // namespace

std::span<const CatalogModel> catalog() { return kModels; }

const CatalogModel* find_model(std::string_view name, bool with_vendor) {
  name = split_model(name).model;
  if (name.starts_with("sim/")) return &kModels.back();
  for (const auto& model : kModels)
    if (model.id == name) return &model;
  name = name.substr(0, name.find(':'));
  for (const auto& model : kModels) {
    if (model.id == name) return &model;
    if (!with_vendor && model.id.substr(model.id.find('/') + 1) == name) return &model;
  }
  return nullptr;
}

}  // namespace prx::sim
