// SPDX-License-Identifier: Apache-2.0
#include "model/convolution.h"

#include <algorithm>
#include <cstring>

#include "kernels/kernels.h"

namespace eve {

namespace {

constexpr std::size_t kTokenGrain = 64;
// Sums over tokens are taken in this many parts, whatever the number of threads, and then in order.
constexpr std::size_t kSumParts = 16;

/// Calls fn(token, its sequence) for tokens [begin, end) of the batch.
template <class Fn>
void each_token(const Batch& batch, std::size_t begin, std::size_t end, Fn&& fn) {
  auto s = static_cast<std::size_t>(std::ranges::upper_bound(batch.starts, begin) - batch.starts.begin() - 1);
  for (std::size_t t = begin; t < end; ++t) {
    while (t >= batch.starts[s + 1]) ++s;
    fn(t, s);
  }
}

}  // namespace

void convolve(const Tensor& w, const Batch& batch, std::span<const ConvolutionInput> sources, float* y,
              Threads& threads) {
  const std::size_t n = w.cols;
  threads.parallel_for(batch.tokens.size(), kTokenGrain, [&](std::size_t begin, std::size_t end) {
    each_token(batch, begin, end, [&](std::size_t t, std::size_t s) {
      const std::size_t row = t - batch.starts[s];
      const float* x = sources[s].x + row * n;
      std::memcpy(y + t * n, x, n * sizeof(float));
      for (std::size_t j = 0; j < std::min(w.rows, sources[s].past + row + 1); ++j)
        kernels().mul_add(w.f32() + j * n, x - j * n, y + t * n, n);
    });
  });
}

void convolve_backward(const Tensor& w, const Batch& batch, const float* x, const float* d_y, float* d_x, float* d_w,
                       std::vector<float>& sums, Threads& threads) {
  const std::size_t n = w.cols, tokens = batch.tokens.size();
  sums.assign(kSumParts * w.size(), 0.0f);
  threads.parallel_for(kSumParts, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t p = first; p < last; ++p)
      each_token(batch, tokens * p / kSumParts, tokens * (p + 1) / kSumParts, [&](std::size_t t, std::size_t s) {
        std::memcpy(d_x + t * n, d_y + t * n, n * sizeof(float));
        for (std::size_t j = 0; j < std::min<std::size_t>(w.rows, batch.starts[s + 1] - t); ++j)
          kernels().mul_add(w.f32() + j * n, d_y + (t + j) * n, d_x + t * n, n);
        for (std::size_t j = 0; j < std::min<std::size_t>(w.rows, t - batch.starts[s] + 1); ++j)
          kernels().mul_add(x + (t - j) * n, d_y + t * n, &sums[p * w.size() + j * n], n);
      });
  });
  for (std::size_t p = 0; p < kSumParts; ++p) kernels().axpy(1.0f, &sums[p * w.size()], d_w, w.size());
}

}  // namespace eve
