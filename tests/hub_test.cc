// SPDX-License-Identifier: Apache-2.0
// Hugging Face folders, with the quirks of the published ones.
#include "hub.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>

#include "fixtures.h"
#include "models.h"

using namespace eve;
using namespace eve::test;

namespace {

std::string config_json(const Config& config, const std::map<std::string, std::string>& changes = {}) {
  std::map<std::string, std::string> members = {{"model_type", R"("eve-moe")"},
                                                {"architectures", R"(["EveMoEForCausalLM"])"},
                                                {"vocab_size", std::to_string(config.vocab_size)},
                                                {"n_layer", std::to_string(config.n_layer)},
                                                {"n_embd", std::to_string(config.n_embd)},
                                                {"n_head", std::to_string(config.n_head)},
                                                {"head_dim", std::to_string(config.head_dim)},
                                                {"block_size", std::to_string(config.context)},
                                                {"num_experts", std::to_string(config.n_expert)},
                                                {"top_k", std::to_string(config.top_k)},
                                                {"expert_intermediate_size", std::to_string(config.expert_ff)},
                                                {"shared_expert_intermediate_size", std::to_string(config.shared_ff)},
                                                {"rope_theta", "9000.0"},
                                                {"tie_word_embeddings", "true"}};
  for (const auto& [key, value] : changes) {
    if (value.empty())
      members.erase(key);
    else
      members[key] = value;
  }
  std::string out;
  for (const auto& [key, value] : members) out += (out.empty() ? "{\"" : ",\"") + key + "\":" + value;
  return out + "}";
}

/// A folder with a small model in it, to be changed and loaded.
struct Hub {
  TemporaryFolder folder;
  ModelData model = formula_model(small_config());
  Tensors tensors = published(model);
  ModelData loaded;

  Hub() { config(); }
  void config(const std::map<std::string, std::string>& changes = {}) {
    spill(folder / "config.json", config_json(model.config, changes));
  }
  std::string outcome(const std::string& path) {
    try {
      loaded = load_model(path);
      return "accepted";
    } catch (const Error& error) {
      REQUIRE(error.status() == Status::kModel);
      return error.what();
    }
  }
  std::string outcome() {
    spill(folder / "model.safetensors", safetensors_of(tensors));
    return outcome(folder.path());
  }
  void require_same_weights() {
    std::vector<std::vector<float>> expected;
    for_each_tensor(model.config, model.weights,
                    [&](const TensorSpec&, const Tensor& t) { expected.push_back(values_of(t)); });
    std::size_t i = 0;
    for_each_tensor(loaded.config, loaded.weights, [&](const TensorSpec& spec, const Tensor& t) {
      INFO(spec.hub.name);
      REQUIRE(values_of(t) == expected.at(i++));
    });
  }
};

const std::string kEmbedding = "transformer.wte.weight", kHead = "lm_head.weight";

}  // namespace

TEST_CASE("a folder as published is read without a copy") {
  Hub hub;
  REQUIRE(hub.outcome() == "accepted");
  hub.require_same_weights();
  REQUIRE(hub.loaded.config.rope_theta == 9000.0f);
  REQUIRE(hub.loaded.config.context == 24);
  REQUIRE(hub.loaded.config.norm_eps == 1e-5f);
  REQUIRE(hub.loaded.config.aux_coef == 0.01f);
  REQUIRE(hub.loaded.warnings.empty());
  REQUIRE(hub.loaded.storage.empty());
  REQUIRE(hub.loaded.tokenizer == nullptr);
  SECTION("and so is its one file") {
    REQUIRE(hub.outcome(hub.folder / "model.safetensors") == "accepted");
    hub.require_same_weights();
  }
}

