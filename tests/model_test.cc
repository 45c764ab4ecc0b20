// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "fixtures.h"
#include "models.h"
#include "train/vocab.h"

using namespace eve;
using namespace eve::test;

namespace {

void require_same_config(const Config& a, const Config& b) {
  REQUIRE(a.vocab_size == b.vocab_size);
  REQUIRE(a.n_layer == b.n_layer);
  REQUIRE(a.n_embd == b.n_embd);
  REQUIRE(a.n_head == b.n_head);
  REQUIRE(a.head_dim == b.head_dim);
  REQUIRE(a.context == b.context);
  REQUIRE(a.n_expert == b.n_expert);
  REQUIRE(a.top_k == b.top_k);
  REQUIRE(a.expert_ff == b.expert_ff);
  REQUIRE(a.shared_ff == b.shared_ff);
  REQUIRE(a.rope_theta == b.rope_theta);
  REQUIRE(a.norm_eps == b.norm_eps);
  REQUIRE(a.aux_coef == b.aux_coef);
  REQUIRE(a.head == b.head);
  REQUIRE(a.n_labels == b.n_labels);
}

void require_same_weights(const ModelData& a, const ModelData& b) {
  for_each_pair(a, b, [](const TensorSpec& spec, const Tensor& x, const Tensor& y) {
    INFO(spec.gguf.name << " part " << spec.gguf.part);
    REQUIRE(values_of(x) == values_of(y));
  });
}

}  // namespace

TEST_CASE("a model of every head survives saving and loading, facts and weights") {
  const TemporaryFolder folder;
  for (const Head head : {Head::kLm, Head::kTag, Head::kLabel}) {
    ModelData model = formula_model(small_config(head));
    model.info.name = "small";
    model.info.task = "pii";
    model.info.prompt = "say {input}\n";
    model.info.training = {{"data", "a formula"}, {"steps", "0"}};
    save_model(model, DType::kF32, folder / "m.gguf");
    const ModelData again = load_model(folder / "m.gguf");
    require_same_config(model.config, again.config);
    require_same_weights(model, again);
    REQUIRE(again.info.name == model.info.name);
    REQUIRE(again.info.task == model.info.task);
    REQUIRE(again.info.labels == model.info.labels);
    REQUIRE(again.info.prompt == model.info.prompt);
    REQUIRE(again.info.training == model.info.training);
    REQUIRE(again.tokenizer == nullptr);
    REQUIRE(again.warnings.empty());
    REQUIRE(again.storage.empty());  // nothing was copied
    REQUIRE(verify_model(folder / "m.gguf").empty());
  }
}

TEST_CASE("each storage type holds the weights within its step; vectors and routers stay exact") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(small_config());
  // Weights lie in (-1, 1). Bounds: half a unit in the last place, or half a step of the largest scale (Q4_0 can clip:
  // a whole).
  const std::pair<DType, float> bounds[] = {{DType::kF32, 0.0f},
                                            {DType::kF16, 0.00025f},
                                            {DType::kBF16, 0.002f},
                                            {DType::kQ8_0, 0.0045f},
                                            {DType::kQ4_0, 0.13f}};
  for (const auto& [type, bound] : bounds) {
    save_model(model, type, folder / "m.gguf");
    const ModelData again = load_model(folder / "m.gguf");
    for_each_pair(model, again,
                  [&, type = type, bound = bound](const TensorSpec& spec, const Tensor& x, const Tensor& y) {
                    INFO(dtype_name(type) << " " << spec.gguf.name);
                    REQUIRE(y.type == (spec.f32 ? DType::kF32 : type));
                    const std::vector<float> a = values_of(x), b = values_of(y);
                    float worst = 0;
                    for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
                    REQUIRE(worst <= (spec.f32 ? 0.0f : bound));
                    if (!spec.f32 && type != DType::kF32) REQUIRE(worst > 0);
                  });
  }
}

TEST_CASE("a quantised model is copied, not quantised again, when its type is asked for") {
  const TemporaryFolder folder;
  save_model(formula_model(small_config()), DType::kQ4_0, folder / "a.gguf");
  save_model(load_model(folder / "a.gguf"), DType::kQ4_0, folder / "b.gguf");
  REQUIRE(slurp(folder / "a.gguf") == slurp(folder / "b.gguf"));
}

TEST_CASE("a type whose blocks do not divide the rows is refused when saving") {
  const TemporaryFolder folder;
  Config config = small_config();
  config.expert_ff = 40;
  const ModelData model = formula_model(config);
  REQUIRE_THROWS_WITH(save_model(model, DType::kQ8_0, folder / "m.gguf"), Catch::Contains("rows of 40 weights"));
  REQUIRE_FALSE(std::filesystem::exists(folder / "m.gguf"));
  REQUIRE_NOTHROW(save_model(model, DType::kBF16, folder / "m.gguf"));
}

