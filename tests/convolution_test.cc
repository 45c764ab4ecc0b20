// SPDX-License-Identifier: Apache-2.0
// Claims about networks with short convolutions.
#include "model/convolution.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "golden.h"
#include "model/forward.h"

namespace eve::test {
namespace {

Config convolved_config(Head head = Head::kLm) {
  Config config = small_config(head);
  config.conv_attention = 4, config.conv_experts = 3;
  return config;
}

std::vector<TokenId> some_tokens(std::size_t n, std::size_t seed) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(static_cast<TokenId>((i * i * 29 + seed * 13 + 5) % 40));
  return ids;
}

std::vector<float> hidden(const ModelData& model, std::span<const TokenId> ids, KvCache* cache, Executor executor) {
  const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())};
  KvCache* const caches[] = {cache};
  Activations activations;
  forward(model.config, model.weights,
          {ids, starts, cache ? std::span<KvCache* const>(caches) : std::span<KvCache* const>()}, false, executor,
          activations);
  return activations.hidden;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

constexpr DType kPacked[] = {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0};

ModelData stored(const ModelData& model, DType type, Layout layout, const std::string& path) {
  save_model(model, type, path, false, layout);
  return load_model(path);
}

}  // namespace

TEST_CASE("[isa] networks with convolutions compute what the definition says", "[isa]") {
  INFO("kernels: " << kernels().name);
  const std::size_t cases = for_each_golden_case("cases", [](const Config& config, auto ids, auto one) {
    const ModelData model = formula_model(config);
    Threads threads(2);
    const std::vector<float> rows = hidden(model, ids, nullptr, {threads});
    const std::size_t classes = config.n_labels == 0 ? config.vocab_size : config.n_labels;
    std::vector<float> scores(ids.size() * classes);
    head(config, model.weights, rows.data(), ids.size(), scores.data(), {threads});
    std::size_t i = 0;
    double worst = 0;
    for (const auto row : one["scores"].get_array())
      for (const double want : row.get_array())
        worst = std::max(worst, std::abs(static_cast<double>(scores.at(i++)) - want));
    CAPTURE(config.conv_attention, config.conv_experts, config.n_labels, worst);
    CHECK(i == scores.size());
    CHECK(worst < 2e-5);
  });
  REQUIRE(cases == 5);
}

TEST_CASE("every instruction set of this machine passes the cases marked [isa]") {
  for (const Kernels* table : available_kernels()) REQUIRE(passes_on(table->name));
}

TEST_CASE("[isa] tokens in any parts end with the same bits as all at once, after truncation and in copies too",
          "[isa]") {
  const TemporaryFolder folder;
  for (const DType type : kPacked) {
    const ModelData model = stored(formula_model(convolved_config()), type, Layout::kInterleaved, folder / "m.gguf");
    INFO(dtype_name(type));
    Threads threads(2);
    const Executor executor = inference_executor(model.weights, threads, Pass::kDecode);
    const auto ids = some_tokens(20, 1), other = some_tokens(9, 7);
    const std::size_t d = model.config.n_embd;
    const std::vector<float> whole = hidden(model, ids, nullptr, executor);
    for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{1}, {5, 1}, {1, 2, 3, 7}, {20}}) {
      KvCache cache(model.config);
      std::size_t part = 0;
      for (std::size_t at = 0; at < ids.size();) {
        const std::size_t n = std::min(sizes[std::min(part++, sizes.size() - 1)], ids.size() - at);
        const auto rows = hidden(model, std::span(ids).subspan(at, n), &cache, executor);
        REQUIRE(same_bits(rows, std::span(whole).subspan(at * d, n * d)));
        at += n;
      }
      // Forgetting, writing something else, forgetting that: as if nothing had been.
      for (const std::size_t kept : {15u, 12u, 2u, 1u, 0u}) {
        cache.truncate(kept);
        hidden(model, other, &cache, executor);
        cache.truncate(kept);
        KvCache copy(model.config);
        copy.copy_prefix(cache, kept);
        for (KvCache* each : {&cache, &copy})
          REQUIRE(same_bits(hidden(model, std::span(ids).subspan(kept, 1), each, executor),
                            std::span(whole).subspan(kept * d, d)));
      }
    }
  }
}

