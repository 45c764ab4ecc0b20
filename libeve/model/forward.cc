// SPDX-License-Identifier: Apache-2.0
#include "model/forward.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "kernels/kernels.h"
#include "model/convolution.h"

namespace eve {

namespace {

// Token rows that are worth a thread of their own in the operations that are linear in the width.
constexpr std::size_t kTokenGrain = 64;

/// Residual input of the first layer: the rows of the embedding.
void embed(const Config& config, const Tensor& wte, std::span<const TokenId> tokens, Threads& threads, float* x) {
  const std::size_t d = config.n_embd;
  threads.parallel_for(tokens.size(), kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t)
      dequantize_row(wte.type, wte.layout, wte.rows, d, wte.data, static_cast<std::size_t>(tokens[t]), x + t * d);
  });
}

void rms_norm_rows(const float* x, const Tensor& gain, std::size_t tokens, float eps, Threads& threads, float* y) {
  const std::size_t d = gain.cols;
  threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t) kernels().rms_norm(x + t * d, gain.f32(), d, eps, y + t * d);
  });
}

/// h = rms_norm(x), and where the convolution has taps: n = rms_norm(x), h = n convolved.
void norm_and_convolve(const Tensor& gain, const Tensor& conv, const Batch& batch, std::size_t layer,
                       ConvolutionSite site, const std::vector<float>& x, float eps, Threads& threads,
                       std::vector<float>& n, std::vector<float>& h) {
  const std::size_t d = gain.cols, tokens = batch.tokens.size();
  h.resize(tokens * d);
  if (conv.rows == 0) return rms_norm_rows(x.data(), gain, tokens, eps, threads, h.data());
  n.resize(tokens * d);
  rms_norm_rows(x.data(), gain, tokens, eps, threads, n.data());
  std::vector<ConvolutionInput> sources;
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const float* const rows = &n[batch.starts[s] * d];
    if (batch.caches.empty())
      sources.push_back({rows, 0});
    else
      sources.push_back(
          {batch.caches[s]->append(layer, site, rows, batch.starts[s + 1] - batch.starts[s]), batch.caches[s]->size()});
  }
  convolve(conv, batch, sources, h.data(), threads);
}

/// softmax -> top-k -> renormalise; ties go to the lowest index. fp32 whatever the executor says: a choice of experts
/// must not depend on the precision of the rest.
void choose_experts(const Config& config, const Layer& layer, std::size_t tokens, Threads& threads,
                    LayerActivations& a) {
  const std::size_t d = config.n_embd, experts = config.n_expert, k = config.top_k;
  a.probs.resize(tokens * experts);
  a.chosen.resize(tokens * k);
  a.weight.resize(tokens * k);
  threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t) {
      float* p = &a.probs[t * experts];
      kernels().matvec[0](layer.router.data, experts, d, &a.h2[t * d], p);
      kernels().softmax(p, experts);
      std::uint32_t* chosen = &a.chosen[t * k];
      float sum = 0;
      for (std::size_t i = 0; i < k; ++i) {
        std::uint32_t best = static_cast<std::uint32_t>(experts);
        for (std::uint32_t e = 0; e < experts; ++e)
          if (std::find(chosen, chosen + i, e) == chosen + i && (best == experts || p[e] > p[best])) best = e;
        chosen[i] = best;
        sum += p[best];
      }
      for (std::size_t i = 0; i < k; ++i) a.weight[t * k + i] = p[chosen[i]] / sum;
    }
  });
}

