// SPDX-License-Identifier: Apache-2.0
#include "model/attention.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "kernels/kernels.h"

namespace eve {

namespace {

// Queries that share one pass over the keys; bounds the scores alive at once to kQueryBlock x context a thread.
constexpr std::size_t kQueryBlock = 64;
// Below this many queries a product of matrices costs more to set up than it saves.
constexpr std::size_t kFewQueries = 8;

/// How many positions of sequence s its query at `position` sees; of `end` in all.
std::size_t seen_by(const Config& config, const Batch& batch, std::size_t s, std::size_t position, std::size_t end) {
  if (!config.causal()) return end;
  const std::size_t prompt = config.prefix && !batch.prompts.empty() ? batch.prompts[s] : 0;
  return std::max(position + 1, std::min<std::size_t>(prompt, end));
}

float score_scale(const Config& config) { return 1.0f / std::sqrt(static_cast<float>(config.head_dim)); }

/// At least n floats that this thread may write until it asks again. Kept between calls: fresh pages cost more than
/// the softmax of a short text.
float* buffer(std::size_t n) {
  static thread_local std::vector<float> values;
  if (values.size() < n) values.resize(n);
  return values.data();
}

/// Calls fn(sequence, head, one thread) for each pair; `scores`: how many queries see how many keys. Each thread takes
/// the next pair when it is done, because the lengths differ; what a pair gives does not depend on who takes it.
template <class Fn>
void for_each_head(const Config& config, std::size_t sequences, std::size_t scores, Threads& threads, Fn&& fn) {
  const std::size_t pairs = sequences * config.n_head;
  // A thread of its own must be worth waking.
  const std::size_t work = scores * config.attn_dim() / (std::size_t{1} << 14) + 1;
  std::atomic<std::size_t> next{0};
  threads.parallel_for(std::min({threads.count(), pairs, work}), 1, [&](std::size_t, std::size_t) {
    Threads here(1);
    for (std::size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < pairs;)
      fn(i / config.n_head, i % config.n_head, here);
  });
}

}  // namespace

void Rope::reserve(const Config& config, std::size_t count) {
  heads_ = config.n_head;
  pairs_ = config.head_dim / 2;
  const std::size_t old = cos_.size() / pairs_;
  if (count <= old) return;
  count = std::max(count, 2 * old);
  for (auto* angles : {&cos_, &sin_, &negative_sin_}) angles->resize(count * pairs_);
  for (std::size_t i = 0; i < pairs_; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(config.head_dim);
    const float frequency = 1.0f / std::pow(config.rope_theta, exponent);
    for (std::size_t t = old; t < count; ++t) {
      const float angle = static_cast<float>(t) * frequency;
      cos_[t * pairs_ + i] = std::cos(angle);
      sin_[t * pairs_ + i] = std::sin(angle);
      negative_sin_[t * pairs_ + i] = -sin_[t * pairs_ + i];
    }
  }
}

void Rope::rotate(const Batch& batch, float* x, Direction direction, Threads& threads) const {
  const float* sines = direction == kForward ? sin_.data() : negative_sin_.data();
  for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    const std::size_t start = batch.starts[s], length = batch.starts[s + 1] - start;
    const std::size_t past = batch.caches.empty() ? 0 : batch.caches[s]->size();
    threads.parallel_for(length, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t t = begin; t < end; ++t) {
        const std::size_t angles = (past + t) * pairs_;
        for (std::size_t h = 0; h < heads_; ++h)
          kernels().rope(x + ((start + t) * heads_ + h) * 2 * pairs_, &cos_[angles], sines + angles, pairs_);
      }
    });
  }
}