TEST_CASE("the number of threads does not change a bit of a convolution or of its gradient") {
  Rng rng(3);
  const std::size_t n = 37, tokens = 300, taps = 4;
  std::vector<float> w(taps * n), x(tokens * n), d_y(x);
  for (auto* v : {&w, &x, &d_y})
    for (float& f : *v) f = static_cast<float>(rng.normal());
  const Tensor weight{DType::kF32, taps, n, w.data()};
  const std::vector<std::uint32_t> starts{0, 1, 100, 102, 300};
  const std::vector<TokenId> ids(tokens);
  const Batch batch{ids, starts};
  std::vector<ConvolutionInput> sources;
  for (std::size_t s = 0; s < 4; ++s) sources.push_back({&x[starts[s] * n], 0});
  std::vector<std::vector<float>> results;
  for (const std::size_t count : {1u, 2u, 3u}) {
    Threads threads(count);
    std::vector<float> y(x.size()), d_x(x.size()), d_w(w.size()), sums;
    convolve(weight, batch, sources, y.data(), threads);
    convolve_backward(weight, batch, x.data(), d_y.data(), d_x.data(), d_w.data(), sums, threads);
    y.insert(y.end(), d_x.begin(), d_x.end());
    y.insert(y.end(), d_w.begin(), d_w.end());
    results.push_back(std::move(y));
  }
  REQUIRE(same_bits(results[0], results[1]));
  REQUIRE(same_bits(results[0], results[2]));
  // Against the definition.
  for (std::size_t s = 0; s < 4; ++s)
    for (std::size_t t = starts[s]; t < starts[s + 1]; ++t)
      for (std::size_t c = 0; c < n; ++c) {
        double sum = static_cast<double>(x[t * n + c]);
        for (std::size_t j = 0; j < taps && starts[s] + j <= t; ++j)
          sum += static_cast<double>(w[j * n + c]) * static_cast<double>(x[(t - j) * n + c]);
        REQUIRE(static_cast<double>(results[0][t * n + c]) == Approx(sum).margin(1e-5));
      }
}

TEST_CASE("convolutions survive saving in every type and order, as F32, and their absence leaves no trace") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(convolved_config(Head::kTag));
  for (const DType type : kPacked)
    for (const Layout layout : {Layout::kRows, Layout::kInterleaved}) {
      const ModelData again = stored(model, type, layout, folder / "m.gguf");
      REQUIRE(again.config.conv_attention == 4);
      REQUIRE(again.config.conv_experts == 3);
      for (std::size_t l = 0; l < model.config.n_layer; ++l) {
        const Layer &a = model.weights.layers[l], &b = again.weights.layers[l];
        REQUIRE(b.conv_attention.type == DType::kF32);
        REQUIRE(values_of(a.conv_attention) == values_of(b.conv_attention));
        REQUIRE(values_of(a.conv_experts) == values_of(b.conv_experts));
      }
    }
  REQUIRE(count_parameters(model.config).total ==
          count_parameters(small_config(Head::kTag)).total + model.config.n_layer * 7 * model.config.n_embd);
  save_model(formula_model(small_config()), DType::kF32, folder / "m.gguf");
  REQUIRE(slurp(folder / "m.gguf").find("conv") == std::string::npos);
}

TEST_CASE("a model with convolutions is refused by name where llama.cpp would have to run it") {
  const TemporaryFolder folder;
  for (const auto& [attention, experts] : {std::pair{4, 0}, {0, 4}}) {
    Config config = small_config();
    config.conv_attention = static_cast<std::size_t>(attention);
    config.conv_experts = static_cast<std::size_t>(experts);
    REQUIRE_THROWS_WITH(save_model(formula_model(config), DType::kF32, folder / "m.gguf", true),
                        Catch::Contains("convolutions cannot be expressed"));
  }
}

TEST_CASE("a convolution of one tap, or of more than eight, is refused") {
  for (const std::size_t taps : {1u, 9u}) {
    Config config = small_config();
    config.conv_attention = taps;
    REQUIRE_THROWS_WITH(check_config(config, "f"), Catch::Contains("width of a convolution"));
    config.conv_attention = 0, config.conv_experts = taps;
    REQUIRE_THROWS_WITH(check_config(config, "f"), Catch::Contains("width of a convolution"));
  }
}

TEST_CASE("taps of zero change no bit of what the network without convolutions computes") {
  Threads threads(2);
  ModelData model = formula_model(convolved_config()), plain = formula_model(small_config());
  const std::vector<float> zeros(8 * model.config.n_embd);
  for (Layer& layer : model.weights.layers) layer.conv_attention.data = layer.conv_experts.data = zeros.data();
  const auto ids = some_tokens(24, 3);
  REQUIRE(same_bits(hidden(model, ids, nullptr, {threads}), hidden(plain, ids, nullptr, {threads})));
}

}  // namespace eve::test
