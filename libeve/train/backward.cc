// SPDX-License-Identifier: Apache-2.0
#include "train/backward.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <optional>

#include "kernels/kernels.h"
#include "model/attention.h"
#include "model/convolution.h"

namespace eve {

namespace {

constexpr std::size_t kTokenGrain = 16;
// Rows of scores alive at once: 512 x 50,304 fp32 are 103 MB, whatever the batch.
constexpr std::size_t kHeadRows = 512;
// Sums over tokens are taken in this many parts, whatever the number of threads, and then in order.
constexpr std::size_t kSumParts = 16;

/// Room for n values that need not be kept.
template <class T>
T* room(std::vector<T>& values, std::size_t n) {
  if (values.size() < n) values.resize(n);
  return values.data();
}

/// Gradients of y = x w^T: d_x = d_y w + d_x_beta d_x, d_w += d_y^T x.
void linear_backward(const Tensor& w, const float* x, const float* d_y, std::size_t tokens, float d_x_beta, float* d_x,
                     float* d_w, Math math, Threads& threads) {
  gemm(Transpose::kYes, Transpose::kNo, w.rows, w.cols, tokens, d_y, w.rows, x, w.cols, 1.0f, d_w, w.cols, math,
       threads);
  gemm(Transpose::kNo, Transpose::kNo, tokens, w.cols, w.rows, d_y, w.rows, w.f32(), w.cols, d_x_beta, d_x, w.cols,
       math, threads);
}

/// Adds to d_x and d_gain. `before(t)` may still change row t of d_y.
template <class Before>
void rms_norm_backward(const Tensor& gain, const float* x, const float* d_y, std::size_t tokens, float eps, float* d_x,
                       float* d_gain, Threads& threads, std::vector<float>& d_gains, Before&& before) {
  const std::size_t d = gain.cols;
  d_gains.assign(kSumParts * d, 0.0f);
  threads.parallel_for(kSumParts, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p)
      for (std::size_t t = tokens * p / kSumParts; t < tokens * (p + 1) / kSumParts; ++t) {
        before(t);
        kernels().rms_norm_backward(x + t * d, gain.f32(), d_y + t * d, d, eps, d_x + t * d, &d_gains[p * d]);
      }
  });
  for (std::size_t p = 0; p < kSumParts; ++p) kernels().axpy(1.0f, &d_gains[p * d], d_gain, d);
}

/// From scratch.d_h through the convolution, where there is one, and the norm to scratch.dx.
void convolved_norm_backward(const Tensor& gain, const Tensor& g_gain, const Tensor& conv, const Tensor& g_conv,
                             ParameterBuffer& gradients, const Batch& batch, const float* x, const float* n, float eps,
                             Threads& threads, BackwardScratch& scratch) {
  const std::size_t tokens = batch.tokens.size();
  const float* d_n = scratch.d_h.data();
  if (conv.rows != 0) {
    float* const through = room(scratch.d_n, tokens * gain.cols);
    convolve_backward(conv, batch, n, d_n, through, gradients.writable(g_conv), scratch.d_taps, threads);
    d_n = through;
  }
  rms_norm_backward(gain, x, d_n, tokens, eps, scratch.dx.data(), gradients.writable(g_gain), threads, scratch.d_gains,
                    [](std::size_t) {});
}