/// A stable counting sort of the tokens by expert, and their inputs in that order.
void sort_by_expert(const Config& config, std::size_t tokens, Threads& threads, LayerActivations& a,
                    std::vector<float>& routed_in) {
  const std::size_t d = config.n_embd, k = config.top_k, rows = tokens * k;
  a.expert_start.assign(config.n_expert + 1, 0);
  for (const std::uint32_t e : a.chosen) ++a.expert_start[e + 1];
  for (std::size_t e = 0; e < config.n_expert; ++e) a.expert_start[e + 1] += a.expert_start[e];
  std::vector<std::uint32_t> next(a.expert_start.begin(), a.expert_start.end() - 1);
  a.slot_of_row.resize(rows);
  a.row_of_slot.resize(rows);
  for (std::uint32_t slot = 0; slot < rows; ++slot) a.slot_of_row[a.row_of_slot[slot] = next[a.chosen[slot]]++] = slot;
  routed_in.resize(rows * d);
  threads.parallel_for(rows, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r)
      std::memcpy(&routed_in[r * d], &a.h2[a.slot_of_row[r] / k * d], d * sizeof(float));
  });
}

/// Every expert, and the shared one, over its tokens: out = c_proj (silu(w1 in) * (w2 in)).
void feed_forward(const Config& config, const Layer& layer, std::size_t tokens, Executor executor, LayerActivations& a,
                  Activations& out) {
  const std::size_t d = config.n_embd, ff = config.expert_ff, rows = tokens * config.top_k;
  for (auto* v : {&a.gate, &a.up, &out.act}) v->resize(rows * ff);
  for (auto* v : {&a.shared_gate, &a.shared_up, &out.shared_act}) v->resize(tokens * config.shared_ff);
  out.routed_out.resize(rows * d);
  out.scratch.resize(tokens * d);

  struct Share {
    const Ffn* w;
    std::size_t n;
    const float* in;
    float *gate, *up, *act, *out;
  };
  std::vector<Share> shares;
  for (std::size_t e = 0; e < config.n_expert; ++e) {
    const std::size_t first = a.expert_start[e], n = a.expert_start[e + 1] - first;
    if (n != 0)
      shares.push_back({&layer.experts[e], n, &out.routed_in[first * d], &a.gate[first * ff], &a.up[first * ff],
                        &out.act[first * ff], &out.routed_out[first * d]});
  }
  shares.push_back({&layer.shared, tokens, a.h2.data(), a.shared_gate.data(), a.shared_up.data(), out.shared_act.data(),
                    out.scratch.data()});

  std::vector<Product> products;
  out.inputs.resize(config.n_expert + 1);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    out.inputs[i].set(shares[i].in, shares[i].n, d);
    products.push_back({&shares[i].w->w1, &out.inputs[i], shares[i].gate});
    products.push_back({&shares[i].w->w2, &out.inputs[i], shares[i].up});
  }
  multiply(products, executor, [&](std::size_t index, const Part& part) {
    if (index % 2 == 0) return;  // up follows gate
    const Share& s = shares[index / 2];
    for (std::size_t r = part.first_row; r < part.end_row; ++r) {
      const std::size_t at = r * s.w->w1.rows + part.first;
      kernels().silu_mul(s.gate + at, s.up + at, part.end - part.first, s.act + at);
    }
  });
  products.clear();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    out.inputs[i].set(shares[i].act, shares[i].n, shares[i].w->w1.rows);
    products.push_back({&shares[i].w->c_proj, &out.inputs[i], shares[i].out});
  }
  multiply(products, executor);
}

/// next = x_mid + shared expert + weighted sum of the chosen ones.
void combine(const Config& config, std::size_t tokens, const LayerActivations& a, const Activations& pass,
             Threads& threads, float* next) {
  const std::size_t d = config.n_embd, k = config.top_k;
  threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = begin; t < end; ++t) {
      std::memcpy(next + t * d, &a.x_mid[t * d], d * sizeof(float));
      kernels().axpy(1.0f, &pass.scratch[t * d], next + t * d, d);
      for (std::size_t slot = t * k; slot < (t + 1) * k; ++slot)
        kernels().axpy(a.weight[slot], &pass.routed_out[a.row_of_slot[slot] * d], next + t * d, d);
    }
  });
}

