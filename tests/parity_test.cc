// SPDX-License-Identifier: Apache-2.0
// The network computes what the reference computes, on every instruction set and from every form of the weights.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "fixtures.h"
#include "hub.h"
#include "model/forward.h"
#include "model/safetensors.h"

using namespace eve;
using namespace eve::test;

namespace {

/// A reference file, its tensors as vectors.
struct Reference {
  std::string bytes;
  SafeTensors file;
  explicit Reference(const std::string& path)
      : bytes(slurp(path)),
        file(SafeTensors::parse({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, path)) {}
  template <class T>
  std::vector<T> values(const std::string& name) const {
    const Bytes data = file.tensors.at(name).data;
    std::vector<T> out(data.size() / sizeof(T));
    std::memcpy(out.data(), data.data(), data.size());
    return out;
  }
};

struct Computed {
  std::vector<float> logits;  ///< [T][vocabulary]
  Activations activations;
};

/// One pass over sequences of equal length, without a cache.
Computed pass(const ModelData& model, const std::vector<TokenId>& tokens, std::size_t sequences) {
  std::vector<std::uint32_t> starts;
  for (std::size_t s = 0; s <= sequences; ++s)
    starts.push_back(static_cast<std::uint32_t>(s * tokens.size() / sequences));
  Threads threads(2);
  const Executor executor = inference_executor(model.weights, threads, Pass::kPrefill);
  Computed out;
  forward(model.config, model.weights, {tokens, starts}, true, executor, out.activations);
  out.logits.resize(tokens.size() * model.config.vocab_size);
  head(model.config, model.weights, out.activations.hidden.data(), tokens.size(), out.logits.data(), executor);
  return out;
}

/// Logits of one sequence given to a cache in parts of the given sizes, the last size repeated.
std::vector<float> cached_logits(const ModelData& model, const std::vector<TokenId>& tokens,
                                 const std::vector<std::size_t>& sizes) {
  Threads threads(1);
  KvCache cache(model.config);
  KvCache* const caches[] = {&cache};
  Activations activations;
  std::vector<float> logits(tokens.size() * model.config.vocab_size);
  std::size_t part = 0;
  for (std::size_t at = 0; at < tokens.size();) {
    const std::size_t n = std::min(sizes[std::min(part++, sizes.size() - 1)], tokens.size() - at);
    const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(n)};
    const Executor executor = inference_executor(model.weights, threads, n == 1 ? Pass::kDecode : Pass::kPrefill);
    forward(model.config, model.weights, {std::span(tokens).subspan(at, n), starts, caches}, false, executor,
            activations);
    head(model.config, model.weights, activations.hidden.data(), n, &logits[at * model.config.vocab_size], executor);
    at += n;
  }
  return logits;
}

template <class A, class B>
double largest_difference(const A& a, const B& b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  return worst;
}

/// Root mean square of the difference, as a share of that of `b`.
double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    size += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / size);
}

std::vector<TokenId> greedy(const ModelData& model, std::vector<TokenId> tokens, std::size_t length) {
  Threads threads(1);
  KvCache cache(model.config);
  KvCache* const caches[] = {&cache};
  Activations activations;
  std::vector<float> logits(model.config.vocab_size);
  for (std::size_t at = 0; tokens.size() < length;) {
    const std::size_t n = tokens.size() - at;
    const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(n)};
    const Executor executor = inference_executor(model.weights, threads, n == 1 ? Pass::kDecode : Pass::kPrefill);
    forward(model.config, model.weights, {std::span(tokens).subspan(at), starts, caches}, false, executor, activations);
    head(model.config, model.weights, &activations.hidden[(n - 1) * model.config.n_embd], 1, logits.data(), executor);
    at = tokens.size();
    tokens.push_back(static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
  }
  return tokens;
}

/// The golden model: weights from the formula in golden_models.json, under their published names.
Tensors golden_tensors(const Config& config) {
  const auto fill = [](const std::string& name, float offset, float scale, std::size_t n) {
    std::uint32_t h = 2166136261u;
    for (const char c : name) h = (h ^ static_cast<std::uint8_t>(c)) * 16777619u;
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) {
      h = h * 1664525u + 1013904223u;
      const float w = offset + scale * (static_cast<float>(h >> 8) - 8388608.0f) / 8388608.0f;
      bytes.append(reinterpret_cast<const char*>(&w), sizeof w);
    }
    return bytes;
  };
  Tensors out;
  Weights weights;
  for_each_tensor(config, weights, [&](const TensorSpec& spec, Tensor&) {
    const std::string name = spec.hub.name == "transformer.wte.weight" ? "lm_head.weight" : spec.hub.name;
    std::vector<std::uint64_t> shape = {spec.hub.parts * spec.rows, spec.cols};
    if (!spec.matrix) shape.erase(shape.begin());
    const bool whole = name == "lm_head.weight" || name.ends_with("router.weight");
    out[name] = {"F32", shape,
                 fill(name, spec.matrix ? 0.0f : 1.0f,
                      whole         ? 1.0f
                      : spec.matrix ? 0.5f
                                    : 0.25f,
                      spec.hub.parts * spec.rows * spec.cols)};
  });
  return out;
}