void attention(const Config& config, const Batch& batch, std::span<const KeyValues> sources, const float* q, float* out,
               float* log_sums, Executor executor) {
  const std::size_t stride = config.attn_dim(), hd = config.head_dim;
  const float scale = score_scale(config);
  const std::size_t sequences = batch.starts.size() - 1;
  std::size_t pairs = 0;
  for (std::size_t s = 0; s < sequences; ++s)
    pairs += (batch.starts[s + 1] - batch.starts[s]) * (sources[s].past + batch.starts[s + 1] - batch.starts[s]);
  const bool decode = executor.pass == Pass::kDecode && !log_sums;
  for_each_head(config, sequences, pairs, executor.threads, [&](std::size_t s, std::size_t h, Threads& here) {
    const std::size_t start = batch.starts[s], length = batch.starts[s + 1] - start, past = sources[s].past;
    const float *k = sources[s].k + h * sources[s].head_stride, *v = sources[s].v + h * sources[s].head_stride;
    const std::size_t kv_stride = sources[s].row_stride;
    const std::size_t base = start * stride + h * hd;
    const auto seen = [&](std::size_t t) { return seen_by(config, batch, s, past + t, past + length); };
    if (decode || (length < kFewQueries && executor.math == Math::kF32 && !log_sums)) {
      for (std::size_t t = 0; t < length; ++t)
        kernels().attend(q + base + t * stride, k, v, seen(t), kv_stride, hd, scale, out + base + t * stride);
      return;
    }
    float* const scores = buffer(std::min(kQueryBlock, length) * (past + length));
    for (std::size_t first = 0; first < length; first += kQueryBlock) {
      const std::size_t count = std::min(kQueryBlock, length - first), keys = seen(first + count - 1);
      const float* const q_block = q + base + first * stride;
      float* const out_block = out + base + first * stride;
      gemm(Transpose::kNo, Transpose::kYes, count, keys, hd, q_block, stride, k, kv_stride, 0.0f, scores, keys,
           executor.math, here);
      float inverse[kQueryBlock];
      for (std::size_t i = 0; i < count; ++i) {
        float* row = scores + i * keys;
        const std::size_t n = seen(first + i);
        const ExpSum sum = kernels().exp_sum(row, n, scale);
        std::fill(row + n, row + keys, 0.0f);
        inverse[i] = 1.0f / sum.sum;
        if (log_sums) log_sums[(start + first + i) * config.n_head + h] = sum.largest + std::log(sum.sum);
      }
      gemm(Transpose::kNo, Transpose::kNo, count, hd, keys, scores, keys, v, kv_stride, 0.0f, out_block, stride,
           executor.math, here);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t c = 0; c < hd; ++c) out_block[i * stride + c] *= inverse[i];
    }
  });
}

void attention_backward(const Config& config, const Batch& batch, const float* q, const float* k, const float* v,
                        const float* out, const float* log_sums, const float* d_out, float* d_q, float* d_k, float* d_v,
                        Math math, Threads& threads) {
  const std::size_t stride = config.attn_dim(), hd = config.head_dim;
  const float scale = score_scale(config);
  const std::size_t sequences = batch.starts.size() - 1;
  std::size_t pairs = 0;
  for (std::size_t s = 0; s < sequences; ++s)
    pairs += (batch.starts[s + 1] - batch.starts[s]) * (batch.starts[s + 1] - batch.starts[s]);
  for_each_head(config, sequences, pairs, threads, [&](std::size_t s, std::size_t h, Threads& here) {
    const std::size_t start = batch.starts[s], length = batch.starts[s + 1] - start;
    const std::size_t base = start * stride + h * hd;
    if (length == 0) return;
    float* const probs = buffer(2 * std::min(kQueryBlock, length) * length);
    float* const d_scores = probs + std::min(kQueryBlock, length) * length;
    // From the last block, which sees every key, so that it can overwrite their gradients.
    float beta = 0;
    for (std::size_t first = (length - 1) / kQueryBlock * kQueryBlock;; first -= kQueryBlock, beta = 1) {
      const std::size_t count = std::min(kQueryBlock, length - first),
                        keys = seen_by(config, batch, s, first + count - 1, length);
      const std::size_t at = base + first * stride;
      gemm(Transpose::kNo, Transpose::kYes, count, keys, hd, q + at, stride, k + base, stride, 0.0f, probs, keys, math,
           here);
      gemm(Transpose::kNo, Transpose::kYes, count, keys, hd, d_out + at, stride, v + base, stride, 0.0f, d_scores, keys,
           math, here);
      for (std::size_t i = 0; i < count; ++i) {
        float *p = probs + i * keys, *d = d_scores + i * keys;
        const std::size_t seen = seen_by(config, batch, s, first + i, length);
        const float mean = kernels().dot(out + at + i * stride, d_out + at + i * stride, hd);
        kernels().softmax_backward(p, d, seen, scale, log_sums[(start + first + i) * config.n_head + h], mean);
        std::fill(p + seen, p + keys, 0.0f);
        std::fill(d + seen, d + keys, 0.0f);
      }
      gemm(Transpose::kYes, Transpose::kNo, keys, hd, count, probs, keys, d_out + at, stride, beta, d_v + base, stride,
           math, here);
      gemm(Transpose::kYes, Transpose::kNo, keys, hd, count, d_scores, keys, q + at, stride, beta, d_k + base, stride,
           math, here);
      gemm(Transpose::kNo, Transpose::kNo, count, hd, keys, d_scores, keys, k + base, stride, 0.0f, d_q + at, stride,
           math, here);
      if (first == 0) break;
    }
  });
}

}  // namespace eve
