// SPDX-License-Identifier: Apache-2.0
#include "model/forward.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "kernels/kernels.h"

namespace eve {

namespace {

// Below this many tokens a product per token reads each weight once and wins over unpacking to fp32.
constexpr std::size_t kMatvecTokens = 4;
// Rows of a packed weight that one thread unpacks at a time; 64 x 1408 fp32 stay in the second-level cache.
constexpr std::size_t kPanelRows = 64;
// Token rows that are worth a thread of their own in the operations that are linear in the width.
constexpr std::size_t kTokenGrain = 64;

/// Rows of a weight that are worth a thread of their own: waking one costs as much as some hundred thousand
/// multiplications.
std::size_t row_grain(std::size_t tokens, std::size_t cols) { return (std::size_t{1} << 20) / (tokens * cols) + 1; }

void matvec(const Tensor& w, const float* x, std::size_t tokens, float* y, Threads& threads) {
  const Kernels& kernel = kernels();
  const auto* rows = static_cast<const std::byte*>(w.data);
  const std::size_t stride = row_bytes(w.type, w.cols);
  const bool quantised = w.type == DType::kQ8_0 || w.type == DType::kQ4_0;
  std::vector<BlockA8> blocks;
  const std::size_t blocks_per_row = w.cols / 32;
  if (quantised) {
    blocks.resize(tokens * blocks_per_row);
    kernel.quantize_a8(x, tokens * w.cols, blocks.data());
  }
  threads.parallel_for(
      w.rows, std::max<std::size_t>(16, row_grain(tokens, w.cols)), [&](std::size_t begin, std::size_t end) {
        for (std::size_t t = 0; t < tokens; ++t) {
          float* out = y + t * w.rows + begin;
          const void* data = rows + begin * stride;
          if (quantised) {
            const auto index = static_cast<std::size_t>(w.type) - static_cast<std::size_t>(DType::kQ8_0);
            kernel.matvec_q[index](data, end - begin, w.cols, blocks.data() + t * blocks_per_row, out);
          } else {
            kernel.matvec[static_cast<std::size_t>(w.type)](data, end - begin, w.cols, x + t * w.cols, out);
          }
        }
      });
}

/// Residual input of the first layer: the rows of the embedding.
void embed(const Config& config, const Tensor& wte, std::span<const TokenId> tokens, Threads& threads, float* x) {
  const std::size_t d = config.n_embd;
  const auto* rows = static_cast<const std::byte*>(wte.data);
  const std::size_t stride = row_bytes(wte.type, d);
  threads.parallel_for(tokens.size(), kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t)
      kernels().dequantize[static_cast<std::size_t>(wte.type)](rows + static_cast<std::size_t>(tokens[t]) * stride, d,
                                                               x + t * d);
  });
}

void rms_norm_rows(const float* x, const Tensor& gain, std::size_t tokens, float eps, Threads& threads, float* y) {
  const std::size_t d = gain.cols;
  threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t) kernels().rms_norm(x + t * d, gain.f32(), d, eps, y + t * d);
  });
}

/// softmax -> top-k -> renormalise; ties go to the lowest index. Then the tokens are sorted by expert (a stable
/// counting sort).
void route(const Config& config, const Layer& layer, std::size_t tokens, Executor executor, LayerActivations& a) {
  const std::size_t experts = config.n_expert, k = config.top_k;
  a.probs.resize(tokens * experts);
  a.chosen.resize(tokens * k);
  a.weight.resize(tokens * k);
  // Products in fp32 whatever the executor says: a choice of experts must not depend on the precision of the rest.
  linear(layer.router, a.h2.data(), tokens, a.probs.data(), {executor.threads, Math::kF32});
  a.expert_start.assign(experts + 1, 0);
  for (std::size_t t = 0; t < tokens; ++t) {
    float* p = &a.probs[t * experts];
    kernels().softmax(p, experts);
    std::uint32_t* chosen = &a.chosen[t * k];
    float sum = 0;
    for (std::size_t i = 0; i < k; ++i) {
      std::uint32_t best = static_cast<std::uint32_t>(experts);
      for (std::uint32_t e = 0; e < experts; ++e)
        if (std::find(chosen, chosen + i, e) == chosen + i && (best == experts || p[e] > p[best])) best = e;
      chosen[i] = best;
      sum += p[best];
      ++a.expert_start[best + 1];
    }
    for (std::size_t i = 0; i < k; ++i) a.weight[t * k + i] = p[chosen[i]] / sum;
  }
  for (std::size_t e = 0; e < experts; ++e) a.expert_start[e + 1] += a.expert_start[e];
  std::vector<std::uint32_t> next(a.expert_start.begin(), a.expert_start.end() - 1);
  a.slot_of_row.resize(tokens * k);
  for (std::uint32_t slot = 0; slot < tokens * k; ++slot) a.slot_of_row[next[a.chosen[slot]]++] = slot;
}