const Config kGolden{.vocab_size = 13,
                     .n_layer = 2,
                     .n_embd = 8,
                     .n_head = 2,
                     .head_dim = 4,
                     .context = 16,
                     .n_expert = 3,
                     .top_k = 2,
                     .expert_ff = 6,
                     .shared_ff = 5,
                     .rope_theta = 10000.0f};
const char* const kGoldenConfig =
    R"({"model_type":"eve-moe","vocab_size":13,"n_layer":2,"n_embd":8,"n_head":2,"head_dim":4,"block_size":16,"num_experts":3,"top_k":2,)"
    R"("expert_intermediate_size":6,"shared_expert_intermediate_size":5,"rope_theta":10000.0})";

ModelData load_golden(const TemporaryFolder& folder, const std::string& safetensors) {
  spill(folder / "config.json", kGoldenConfig);
  spill(folder / "model.safetensors", safetensors);
  return load_model(folder.path());
}

ModelData golden_from_formula(const TemporaryFolder& folder) {
  return load_golden(folder, safetensors_of(golden_tensors(kGolden)));
}

}  // namespace

TEST_CASE("[isa] logits and choices of experts are the reference's", "[isa]") {
  EVE_SHARED_OR_SKIP(folder, "fixtures/eve-tiny");
  INFO("kernels: " << kernels().name);
  const ModelData model = load_model(folder);
  const Reference expected(folder + "/expected_forward.safetensors");
  const auto tokens = expected.values<TokenId>("tokens");
  const Computed all = pass(model, tokens, 2);
  REQUIRE(largest_difference(all.logits, expected.values<float>("logits")) <= 1e-4);
  std::vector<std::int32_t> experts;
  for (const LayerActivations& layer : all.activations.layers)
    for (const std::uint32_t expert : layer.chosen) experts.push_back(static_cast<std::int32_t>(expert));
  REQUIRE(experts == expected.values<std::int32_t>("experts"));
}

TEST_CASE("[isa] tokens given one by one, or in any parts, give the same logits as all at once", "[isa]") {
  EVE_SHARED_OR_SKIP(folder, "fixtures/eve-tiny");
  INFO("kernels: " << kernels().name);
  const ModelData model = load_model(folder);
  const Reference expected(folder + "/expected_forward.safetensors");
  const auto tokens = expected.values<TokenId>("tokens");
  const auto logits = expected.values<float>("logits");
  for (std::size_t s = 0; s < 2; ++s) {
    const std::vector<TokenId> one(tokens.begin() + static_cast<std::ptrdiff_t>(48 * s),
                                   tokens.begin() + static_cast<std::ptrdiff_t>(48 * s + 48));
    const std::vector<float> wanted(logits.begin() + static_cast<std::ptrdiff_t>(48 * 320 * s),
                                    logits.begin() + static_cast<std::ptrdiff_t>(48 * 320 * (s + 1)));
    for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{1}, {5, 1}, {1, 2, 3, 7}, {48}})
      REQUIRE(largest_difference(cached_logits(model, one, sizes), wanted) <= 1e-4);
  }
}

TEST_CASE("[isa] the greedy continuation is the reference's", "[isa]") {
  EVE_SHARED_OR_SKIP(folder, "fixtures/eve-tiny");
  INFO("kernels: " << kernels().name);
  const ModelData model = load_model(folder);
  const Reference expected(folder + "/expected_forward.safetensors");
  const auto wanted = expected.values<TokenId>("greedy");
  REQUIRE(greedy(model, expected.values<TokenId>("greedy_prompt"), wanted.size()) == wanted);
}