TEST_CASE("the published shape has the published numbers of parameters and tensors") {
  const ParameterCount count = count_parameters(Config{});
  REQUIRE(count.total == 271'970'816);
  REQUIRE(count.active == 90'501'632 + 25'755'648);
  std::set<std::string> names;
  std::size_t size = 0;
  Weights weights;
  for_each_tensor(Config{}, weights, [&](const TensorSpec& spec, Tensor&) {
    names.insert(spec.hub.name);
    size += spec.rows * spec.cols;
  });
  REQUIRE(names.size() == 386);
  REQUIRE(size == count.total);
}

TEST_CASE("parameters of a tag model count its head") {
  const Config config = small_config(Head::kTag);
  Config bare = config;
  bare.head = Head::kLm, bare.n_labels = 0;
  REQUIRE(count_parameters(config).total == count_parameters(bare).total + config.n_labels * (config.n_embd + 1));
}

TEST_CASE("a config outside the limits is refused") {
  REQUIRE_NOTHROW(check_config(Config{}, "f"));
  const auto refused = [](auto change) {
    Config config;
    change(config);
    REQUIRE_THROWS_AS(check_config(config, "f"), Error);
  };
  refused([](Config& c) { c.vocab_size = 0; });
  refused([](Config& c) { c.vocab_size = 1048577; });
  refused([](Config& c) { c.n_layer = 0; });
  refused([](Config& c) { c.n_layer = 129; });
  refused([](Config& c) { c.n_embd = 0; });
  refused([](Config& c) { c.n_embd = 65537; });
  refused([](Config& c) { c.n_head = 0; });
  refused([](Config& c) { c.n_head = 65536, c.head_dim = 65536; });
  refused([](Config& c) { c.head_dim = 63; });
  refused([](Config& c) { c.head_dim = 0; });
  refused([](Config& c) { c.context = 0; });
  refused([](Config& c) { c.n_expert = 0; });
  refused([](Config& c) { c.n_expert = 513; });
  refused([](Config& c) { c.top_k = 0; });
  refused([](Config& c) { c.top_k = 9; });
  refused([](Config& c) { c.expert_ff = 0; });
  refused([](Config& c) { c.shared_ff = 65537; });
  refused([](Config& c) { c.rope_theta = 0; });
  refused([](Config& c) { c.rope_theta = std::numeric_limits<float>::quiet_NaN(); });
  refused([](Config& c) { c.norm_eps = -1; });
  refused([](Config& c) { c.norm_eps = std::numeric_limits<float>::infinity(); });
  refused([](Config& c) { c.aux_coef = -1; });
  refused([](Config& c) { c.n_labels = 3; });
  refused([](Config& c) { c.head = Head::kTag; });
  refused([](Config& c) { c.head = static_cast<Head>(3), c.n_labels = 3; });
}

TEST_CASE("labels that do not fit the head, or cannot be shown, are refused") {
  const TemporaryFolder folder;
  ModelData model = formula_model(small_config(Head::kTag));
  model.info.labels.pop_back();
  REQUIRE_THROWS_AS(save_model(model, DType::kF32, folder / "m.gguf"), Error);
  for (const char* label : {"", "label 0", "a\nb", "\x1b[2J", "\xff"}) {
    model.info.labels.resize(4);
    model.info.labels.emplace_back(label);
    REQUIRE_THROWS_AS(save_model(model, DType::kF32, folder / "m.gguf"), Error);
  }
}

TEST_CASE("a path without a model is refused with the path") {
  const TemporaryFolder folder;
  REQUIRE_THROWS_WITH(load_model(folder / "absent.gguf"), Catch::Contains("absent.gguf"));
  REQUIRE_THROWS_WITH(load_model(folder.path()), Catch::Contains("config.json"));
  spill(folder / "config.json", R"({"vocab_size":40})");
  REQUIRE_THROWS_WITH(load_model(folder.path()), Catch::Contains("n_layer is missing"));
  spill(folder / "text.gguf", "hello");
  REQUIRE_THROWS_WITH(load_model(folder / "text.gguf"), Catch::Contains("not a GGUF file"));
}