TEST_CASE("the tied matrix is found under either name or both") {
  Hub hub;
  SECTION("lm_head only") {
    hub.tensors[kHead] = hub.tensors[kEmbedding];
    hub.tensors.erase(kEmbedding);
    REQUIRE(hub.outcome() == "accepted");
    hub.require_same_weights();
  }
  SECTION("both, equal") {
    hub.tensors[kHead] = hub.tensors[kEmbedding];
    REQUIRE(hub.outcome() == "accepted");
    hub.require_same_weights();
  }
  SECTION("both, different") {
    hub.tensors[kHead] = hub.tensors[kEmbedding];
    hub.tensors[kHead].data[5] = static_cast<char>(hub.tensors[kHead].data[5] ^ 1);
    REQUIRE_THAT(hub.outcome(), Catch::Contains("lm_head.weight differs"));
  }
  SECTION("neither") {
    hub.tensors.erase(kEmbedding);
    REQUIRE_THAT(hub.outcome(), Catch::Contains("transformer.wte.weight is missing"));
  }
  SECTION("a config that unties them") {
    hub.config({{"tie_word_embeddings", "false"}});
    REQUIRE_THAT(hub.outcome(), Catch::Contains("not tied"));
  }
}

TEST_CASE("_orig_mod. is taken out of names, wherever it is") {
  Hub hub;
  Tensors renamed;
  bool front = false;
  for (const auto& [name, tensor] : hub.tensors) {
    std::string changed = "_orig_mod." + name;
    if (front) changed = name.substr(0, name.find('.') + 1) + "_orig_mod." + name.substr(name.find('.') + 1);
    renamed[changed] = tensor;
    front = !front;
  }
  hub.tensors = renamed;
  REQUIRE(hub.outcome() == "accepted");
  hub.require_same_weights();
  hub.tensors["transformer._orig_mod._orig_mod.ln_f.weight"] = published(hub.model)["transformer.ln_f.weight"];
  REQUIRE_THAT(hub.outcome(), Catch::Contains("occurs twice"));
}

TEST_CASE("tensors that are missing, unknown or of another shape or type are refused by name") {
  Hub hub;
  const std::string router = "transformer.h.1.mlp.router.weight";
  SECTION("missing") {
    hub.tensors.erase(router);
    REQUIRE_THAT(hub.outcome(), Catch::Contains(router + " is missing"));
  }
  SECTION("unknown") {
    hub.tensors["transformer.h.0.attn.bias"] = hub.tensors["transformer.h.0.ln_1.weight"];
    REQUIRE_THAT(hub.outcome(), Catch::Contains("attn.bias is not part"));
  }
  SECTION("transposed") {
    std::swap(hub.tensors[router].shape[0], hub.tensors[router].shape[1]);
    REQUIRE_THAT(hub.outcome(), Catch::Contains(router + " has shape [32, 3], the config says [3, 32]"));
  }
  SECTION("integers") {
    hub.tensors[router].dtype = "I32";
    REQUIRE_THAT(hub.outcome(), Catch::Contains("type I32"));
  }
}

TEST_CASE("BF16 and F16 files keep their matrices as they are; vectors and routers become F32") {
  for (const DType type : {DType::kBF16, DType::kF16}) {
    Hub hub;
    hub.tensors = published(hub.model, type);
    REQUIRE(hub.outcome() == "accepted");
    for_each_tensor(hub.loaded.config, hub.loaded.weights, [&](const TensorSpec& spec, const Tensor& t) {
      REQUIRE(t.type == (spec.f32 ? DType::kF32 : type));
    });
    ModelData rounded = formula_model(small_config());
    save_model(rounded, type, hub.folder / "rounded.gguf");
    const ModelData again = load_model(hub.folder / "rounded.gguf");
    REQUIRE(values_of(hub.loaded.weights.layers[1].q) == values_of(again.weights.layers[1].q));
    REQUIRE(values_of(hub.loaded.weights.layers[0].experts[2].c_proj) ==
            values_of(again.weights.layers[0].experts[2].c_proj));
  }
}