/// d_x = sum of d_y_i w_i, d_w_i += d_y_i^T x.
void linears_backward(std::span<const LinearTerm> terms, const float* x, std::size_t rows, float* d_x,
                      Executor executor, BackwardScratch& scratch) {
  const std::size_t cols = terms[0].w->cols, block = rows_of_block(executor.math, terms[0].w->size());
  std::vector<Sum> sums;
  scratch.weights.resize(std::max(scratch.weights.size(), terms.size()));
  for (std::size_t i = 0; i < terms.size(); ++i) {
    set_backward(scratch.weights[i], *terms[i].w, executor.math);
    sums.push_back({terms[i].d_w, terms[i].w->size()});
  }
  scratch.linears.resize(executor.threads.count());
  sum_in_parts(sums, rows, executor.threads, scratch.partial,
               [&](std::size_t part, std::size_t begin, std::size_t end, float* const* to) {
                 LinearScratch& own = scratch.linears[part];
                 own.terms.resize(std::max(own.terms.size(), terms.size()));
                 for (std::size_t first = begin; first < end; first += kSumRows) {
                   const std::size_t n = std::min(kSumRows, end - first);
                   own.x.reset(Factor::kRight, Factor::kSteps, cols, n, executor.math);
                   for (std::size_t i = 0; i < terms.size(); ++i)
                     own.terms[i].reset(terms[i].w->rows, n, executor.math);
                   for (std::size_t r = 0; r < n; r += block) {
                     const std::size_t count = std::min(block, n - r), row = first + r;
                     own.x.set(r, count, x + row * cols, cols);
                     for (std::size_t i = 0; i < terms.size(); ++i)
                       own.terms[i].block(r, count, terms[i].d_y + row * terms[i].w->rows, scratch.weights[i],
                                          i == 0 ? 0.0f : 1.0f, d_x + row * cols);
                   }
                   for (std::size_t i = 0; i < terms.size(); ++i) own.terms[i].sum(own.x, to[i]);
                 }
               });
}

/// Some tokens of one expert.
struct ExpertRows {
  std::size_t n;
  const float *in, *d_out;  ///< [tokens][d]; d_out is the gradient by the sum that the expert's weighted output joins
  const std::uint32_t* slots;  ///< row r is token slots[r] / top_k; null: r
  const float *gate, *up;      ///< [n][ff]
  const float* weight;         ///< of each slot; null: 1
  float* d_weight;             ///< [n], overwritten; null: not wanted
  float* d_in;                 ///< [n][d], overwritten
};

/// Adds the gradients of ffn() over these rows to those of w1, w2 and c_proj.
void ffn_backward(const FfnFactors& w, float* const* sums, const ExpertRows& rows, std::size_t top_k, Math math,
                  BackwardScratch::Expert& scratch) {
  const std::size_t d = w.w1.lines(), ff = w.w1.steps(), block = rows_of_block(math, d * ff);
  float *const gathered_in = room(scratch.in, block * d), *const gathered_d_out = room(scratch.d_out, block * d),
               *const act = room(scratch.act, block * ff), *const d_gate = room(scratch.d_gate, block * ff),
               *const d_up = room(scratch.d_up, block * ff);
  for (std::size_t first = 0; first < rows.n; first += kSumRows) {
    const std::size_t n = std::min(kSumRows, rows.n - first);
    scratch.w1.reset(ff, n, math);
    scratch.w2.reset(ff, n, math);
    scratch.c_proj.reset(d, n, math);
    scratch.x.reset(Factor::kRight, Factor::kSteps, d, n, math);
    scratch.acts.reset(Factor::kRight, Factor::kSteps, ff, n, math);
    for (std::size_t b = 0; b < n; b += block) {
      const std::size_t count = std::min(block, n - b), row = first + b;
      const float *in = rows.in + row * d, *d_out = rows.d_out + row * d;
      if (rows.slots) {
        for (std::size_t r = 0; r < count; ++r) {
          const std::size_t token = rows.slots[row + r] / top_k;
          std::memcpy(gathered_in + r * d, rows.in + token * d, d * sizeof(float));
          std::memcpy(gathered_d_out + r * d, rows.d_out + token * d, d * sizeof(float));
        }
        in = gathered_in;
        d_out = gathered_d_out;
      }
      // The gradient by the weight is d_out . c_proj act = c_proj^T d_out . act, so the expert's output need not be
      // kept.
      scratch.c_proj.block(b, count, d_out, w.c_proj, 0.0f, act);
      for (std::size_t r = 0; r < count; ++r) {
        const std::size_t at = (row + r) * ff;
        float* const dy = act + r * ff;
        const float d_weight = kernels().silu_mul_backward(rows.gate + at, rows.up + at, dy, ff,
                                                           rows.weight ? rows.weight[rows.slots[row + r]] : 1.0f, dy,
                                                           d_gate + r * ff, d_up + r * ff);
        if (rows.d_weight) rows.d_weight[row + r] = d_weight;
      }
      scratch.x.set(b, count, in, d);
      scratch.acts.set(b, count, act, ff);
      scratch.w1.block(b, count, d_gate, w.w1, 0.0f, rows.d_in + row * d);
      scratch.w2.block(b, count, d_up, w.w2, 1.0f, rows.d_in + row * d);
    }
    scratch.w1.sum(scratch.x, sums[0]);
    scratch.w2.sum(scratch.x, sums[1]);
    scratch.c_proj.sum(scratch.acts, sums[2]);
  }
}

