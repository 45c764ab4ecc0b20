// SPDX-License-Identifier: Apache-2.0
#include "model/attention.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/gemm.h"
#include "kernels/kernels.h"

namespace eve {

namespace {

// Queries that share one pass over the keys; bounds the buffer of scores to kQueryBlock x context.
constexpr std::size_t kQueryBlock = 64;

struct Block {
  std::size_t first, count;  // queries, within the sequence
  std::size_t keys;          // keys that any of them sees
};

/// probs[count][keys] of one head for one block of queries; q and k point at the head's first column of their first
/// row.
void probabilities(const Config& config, const Block& block, std::size_t past, const float* q, const float* k,
                   float* probs, Threads& here) {
  const std::size_t stride = config.attn_dim(), hd = config.head_dim;
  gemm(Transpose::kNo, Transpose::kYes, block.count, block.keys, hd, q + block.first * stride, stride, k, stride, 0.0f,
       probs, block.keys, Math::kF32, here);
  const float scale = 1.0f / std::sqrt(static_cast<float>(hd));
  for (std::size_t i = 0; i < block.count; ++i) {
    float* row = probs + i * block.keys;
    const std::size_t seen = config.causal() ? past + block.first + i + 1 : block.keys;
    for (std::size_t u = 0; u < seen; ++u) row[u] *= scale;
    kernels().softmax(row, seen);
    std::fill(row + seen, row + block.keys, 0.0f);
  }
}

/// Calls fn(sequence, head) for each pair, spread over the threads.
template <class Fn>
void for_each_head(const Config& config, const Batch& batch, Threads& threads, Fn&& fn) {
  const std::size_t sequences = batch.starts.size() - 1, tokens = batch.tokens.size();
  // Heads of short texts are not worth a thread of their own.
  const std::size_t work = tokens * tokens / std::max<std::size_t>(1, sequences * sequences) * config.head_dim + 1;
  threads.parallel_for(sequences * config.n_head, (std::size_t{1} << 19) / work + 1,
                       [&](std::size_t begin, std::size_t end) {
                         for (std::size_t i = begin; i < end; ++i) fn(i / config.n_head, i % config.n_head);
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
               Threads& threads) {
  const std::size_t stride = config.attn_dim(), hd = config.head_dim;
  for_each_head(config, batch, threads, [&](std::size_t s, std::size_t h) {
    Threads here(1);
    const std::size_t start = batch.starts[s], length = batch.starts[s + 1] - start, past = sources[s].past;
    const std::size_t column = h * hd, base = start * stride + column;
    const float *k = sources[s].k + column, *v = sources[s].v + column;
    std::vector<float> probs(std::min(kQueryBlock, length) * (past + length));
    for (std::size_t first = 0; first < length; first += kQueryBlock) {
      const std::size_t count = std::min(kQueryBlock, length - first);
      const Block block{first, count, past + (config.causal() ? first + count : length)};
      probabilities(config, block, past, q + base, k, probs.data(), here);
      gemm(Transpose::kNo, Transpose::kNo, count, hd, block.keys, probs.data(), block.keys, v, stride, 0.0f,
           out + base + first * stride, stride, Math::kF32, here);
    }
  });
}

void attention_backward(const Config& config, const Batch& batch, const float* q, const float* k, const float* v,
                        const float* d_out, float* d_q, float* d_k, float* d_v, Threads& threads) {
  const std::size_t stride = config.attn_dim(), hd = config.head_dim;
  const float scale = 1.0f / std::sqrt(static_cast<float>(hd));
  for_each_head(config, batch, threads, [&](std::size_t s, std::size_t h) {
    Threads here(1);
    const std::size_t start = batch.starts[s], length = batch.starts[s + 1] - start, base = start * stride + h * hd;
    std::vector<float> probs(std::min(kQueryBlock, length) * length), d_scores(probs.size());
    for (float* gradient : {d_k, d_v})
      for (std::size_t t = 0; t < length; ++t) std::fill_n(gradient + base + t * stride, hd, 0.0f);
    for (std::size_t first = 0; first < length; first += kQueryBlock) {
      const std::size_t count = std::min(kQueryBlock, length - first);
      const Block block{first, count, config.causal() ? first + count : length};
      const float* d_out_block = d_out + base + first * stride;
      probabilities(config, block, 0, q + base, k + base, probs.data(), here);
      gemm(Transpose::kYes, Transpose::kNo, block.keys, hd, count, probs.data(), block.keys, d_out_block, stride, 1.0f,
           d_v + base, stride, Math::kF32, here);
      gemm(Transpose::kNo, Transpose::kYes, count, block.keys, hd, d_out_block, stride, v + base, stride, 0.0f,
           d_scores.data(), block.keys, Math::kF32, here);
      for (std::size_t i = 0; i < count; ++i) {
        const float* p = &probs[i * block.keys];
        float* ds = &d_scores[i * block.keys];
        const float mean = kernels().dot(p, ds, block.keys);
        for (std::size_t u = 0; u < block.keys; ++u) ds[u] = p[u] * (ds[u] - mean) * scale;
      }
      gemm(Transpose::kNo, Transpose::kNo, count, hd, block.keys, d_scores.data(), block.keys, k + base, stride, 0.0f,
           d_q + base + first * stride, stride, Math::kF32, here);
      gemm(Transpose::kYes, Transpose::kNo, block.keys, hd, count, d_scores.data(), block.keys,
           q + base + first * stride, stride, 1.0f, d_k + base, stride, Math::kF32, here);
    }
  });
}

}  // namespace eve
