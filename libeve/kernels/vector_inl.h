// SPDX-License-Identifier: Apache-2.0
// The algorithms of a table, written once over the small vector vocabulary that the including file defines in
// eve::(anonymous): Vec (kWidth floats) with + - * /, and set, load, store, load_f16, load_bf16, fma, max, min, sqrt,
// sum_of, max_of, magnitude, max_bits_of, nearest, times_power_of_two, to_bf16, store_i8, load_i8, rotate (kRotatePairs
// pairs) and, for blocks of 32: half, BlockSum, block_zero, block_fma, BlockX, load_x, products, store_codes. What the
// products of interleaved weights need beside them stands in groups_inl.h.
//
// Everything has internal linkage and nothing of the standard library is used: a function compiled here for one
// instruction set must never be the copy that the linker picks for the rest of the program.

#include "kernels/groups_inl.h"

namespace eve {
namespace {

using std::size_t;

constexpr float kInfinity = __builtin_inff();
const unsigned char* bytes(const void* p) { return static_cast<const unsigned char*>(p); }

// f(i, Full or Part) for every group of kWidth elements and the rest, if any.
template <class F>
inline void each(size_t n, F f) {
  size_t i = 0;
  for (; i + kWidth <= n; i += kWidth) f(i, Full{});
  if (i < n) f(i, Part{n - i});
}

// f(i, Full or Part, sum) returns the sum with its group added; lanes outside a Part must add 0.
template <class F>
inline float sum_over(size_t n, F f) {
  Vec s0 = set(0), s1 = s0, s2 = s0, s3 = s0;  // four, because an addition waits for the one before it
  size_t i = 0;
  for (; i + 4 * kWidth <= n; i += 4 * kWidth) {
    s0 = f(i, Full{}, s0);
    s1 = f(i + kWidth, Full{}, s1);
    s2 = f(i + 2 * kWidth, Full{}, s2);
    s3 = f(i + 3 * kWidth, Full{}, s3);
  }
  for (; i + kWidth <= n; i += kWidth) s0 = f(i, Full{}, s0);
  if (i < n) s1 = f(i, Part{n - i}, s1);
  return sum_of((s0 + s1) + (s2 + s3));
}

// --- weights ---------------------------------------------------------------------------------------------------------

struct F32 {
  static constexpr size_t kBytes = 4;
  template <class P>
  static Vec load_as_f32(const void* p, P part) {
    return load(p, part);
  }
};
struct F16 {
  static constexpr size_t kBytes = 2;
  template <class P>
  static Vec load_as_f32(const void* p, P part) {
    return load_f16(p, part);
  }
};
struct BF16 {
  static constexpr size_t kBytes = 2;
  template <class P>
  static Vec load_as_f32(const void* p, P part) {
    return load_bf16(p, part);
  }
};

template <class Type>
void dequantize_plain(const void* src, size_t n, float* dst) {
  each(n, [&](size_t i, auto part) { store(dst + i, Type::load_as_f32(bytes(src) + i * Type::kBytes, part), part); });
}

void dequantize_q8_0(const void* src, size_t n, float* dst) {
  const unsigned char* block = bytes(src);
  for (size_t b = 0; b < n / 32; ++b, block += sizeof(BlockQ8_0), dst += 32) {
    const Vec d = set(half(block));
    for (size_t i = 0; i < 32; i += kWidth) store(dst + i, d * load_i8(block + 2 + i), Full{});
  }
}

void dequantize_q4_0(const void* src, size_t n, float* dst) {
  const unsigned char* block = bytes(src);
  for (size_t b = 0; b < n / 32; ++b, block += sizeof(BlockQ4_0), dst += 32) {
    unsigned char codes[32];
    store_codes(codes, block + 2);
    const Vec d = set(half(block));
    for (size_t i = 0; i < 32; i += kWidth) store(dst + i, d * load_i8(codes + i), Full{});
  }
}

// Several rows at once share the loads of x and keep more additions in flight.
template <class Type, size_t rows>
inline void matvec_rows(const unsigned char* w, size_t cols, const float* x, float* y) {
  const size_t stride = cols * Type::kBytes;
  Vec even[rows], odd[rows];
  for (size_t r = 0; r < rows; ++r) even[r] = odd[r] = set(0);
  const auto add = [&](size_t i, auto part, Vec(&sums)[rows]) {
    const Vec xi = load(x + i, part);
    for (size_t r = 0; r < rows; ++r)
      sums[r] = fma(Type::load_as_f32(w + r * stride + i * Type::kBytes, part), xi, sums[r]);
  };
  size_t i = 0;
  for (; i + 2 * kWidth <= cols; i += 2 * kWidth) {
    add(i, Full{}, even);
    add(i + kWidth, Full{}, odd);
  }
  if (i + kWidth <= cols) {
    add(i, Full{}, even);
    i += kWidth;
  }
  if (i < cols) add(i, Part{cols - i}, odd);
  for (size_t r = 0; r < rows; ++r) y[r] = sum_of(even[r] + odd[r]);
}

template <class Type>
void matvec(const void* w, size_t rows, size_t cols, const float* x, float* y) {
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) matvec_rows<Type, 4>(bytes(w) + r * cols * Type::kBytes, cols, x, y + r);
  for (; r < rows; ++r) matvec_rows<Type, 1>(bytes(w) + r * cols * Type::kBytes, cols, x, y + r);
}

template <class Block, size_t rows>
inline void matvec_q_rows(const unsigned char* w, size_t blocks, const BlockA8* x, float* y) {
  const size_t stride = blocks * sizeof(Block);
  BlockSum sums[rows];
  for (size_t r = 0; r < rows; ++r) sums[r] = block_zero();
  for (size_t b = 0; b < blocks; ++b) {
    const BlockX xb = load_x<Block>(bytes(x[b].q));
    for (size_t r = 0; r < rows; ++r) {
      const unsigned char* block = w + r * stride + b * sizeof(Block);
      sums[r] = block_fma(products<Block>(block + 2, xb), half(block) * x[b].d, sums[r]);
    }
  }
  for (size_t r = 0; r < rows; ++r) y[r] = sum_of(sums[r]);
}

template <class Block>
void matvec_q(const void* w, size_t rows, size_t cols, const BlockA8* x, float* y) {
  const size_t blocks = cols / 32, stride = blocks * sizeof(Block);
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) matvec_q_rows<Block, 4>(bytes(w) + r * stride, blocks, x, y + r);
  for (; r < rows; ++r) matvec_q_rows<Block, 1>(bytes(w) + r * stride, blocks, x, y + r);
}

