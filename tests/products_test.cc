// SPDX-License-Identifier: Apache-2.0
// Claims about passes over weights of every type and order, whatever shares the pass and however many threads run it.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "model/forward.h"
#include "models.h"

namespace eve::test {
namespace {

constexpr DType kPacked[] = {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0};

ModelData stored(const ModelData& model, DType type, Layout layout, const std::string& path) {
  save_model(model, type, path, false, layout);
  return load_model(path);
}

std::vector<TokenId> some_tokens(std::size_t n, std::size_t seed) {
  std::vector<TokenId> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(static_cast<TokenId>((i * 29 + seed * 13 + 5) % 40));
  return ids;
}

/// Hidden vectors of sequences of the given lengths, all in one pass.
std::vector<float> hidden(const ModelData& model, const std::vector<std::size_t>& lengths, std::size_t first_seed,
                          Executor executor) {
  std::vector<TokenId> ids;
  std::vector<std::uint32_t> starts{0};
  for (std::size_t s = 0; s < lengths.size(); ++s) {
    const auto more = some_tokens(lengths[s], first_seed + s);
    ids.insert(ids.end(), more.begin(), more.end());
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
  }
  Activations activations;
  forward(model.config, model.weights, {ids, starts}, false, executor, activations);
  return activations.hidden;
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

double relative_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(difference / norm);
}

/// Every expert chosen: a near tie between two would turn on less than rounding.
ModelData model_of_all_experts(Head head) {
  Config config = small_config(head);
  config.top_k = config.n_expert;
  return formula_model(config);
}

}  // namespace

TEST_CASE("either order of weights is the same model, and converts to the other without loss") {
  const TemporaryFolder folder;
  const ModelData model = model_of_all_experts(Head::kTag);
  Threads threads(2);
  for (const DType type : kPacked) {
    INFO(dtype_name(type));
    const ModelData rows = stored(model, type, Layout::kRows, folder / "rows.gguf");
    const ModelData groups = stored(rows, type, Layout::kInterleaved, folder / "groups.gguf");
    REQUIRE(rows.weights.layers[0].q.layout == Layout::kRows);
    REQUIRE(groups.weights.layers[0].q.layout == Layout::kInterleaved);
    REQUIRE(groups.weights.layers[0].router.layout == Layout::kRows);
    REQUIRE(groups.storage.empty());
    REQUIRE(slurp(folder / "rows.gguf") != slurp(folder / "groups.gguf"));
    for_each_pair(rows, groups, [](const TensorSpec& spec, const Tensor& x, const Tensor& y) {
      INFO(spec.gguf.name);
      REQUIRE(values_of(x) == values_of(y));
    });
    stored(groups, type, Layout::kRows, folder / "back.gguf");
    REQUIRE(slurp(folder / "rows.gguf") == slurp(folder / "back.gguf"));
    const double bound = type == DType::kF16 ? 1e-5 : 0.06;  // bfloat16 and int8 activations on one side
    for (const std::vector<std::size_t>& lengths : {std::vector<std::size_t>{1}, {5, 20, 7}})
      REQUIRE(
          relative_difference(hidden(groups, lengths, 0, inference_executor(groups.weights, threads, Pass::kPrefill)),
                              hidden(rows, lengths, 0, {threads})) <= bound);
  }
}

TEST_CASE("the bits of a sequence's results do not depend on what shares it") {
  const TemporaryFolder folder;
  const ModelData model = formula_model(small_config(Head::kTag));
  Threads threads(2);
  for (const DType type : kPacked) {
    INFO(dtype_name(type));
    const ModelData groups = stored(model, type, Layout::kInterleaved, folder / "m.gguf");
    const Executor executor = inference_executor(groups.weights, threads, Pass::kPrefill);
    const std::vector<std::size_t> lengths{3, 24, 1, 17, 9, 24, 2};
    const std::vector<float> together = hidden(groups, lengths, 0, executor);
    std::size_t at = 0;
    for (std::size_t s = 0; s < lengths.size(); ++s) {
      const std::size_t n = lengths[s] * groups.config.n_embd;
      REQUIRE(same_bits(hidden(groups, {lengths[s]}, s, executor), std::span(together).subspan(at, n)));
      at += n;
    }
  }
}

TEST_CASE("the number of threads does not change a bit of a pass over packed weights") {
  const TemporaryFolder folder;
  Config config = small_config(Head::kTag);
  config.n_embd = 256, config.expert_ff = 512, config.shared_ff = 512;  // work for several
  const ModelData model = formula_model(config);
  for (const DType type : kPacked) {
    INFO(dtype_name(type));
    const ModelData groups = stored(model, type, Layout::kInterleaved, folder / "m.gguf");
    for (const std::vector<std::size_t>& lengths : {std::vector<std::size_t>{1}, {24, 24, 24, 24}}) {
      Threads one(1), two(2), three(3);
      const std::vector<float> expected =
          hidden(groups, lengths, 0, inference_executor(groups.weights, one, Pass::kPrefill));
      for (Threads* threads : {&two, &three})
        REQUIRE(same_bits(hidden(groups, lengths, 0, inference_executor(groups.weights, *threads, Pass::kPrefill)),
                          expected));
    }
  }
}

TEST_CASE("sequences that continue from caches of different lengths in one pass end as each would alone") {
  const TemporaryFolder folder;
  const ModelData model = stored(formula_model(small_config()), DType::kQ8_0, Layout::kInterleaved, folder / "m.gguf");
  Threads threads(2);
  const Executor executor = inference_executor(model.weights, threads, Pass::kPrefill);
  const std::vector<std::size_t> before{4, 11, 1};
  std::vector<KvCache> caches(before.size(), KvCache(model.config)), alone = caches;
  std::vector<std::vector<float>> expected;
  Activations activations;
  const auto run = [&](std::span<const TokenId> ids, KvCache& cache) {
    const std::uint32_t starts[] = {0, static_cast<std::uint32_t>(ids.size())};
    KvCache* const one[] = {&cache};
    forward(model.config, model.weights, {ids, starts, one}, false, executor, activations);
    return activations.hidden;
  };
  for (std::size_t s = 0; s < before.size(); ++s) {
    run(some_tokens(before[s], s), caches[s]);
    run(some_tokens(before[s], s), alone[s]);
    expected.push_back(run(some_tokens(s + 1, 50 + s), alone[s]));
  }
  std::vector<TokenId> ids;
  std::vector<std::uint32_t> starts{0};
  std::vector<KvCache*> pointers;
  for (std::size_t s = 0; s < before.size(); ++s) {
    const auto more = some_tokens(s + 1, 50 + s);
    ids.insert(ids.end(), more.begin(), more.end());
    starts.push_back(static_cast<std::uint32_t>(ids.size()));
    pointers.push_back(&caches[s]);
  }
  forward(model.config, model.weights, {ids, starts, pointers}, false, executor, activations);
  std::size_t at = 0;
  for (std::size_t s = 0; s < before.size(); ++s) {
    REQUIRE(caches[s].size() == before[s] + s + 1);
    REQUIRE(same_bits(std::span(activations.hidden).subspan(at, expected[s].size()), expected[s]));
    at += expected[s].size();
  }
}

}  // namespace eve::test
