// SPDX-License-Identifier: Apache-2.0
// The reference: what every other table computes, without intrinsics.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/interleave.h"
#include "kernels/tables.h"

namespace eve {
namespace {

// Element i of an array that need not be aligned.
template <class T>
T element(const void* array, std::size_t i) {
  T value;
  std::memcpy(&value, static_cast<const unsigned char*>(array) + i * sizeof(T), sizeof(T));
  return value;
}

template <DType type>
float weight(const void* w, std::size_t i) {
  if constexpr (type == DType::kF32) return element<float>(w, i);
  if constexpr (type == DType::kF16) return half_to_float(element<std::uint16_t>(w, i));
  if constexpr (type == DType::kBF16) return bf16_to_float(element<std::uint16_t>(w, i));
}

template <DType type>
void dequantize_plain(const void* src, std::size_t n, float* dst) {
  for (std::size_t i = 0; i < n; ++i) dst[i] = weight<type>(src, i);
}

// Weight i of a block, before it is scaled.
int code(const BlockQ8_0& block, int i) { return block.q[i]; }
int code(const BlockQ4_0& block, int i) { return (i < 16 ? block.q[i] & 15 : block.q[i - 16] >> 4) - 8; }

template <class Block>
void dequantize_blocks(const void* src, std::size_t n, float* dst) {
  for (std::size_t b = 0; b < n / 32; ++b) {
    const Block block = element<Block>(src, b);
    const float d = half_to_float(block.d);
    for (int i = 0; i < 32; ++i) dst[32 * b + static_cast<std::size_t>(i)] = d * static_cast<float>(code(block, i));
  }
}

// Eight sums side by side let the compiler use the baseline's vectors.
template <DType type>
float dot_row(const void* w, const float* x, std::size_t n) {
  float sums[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t j = 0; j < 8; ++j) sums[j] += weight<type>(w, i + j) * x[i + j];
  for (; i < n; ++i) sums[0] += weight<type>(w, i) * x[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

template <DType type>
void matvec(const void* w, std::size_t rows, std::size_t cols, const float* x, float* y) {
  const std::size_t stride = cols * (type == DType::kF32 ? 4 : 2);
  for (std::size_t r = 0; r < rows; ++r)
    y[r] = dot_row<type>(static_cast<const unsigned char*>(w) + r * stride, x, cols);
}

template <class Block>
float block_product(const Block& w, const BlockA8& x) {
  int products = 0;
  for (int i = 0; i < 32; ++i) products += code(w, i) * x.q[i];
  return half_to_float(w.d) * x.d * static_cast<float>(products);
}

template <class Block>
void matvec_q(const void* w, std::size_t rows, std::size_t cols, const BlockA8* x, float* y) {
  const std::size_t blocks = cols / 32;
  for (std::size_t r = 0; r < rows; ++r) {
    float sum = 0;
    for (std::size_t b = 0; b < blocks; ++b) sum += block_product(element<Block>(w, r * blocks + b), x[b]);
    y[r] = sum;
  }
}

// Every group by every token: f(group's weights, token, sums[16]).
template <class F>
void each_output(std::size_t groups, std::size_t group_bytes, const void* w, std::size_t tokens, float* y,
                 std::size_t ldy, F f) {
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t t = 0; t < tokens; ++t) {
      float sums[kGroupRows] = {};
      f(static_cast<const unsigned char*>(w) + g * group_bytes, t, sums);
      std::memcpy(y + t * ldy + g * kGroupRows, sums, sizeof sums);
    }
}

template <DType type>
void groups(const void* w, std::size_t count, std::size_t cols, const float* x, std::size_t tokens, float* y,
            std::size_t ldy) {
  each_output(count, kGroupRows * cols * 2, w, tokens, y, ldy, [&](const void* group, std::size_t t, float* sums) {
    for (std::size_t c = 0; c < cols; c += 2)
      for (std::size_t r = 0; r < kGroupRows; ++r) {
        const std::size_t i = c * kGroupRows + 2 * r;
        sums[r] += weight<type>(group, i) * x[t * cols + c] + weight<type>(group, i + 1) * x[t * cols + c + 1];
      }
  });
}

template <class Block>
void groups_q(const void* w, std::size_t count, std::size_t cols, const BlockA8* x, std::size_t tokens, float* y,
              std::size_t ldy) {
  const std::size_t blocks = cols / 32, quant_bytes = sizeof(Block::q);
  each_output(count, kGroupRows * blocks * sizeof(Block), w, tokens, y, ldy,
              [&](const unsigned char* group, std::size_t t, float* sums) {
                const unsigned char* const quants = group + blocks * kGroupRows * sizeof(Block::d);
                for (std::size_t b = 0; b < blocks; ++b)
                  for (std::size_t r = 0; r < kGroupRows; ++r) {
                    Block block;
                    block.d = element<std::uint16_t>(group, b * kGroupRows + r);
                    for (std::size_t i = 0; i < quant_bytes; i += 4)
                      std::memcpy(block.q + i, quants + (b * quant_bytes + i) * kGroupRows + 4 * r, 4);
                    sums[r] += block_product(block, x[t * blocks + b]);
                  }
              });
}

void quantize_a8(const float* x, std::size_t n, BlockA8* blocks) {
  for (std::size_t b = 0; b < n / 32; ++b, x += 32) {
    std::uint32_t largest_bits = 0;  // as integers: NaN above infinity above every finite magnitude
    for (int i = 0; i < 32; ++i)
      largest_bits = std::max(largest_bits, std::bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu);
    BlockA8& block = blocks[b];
    block = {};
    const float largest = std::bit_cast<float>(largest_bits);
    if (largest_bits >= 0x7f800000u) {
      block.d = std::numeric_limits<float>::quiet_NaN();
    } else if (largest >= kSmallestA8) {
      block.d = largest / 127.0f;
      const float inverse = 127.0f / largest;
      for (int i = 0; i < 32; ++i) {
        block.q[i] = static_cast<std::int8_t>(std::lrint(x[i] * inverse));
        block.sum += block.q[i];
      }
    }
  }
}

float dot(const float* a, const float* b, std::size_t n) { return dot_row<DType::kF32>(a, b, n); }

void axpy(float a, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

void mul_add(const float* a, const float* x, float* y, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) y[i] += a[i] * x[i];
}

float inverse_rms(const float* x, std::size_t n, float eps) {
  return 1.0f / std::sqrt(dot(x, x, n) / static_cast<float>(n) + eps);
}

void rms_norm(const float* x, const float* gain, std::size_t n, float eps, float* y) {
  const float inverse = inverse_rms(x, n, eps);
  for (std::size_t i = 0; i < n; ++i) y[i] = x[i] * inverse * gain[i];
}

void softmax(float* x, std::size_t n) {
  float largest = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, x[i]);
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i] = std::exp(x[i] - largest);
  for (std::size_t i = 0; i < n; ++i) x[i] /= sum;
}

ExpSum exp_sum(float* x, std::size_t n, float scale) {
  float largest = -std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, x[i]);
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += x[i] = std::exp(scale * (x[i] - largest));
  return {scale * largest, sum};
}