TEST_CASE("a GGUF file whose tensors are not those of its config is refused by the tensor's name") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(small_config());
  save_model(model, DType::kF32, folder / "m.gguf");
  const std::string bytes = slurp(folder / "m.gguf");
  const GgufFile file = GgufFile::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, "f");
  const auto outcome = [&](auto change) {
    GgufWriter writer;
    for (const auto& [key, value] : file.metadata) writer.set(key, value);
    std::vector<GgufTensor> tensors = file.tensors;
    change(writer, tensors);
    for (const GgufTensor& tensor : tensors) writer.add(tensor.name, tensor.shape, tensor.type, {tensor.data});
    writer.write(folder / "changed.gguf");
    try {
      load_model(folder / "changed.gguf");
      return std::string("accepted");
    } catch (const Error& error) {
      REQUIRE(error.status() == Status::kModel);
      return std::string(error.what());
    }
  };
  using Tensors = std::vector<GgufTensor>;
  REQUIRE(outcome([](GgufWriter&, Tensors&) {}) == "accepted");
  REQUIRE_THAT(outcome([](GgufWriter&, Tensors& t) { t.erase(t.begin() + 5); }), Catch::Contains("is missing"));
  REQUIRE_THAT(outcome([](GgufWriter&, Tensors& t) { t[3].name = "blk.0.other.weight"; }),
               Catch::Contains("is missing"));
  REQUIRE_THAT(outcome([](GgufWriter&, Tensors& t) { t.push_back(t[1]), t.back().name = "more.weight"; }),
               Catch::Contains("more.weight is not part"));
  REQUIRE_THAT(outcome([](GgufWriter&, Tensors& t) { std::swap(t[0].shape[0], t[0].shape[1]); }),
               Catch::Contains("token_embd.weight has shape [32, 40]"));
  const auto number = [](const std::string& key, std::uint32_t value) {
    return [=](GgufWriter& writer, Tensors&) { writer.set(key, GgufValue::u32(value)); };
  };
  const auto text = [](const std::string& key, const std::string& value) {
    return [=](GgufWriter& writer, Tensors&) { writer.set(key, GgufValue::string(value)); };
  };
  REQUIRE_THAT(outcome(number("eve-moe.block_count", 1)), Catch::Contains("is not part of the network"));
  REQUIRE_THAT(outcome(number("eve-moe.block_count", 3)), Catch::Contains("is missing"));
  REQUIRE_THAT(outcome(number("eve-moe.block_count", 128)), Catch::Contains("more weights than the file"));
  REQUIRE_THAT(outcome(number("eve-moe.block_count", 129)), Catch::Contains("layers"));
  REQUIRE_THAT(outcome(number("eve-moe.expert_used_count", 4)), Catch::Contains("experts used"));
  REQUIRE_THAT(outcome(number("eve-moe.attention.key_length", 17)), Catch::Contains("odd"));
  REQUIRE_THAT(outcome(text("general.architecture", "llama")), Catch::Contains("architecture llama is not read"));
  REQUIRE_THAT(outcome(text("eve.layout", "groups")), Catch::Contains("order"));
  REQUIRE_THAT(outcome(text("eve.head", "other")), Catch::Contains("eve.head"));
  REQUIRE_THAT(outcome(text("eve-moe.context_length", "long")), Catch::Contains("another type"));
  REQUIRE_THAT(outcome(text("tokenizer.ggml.model", "bert")), Catch::Contains("tokenizer bert"));
}

TEST_CASE("a model exported for llama.cpp is the same model when read again") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(small_config());
  save_model(model, DType::kF32, folder / "m.gguf", true);
  const ModelData again = load_model(folder / "m.gguf");
  require_same_config(model.config, again.config);
  require_same_weights(model, again);
  for (const Head head : {Head::kTag, Head::kLabel})
    REQUIRE_THROWS_WITH(save_model(formula_model(small_config(head)), DType::kF32, folder / "n.gguf", true),
                        Catch::Contains("llama.cpp has no"));
}

