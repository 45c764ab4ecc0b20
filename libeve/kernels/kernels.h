// SPDX-License-Identifier: Apache-2.0
// The numbers floor: one table of functions per instruction set, chosen once at run time.
//
// Every function takes unaligned pointers and any length (0 included), handles one thread's share, allocates nothing
// and cannot fail. `generic` is plain C++ and the reference of the others; they agree with it within rounding
// (tests/kernels_test.cc states the bounds). NaN and infinities go through as IEEE arithmetic gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/dtype.h"

namespace eve {

/// What exp_sum leaves beside the exponentials.
struct ExpSum {
  float largest, sum;
};

struct Kernels {
  const char* name;  ///< value of EVE_ISA: generic, avx2, avx512, avx512vnni, neon, neondot

  // --- weights -------------------------------------------------------------------------------------------------
  /// dst[i] = value of weight i, n a multiple of the type's block; exact: all five types embed in fp32.
  void (*dequantize[kDTypes])(const void* src, std::size_t n, float* dst);
  /// y[r] = sum_c W[r][c] * x[c] for r in [0, rows); W is rows * row_bytes(type, cols). For kF32, kF16, kBF16.
  void (*matvec[3])(const void* w, std::size_t rows, std::size_t cols, const float* x, float* y);
  /// The same for kQ8_0 (index 0) and kQ4_0 (index 1) with quantised activations: integer products per block of 32,
  /// sums in fp32. cols % 32 == 0.
  void (*matvec_q[2])(const void* w, std::size_t rows, std::size_t cols, const BlockA8* x, float* y);
  /// y[t * ldy + 16 g + r] = sum_c W[16 g + r][c] * x[t * cols + c] for `groups` interleaved groups (interleave.h) and
  /// any number of tokens; a token's results do not depend on the other tokens. For kF16 (index 0) and kBF16 (1).
  void (*groups[2])(const void* w, std::size_t groups, std::size_t cols, const float* x, std::size_t tokens, float* y,
                    std::size_t ldy);
  /// The same for kQ8_0 (index 0) and kQ4_0 (1); x is [tokens][cols / 32].
  void (*groups_q[2])(const void* w, std::size_t groups, std::size_t cols, const BlockA8* x, std::size_t tokens,
                      float* y, std::size_t ldy);
  /// blocks[b] of x[32b..32b+31]: d = max|x| / 127, q = nearest, ties to even. n % 32 == 0. A block of zeros
  /// (every magnitude below 2^-120) has d = 0; a block with a NaN or an infinity has d = NaN and q = 0.
  void (*quantize_a8)(const float* x, std::size_t n, BlockA8* blocks);

  // --- vectors -------------------------------------------------------------------------------------------------
  float (*dot)(const float* a, const float* b, std::size_t n);
  void (*axpy)(float a, const float* x, float* y, std::size_t n);            ///< y += a x
  void (*mul_add)(const float* a, const float* x, float* y, std::size_t n);  ///< y_i += a_i x_i
  /// y_i = x_i / sqrt(mean(x^2) + eps) * gain_i (Zhang and Sennrich 2019, eps inside the root). y may be x.
  void (*rms_norm)(const float* x, const float* gain, std::size_t n, float eps, float* y);
  /// In place: x_i = exp(x_i - max) / sum. n = 0 is allowed. -inf gives 0 unless all are -inf (then NaN).
  void (*softmax)(float* x, std::size_t n);
  /// In place: x_i = exp(scale x_i - largest), largest = scale max x, scale > 0; n > 0. Divided by `sum` they are
  /// softmax(scale x), and largest + log(sum) is the logarithm of its denominator.
  ExpSum (*exp_sum)(float* x, std::size_t n, float scale);
  /// out[dim] = sum_u softmax(scale q k_u) v_u over rows u < keys of k and v, `stride` apart; keys > 0, scale > 0.
  void (*attend)(const float* q, const float* k, const float* v, std::size_t keys, std::size_t stride, std::size_t dim,
                 float scale, float* out);
  /// y_i = silu(gate_i) * up_i, silu(z) = z / (1 + exp(-z)). y may be gate or up.
  void (*silu_mul)(const float* gate, const float* up, std::size_t n, float* y);
  /// Interleaved rotary embedding in place: pairs (x[2i], x[2i+1]) turn by the angle whose cosine and sine are given
  /// (cos[i], sin[i], i < pairs). With sin negated it is its own inverse (used by backward).
  void (*rope)(float* x, const float* cos, const float* sin, std::size_t pairs);

  // --- training ------------------------------------------------------------------------------------------------
  /// Backward of y = weight * silu(gate) * up, z = gate_i, s = sigmoid(z): act_i = weight z s up_i,
  /// d_gate_i = weight dy_i up_i s (1 + z (1 - s)), d_up_i = weight dy_i z s. Overwrites; act may be dy. Returns the
  /// gradient by the weight, sum dy_i z s up_i.
  float (*silu_mul_backward)(const float* gate, const float* up, const float* dy, std::size_t n, float weight,
                             float* act, float* d_gate, float* d_up);
  /// Backward of p = softmax(scale s), whose denominator's logarithm is `log_sum`: s_i becomes p_i, and d_i, the
  /// gradient by p_i, becomes that by s_i: scale p_i (d_i - mean), mean = sum_j p_j d_j.
  void (*softmax_backward)(float* s, float* d, std::size_t n, float scale, float log_sum, float mean);
  /// dx_i += inv (g_i dy_i - x_i inv^2 / n sum_j g_j dy_j x_j), d_gain_i += dy_i x_i inv, inv = 1 / sqrt(mean(x^2) +
  /// eps).
  void (*rms_norm_backward)(const float* x, const float* gain, const float* dy, std::size_t n, float eps, float* dx,
                            float* d_gain);
  /// AdamW (Loshchilov and Hutter 2019), decoupled decay, as torch.optim.AdamW computes it:
  /// w -= lr decay w; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2; w -= lr / c1 m / (sqrt(v) / sqrt(c2) + eps)
  /// with g = grad_scale grad, c1 = 1 - b1^t, c2 = 1 - b2^t. Leaves grad 0, for the next sum.
  void (*adamw)(float* w, float* grad, float* m, float* v, std::size_t n, const struct AdamWStep& step);
  /// x_i rounded to the nearest bfloat16 (ties to even, NaN stays NaN) and back, into y (may be x).
  void (*round_bf16)(const float* x, std::size_t n, float* y);
};

struct AdamWStep {
  float lr, beta1, beta2, eps, decay, grad_scale;
  float correction1, correction2;  ///< 1 - beta1^t, 1 - beta2^t, t counted from 1
};

/// The table that this process uses: the best one the CPU runs, or the one EVE_ISA names. Throws kInput when EVE_ISA
/// names an unknown table or one this CPU cannot run. The choice is made once.
const Kernels& kernels();
/// Every table this CPU can run, generic first.
std::vector<const Kernels*> available_kernels();

/// Quantises a row of n fp32 weights to `type` (n a multiple of its block), as ggml's reference does. Conversion only.
void quantize_row(DType type, const float* src, std::size_t n, void* dst);

float half_to_float(std::uint16_t h);
std::uint16_t float_to_half(float f);  ///< nearest, ties to even
inline float bf16_to_float(std::uint16_t b) {
  const std::uint32_t bits = static_cast<std::uint32_t>(b) << 16;
  return __builtin_bit_cast(float, bits);
}
std::uint16_t float_to_bf16(float f);  ///< nearest, ties to even; NaN stays NaN

}  // namespace eve