TEST_CASE("weights that lie at odd addresses are copied, and equal") {
  for (const std::size_t misalign : {1, 2, 4, 6}) {
    Hub hub;
    spill(hub.folder / "model.safetensors", safetensors_of(hub.tensors, misalign));
    REQUIRE(hub.outcome(hub.folder.path()) == "accepted");
    hub.require_same_weights();
    REQUIRE(hub.loaded.storage.empty() == (misalign == 4));
    for_each_tensor(hub.loaded.config, hub.loaded.weights, [&](const TensorSpec&, const Tensor& t) {
      REQUIRE(reinterpret_cast<std::uintptr_t>(t.data) % alignof(float) == 0);
    });
  }
}

TEST_CASE("top_k is never taken from transformers' generation default") {
  Hub hub;
  hub.config({{"top_k", ""}});
  REQUIRE(hub.outcome() == "accepted");
  REQUIRE(hub.loaded.config.top_k == 2);
  REQUIRE(hub.loaded.warnings == std::vector<std::string>{"top_k is missing, taken as 2"});
  hub.config({{"top_k", "50"}});
  REQUIRE(hub.outcome() == "accepted");
  REQUIRE(hub.loaded.config.top_k == 2);
  REQUIRE(hub.loaded.warnings == std::vector<std::string>{"top_k 50 taken as 2"});
  hub.config({{"top_k", "3"}});
  REQUIRE(hub.outcome() == "accepted");
  REQUIRE(hub.loaded.config.top_k == 3);
  REQUIRE(hub.loaded.warnings.empty());
  hub.config({{"top_k", "0"}});
  REQUIRE_THAT(hub.outcome(), Catch::Contains("experts used"));
}