/// out[n][d] = c_proj (silu(w1 in) * (w2 in)); gate, up and act are kept for backward.
void ffn(const Ffn& w, const float* in, std::size_t n, float* gate, float* up, float* act, float* out,
         Executor executor) {
  const std::size_t ff = w.w1.rows;
  linear(w.w1, in, n, gate, executor);
  linear(w.w2, in, n, up, executor);
  executor.threads.parallel_for(n, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    kernels().silu_mul(gate + begin * ff, up + begin * ff, (end - begin) * ff, act + begin * ff);
  });
  linear(w.c_proj, act, n, out, executor);
}

void routed_experts(const Config& config, const Layer& layer, std::size_t tokens, Executor executor,
                    LayerActivations& a) {
  const std::size_t d = config.n_embd, ff = config.expert_ff, k = config.top_k, rows = tokens * k;
  a.routed_in.resize(rows * d);
  a.gate.resize(rows * ff);
  a.up.resize(rows * ff);
  a.act.resize(rows * ff);
  a.routed_out.resize(rows * d);
  for (std::size_t r = 0; r < rows; ++r)
    std::memcpy(&a.routed_in[r * d], &a.h2[a.slot_of_row[r] / k * d], d * sizeof(float));
  for (std::size_t e = 0; e < config.n_expert; ++e) {
    const std::size_t first = a.expert_start[e], n = a.expert_start[e + 1] - first;
    if (n == 0) continue;
    ffn(layer.experts[e], &a.routed_in[first * d], n, &a.gate[first * ff], &a.up[first * ff], &a.act[first * ff],
        &a.routed_out[first * d], executor);
  }
}

/// Where the keys and values of each sequence lie, after those of this pass have joined the caches.
std::vector<KeyValues> key_values(const Batch& batch, std::size_t layer, std::size_t attn_dim,
                                  const LayerActivations& a) {
  std::vector<KeyValues> sources;
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const std::size_t first = batch.starts[s] * attn_dim, size = (batch.starts[s + 1] - batch.starts[s]) * attn_dim;
    if (batch.caches.empty()) {
      sources.push_back({&a.k[first], &a.v[first], 0});
      continue;
    }
    KvCache& cache = *batch.caches[s];
    std::copy_n(&a.k[first], size, cache.keys(layer) + cache.size() * attn_dim);
    std::copy_n(&a.v[first], size, cache.values(layer) + cache.size() * attn_dim);
    sources.push_back({cache.keys(layer), cache.values(layer), cache.size()});
  }
  return sources;
}

}  // namespace

void linear(const Tensor& w, const float* x, std::size_t tokens, float* y, Executor executor) {
  if (tokens == 0) return;
  if (tokens <= kMatvecTokens && executor.math == Math::kF32) return matvec(w, x, tokens, y, executor.threads);
  if (w.type == DType::kF32) {
    gemm(Transpose::kNo, Transpose::kYes, tokens, w.rows, w.cols, x, w.cols, w.f32(), w.cols, 0.0f, y, w.rows,
         executor.math, executor.threads);
    return;
  }
  const auto* rows = static_cast<const std::byte*>(w.data);
  const std::size_t stride = row_bytes(w.type, w.cols);
  const std::size_t grain = std::max(kPanelRows, row_grain(tokens, w.cols));
  executor.threads.parallel_for(w.rows, grain, [&](std::size_t begin, std::size_t end) {
    Threads here(1);
    std::vector<float> panel(kPanelRows * w.cols);
    for (std::size_t r = begin; r < end; r += kPanelRows) {
      const std::size_t n = std::min(kPanelRows, end - r);
      kernels().dequantize[static_cast<std::size_t>(w.type)](rows + r * stride, n * w.cols, panel.data());
      gemm(Transpose::kNo, Transpose::kYes, tokens, n, w.cols, x, w.cols, panel.data(), w.cols, 0.0f, y + r, w.rows,
           executor.math, here);
    }
  });
}