void attend(const float* q, const float* k, const float* v, std::size_t keys, std::size_t stride, std::size_t dim,
            float scale, float* out) {
  float largest = -std::numeric_limits<float>::infinity(), sum = 0;
  std::fill_n(out, dim, 0.0f);
  for (std::size_t u = 0; u < keys; ++u) {
    const float score = scale * dot(q, k + u * stride, dim);
    if (score > largest) {  // what is there was relative to the largest so far
      const float shrink = std::exp(largest - score);
      for (std::size_t i = 0; i < dim; ++i) out[i] *= shrink;
      sum *= shrink;
      largest = score;
    }
    const float p = std::exp(score - largest);
    axpy(p, v + u * stride, out, dim);
    sum += p;
  }
  for (std::size_t i = 0; i < dim; ++i) out[i] /= sum;
}

void silu_mul(const float* gate, const float* up, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = gate[i] / (1.0f + std::exp(-gate[i])) * up[i];
}

void rope(float* x, const float* cos, const float* sin, std::size_t pairs) {
  for (std::size_t i = 0; i < pairs; ++i) {
    const float even = x[2 * i], odd = x[2 * i + 1];
    x[2 * i] = even * cos[i] - odd * sin[i];
    x[2 * i + 1] = even * sin[i] + odd * cos[i];
  }
}