TEST_CASE("[isa] the golden model gives the golden logits, routes and losses", "[isa]") {
  EVE_SHARED_OR_SKIP(path, "fixtures/golden_models.json");
  INFO("kernels: " << kernels().name);
  const TemporaryFolder folder;
  const ModelData model = golden_from_formula(folder);
  simdjson::dom::parser parser;
  const std::string text = slurp(path);
  const simdjson::dom::element golden = parse_json(parser, text, path)["eve"];
  std::vector<TokenId> ids;
  for (const std::int64_t id : golden["ids"].get_array()) ids.push_back(static_cast<TokenId>(id));
  const Computed all = pass(model, ids, 1);

  std::vector<double> logits;
  for (const auto row : golden["logits"].get_array())
    for (const double value : row.get_array()) logits.push_back(value);
  REQUIRE(largest_difference(all.logits, logits) <= 1e-5);
  REQUIRE(largest_difference(cached_logits(model, ids, {1}), logits) <= 1e-5);

  double aux = 0;
  for (std::size_t l = 0; l < model.config.n_layer; ++l) {
    const LayerActivations& layer = all.activations.layers[l];
    const double loss = static_cast<double>(aux_loss(layer.probs, model.config.n_expert));
    REQUIRE(loss == Approx(golden["aux"].at(l).get_double().value()).epsilon(1e-6));
    aux += loss;
    for (std::size_t t = 0; t < ids.size(); ++t)
      for (std::size_t k = 0; k < 2; ++k) {
        const auto route = golden["routes"].at(l).at(t);
        REQUIRE(layer.chosen[2 * t + k] == route.at(0).at(k).get_uint64().value());
        REQUIRE(static_cast<double>(layer.weight[2 * t + k]) ==
                Approx(route.at(1).at(k).get_double().value()).epsilon(1e-5));
      }
  }

  double cross_entropy = 0;
  std::size_t targets = 0;
  for (std::size_t t = 1; t < ids.size(); ++t) {
    const std::int64_t label = golden["labels"].at(t).get_int64();
    if (label == -100) continue;
    double sum = 0;
    for (std::size_t i = 0; i < 13; ++i) sum += std::exp(static_cast<double>(all.logits[13 * (t - 1) + i]));
    cross_entropy += std::log(sum) - static_cast<double>(all.logits[13 * (t - 1) + static_cast<std::size_t>(label)]);
    ++targets;
  }
  cross_entropy /= static_cast<double>(targets);
  REQUIRE(cross_entropy == Approx(golden["ce"].get_double().value()).epsilon(1e-6));
  REQUIRE(cross_entropy + 0.01 * aux == Approx(golden["loss"].get_double().value()).epsilon(1e-6));
}

TEST_CASE("every instruction set of this machine passes the cases marked [isa]") {
  for (const Kernels* table : available_kernels()) REQUIRE(passes_on(table->name));
}

TEST_CASE("the formula makes the published file, and every form of it computes the same") {
  EVE_SHARED_OR_SKIP(published_file, "fixtures/eve_tiny_hub.safetensors");
  const std::vector<TokenId> ids = {1, 5, 12, 0, 7, 3};
  const TemporaryFolder formula_folder, hub_folder, embedding_folder, prefix_folder;
  const ModelData formula = golden_from_formula(formula_folder);
  const std::vector<float> wanted = pass(formula, ids, 1).logits;

  REQUIRE(pass(load_golden(hub_folder, slurp(published_file)), ids, 1).logits == wanted);  // holds lm_head only

  Tensors tensors = golden_tensors(kGolden);
  tensors["transformer.wte.weight"] = tensors["lm_head.weight"];
  tensors.erase("lm_head.weight");
  REQUIRE(pass(load_golden(embedding_folder, safetensors_of(tensors)), ids, 1).logits == wanted);

  Tensors prefixed;
  for (const auto& [name, tensor] : tensors) prefixed["_orig_mod." + name] = tensor;
  REQUIRE(pass(load_golden(prefix_folder, safetensors_of(prefixed)), ids, 1).logits == wanted);

  for (const bool llama_cpp : {false, true}) {
    save_model(formula, DType::kF32, formula_folder / "m.gguf", llama_cpp);
    REQUIRE(pass(load_model(formula_folder / "m.gguf"), ids, 1).logits == wanted);
  }
}

TEST_CASE("narrower types stay near the fp32 logits") {
  EVE_SHARED_OR_SKIP(path, "fixtures/eve-tiny");
  const TemporaryFolder folder;
  ModelData model = load_model(path);
  // Every expert is used: which two of eight random ones are best would turn on differences smaller than any of these
  // types keeps.
  model.config.top_k = model.config.n_expert;
  const auto tokens = Reference(path + "/expected_forward.safetensors").values<TokenId>("tokens");
  const std::vector<float> exact = pass(model, tokens, 2).logits;
  const std::pair<DType, double> bounds[] = {// root mean square of the difference, as a share of that of the logits
                                             {DType::kF16, 0.003},
                                             {DType::kBF16, 0.02},
                                             {DType::kQ8_0, 0.06},
                                             {DType::kQ4_0, 0.6}};
  for (const auto& [type, bound] : bounds) {
    INFO(dtype_name(type));
    save_model(model, type, folder / "m.gguf");
    const ModelData narrow = load_model(folder / "m.gguf");
    const double together = relative_difference(pass(narrow, tokens, 2).logits, exact);
    std::vector<float> apart;
    for (std::size_t s = 0; s < 2; ++s) {
      const auto begin = tokens.begin() + static_cast<std::ptrdiff_t>(48 * s);
      const std::vector<float> one = cached_logits(narrow, {begin, begin + 48}, {1});
      apart.insert(apart.end(), one.begin(), one.end());
    }
    CAPTURE(together, relative_difference(apart, exact));
    REQUIRE(together > 0);
    REQUIRE(together <= bound);
    REQUIRE(relative_difference(apart, exact) <= bound);
  }
}
