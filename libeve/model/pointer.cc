// SPDX-License-Identifier: Apache-2.0
#include "model/pointer.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "kernels/kernels.h"

namespace eve {

namespace {

/// What one thread works with.
struct Scratch {
  std::vector<float> attention, exps;
  std::vector<float> copied;  ///< by token; 0 between rows
};

/// logits become those of the mixture, less a common constant: where the pointer's share of a token is c,
/// log((1 - g) e^l / sum + g c) = log(1 - g) - log(sum) + log(e^l + sum e^z c), z the logit of g.
void mix(const float* keys, const TokenId* tokens, std::size_t position, std::size_t dim, float scale, const float* q,
         float gate, std::span<float> logits, Scratch& own) {
  own.attention.resize(position);
  own.copied.resize(logits.size());
  kernels().matvec[0](keys, position, dim, q, own.attention.data());
  const ExpSum attended = kernels().exp_sum(own.attention.data(), position, scale);
  own.exps.assign(logits.begin(), logits.end());
  const ExpSum exps = kernels().exp_sum(own.exps.data(), own.exps.size(), 1.0f);
  const float shift = exps.largest + std::log(exps.sum) + gate - std::log(attended.sum);
  for (std::size_t s = 0; s < position; ++s) own.copied[static_cast<std::size_t>(tokens[s + 1])] += own.attention[s];
  for (std::size_t s = 0; s < position; ++s) {
    const auto token = static_cast<std::size_t>(tokens[s + 1]);
    const float copied = std::exchange(own.copied[token], 0.0f);
    if (copied == 0) continue;
    const float pointed = shift + std::log(copied), largest = std::max(pointed, logits[token]);
    logits[token] = largest + std::log1p(std::exp(std::min(pointed, logits[token]) - largest));
  }
}

}  // namespace

void next_logits(const Config& config, const Weights& weights, const Batch& batch, const Activations& activations,
                 std::span<const std::size_t> rows, float* logits, Executor executor) {
  const std::size_t d = config.n_embd, dim = config.pointer, vocabulary = config.vocab_size;
  std::vector<float> hidden(rows.size() * d);
  for (std::size_t i = 0; i < rows.size(); ++i) std::copy_n(&activations.hidden[rows[i] * d], d, &hidden[i * d]);
  head(config, weights, hidden.data(), rows.size(), logits, executor);
  if (dim == 0) return;
  std::vector<float> queries(rows.size() * dim), keys;
  std::vector<Product> products;
  Input in, all;
  in.set(hidden.data(), rows.size(), d);
  products.push_back({&weights.pointer_query, &in, queries.data()});
  if (batch.caches.empty()) {
    keys.resize(batch.tokens.size() * dim);
    all.set(activations.hidden.data(), batch.tokens.size(), d);
    products.push_back({&weights.pointer_key, &all, keys.data()});
  }
  multiply(products, executor);
  executor.threads.parallel_for(rows.size(), 1, [&](std::size_t begin, std::size_t end) {
    static thread_local Scratch own;  // kept between calls: a vocabulary of zeros costs more than a short text
    for (std::size_t i = begin; i < end; ++i) {
      const auto s =
          static_cast<std::size_t>(std::ranges::upper_bound(batch.starts, rows[i]) - batch.starts.begin() - 1);
      const std::size_t start = batch.starts[s];
      // A cache holds the tokens of this pass too.
      const std::size_t past = batch.caches.empty() ? 0 : batch.caches[s]->size() - (batch.starts[s + 1] - start);
      const std::size_t position = past + rows[i] - start;
      if (position == 0) continue;
      const float gate = kernels().dot(weights.pointer_gate.f32(), &hidden[i * d], d) + *weights.pointer_bias.f32();
      mix(batch.caches.empty() ? &keys[start * dim] : batch.caches[s]->pointer_keys(),
          batch.caches.empty() ? &batch.tokens[start] : batch.caches[s]->tokens(), position, dim, pointer_scale(config),
          &queries[i * dim], gate, {logits + i * vocabulary, vocabulary}, own);
    }
  });
}

}  // namespace eve