float silu_mul_backward(const float* gate, const float* up, const float* dy, std::size_t n, float weight, float* act,
                        float* d_gate, float* d_up) {
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float z = gate[i], u = up[i], d = weight * dy[i];
    const float s = 1.0f / (1.0f + std::exp(-z));
    sum += dy[i] * (z * s * u);
    act[i] = weight * (z * s * u);
    d_gate[i] = d * u * s * (1.0f + z * (1.0f - s));
    d_up[i] = d * z * s;
  }
  return sum;
}

void softmax_backward(float* s, float* d, std::size_t n, float scale, float log_sum, float mean) {
  for (std::size_t i = 0; i < n; ++i) {
    s[i] = std::exp(scale * s[i] - log_sum);
    d[i] = scale * s[i] * (d[i] - mean);
  }
}

void rms_norm_backward(const float* x, const float* gain, const float* dy, std::size_t n, float eps, float* dx,
                       float* d_gain) {
  const float inverse = inverse_rms(x, n, eps);
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += gain[i] * dy[i] * x[i];
  const float along = inverse * inverse * sum / static_cast<float>(n);
  for (std::size_t i = 0; i < n; ++i) {
    dx[i] += inverse * (gain[i] * dy[i] - x[i] * along);
    d_gain[i] += dy[i] * x[i] * inverse;
  }
}

void adamw(float* w, float* grad, float* m, float* v, std::size_t n, const AdamWStep& step) {
  const float keep = 1.0f - step.lr * step.decay;
  const float rate = step.lr / step.correction1;
  const float inverse_root = 1.0f / std::sqrt(step.correction2);
  for (std::size_t i = 0; i < n; ++i) {
    const float g = step.grad_scale * grad[i];
    grad[i] = 0;
    m[i] = step.beta1 * m[i] + (1.0f - step.beta1) * g;
    v[i] = step.beta2 * v[i] + (1.0f - step.beta2) * g * g;
    w[i] = keep * w[i] - rate * m[i] / (std::sqrt(v[i]) * inverse_root + step.eps);
  }
}

void round_bf16(const float* x, std::size_t n, float* y) {
  for (std::size_t i = 0; i < n; ++i) y[i] = bf16_to_float(float_to_bf16(x[i]));
}

}  // namespace

constinit const Kernels kGenericKernels = {
    .name = "generic",
    .dequantize = {dequantize_plain<DType::kF32>, dequantize_plain<DType::kF16>, dequantize_plain<DType::kBF16>,
                   dequantize_blocks<BlockQ8_0>, dequantize_blocks<BlockQ4_0>},
    .matvec = {matvec<DType::kF32>, matvec<DType::kF16>, matvec<DType::kBF16>},
    .matvec_q = {matvec_q<BlockQ8_0>, matvec_q<BlockQ4_0>},
    .groups = {groups<DType::kF16>, groups<DType::kBF16>},
    .groups_q = {groups_q<BlockQ8_0>, groups_q<BlockQ4_0>},
    .quantize_a8 = quantize_a8,
    .dot = dot,
    .axpy = axpy,
    .mul_add = mul_add,
    .rms_norm = rms_norm,
    .softmax = softmax,
    .exp_sum = exp_sum,
    .attend = attend,
    .silu_mul = silu_mul,
    .rope = rope,
    .silu_mul_backward = silu_mul_backward,
    .softmax_backward = softmax_backward,
    .rms_norm_backward = rms_norm_backward,
    .adamw = adamw,
    .round_bf16 = round_bf16,
};

}  // namespace eve