void quantize_a8(const float* x, size_t n, BlockA8* blocks) {
  for (size_t b = 0; b < n / 32; ++b, x += 32) {
    Vec largest_lanes = magnitude(load(x, Full{}));
    for (size_t i = kWidth; i < 32; i += kWidth)
      largest_lanes = max_bits(largest_lanes, magnitude(load(x + i, Full{})));
    const std::uint32_t largest_bits = max_bits_of(largest_lanes);
    const float largest = __builtin_bit_cast(float, largest_bits);
    const bool finite = largest_bits < 0x7f800000u, zero = finite && largest < kSmallestA8;
    blocks[b].d = zero ? 0.0f : finite ? largest / 127.0f : __builtin_nanf("");
    if (zero || !finite) {
      blocks[b].sum = 0;
      __builtin_memset(blocks[b].q, 0, 32);
      continue;
    }
    const Vec inverse = set(127.0f / largest);
    Vec sum = set(0);
    for (size_t i = 0; i < 32; i += kWidth) {
      const Vec q = nearest(load(x + i, Full{}) * inverse);
      store_i8(blocks[b].q + i, q);
      sum = sum + q;
    }
    blocks[b].sum = static_cast<std::int32_t>(sum_of(sum));
  }
}

// --- vectors ---------------------------------------------------------------------------------------------------------

float dot(const float* a, const float* b, size_t n) {
  return sum_over(n, [&](size_t i, auto part, Vec sum) { return fma(load(a + i, part), load(b + i, part), sum); });
}

void axpy(float a, const float* x, float* y, size_t n) {
  const Vec factor = set(a);
  each(n, [&](size_t i, auto part) { store(y + i, fma(factor, load(x + i, part), load(y + i, part)), part); });
}

void mul_add(const float* a, const float* x, float* y, size_t n) {
  each(n,
       [&](size_t i, auto part) { store(y + i, fma(load(a + i, part), load(x + i, part), load(y + i, part)), part); });
}

inline float inverse_rms(const float* x, size_t n, float eps) {
  return 1.0f / __builtin_sqrtf(dot(x, x, n) / static_cast<float>(n) + eps);
}

void rms_norm(const float* x, const float* gain, size_t n, float eps, float* y) {
  const Vec inverse = set(inverse_rms(x, n, eps));
  each(n, [&](size_t i, auto part) { store(y + i, load(x + i, part) * inverse * load(gain + i, part), part); });
}