void forward(const Config& config, const Weights& weights, const Batch& batch, bool keep, Executor executor,
             Activations& out) {
  const std::size_t tokens = batch.tokens.size(), d = config.n_embd, attn_dim = config.attn_dim();
  std::size_t positions = 0;
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const std::size_t past = batch.caches.empty() ? 0 : batch.caches[s]->size();
    positions = std::max(positions, past + batch.starts[s + 1] - batch.starts[s]);
  }
  if (positions > config.context)
    throw Error(Status::kInput, "input of " + std::to_string(positions) + " tokens exceeds the model's context of " +
                                    std::to_string(config.context) + "; shorten it");
  for (const TokenId id : batch.tokens)
    if (id < 0 || static_cast<std::size_t>(id) >= config.vocab_size)
      throw Error(Status::kInput, "token id " + std::to_string(id) + " is outside the model's vocabulary");
  for (std::size_t s = 0; s < batch.caches.size(); ++s)
    batch.caches[s]->reserve(batch.caches[s]->size() + batch.starts[s + 1] - batch.starts[s]);

  out.rope.reserve(config, positions);
  out.layers.resize(keep ? config.n_layer : 1);
  out.layers[0].x.resize(tokens * d);
  embed(config, weights.wte, batch.tokens, executor.threads, out.layers[0].x.data());
  out.scratch.resize(tokens * d);
  out.x.resize(tokens * d);

  for (std::size_t l = 0; l < config.n_layer; ++l) {
    const Layer& layer = weights.layers[l];
    LayerActivations& a = out.layers[keep ? l : 0];
    for (auto* v : {&a.h1, &a.x_mid, &a.h2}) v->resize(tokens * d);
    for (auto* v : {&a.q, &a.k, &a.v, &a.attn}) v->resize(tokens * attn_dim);
    if (keep) a.log_sums.resize(tokens * config.n_head);
    for (auto* v : {&a.shared_gate, &a.shared_up, &a.shared_act}) v->resize(tokens * config.shared_ff);

    rms_norm_rows(a.x.data(), layer.ln_1, tokens, config.norm_eps, executor.threads, a.h1.data());
    linear(layer.q, a.h1.data(), tokens, a.q.data(), executor);
    linear(layer.k, a.h1.data(), tokens, a.k.data(), executor);
    linear(layer.v, a.h1.data(), tokens, a.v.data(), executor);
    out.rope.rotate(batch, a.q.data(), Rope::kForward, executor.threads);
    out.rope.rotate(batch, a.k.data(), Rope::kForward, executor.threads);
    attention(config, batch, key_values(batch, l, attn_dim, a), a.q.data(), a.attn.data(),
              keep ? a.log_sums.data() : nullptr, executor.math, executor.threads);
    linear(layer.c_proj, a.attn.data(), tokens, a.x_mid.data(), executor);
    kernels().axpy(1.0f, a.x.data(), a.x_mid.data(), tokens * d);

    rms_norm_rows(a.x_mid.data(), layer.ln_2, tokens, config.norm_eps, executor.threads, a.h2.data());
    route(config, layer, tokens, executor, a);
    routed_experts(config, layer, tokens, executor, a);
    ffn(layer.shared, a.h2.data(), tokens, a.shared_gate.data(), a.shared_up.data(), a.shared_act.data(),
        out.scratch.data(), executor);

    std::vector<float>& next = l + 1 == config.n_layer ? out.x : out.layers[keep ? l + 1 : 0].x;
    next.resize(tokens * d);
    std::memcpy(next.data(), a.x_mid.data(), tokens * d * sizeof(float));
    kernels().axpy(1.0f, out.scratch.data(), next.data(), tokens * d);
    for (std::size_t r = 0; r < a.slot_of_row.size(); ++r) {
      const std::uint32_t slot = a.slot_of_row[r];
      kernels().axpy(a.weight[slot], &a.routed_out[r * d], &next[slot / config.top_k * d], d);
    }
  }
  for (std::size_t s = 0; s < batch.caches.size(); ++s) batch.caches[s]->grow(batch.starts[s + 1] - batch.starts[s]);
  out.hidden.resize(tokens * d);
  rms_norm_rows(out.x.data(), weights.ln_f, tokens, config.norm_eps, executor.threads, out.hidden.data());
}

void head(const Config& config, const Weights& weights, const float* hidden, std::size_t rows, float* scores,
          Executor executor) {
  const Tensor& w = config.head == Head::kLm ? weights.wte : weights.cls;
  linear(w, hidden, rows, scores, executor);
  if (config.head == Head::kLm) return;
  for (std::size_t r = 0; r < rows; ++r) kernels().axpy(1.0f, weights.cls_bias.f32(), scores + r * w.rows, w.rows);
}

std::vector<float> pool(const Config& config, const Batch& batch, std::span<const float> hidden) {
  const std::size_t d = config.n_embd, sequences = batch.starts.size() - 1;
  std::vector<float> pooled(sequences * d);
  for (std::size_t s = 0; s < sequences; ++s) {
    const std::size_t length = batch.starts[s + 1] - batch.starts[s];
    for (std::size_t t = batch.starts[s]; t < batch.starts[s + 1]; ++t)
      kernels().axpy(1.0f / static_cast<float>(length), &hidden[t * d], &pooled[s * d], d);
  }
  return pooled;
}

float aux_loss(std::span<const float> probs, std::size_t n_expert) {
  const std::size_t tokens = probs.size() / n_expert;
  double loss = 0;
  for (std::size_t e = 0; e < n_expert; ++e) {
    double mean = 0;
    for (std::size_t t = 0; t < tokens; ++t) mean += probs[t * n_expert + e];
    mean /= static_cast<double>(tokens);
    loss += mean * mean;
  }
  return static_cast<float>(loss * static_cast<double>(n_expert));
}

}  // namespace eve
