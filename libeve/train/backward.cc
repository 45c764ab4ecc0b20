// SPDX-License-Identifier: Apache-2.0
#include "train/backward.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/kernels.h"
#include "model/attention.h"

namespace eve {

namespace {

constexpr std::size_t kTokenGrain = 8;
// Rows of scores alive at once: 256 x 50,304 fp32 are 52 MB, whatever the batch.
constexpr std::size_t kHeadRows = 256;

/// Gradients of y = x w^T: d_x = d_y w + d_x_beta d_x, d_w += d_y^T x.
void linear_backward(const Tensor& w, const float* x, const float* d_y, std::size_t tokens, float d_x_beta, float* d_x,
                     float* d_w, Executor executor) {
  if (tokens == 0) return;
  gemm(Transpose::kYes, Transpose::kNo, w.rows, w.cols, tokens, d_y, w.rows, x, w.cols, 1.0f, d_w, w.cols,
       executor.math, executor.threads);
  gemm(Transpose::kNo, Transpose::kNo, tokens, w.cols, w.rows, d_y, w.rows, w.f32(), w.cols, d_x_beta, d_x, w.cols,
       executor.math, executor.threads);
}

/// Adds to d_x; d_gain is summed in one part a thread, then in order, so that it does not depend on timing.
void rms_norm_backward(const Tensor& gain, const float* x, const float* d_y, std::size_t tokens, float eps, float* d_x,
                       float* d_gain, Threads& threads) {
  const std::size_t d = gain.cols, parts = std::min(threads.count(), tokens);
  std::vector<float> partial(parts * d);
  threads.parallel_for(parts, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p)
      for (std::size_t t = tokens * p / parts; t < tokens * (p + 1) / parts; ++t)
        kernels().rms_norm_backward(x + t * d, gain.f32(), d_y + t * d, d, eps, d_x + t * d, &partial[p * d]);
  });
  for (std::size_t p = 0; p < parts; ++p) kernels().axpy(1.0f, &partial[p * d], d_gain, d);
}

/// Buffers that every layer's backward uses again.
struct Scratch {
  std::vector<float> d_act, d_gate, d_up, d_h, d_attn, d_q, d_k, d_v, d_routed_out, d_routed_in, d_weight, d_router;
};

/// Adds the gradients of ffn() over n rows to those of its weights `g`; d_in is overwritten.
void ffn_backward(const Ffn& w, const Ffn& g, ParameterBuffer& gradients, const float* in, const float* gate,
                  const float* up, const float* act, const float* d_out, std::size_t n, float* d_in, Executor executor,
                  Scratch& scratch) {
  if (n == 0) return;
  const std::size_t ff = w.w1.rows;
  for (auto* v : {&scratch.d_act, &scratch.d_gate, &scratch.d_up}) v->resize(std::max(v->size(), n * ff));
  linear_backward(w.c_proj, act, d_out, n, 0.0f, scratch.d_act.data(), gradients.writable(g.c_proj), executor);
  executor.threads.parallel_for(n, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    const std::size_t at = begin * ff;
    kernels().silu_mul_backward(gate + at, up + at, &scratch.d_act[at], (end - begin) * ff, 1.0f, &scratch.d_act[at],
                                &scratch.d_gate[at], &scratch.d_up[at]);
  });
  linear_backward(w.w1, in, scratch.d_gate.data(), n, 0.0f, d_in, gradients.writable(g.w1), executor);
  linear_backward(w.w2, in, scratch.d_up.data(), n, 1.0f, d_in, gradients.writable(g.w2), executor);
}

/// Adds to d_h2; leaves the gradients by the renormalised weights in scratch.d_weight [T][k].
void routed_experts_backward(const Config& config, const Layer& layer, const Layer& g, ParameterBuffer& gradients,
                             const LayerActivations& a, const float* d_out, float* d_h2, Executor executor,
                             Scratch& scratch) {
  const std::size_t d = config.n_embd, ff = config.expert_ff, k = config.top_k, rows = a.slot_of_row.size();
  scratch.d_routed_out.resize(rows * d);
  scratch.d_routed_in.resize(rows * d);
  scratch.d_weight.resize(rows);
  executor.threads.parallel_for(rows, kTokenGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const std::uint32_t slot = a.slot_of_row[r];
      const float* dy = d_out + slot / k * d;
      scratch.d_weight[slot] = kernels().dot(dy, &a.routed_out[r * d], d);
      for (std::size_t i = 0; i < d; ++i) scratch.d_routed_out[r * d + i] = a.weight[slot] * dy[i];
    }
  });
  for (std::size_t e = 0; e < config.n_expert; ++e) {
    const std::size_t first = a.expert_start[e], n = a.expert_start[e + 1] - first;
    ffn_backward(layer.experts[e], g.experts[e], gradients, &a.routed_in[first * d], &a.gate[first * ff],
                 &a.up[first * ff], &a.act[first * ff], &scratch.d_routed_out[first * d], n,
                 &scratch.d_routed_in[first * d], executor, scratch);
  }
  for (std::size_t r = 0; r < rows; ++r)
    kernels().axpy(1.0f, &scratch.d_routed_in[r * d], d_h2 + a.slot_of_row[r] / k * d, d);
}