// e^x = 2^k e^r with k the integer nearest to x / ln 2, so |r| <= ln(2) / 2: eight terms of the series leave 6e-9.
inline Vec exp(Vec x) {
  // Beyond these the result is 0 or infinity. x comes second, so that NaN stays (x86 returns the second operand).
  x = max(set(-104.0f), min(set(89.0f), x));
  const Vec k = nearest(x * set(1.44269504f));
  Vec r = fma(k, set(-0.693145752f), x);  // ln 2 in two parts: k times the first is exact
  r = fma(k, set(-1.42860677e-6f), r);
  Vec p = set(1.0f / 5040);
  p = fma(p, r, set(1.0f / 720));
  p = fma(p, r, set(1.0f / 120));
  p = fma(p, r, set(1.0f / 24));
  p = fma(p, r, set(1.0f / 6));
  p = fma(p, r, set(0.5f));
  p = fma(p, r, set(1));
  p = fma(p, r, set(1));
  return times_power_of_two(p, k);
}

inline float largest_of(const float* x, size_t n) {
  float largest = -kInfinity;
  size_t i = 0;
  if (n >= kWidth) {
    Vec lanes = load(x, Full{});
    for (i = kWidth; i + kWidth <= n; i += kWidth) lanes = max(lanes, load(x + i, Full{}));
    largest = max_of(lanes);
  }
  for (; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

ExpSum exp_sum(float* x, size_t n, float scale) {
  const float largest = largest_of(x, n);
  const Vec factor = set(scale), shift = set(largest);
  const float sum = sum_over(n, [&](size_t i, auto part, Vec total) {
    store(x + i, exp(factor * (load(x + i, part) - shift)), part);
    return total + load(x + i, part);  // read again: lanes outside a part become 0
  });
  return {scale * largest, sum};
}

void softmax(float* x, size_t n) {
  const Vec divisor = set(exp_sum(x, n, 1.0f).sum);
  each(n, [&](size_t i, auto part) { store(x + i, load(x + i, part) / divisor, part); });
}

// out[r] = a b_r for rows b_r of b, `stride` apart.
template <size_t rows>
inline void dots(const float* a, const float* b, size_t stride, size_t n, float* out) {
  Vec sums[rows];
  for (size_t r = 0; r < rows; ++r) sums[r] = set(0);
  each(n, [&](size_t i, auto part) {
    const Vec x = load(a + i, part);
    for (size_t r = 0; r < rows; ++r) sums[r] = fma(x, load(b + r * stride + i, part), sums[r]);
  });
  for (size_t r = 0; r < rows; ++r) out[r] = sum_of(sums[r]);
}

void attend(const float* q, const float* k, const float* v, size_t keys, size_t stride, size_t dim, float scale,
            float* out) {
  constexpr size_t kBlock = 64;  // keys whose scores are alive at once
  float p[kBlock], largest = -kInfinity, sum = 0;
  each(dim, [&](size_t i, auto part) { store(out + i, set(0), part); });
  for (size_t first = 0; first < keys; first += kBlock, k += kBlock * stride, v += kBlock * stride) {
    const size_t n = keys - first < kBlock ? keys - first : kBlock;
    size_t u = 0;
    for (; u + 4 <= n; u += 4) dots<4>(q, k + u * stride, stride, dim, p + u);
    for (; u < n; ++u) dots<1>(q, k + u * stride, stride, dim, p + u);
    const ExpSum block = exp_sum(p, n, scale);
    // What is there and what comes are relative to different maxima.
    const bool higher = block.largest > largest;
    const float ratio = max_of(exp(set(higher ? largest - block.largest : block.largest - largest)));
    const float shrink = higher ? ratio : 1.0f, factor = higher ? 1.0f : ratio;
    if (higher) largest = block.largest;
    sum = sum * shrink + block.sum * factor;
    for (u = 0; u < n; ++u) p[u] *= factor;
    each(dim, [&](size_t i, auto part) {
      Vec sums[4] = {load(out + i, part) * set(shrink), set(0), set(0), set(0)};
      size_t w = 0;
      for (; w + 4 <= n; w += 4)
        for (size_t j = 0; j < 4; ++j) sums[j] = fma(set(p[w + j]), load(v + (w + j) * stride + i, part), sums[j]);
      for (; w < n; ++w) sums[0] = fma(set(p[w]), load(v + w * stride + i, part), sums[0]);
      store(out + i, (sums[0] + sums[1]) + (sums[2] + sums[3]), part);
    });
  }
  const Vec inverse = set(1.0f / sum);
  each(dim, [&](size_t i, auto part) { store(out + i, load(out + i, part) * inverse, part); });
}

void silu_mul(const float* gate, const float* up, size_t n, float* y) {
  each(n, [&](size_t i, auto part) {
    const Vec z = load(gate + i, part);
    store(y + i, z / (set(1) + exp(set(0) - z)) * load(up + i, part), part);
  });
}

void rope(float* x, const float* cos, const float* sin, size_t pairs) {
  size_t i = 0;
  for (; i + kRotatePairs <= pairs; i += kRotatePairs) rotate(x + 2 * i, cos + i, sin + i);
  for (; i < pairs; ++i) {
    const float even = x[2 * i], odd = x[2 * i + 1];
    x[2 * i] = even * cos[i] - odd * sin[i];
    x[2 * i + 1] = even * sin[i] + odd * cos[i];
  }
}

// --- training --------------------------------------------------------------------------------------------------------

float silu_mul_backward(const float* gate, const float* up, const float* dy, size_t n, float weight, float* act,
                        float* d_gate, float* d_up) {
  const Vec one = set(1), factor = set(weight);
  return sum_over(n, [&](size_t i, auto part, Vec sum) {
    const Vec z = load(gate + i, part), u = load(up + i, part), d = load(dy + i, part);
    const Vec s = one / (one + exp(set(0) - z)), y = z * s * u, scaled = factor * d;
    store(act + i, factor * y, part);
    store(d_gate + i, scaled * u * s * fma(z, one - s, one), part);
    store(d_up + i, scaled * z * s, part);
    return fma(d, y, sum);
  });
}

void softmax_backward(float* s, float* d, size_t n, float scale, float log_sum, float mean) {
  const Vec factor = set(scale), shift = set(-log_sum), middle = set(mean);
  each(n, [&](size_t i, auto part) {
    const Vec p = exp(fma(factor, load(s + i, part), shift));
    store(s + i, p, part);
    store(d + i, factor * p * (load(d + i, part) - middle), part);
  });
}

void rms_norm_backward(const float* x, const float* gain, const float* dy, size_t n, float eps, float* dx,
                       float* d_gain) {
  const float inverse = inverse_rms(x, n, eps);
  const float sum = sum_over(n, [&](size_t i, auto part, Vec total) {
    return fma(load(gain + i, part) * load(dy + i, part), load(x + i, part), total);
  });
  const Vec inv = set(inverse), along = set(inverse * inverse * sum / static_cast<float>(n));
  each(n, [&](size_t i, auto part) {
    const Vec xi = load(x + i, part), dyi = load(dy + i, part);
    store(dx + i, fma(inv, load(gain + i, part) * dyi - xi * along, load(dx + i, part)), part);
    store(d_gain + i, fma(dyi * xi, inv, load(d_gain + i, part)), part);
  });
}

void adamw(float* w, float* grad, float* m, float* v, size_t n, const AdamWStep& step) {
  const Vec keep = set(1.0f - step.lr * step.decay), rate = set(step.lr / step.correction1), eps = set(step.eps);
  const Vec inverse_root = set(1.0f / __builtin_sqrtf(step.correction2)), scale = set(step.grad_scale);
  const Vec beta1 = set(step.beta1), rest1 = set(1.0f - step.beta1);
  const Vec beta2 = set(step.beta2), rest2 = set(1.0f - step.beta2);
  each(n, [&](size_t i, auto part) {
    const Vec g = scale * load(grad + i, part);
    store(grad + i, set(0), part);
    const Vec mi = fma(beta1, load(m + i, part), rest1 * g);
    const Vec vi = fma(beta2, load(v + i, part), rest2 * g * g);
    store(m + i, mi, part);
    store(v + i, vi, part);
    store(w + i, keep * load(w + i, part) - rate * mi / fma(sqrt(vi), inverse_root, eps), part);
  });
}

void round_bf16(const float* x, size_t n, float* y) {
  each(n, [&](size_t i, auto part) { store(y + i, to_bf16(load(x + i, part)), part); });
}

constexpr Kernels table(const char* name) {
  return {
      .name = name,
      .dequantize = {dequantize_plain<F32>, dequantize_plain<F16>, dequantize_plain<BF16>, dequantize_q8_0,
                     dequantize_q4_0},
      .matvec = {matvec<F32>, matvec<F16>, matvec<BF16>},
      .matvec_q = {matvec_q<BlockQ8_0>, matvec_q<BlockQ4_0>},
      .groups = {groups<FloatTile<PairsF16>>, groups<FloatTile<PairsBF16>>},
      .groups_q = {groups<BlockTile<BlockQ8_0>>, groups<BlockTile<BlockQ4_0>>},
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
}

}  // namespace
}  // namespace eve
