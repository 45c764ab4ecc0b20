// SPDX-License-Identifier: Apache-2.0
#include "train/pointer_loss.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/kernels.h"
#include "train/backward.h"

namespace eve {

namespace {

/// Calls fn(run, one thread) for each, taken when a thread is free.
template <class Fn>
void each_run(std::span<const PointerScratch::Run> runs, Threads& threads, Fn&& fn) {
  std::atomic<std::size_t> next{0};
  threads.parallel_for(std::min(threads.count(), runs.size()), 1, [&](std::size_t, std::size_t) {
    Threads one(1);
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < runs.size();) fn(runs[i], one);
  });
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace

PointerLoss::PointerLoss(const Config& config, const Weights& weights, const Batch& batch,
                         std::span<const float> hidden, bool differentiate, Executor executor, PointerScratch& scratch)
    : config_(config),
      weights_(weights),
      batch_(batch),
      hidden_(hidden),
      differentiate_(differentiate),
      executor_(executor),
      scratch_(scratch) {
  const std::size_t tokens = batch.tokens.size(), dim = config.pointer;
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s)
    longest_ = std::max<std::size_t>(longest_, batch.starts[s + 1] - batch.starts[s]);
  scratch.keys.resize(tokens * dim);
  if (differentiate) scratch.d_keys.assign(tokens * dim, 0.0f);
  Input in;
  in.set(hidden.data(), tokens, config.n_embd);
  const Product keys[] = {{&weights.pointer_key, &in, scratch.keys.data()}};
  multiply(keys, executor);
}

void PointerLoss::attend(std::span<const std::size_t> rows) {
  const std::size_t n = rows.size(), d = config_.n_embd, dim = config_.pointer;
  PointerScratch& m = scratch_;
  rows_ = rows;
  m.hidden.resize(n * d);
  m.queries.resize(n * dim);
  m.attention.resize(n * longest_);
  m.gates.resize(n);
  m.d_gates.assign(n, 0.0f);
  m.sequence.resize(n);
  m.position.resize(n);
  m.runs.clear();
  for (std::size_t i = 0; i < n; ++i) {
    const auto after = std::ranges::upper_bound(batch_.starts, rows[i]);
    m.sequence[i] = static_cast<std::size_t>(after - batch_.starts.begin() - 1);
    m.position[i] = rows[i] - batch_.starts[m.sequence[i]];
    std::copy_n(&hidden_[rows[i] * d], d, &m.hidden[i * d]);
    m.gates[i] = kernels().dot(weights_.pointer_gate.f32(), &m.hidden[i * d], d) + *weights_.pointer_bias.f32();
    if (i == 0 || m.sequence[i] != m.sequence[i - 1]) m.runs.push_back({i, i, 0});
    m.runs.back().end = i + 1;
    m.runs.back().keys = m.position[i];
  }
  Input in;
  in.set(m.hidden.data(), n, d);
  const Product queries[] = {{&weights_.pointer_query, &in, m.queries.data()}};
  multiply(queries, executor_);
  each_run(m.runs, executor_.threads, [&](const PointerScratch::Run& run, Threads& one) {
    gemm(Transpose::kNo, Transpose::kYes, run.end - run.first, run.keys, dim, &m.queries[run.first * dim], dim,
         &m.keys[batch_.starts[m.sequence[run.first]] * dim], dim, 0.0f, &m.attention[run.first * longest_], longest_,
         executor_.math, one);
    for (std::size_t i = run.first; i < run.end; ++i) {
      float* const a = &m.attention[i * longest_];
      if (m.position[i] == 0) continue;
      const float inverse = 1.0f / kernels().exp_sum(a, m.position[i], pointer_scale(config_)).sum;
      for (std::size_t s = 0; s < m.position[i]; ++s) a[s] *= inverse;
    }
  });
}

PointerLoss::Mixed PointerLoss::mix(std::size_t i, const float* exps, ExpSum sums, std::size_t target,
                                    float target_logit, float scale) {
  const PointerScratch& m = scratch_;
  const std::size_t position = m.position[i];
  float* const a = &scratch_.attention[i * longest_];
  const TokenId* const copies = &batch_.tokens[batch_.starts[m.sequence[i]]] + 1;  // of position s: copies[s]
  const double log_vocabulary =
      static_cast<double>(target_logit) - static_cast<double>(sums.largest) - std::log(static_cast<double>(sums.sum));
  if (position == 0) return {-log_vocabulary, target_logit >= sums.largest, 1.0f};

  static thread_local std::vector<float> copied;  // by token; 0 between rows
  copied.resize(config_.vocab_size);
  for (std::size_t s = 0; s < position; ++s) copied[static_cast<std::size_t>(copies[s])] += a[s];
  const double gate = static_cast<double>(m.gates[i]), g = std::exp(-softplus(-gate));
  const auto probability = [&](std::size_t token) {
    return (1 - g) * static_cast<double>(exps[token]) / static_cast<double>(sums.sum) +
           g * static_cast<double>(copied[token]);
  };
  const double mine = probability(target), target_copied = static_cast<double>(copied[target]);
  double most = (1 - g) / static_cast<double>(sums.sum);  // of the head's best
  for (std::size_t s = 0; s < position; ++s) most = std::max(most, probability(static_cast<std::size_t>(copies[s])));
  for (std::size_t s = 0; s < position; ++s) copied[static_cast<std::size_t>(copies[s])] = 0;

  const double from_vocabulary = log_vocabulary - softplus(gate);
  const double from_copies = target_copied > 0 ? std::log(target_copied) - softplus(-gate) : -INFINITY;
  const double largest = std::max(from_vocabulary, from_copies);
  const double log_p = largest + std::log(std::exp(from_vocabulary - largest) + std::exp(from_copies - largest));
  const double copy_share = std::exp(from_copies - log_p);
  if (differentiate_) {
    scratch_.d_gates[i] = static_cast<float>(static_cast<double>(scale) * (g - copy_share));
    // -log p by the score of place s: g / p a_s (target_copied - [it copies the target]).
    const double rate = target_copied > 0 ? copy_share / target_copied : 0;
    const auto other = static_cast<float>(static_cast<double>(scale * pointer_scale(config_)) * copy_share);
    const auto hit = static_cast<float>(static_cast<double>(scale * pointer_scale(config_)) * (copy_share - rate));
    for (std::size_t s = 0; s < position; ++s) a[s] *= static_cast<std::size_t>(copies[s]) == target ? hit : other;
  }
  return {-log_p, mine >= most, static_cast<float>(std::exp(from_vocabulary - log_p))};
}

void PointerLoss::add_gradients(ParameterBuffer& gradients, float* d_hidden) {
  const std::size_t n = rows_.size(), d = config_.n_embd, dim = config_.pointer;
  const Weights& g = gradients.weights();
  PointerScratch& m = scratch_;
  Threads& threads = executor_.threads;
  m.d_queries.resize(n * dim);
  m.d_hidden.resize(n * d);
  each_run(m.runs, threads, [&](const PointerScratch::Run& run, Threads& one) {
    float* const d_scores = &m.attention[run.first * longest_];
    for (std::size_t i = run.first; i < run.end; ++i)
      std::fill(&m.attention[i * longest_] + m.position[i], &m.attention[i * longest_] + run.keys, 0.0f);
    const std::size_t keys = batch_.starts[m.sequence[run.first]] * dim, rows = run.end - run.first;
    gemm(Transpose::kNo, Transpose::kNo, rows, dim, run.keys, d_scores, longest_, &m.keys[keys], dim, 0.0f,
         &m.d_queries[run.first * dim], dim, executor_.math, one);
    gemm(Transpose::kYes, Transpose::kNo, run.keys, dim, rows, d_scores, longest_, &m.queries[run.first * dim], dim,
         1.0f, &m.d_keys[keys], dim, executor_.math, one);
  });
  gemm(Transpose::kYes, Transpose::kNo, dim, d, n, m.d_queries.data(), dim, m.hidden.data(), d, 1.0f,
       gradients.writable(g.pointer_query), d, executor_.math, threads);
  gemm(Transpose::kNo, Transpose::kNo, n, d, dim, m.d_queries.data(), dim, weights_.pointer_query.f32(), d, 0.0f,
       m.d_hidden.data(), d, executor_.math, threads);
  float *const d_gate = gradients.writable(g.pointer_gate), *const d_bias = gradients.writable(g.pointer_bias);
  for (std::size_t i = 0; i < n; ++i) {
    float* const to = d_hidden + rows_[i] * d;
    kernels().axpy(1.0f, &m.d_hidden[i * d], to, d);
    kernels().axpy(m.d_gates[i], weights_.pointer_gate.f32(), to, d);
    kernels().axpy(m.d_gates[i], &m.hidden[i * d], d_gate, d);
    *d_bias += m.d_gates[i];
  }
}

void PointerLoss::add_key_gradients(ParameterBuffer& gradients, float* d_hidden) {
  const std::size_t tokens = batch_.tokens.size(), d = config_.n_embd, dim = config_.pointer;
  gemm(Transpose::kYes, Transpose::kNo, dim, d, tokens, scratch_.d_keys.data(), dim, hidden_.data(), d, 1.0f,
       gradients.writable(gradients.weights().pointer_key), d, executor_.math, executor_.threads);
  gemm(Transpose::kNo, Transpose::kNo, tokens, d, dim, scratch_.d_keys.data(), dim, weights_.pointer_key.f32(), d, 1.0f,
       d_hidden, d, executor_.math, executor_.threads);
}

}  // namespace eve