/// Overwrites scratch.d_h by the shared expert's part, scratch.d_routed_in and d_weight by the others'.
void feed_forward_backward(const Config& config, const Layer& layer, const Layer& g, ParameterBuffer& gradients,
                           const LayerActivations& a, const float* d_out, std::size_t tokens, Executor executor,
                           BackwardScratch& scratch) {
  const std::size_t d = config.n_embd, k = config.top_k, rows = tokens * k;
  Threads& threads = executor.threads;
  float *const d_weight = room(scratch.d_weight, rows), *const d_routed_in = room(scratch.d_routed_in, rows * d);
  scratch.experts.resize(threads.count());
  const auto factors = [&](const Ffn& w, BackwardScratch::Expert& own) {
    set_backward(own.weights.w1, w.w1, executor.math);
    set_backward(own.weights.w2, w.w2, executor.math);
    set_backward(own.weights.c_proj, w.c_proj, executor.math);
  };
  // An expert of everybody: each thread takes some of its rows.
  const auto together = [&](const Ffn& w, const Ffn& g_w, const auto& rows_of, std::size_t n) {
    const Sum sums[] = {{gradients.writable(g_w.w1), w.w1.size()},
                        {gradients.writable(g_w.w2), w.w2.size()},
                        {gradients.writable(g_w.c_proj), w.c_proj.size()}};
    factors(w, scratch.experts[0]);
    sum_in_parts(
        sums, n, threads, scratch.partial, [&](std::size_t part, std::size_t begin, std::size_t end, float* const* to) {
          ffn_backward(scratch.experts[0].weights, to, rows_of(begin, end), k, executor.math, scratch.experts[part]);
        });
  };
  together(
      layer.shared, g.shared,
      [&](std::size_t begin, std::size_t end) {
        const std::size_t at = begin * config.shared_ff;
        return ExpertRows{
            end - begin, &a.h2[begin * d], d_out + begin * d,      nullptr, &a.shared_gate[at], &a.shared_up[at],
            nullptr,     nullptr,          &scratch.d_h[begin * d]};
      },
      tokens);

  const auto routed = [&](std::size_t begin, std::size_t end) {
    const std::size_t at = begin * config.expert_ff;
    return ExpertRows{end - begin,           a.h2.data(),      d_out,
                      &a.slot_of_row[begin], &a.gate[at],      &a.up[at],
                      a.weight.data(),       d_weight + begin, d_routed_in + begin * d};
  };
  // One with more than a thread's share of the tokens is everybody's; each other one is one thread's, the largest
  // first, taken when the thread is free.
  std::vector<std::size_t> order;
  const auto size = [&](std::size_t e) { return a.expert_start[e + 1] - a.expert_start[e]; };
  for (std::size_t e = 0; e < config.n_expert; ++e)
    if (size(e) * threads.count() > rows)
      together(
          layer.experts[e], g.experts[e],
          [&](std::size_t begin, std::size_t end) {
            return routed(a.expert_start[e] + begin, a.expert_start[e] + end);
          },
          size(e));
    else if (size(e) != 0)
      order.push_back(e);
  std::sort(order.begin(), order.end(),
            [&](std::size_t x, std::size_t y) { return size(x) != size(y) ? size(x) > size(y) : x < y; });
  std::atomic<std::size_t> next{0};
  threads.parallel_for(std::min(threads.count(), order.size()), 1, [&](std::size_t thread, std::size_t) {
    BackwardScratch::Expert& own = scratch.experts[thread];
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < order.size();) {
      const std::size_t e = order[i];
      const Ffn& g_w = g.experts[e];
      float* const sums[] = {gradients.writable(g_w.w1), gradients.writable(g_w.w2), gradients.writable(g_w.c_proj)};
      factors(layer.experts[e], own);
      ffn_backward(own.weights, sums, routed(a.expert_start[e], a.expert_start[e + 1]), k, executor.math, own);
    }
  });
}