/// From scratch.d_weight and the aux loss to the router; adds to d_h2.
void router_backward(const Config& config, const Layer& layer, const LayerActivations& a, std::size_t tokens,
                     float aux_scale, float* d_h2, float* d_router, Executor executor, Scratch& scratch) {
  const std::size_t experts = config.n_expert, k = config.top_k;
  std::vector<float> aux(experts);  // d aux_loss / d p_e, equal for every token
  for (std::size_t t = 0; t < tokens; ++t) kernels().axpy(1.0f, &a.probs[t * experts], aux.data(), experts);
  const float count = static_cast<float>(tokens);
  for (float& m : aux) m = aux_scale * static_cast<float>(experts) * 2.0f * (m / count) / count;
  scratch.d_router.resize(tokens * experts);
  for (std::size_t t = 0; t < tokens; ++t) {
    const float* p = &a.probs[t * experts];
    float* d = &scratch.d_router[t * experts];
    std::copy(aux.begin(), aux.end(), d);
    float sum = 0, mean = 0;
    for (std::size_t i = t * k; i < (t + 1) * k; ++i) {
      sum += p[a.chosen[i]];
      mean += scratch.d_weight[i] * a.weight[i];
    }
    for (std::size_t i = t * k; i < (t + 1) * k; ++i) d[a.chosen[i]] += (scratch.d_weight[i] - mean) / sum;
    const float inner = kernels().dot(p, d, experts);
    for (std::size_t e = 0; e < experts; ++e) d[e] = p[e] * (d[e] - inner);
  }
  linear_backward(layer.router, a.h2.data(), scratch.d_router.data(), tokens, 1.0f, d_h2, d_router,
                  {executor.threads, Math::kF32});
}

}  // namespace

ParameterBuffer::ParameterBuffer(const Config& config) {
  values_.resize(count_parameters(config).total);
  std::size_t at = 0;
  for_each_tensor(config, weights_, [&](const TensorSpec& spec, Tensor& tensor) {
    tensor = {DType::kF32, spec.rows, spec.cols, values_.data() + at};
    at += tensor.size();
  });
}

LossSum& LossSum::operator+=(const LossSum& other) {
  cross_entropy += other.cross_entropy;
  targets += other.targets;
  correct += other.correct;
  return *this;
}

LossSum head_loss(const Config& config, const Weights& weights, const Batch& batch, std::span<const float> hidden,
                  std::span<const std::int32_t> targets, float scale, Executor executor, float* d_hidden,
                  ParameterBuffer* gradients) {
  const std::size_t d = config.n_embd, tokens = batch.tokens.size(), sequences = batch.starts.size() - 1;
  const Tensor& w = config.head == Head::kLm ? weights.wte : weights.cls;
  const std::size_t classes = w.rows;
  const bool pooled = config.head == Head::kLabel;
  const std::vector<float> means = pooled ? pool(config, batch, hidden) : std::vector<float>();
  const float* source = pooled ? means.data() : hidden.data();

  std::vector<std::size_t> wanted;
  for (std::size_t r = 0; r < (pooled ? sequences : tokens); ++r)
    if (targets[r] != kNoTarget) wanted.push_back(r);
  if (d_hidden) std::fill_n(d_hidden, tokens * d, 0.0f);

  LossSum sum;
  sum.targets = wanted.size();
  std::vector<float> rows(kHeadRows * d), d_rows(kHeadRows * d), scores(kHeadRows * classes);
  for (std::size_t first = 0; first < wanted.size(); first += kHeadRows) {
    const std::size_t n = std::min(kHeadRows, wanted.size() - first);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(&rows[i * d], source + wanted[first + i] * d, d * sizeof(float));
    head(config, weights, rows.data(), n, scores.data(), executor);
    for (std::size_t i = 0; i < n; ++i) {
      float* row = &scores[i * classes];
      const auto target = static_cast<std::size_t>(targets[wanted[first + i]]);
      const float largest = *std::max_element(row, row + classes), wanted_score = row[target];
      kernels().softmax(row, classes);
      // The probability underflows only where the loss exceeds 87 nats; there the difference of scores is the loss.
      sum.cross_entropy += row[target] > 0 ? -std::log(static_cast<double>(row[target])) : largest - wanted_score;
      sum.correct += wanted_score == largest;
      if (!d_hidden) continue;
      row[target] -= 1.0f;
      for (std::size_t c = 0; c < classes; ++c) row[c] *= scale;
    }
    if (!d_hidden) continue;
    const Weights& g = gradients->weights();
    linear_backward(w, rows.data(), scores.data(), n, 0.0f, d_rows.data(),
                    gradients->writable(config.head == Head::kLm ? g.wte : g.cls), executor);
    if (config.head != Head::kLm)
      for (std::size_t i = 0; i < n; ++i)
        kernels().axpy(1.0f, &scores[i * classes], gradients->writable(g.cls_bias), classes);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t r = wanted[first + i];
      if (!pooled) {
        std::memcpy(d_hidden + r * d, &d_rows[i * d], d * sizeof(float));
        continue;
      }
      const float share = 1.0f / static_cast<float>(batch.starts[r + 1] - batch.starts[r]);
      for (std::size_t t = batch.starts[r]; t < batch.starts[r + 1]; ++t)
        kernels().axpy(share, &d_rows[i * d], d_hidden + t * d, d);
    }
  }
  return sum;
}