/// Where the keys and values of each sequence lie, after those of this pass have joined the caches.
std::vector<KeyValues> key_values(const Config& config, const Batch& batch, std::size_t layer,
                                  const LayerActivations& a) {
  std::vector<KeyValues> sources;
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const std::size_t attn_dim = config.attn_dim(), first = batch.starts[s] * attn_dim;
    if (batch.caches.empty()) {
      sources.push_back({&a.k[first], &a.v[first], attn_dim, config.head_dim, 0});
      continue;
    }
    KvCache& cache = *batch.caches[s];
    cache.append(layer, &a.k[first], &a.v[first], batch.starts[s + 1] - batch.starts[s]);
    sources.push_back({cache.keys(layer), cache.values(layer), config.head_dim, cache.head_stride(), cache.size()});
  }
  return sources;
}

}  // namespace

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
  out.x.resize(tokens * d);

  for (std::size_t l = 0; l < config.n_layer; ++l) {
    const Layer& layer = weights.layers[l];
    LayerActivations& a = out.layers[keep ? l : 0];
    a.x_mid.resize(tokens * d);
    for (auto* v : {&a.q, &a.k, &a.v, &a.attn}) v->resize(tokens * attn_dim);
    if (keep) a.log_sums.resize(tokens * config.n_head);
    out.inputs.resize(std::max<std::size_t>(out.inputs.size(), 1));
    Input& in = out.inputs[0];

    norm_and_convolve(layer.ln_1, layer.conv_attention, batch, l, ConvolutionSite::kAttention, a.x, config.norm_eps,
                      executor.threads, a.n1, a.h1);
    in.set(a.h1.data(), tokens, d);
    const Product qkv[] = {{&layer.q, &in, a.q.data()}, {&layer.k, &in, a.k.data()}, {&layer.v, &in, a.v.data()}};
    multiply(qkv, executor);
    out.rope.rotate(batch, a.q.data(), Rope::kForward, executor.threads);
    out.rope.rotate(batch, a.k.data(), Rope::kForward, executor.threads);
    attention(config, batch, key_values(config, batch, l, a), a.q.data(), a.attn.data(),
              keep ? a.log_sums.data() : nullptr, executor);
    in.set(a.attn.data(), tokens, attn_dim);
    const Product projection[] = {{&layer.c_proj, &in, a.x_mid.data()}};
    multiply(projection, executor);
    executor.threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
      kernels().axpy(1.0f, &a.x[begin * d], &a.x_mid[begin * d], (end - begin) * d);
    });

    norm_and_convolve(layer.ln_2, layer.conv_experts, batch, l, ConvolutionSite::kExperts, a.x_mid, config.norm_eps,
                      executor.threads, a.n2, a.h2);
    choose_experts(config, layer, tokens, executor.threads, a);
    sort_by_expert(config, tokens, executor.threads, a, out.routed_in);
    feed_forward(config, layer, tokens, executor, a, out);
    std::vector<float>& next = l + 1 == config.n_layer ? out.x : out.layers[keep ? l + 1 : 0].x;
    next.resize(tokens * d);
    combine(config, tokens, a, out, executor.threads, next.data());
  }
  out.hidden.resize(tokens * d);
  rms_norm_rows(out.x.data(), weights.ln_f, tokens, config.norm_eps, executor.threads, out.hidden.data());
  if (config.pointer != 0 && !batch.caches.empty()) {
    out.pointer_keys.resize(tokens * config.pointer);
    out.inputs[0].set(out.hidden.data(), tokens, d);
    const Product keys[] = {{&weights.pointer_key, &out.inputs[0], out.pointer_keys.data()}};
    multiply(keys, executor);
  }
  for (std::size_t s = 0; s < batch.caches.size(); ++s) {
    const std::size_t first = batch.starts[s], count = batch.starts[s + 1] - first;
    if (config.pointer != 0)
      batch.caches[s]->append(&out.pointer_keys[first * config.pointer], batch.tokens.subspan(first, count));
    batch.caches[s]->grow(count);
  }
}

void head(const Config& config, const Weights& weights, const float* hidden, std::size_t rows, float* scores,
          Executor executor) {
  const Tensor& w = config.head == Head::kLm ? weights.wte : weights.cls;
  Input in;
  in.set(hidden, rows, w.cols);
  const Product product[] = {{&w, &in, scores}};
  multiply(product, executor);
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