/// From the weights' gradients and the aux loss through the router's softmax and ln_2 to dx.
void router_backward(const Config& config, const Layer& layer, const Layer& g, ParameterBuffer& gradients,
                     const Batch& batch, const LayerActivations& a, float aux_scale, Threads& threads,
                     BackwardScratch& scratch) {
  const std::size_t d = config.n_embd, experts = config.n_expert, k = config.top_k, tokens = batch.tokens.size();
  std::vector<float> aux(experts);  // d aux_loss / d p_e, equal for every token
  for (std::size_t t = 0; t < tokens; ++t)
    for (std::size_t e = 0; e < experts; ++e) aux[e] += a.probs[t * experts + e];
  const float count = static_cast<float>(tokens);
  for (float& m : aux) m = aux_scale * static_cast<float>(experts) * 2.0f * (m / count) / count;
  float* const d_router = room(scratch.d_router, tokens * experts);
  const auto row = [&](std::size_t t) {
    const float* p = &a.probs[t * experts];
    float *scores = d_router + t * experts, *d_h = &scratch.d_h[t * d];
    std::copy(aux.begin(), aux.end(), scores);
    float sum = 0, mean = 0;
    for (std::size_t slot = t * k; slot < (t + 1) * k; ++slot) {
      sum += p[a.chosen[slot]];
      mean += scratch.d_weight[a.row_of_slot[slot]] * a.weight[slot];
    }
    for (std::size_t slot = t * k; slot < (t + 1) * k; ++slot) {
      scores[a.chosen[slot]] += (scratch.d_weight[a.row_of_slot[slot]] - mean) / sum;
      kernels().axpy(1.0f, &scratch.d_routed_in[a.row_of_slot[slot] * d], d_h, d);
    }
    const float inner = kernels().dot(p, scores, experts);
    for (std::size_t e = 0; e < experts; ++e) {
      scores[e] = p[e] * (scores[e] - inner);
      kernels().axpy(scores[e], layer.router.f32() + e * d, d_h, d);
    }
  };
  if (layer.conv_experts.rows == 0) {
    rms_norm_backward(layer.ln_2, a.x_mid.data(), scratch.d_h.data(), tokens, config.norm_eps, scratch.dx.data(),
                      gradients.writable(g.ln_2), threads, scratch.d_gains, row);
  } else {  // whose gradient by a row takes those by the rows after it
    threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t t = begin; t < end; ++t) row(t);
    });
    convolved_norm_backward(layer.ln_2, g.ln_2, layer.conv_experts, g.conv_experts, gradients, batch, a.x_mid.data(),
                            a.n2.data(), config.norm_eps, threads, scratch);
  }
  gemm(Transpose::kYes, Transpose::kNo, experts, d, tokens, d_router, experts, a.h2.data(), d, 1.0f,
       gradients.writable(g.router), d, Math::kF32, threads);
}