void backward(const Config& config, const Weights& weights, const Batch& batch, const Activations& activations,
              std::span<const float> d_hidden, float aux_scale, Executor executor, ParameterBuffer& gradients) {
  const std::size_t tokens = batch.tokens.size(), d = config.n_embd, attn_dim = config.attn_dim();
  const Weights& g = gradients.weights();
  Scratch scratch;

  std::vector<float> dx(tokens *
                        d);  // gradient by the residual stream, from the last layer's output down to the embedding
  rms_norm_backward(weights.ln_f, activations.x.data(), d_hidden.data(), tokens, config.norm_eps, dx.data(),
                    gradients.writable(g.ln_f), executor.threads);

  for (std::size_t l = config.n_layer; l-- > 0;) {
    const Layer &layer = weights.layers[l], &gl = g.layers[l];
    const LayerActivations& a = activations.layers[l];

    scratch.d_h.resize(tokens * d);
    ffn_backward(layer.shared, gl.shared, gradients, a.h2.data(), a.shared_gate.data(), a.shared_up.data(),
                 a.shared_act.data(), dx.data(), tokens, scratch.d_h.data(), executor, scratch);
    routed_experts_backward(config, layer, gl, gradients, a, dx.data(), scratch.d_h.data(), executor, scratch);
    router_backward(config, layer, a, tokens, aux_scale, scratch.d_h.data(), gradients.writable(gl.router), executor,
                    scratch);
    rms_norm_backward(layer.ln_2, a.x_mid.data(), scratch.d_h.data(), tokens, config.norm_eps, dx.data(),
                      gradients.writable(gl.ln_2), executor.threads);

    for (auto* v : {&scratch.d_attn, &scratch.d_q, &scratch.d_k, &scratch.d_v}) v->resize(tokens * attn_dim);
    linear_backward(layer.c_proj, a.attn.data(), dx.data(), tokens, 0.0f, scratch.d_attn.data(),
                    gradients.writable(gl.c_proj), executor);
    attention_backward(config, batch, a.q.data(), a.k.data(), a.v.data(), a.attn.data(), a.log_sums.data(),
                       scratch.d_attn.data(), scratch.d_q.data(), scratch.d_k.data(), scratch.d_v.data(), executor.math,
                       executor.threads);
    activations.rope.rotate(batch, scratch.d_q.data(), Rope::kInverse, executor.threads);
    activations.rope.rotate(batch, scratch.d_k.data(), Rope::kInverse, executor.threads);
    float* d_h1 = scratch.d_h.data();
    linear_backward(layer.q, a.h1.data(), scratch.d_q.data(), tokens, 0.0f, d_h1, gradients.writable(gl.q), executor);
    linear_backward(layer.k, a.h1.data(), scratch.d_k.data(), tokens, 1.0f, d_h1, gradients.writable(gl.k), executor);
    linear_backward(layer.v, a.h1.data(), scratch.d_v.data(), tokens, 1.0f, d_h1, gradients.writable(gl.v), executor);
    rms_norm_backward(layer.ln_1, a.x.data(), d_h1, tokens, config.norm_eps, dx.data(), gradients.writable(gl.ln_1),
                      executor.threads);
  }
  float* d_wte = gradients.writable(g.wte);
  for (std::size_t t = 0; t < tokens; ++t)
    kernels().axpy(1.0f, &dx[t * d], d_wte + static_cast<std::size_t>(batch.tokens[t]) * d, d);
}

}  // namespace eve