TEST_CASE("an ernie4_5-moe file from elsewhere is read when it is Eve-2's shape and refused when it is not") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(small_config());
  save_model(model, DType::kQ8_0, folder / "m.gguf", true);
  const std::string bytes = slurp(folder / "m.gguf");
  const GgufFile file = GgufFile::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, "f");
  ModelData loaded;
  const auto outcome = [&](auto change) {
    GgufWriter writer;
    for (const auto& [key, value] : file.metadata)
      if (!key.starts_with("eve.")) writer.set(key, value);
    std::vector<GgufTensor> tensors = file.tensors;
    change(writer, tensors);
    for (const GgufTensor& tensor : tensors) writer.add(tensor.name, tensor.shape, tensor.type, {tensor.data});
    writer.write(folder / "changed.gguf");
    try {
      loaded = load_model(folder / "changed.gguf");
      return std::string("accepted");
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  using Tensors = std::vector<GgufTensor>;
  const auto number = [](const std::string& key, std::uint32_t value) {
    return [=](GgufWriter& writer, Tensors&) { writer.set("ernie4_5-moe." + key, GgufValue::u32(value)); };
  };
  REQUIRE(outcome([](GgufWriter&, Tensors&) {}) == "accepted");
  REQUIRE(loaded.config.aux_coef == Config{}.aux_coef);
  const auto with_head = [](GgufWriter&, Tensors& t) { t.push_back(t[0]), t.back().name = "output.weight"; };
  REQUIRE(outcome(with_head) == "accepted");
  std::string other(file.tensors[0].data.begin(), file.tensors[0].data.end());
  other[7] = static_cast<char>(other[7] ^ 1);
  REQUIRE_THAT(outcome([&](GgufWriter& w, Tensors& t) {
                 with_head(w, t);
                 t.back().data = {reinterpret_cast<const std::uint8_t*>(other.data()), other.size()};
               }),
               Catch::Contains("output.weight differs"));
  REQUIRE_THAT(outcome(number("attention.head_count_kv", 2)), Catch::Contains("grouped-query"));
  REQUIRE_THAT(outcome(number("interleave_moe_layer_step", 2)), Catch::Contains("every layer"));
  REQUIRE_THAT(outcome(number("leading_dense_block_count", 1)), Catch::Contains("every layer"));
  REQUIRE_THAT(outcome(number("rope.dimension_count", 8)), Catch::Contains("partial"));
  REQUIRE_THAT(outcome(number("expert_gating_func", 2)), Catch::Contains("softmax"));
  REQUIRE_THAT(outcome([](GgufWriter&, Tensors& t) { t.push_back(t[1]), t.back().name = "blk.0.exp_probs_b.bias"; }),
               Catch::Contains("exp_probs_b.bias is not part"));
}

TEST_CASE("a GPT-2 tokenizer goes through our file and through llama.cpp's, which pads it") {
  EVE_SHARED_OR_SKIP(gpt2, "tokenizers/gpt2");
  const TemporaryFolder folder;
  Config config = small_config();
  config.vocab_size = 50304, config.n_layer = 1;
  ModelData model = formula_model(config);
  model.tokenizer = bpe_from_vocab_and_merges(slurp(gpt2 + "/vocab.json"), slurp(gpt2 + "/merges.txt"), "gpt2");
  const std::string text = "User: na\xC3\xAFve don't  \n\n<|endoftext|>\xff";
  for (const bool llama_cpp : {false, true}) {
    save_model(model, DType::kQ8_0, folder / "m.gguf", llama_cpp);
    const ModelData again = load_model(folder / "m.gguf");
    REQUIRE(again.tokenizer != nullptr);
    REQUIRE(again.tokenizer->encode(text) == model.tokenizer->encode(text));
    REQUIRE(again.tokenizer->end_of_text() == TokenId{50256});
    REQUIRE(again.tokenizer->size() == (llama_cpp ? 50304u : 50257u));
    REQUIRE_FALSE(again.tokenizer->is_text(50257));
    REQUIRE_FALSE(again.tokenizer->is_text(50303));
    REQUIRE(again.warnings.empty());
  }
  model.config.vocab_size = 50256;
  model.weights.wte.rows = 50256;
  REQUIRE_THROWS_WITH(save_model(model, DType::kQ8_0, folder / "m.gguf"), Catch::Contains("embedding only 50256 rows"));
}

TEST_CASE("a SentencePiece tokenizer goes through our file and through llama.cpp's") {
  const TemporaryFolder folder;
  std::size_t lines = 0;
  const std::string vocabulary = train_sentencepiece(
      [&](std::string& out) {
        out = "the cat sat on the mat and the dog ran to the park " + std::to_string(lines * 7919);
        return lines++ < 200;
      },
      {.vocab_size = 285});
  Config config = small_config();
  config.vocab_size = 320;
  ModelData model = formula_model(config);
  model.tokenizer = sentencepiece_from_bytes(vocabulary, "test");
  for (const bool llama_cpp : {false, true}) {
    save_model(model, DType::kF32, folder / "m.gguf", llama_cpp);
    const ModelData again = load_model(folder / "m.gguf");
    REQUIRE(again.tokenizer != nullptr);
    REQUIRE(again.tokenizer->encode("the dog sat\n\xff") == model.tokenizer->encode("the dog sat\n\xff"));
    REQUIRE(again.tokenizer->exported().serialized == vocabulary);
  }
}