/// From dx through c_proj, attention, q, k, v and ln_1 to dx.
void attention_layer_backward(const Config& config, const Layer& layer, const Layer& g, ParameterBuffer& gradients,
                              const Batch& batch, const Rope& rope, const LayerActivations& a, Executor executor,
                              BackwardScratch& scratch) {
  const std::size_t tokens = batch.tokens.size(), size = tokens * config.attn_dim();
  Threads& threads = executor.threads;
  float *d_attn = room(scratch.d_attn, size), *d_q = room(scratch.d_q, size), *d_k = room(scratch.d_k, size),
        *d_v = room(scratch.d_v, size), *d_h = scratch.d_h.data();
  const LinearTerm out[] = {{&layer.c_proj, scratch.dx.data(), gradients.writable(g.c_proj)}};
  linears_backward(out, a.attn.data(), tokens, d_attn, executor, scratch);
  attention_backward(config, batch, a.q.data(), a.k.data(), a.v.data(), a.attn.data(), a.log_sums.data(), d_attn, d_q,
                     d_k, d_v, executor.math, threads);
  rope.rotate(batch, d_q, Rope::kInverse, threads);
  rope.rotate(batch, d_k, Rope::kInverse, threads);
  const LinearTerm in[] = {{&layer.q, d_q, gradients.writable(g.q)},
                           {&layer.k, d_k, gradients.writable(g.k)},
                           {&layer.v, d_v, gradients.writable(g.v)}};
  linears_backward(in, a.h1.data(), tokens, d_h, executor, scratch);
  convolved_norm_backward(layer.ln_1, g.ln_1, layer.conv_attention, g.conv_attention, gradients, batch, a.x.data(),
                          a.n1.data(), config.norm_eps, threads, scratch);
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
                  ParameterBuffer* gradients, BackwardScratch& scratch) {
  const std::size_t d = config.n_embd, tokens = batch.tokens.size(), sequences = batch.starts.size() - 1;
  const Tensor& w = config.head == Head::kLm ? weights.wte : weights.cls;
  const std::size_t classes = w.rows;
  const bool pooled = config.head == Head::kLabel;
  const std::vector<float> means = pooled ? pool(config, batch, hidden) : std::vector<float>();
  const float* source = pooled ? means.data() : hidden.data();
  Threads& threads = executor.threads;

  std::vector<std::size_t>& wanted = scratch.wanted;
  wanted.clear();
  for (std::size_t r = 0; r < (pooled ? sequences : tokens); ++r)
    if (targets[r] != kNoTarget) wanted.push_back(r);
  if (d_hidden)
    threads.parallel_for(tokens, kTokenGrain, [&](std::size_t begin, std::size_t end) {
      std::fill(d_hidden + begin * d, d_hidden + end * d, 0.0f);
    });

  std::optional<PointerLoss> pointer;
  if (config.pointer != 0)
    pointer.emplace(config, weights, batch, hidden, d_hidden != nullptr, executor, scratch.pointer);

  LossSum sum;
  sum.targets = wanted.size();
  const std::size_t most = std::min(kHeadRows, wanted.size());
  float *const rows = room(scratch.rows, most * d), *const d_rows = room(scratch.d_rows, most * d),
               *const scores = room(scratch.scores, most * classes), *const factors = room(scratch.factors, most);
  double* const losses = room(scratch.losses, most);
  for (std::size_t first = 0; first < wanted.size(); first += kHeadRows) {
    const std::size_t n = std::min(kHeadRows, wanted.size() - first);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(rows + i * d, source + wanted[first + i] * d, d * sizeof(float));
    head(config, weights, rows, n, scores, executor);
    if (pointer) pointer->attend(std::span(wanted).subspan(first, n));
    std::atomic<std::size_t> correct{0};
    threads.parallel_for(n, kTokenGrain, [&](std::size_t begin, std::size_t end) {
      std::size_t hits = 0;
      for (std::size_t i = begin; i < end; ++i) {
        float* row = scores + i * classes;
        const auto target = static_cast<std::size_t>(targets[wanted[first + i]]);
        const float score = row[target];
        const ExpSum exps = kernels().exp_sum(row, classes, 1.0f);
        float share = 1;  // of the target's probability that is the head's, not the pointer's
        if (pointer) {
          const PointerLoss::Mixed mixed = pointer->mix(i, row, exps, target, score, scale);
          losses[i] = mixed.loss;
          hits += mixed.correct;
          share = mixed.vocabulary_share;
        } else {
          losses[i] =
              static_cast<double>(exps.largest) + std::log(static_cast<double>(exps.sum)) - static_cast<double>(score);
          hits += score == exps.largest;
        }
        if (!d_hidden) continue;
        // The gradient by the scores is `factor` times what the row now holds; the factor goes to the products' short
        // sides, the hidden vectors and their gradients.
        row[target] -= exps.sum;
        factors[i] = share * scale / exps.sum;
        for (std::size_t c = 0; c < d; ++c) rows[i * d + c] *= factors[i];
      }
      correct += hits;
    });
    for (std::size_t i = 0; i < n; ++i) sum.cross_entropy += losses[i];
    sum.correct += correct;
    if (!d_hidden) continue;
    if (pointer) pointer->add_gradients(*gradients, d_hidden);
    const Weights& g = gradients->weights();
    linear_backward(w, rows, scores, n, 0.0f, d_rows, gradients->writable(config.head == Head::kLm ? g.wte : g.cls),
                    executor.math, threads);
    if (config.head != Head::kLm)
      for (std::size_t i = 0; i < n; ++i)
        kernels().axpy(factors[i], scores + i * classes, gradients->writable(g.cls_bias), classes);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t r = wanted[first + i];
      const std::size_t begin = pooled ? batch.starts[r] : r, end = pooled ? batch.starts[r + 1] : r + 1;
      const float share = factors[i] / static_cast<float>(end - begin);
      for (std::size_t t = begin; t < end; ++t) kernels().axpy(share, d_rows + i * d, d_hidden + t * d, d);
    }
  }
  if (pointer && d_hidden) pointer->add_key_gradients(*gradients, d_hidden);
  return sum;
}

