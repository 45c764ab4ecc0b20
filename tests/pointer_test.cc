// SPDX-License-Identifier: Apache-2.0
// Claims about networks with a pointer head.
#include "model/pointer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <numeric>

#include "golden.h"
#include "train/backward.h"

namespace eve::test {
namespace {

Config pointing_config() {
  Config config = small_config();
  config.pointer = 24;
  return config;
}

std::vector<TokenId> some_tokens(std::size_t n, std::size_t seed) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(static_cast<TokenId>((i * i + seed * 13 + 5) % 11));
  return ids;
}

/// Logits after every token of sequences of the given ends, continuing from caches where there are some.
std::vector<float> logits_of(const ModelData& model, std::span<const TokenId> ids, std::vector<std::uint32_t> ends,
                             std::span<KvCache* const> caches, Executor executor) {
  ends.insert(ends.begin(), 0);
  const Batch batch{ids, ends, caches};
  Activations activations;
  forward(model.config, model.weights, batch, false, executor, activations);
  std::vector<std::size_t> rows(ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::vector<float> logits(ids.size() * model.config.vocab_size);
  next_logits(model.config, model.weights, batch, activations, rows, logits.data(), executor);
  return logits;
}

std::vector<float> logits_of(const ModelData& model, std::span<const TokenId> ids, KvCache* cache, Executor executor) {
  KvCache* const caches[] = {cache};
  return logits_of(model, ids, {static_cast<std::uint32_t>(ids.size())},
                   cache ? std::span<KvCache* const>(caches) : std::span<KvCache* const>(), executor);
}

double log_sum(std::span<const float> logits) {
  double sum = 0;
  for (const float l : logits) sum += std::exp(static_cast<double>(l));
  return std::log(sum);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace

TEST_CASE("[isa] the pointer head mixes what the definition says", "[isa]") {
  INFO("kernels: " << kernels().name);
  const std::size_t cases = for_each_golden_case("pointers", [](const Config& config, auto ids, auto one) {
    Threads threads(2);
    const std::vector<float> logits = logits_of(formula_model(config), ids, nullptr, {threads});
    CAPTURE(config.pointer);
    CHECK(worst_log_probability(one, logits, config.vocab_size) < 2e-5);
  });
  REQUIRE(cases == 3);
}

TEST_CASE("[isa] logits have the same bits whatever parts the tokens come in, after truncation and in copies",
          "[isa]") {
  const TemporaryFolder folder;
  for (const DType type : {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0}) {
    INFO(dtype_name(type));
    save_model(formula_model(pointing_config()), type, folder / "m.gguf");
    const ModelData model = load_model(folder / "m.gguf");
    Threads threads(2);
    const Executor executor = inference_executor(model.weights, threads, Pass::kDecode);
    const auto ids = some_tokens(20, 1), other = some_tokens(9, 7);
    const std::size_t v = model.config.vocab_size;
    const std::vector<float> whole = logits_of(model, ids, nullptr, executor);
    for (const std::vector<std::size_t>& sizes : {std::vector<std::size_t>{1}, {5, 1}, {1, 2, 3, 7}, {20}}) {
      KvCache cache(model.config);
      std::size_t part = 0;
      for (std::size_t at = 0; at < ids.size();) {
        const std::size_t n = std::min(sizes[std::min(part++, sizes.size() - 1)], ids.size() - at);
        REQUIRE(same_bits(logits_of(model, std::span(ids).subspan(at, n), &cache, executor),
                          std::span(whole).subspan(at * v, n * v)));
        at += n;
      }
      for (const std::size_t kept : {15u, 12u, 2u, 1u, 0u}) {
        cache.truncate(kept);
        logits_of(model, other, &cache, executor);
        cache.truncate(kept);
        KvCache copy(model.config);
        copy.copy_prefix(cache, kept);
        for (KvCache* each : {&cache, &copy})
          REQUIRE(same_bits(logits_of(model, std::span(ids).subspan(kept, 1), each, executor),
                            std::span(whole).subspan(kept * v, v)));
      }
    }
  }
}

TEST_CASE("every instruction set of this machine passes the cases marked [isa]") {
  for (const Kernels* table : available_kernels()) REQUIRE(passes_on(table->name));
}

TEST_CASE("the loss is that of the logits, and counts as right what they rank first") {
  const ModelData model = formula_model(pointing_config());
  Threads threads(2);
  const std::vector<TokenId> ids = some_tokens(60, 2);
  const std::vector<std::uint32_t> ends{1, 24, 40, 60};
  const std::size_t v = model.config.vocab_size;
  const std::vector<float> logits = logits_of(model, ids, ends, {}, {threads});
  std::vector<std::int32_t> targets;
  double expected = 0;
  std::size_t first = 0, wanted = 0;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const auto row = std::span(logits).subspan(t * v, v);
    const std::size_t best = static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    // The best, one that was not copied, the next token, none.
    targets.push_back(t % 4 == 0   ? static_cast<std::int32_t>(best)
                      : t % 4 == 1 ? 30
                      : t % 4 == 2 ? ids[(t + 1) % 60]
                                   : kNoTarget);
    if (targets[t] == kNoTarget) continue;
    const auto target = static_cast<std::size_t>(targets[t]);
    expected += log_sum(row) - static_cast<double>(row[target]);
    first += target == best;
    ++wanted;
  }
  std::vector<std::uint32_t> starts(ends);
  starts.insert(starts.begin(), 0);
  Activations activations;
  forward(model.config, model.weights, {ids, starts}, true, {threads}, activations);
  BackwardScratch scratch;
  const LossSum loss = head_loss(model.config, model.weights, {ids, starts}, activations.hidden, targets, 0, {threads},
                                 nullptr, nullptr, scratch);
  CHECK(loss.cross_entropy == Approx(expected).epsilon(1e-5));
  CHECK(loss.targets == wanted);
  CHECK(loss.correct == first);
}

TEST_CASE("a pointer head survives saving, its absence leaves no trace, and llama.cpp or another head cannot have it") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(pointing_config());
  save_model(model, DType::kQ8_0, folder / "m.gguf");
  const ModelData again = load_model(folder / "m.gguf");
  REQUIRE(again.config.pointer == 24);
  REQUIRE(again.weights.pointer_query.type == DType::kQ8_0);
  REQUIRE(values_of(again.weights.pointer_gate) == values_of(model.weights.pointer_gate));
  REQUIRE(values_of(again.weights.pointer_bias) == values_of(model.weights.pointer_bias));
  REQUIRE(count_parameters(model.config).total ==
          count_parameters(small_config()).total + 2 * 24 * model.config.n_embd + model.config.n_embd + 1);
  REQUIRE_THROWS_WITH(save_model(model, DType::kF32, folder / "m.gguf", true),
                      Catch::Contains("pointer head cannot be expressed"));
  save_model(formula_model(small_config()), DType::kF32, folder / "plain.gguf");
  REQUIRE(slurp(folder / "plain.gguf").find("pointer") == std::string::npos);
  Config tags = small_config(Head::kTag);
  tags.pointer = 24;
  REQUIRE_THROWS_WITH(check_config(tags, "f"), Catch::Contains("pointer head"));
}

TEST_CASE("a closed gate changes no bit of what the network without a pointer computes") {
  Threads threads(2);
  ModelData model = formula_model(pointing_config());
  const ModelData plain = formula_model(small_config());
  const float closed = -1e4f;
  model.weights.pointer_bias.data = &closed;
  const auto ids = some_tokens(24, 3);
  REQUIRE(same_bits(logits_of(model, ids, nullptr, {threads}), logits_of(plain, ids, nullptr, {threads})));
}

}  // namespace eve::test