TEST_CASE("every spelling of Eve-2 is recognised, and other networks are refused by name") {
  Hub hub;
  hub.config({{"model_type", R"("eve_moe")"}});
  REQUIRE(hub.outcome() == "accepted");
  hub.config({{"model_type", ""}});
  REQUIRE(hub.outcome() == "accepted");
  hub.config(
      {{"model_type", ""}, {"architectures", ""}, {"architecture", R"("Eve-2-MoE")"}, {"tie_word_embeddings", ""}});
  REQUIRE(hub.outcome() == "accepted");
  for (const char* other : {"olmoe", "emo", "slimmoe", "llama"}) {
    hub.config({{"model_type", std::string("\"") + other + "\""}});
    REQUIRE_THAT(hub.outcome(), Catch::Contains(std::string("this is ") + other));
  }
  hub.config({{"model_type", ""}, {"architectures", R"(["SlimMoEForCausalLM"])"}});
  REQUIRE_THAT(hub.outcome(), Catch::Contains("this is SlimMoEForCausalLM, not Eve-2"));
  hub.config({{"model_type", R"("\u001b[2J")"}});
  REQUIRE(hub.outcome().find('\x1b') == std::string::npos);
}

TEST_CASE("a config that is no config is refused") {
  Hub hub;
  for (const char* text :
       {"", "[]", "{", "null", "\xff", R"({"vocab_size":"40"})", R"({"vocab_size":-1})", R"({"vocab_size":1e99})"}) {
    spill(hub.folder / "config.json", text);
    REQUIRE(hub.outcome() != "accepted");
  }
  for (const char* key : {"vocab_size", "n_layer", "n_embd", "n_head", "head_dim", "block_size", "num_experts",
                          "expert_intermediate_size", "shared_expert_intermediate_size"}) {
    hub.config({{key, ""}});
    REQUIRE_THAT(hub.outcome(), Catch::Contains(std::string(key) + " is missing"));
  }
  hub.config({{"n_layer", "100"}});
  REQUIRE_THAT(hub.outcome(), Catch::Contains("more weights than the file"));
}

TEST_CASE("shards are joined by their index, which may name plain files only") {
  Hub hub;
  Tensors first, second;
  for (const auto& [name, tensor] : hub.tensors) (first.size() <= second.size() ? first : second)[name] = tensor;
  spill(hub.folder / "model-00001-of-00002.safetensors", safetensors_of(first));
  spill(hub.folder / "model-00002-of-00002.safetensors", safetensors_of(second));
  const auto index = [&](const std::function<void(std::map<std::string, std::string>&)>& change) {
    std::map<std::string, std::string> map;
    for (const auto& [name, tensor] : first) map[name] = "model-00001-of-00002.safetensors";
    for (const auto& [name, tensor] : second) map[name] = "model-00002-of-00002.safetensors";
    change(map);
    std::string text;
    for (const auto& [name, file] : map) text += (text.empty() ? "\"" : ",\"") + name + "\":\"" + file + "\"";
    spill(hub.folder / "model.safetensors.index.json", R"({"metadata":{"total_size":1},"weight_map":{)" + text + "}}");
    return hub.outcome(hub.folder.path());
  };
  using Map = std::map<std::string, std::string>;
  REQUIRE(index([](Map&) {}) == "accepted");
  hub.require_same_weights();
  const std::string some = first.begin()->first;
  for (const char* path : {"../model.safetensors", "/etc/passwd", "a/b.safetensors", "", "..", "config.json",
                           "model-00001-of-00002.safetensors\\u0000"})
    REQUIRE_THAT(index([&](Map& m) { m[some] = path; }), Catch::Contains("plain name"));
  REQUIRE_THAT(index([&](Map& m) { m[some] = "absent.safetensors"; }), Catch::Contains("absent.safetensors"));
  REQUIRE_THAT(index([&](Map& m) { m[some] = "model-00002-of-00002.safetensors"; }), Catch::Contains("does not hold"));
  REQUIRE_THAT(index([&](Map& m) { m.erase(some); }), Catch::Contains("does not hold"));
  REQUIRE_THAT(index([&](Map& m) { m["more"] = "model-00002-of-00002.safetensors"; }),
               Catch::Contains("does not hold"));
  spill(hub.folder / "model.safetensors.index.json", "{}");
  REQUIRE_THAT(hub.outcome(hub.folder.path()), Catch::Contains("weight_map"));
}

TEST_CASE("a tokenizer beside the weights is read, and must fit the embedding") {
  EVE_SHARED_OR_SKIP(gpt2, "tokenizers/gpt2");
  Hub hub;
  spill(hub.folder / "vocab.json", slurp(gpt2 + "/vocab.json"));
  spill(hub.folder / "merges.txt", slurp(gpt2 + "/merges.txt"));
  REQUIRE_THAT(hub.outcome(), Catch::Contains("50257 tokens, the embedding only 40 rows"));
  Config config = small_config();
  config.n_layer = 1, config.vocab_size = 50304;
  hub.model = formula_model(config);
  hub.tensors = published(hub.model, DType::kBF16);
  hub.config();
  REQUIRE(hub.outcome() == "accepted");
  REQUIRE(hub.loaded.tokenizer->encode("\n\nUser:") == std::vector<TokenId>{198, 198, 12982, 25});
}

TEST_CASE("the reference folder and the published form of the golden model are read") {
  EVE_SHARED_OR_SKIP(fixtures, "fixtures");
  const ModelData tiny = load_model(fixtures + "/eve-tiny");
  REQUIRE(tiny.config.n_layer == 3);
  REQUIRE(tiny.warnings.empty());
  const TemporaryFolder folder;
  spill(folder / "model.safetensors", slurp(fixtures + "/eve_tiny_hub.safetensors"));
  spill(
      folder / "config.json",
      R"({"model_type":"eve-moe","vocab_size":13,"n_layer":2,"n_embd":8,"n_head":2,"head_dim":4,"block_size":16,"num_experts":3,)"
      R"("expert_intermediate_size":6,"shared_expert_intermediate_size":5,"rope_theta":10000.0})");
  const ModelData hub = load_model(folder.path());
  REQUIRE(hub.warnings.size() == 1);
  REQUIRE(hub.weights.wte.f32()[0] == Approx(-0.80414831638));
  REQUIRE(hub.weights.wte.f32()[1] == Approx(-0.42358124256));
}