void backward(const Config& config, const Weights& weights, const Batch& batch, const Activations& activations,
              std::span<const float> d_hidden, float aux_scale, Executor executor, ParameterBuffer& gradients,
              BackwardScratch& scratch) {
  const std::size_t tokens = batch.tokens.size(), d = config.n_embd;
  const Weights& g = gradients.weights();
  float* const dx = room(scratch.dx, tokens * d);
  room(scratch.d_h, tokens * d);
  rms_norm_backward(weights.ln_f, activations.x.data(), d_hidden.data(), tokens, config.norm_eps, dx,
                    gradients.writable(g.ln_f), executor.threads, scratch.d_gains,
                    [&](std::size_t t) { std::fill_n(dx + t * d, d, 0.0f); });
  for (std::size_t l = config.n_layer; l-- > 0;) {
    const Layer &layer = weights.layers[l], &gl = g.layers[l];
    const LayerActivations& a = activations.layers[l];
    feed_forward_backward(config, layer, gl, gradients, a, dx, tokens, executor, scratch);
    router_backward(config, layer, gl, gradients, batch, a, aux_scale, executor.threads, scratch);
    attention_layer_backward(config, layer, gl, gradients, batch, activations.rope, a, executor, scratch);
  }
  // Tokens repeat, so that threads share out the columns.
  float* d_wte = gradients.writable(g.wte);
  executor.threads.parallel_for(d, 32, [&](std::size_t begin, std::size_t end) {
    for (std::size_t t = 0; t < tokens; ++t)
      kernels().axpy(1.0f, dx + t * d + begin, d_wte + static_cast<std::size_t>(batch.tokens[t]) * d + begin,
                     end - begin);
  });
}

}  // namespace eve
