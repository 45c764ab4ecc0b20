// SPDX-License-Identifier: Apache-2.0
// 128-bit vectors of armv8-a for the files of the NEON tables.
#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include "kernels/interleave.h"
#include "kernels/tables.h"

namespace eve {
namespace {

using Vec = float32x4_t;
constexpr std::size_t kWidth = 4;

struct Full {};
struct Part {
  std::size_t n;  // elements, fewer than a vector; the rest reads as zero and is not written
};

inline Vec set(float x) { return vdupq_n_f32(x); }
inline Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
inline Vec max(Vec a, Vec b) { return vmaxq_f32(a, b); }
inline Vec min(Vec a, Vec b) { return vminq_f32(a, b); }
inline Vec sqrt(Vec a) { return vsqrtq_f32(a); }

inline Vec load(const void* p, Full) { return vld1q_f32(static_cast<const float*>(p)); }
inline Vec load(const void* p, Part part) {
  float values[4] = {};
  __builtin_memcpy(values, p, part.n * sizeof values[0]);
  return vld1q_f32(values);
}
inline void store(float* p, Vec a, Full) { vst1q_f32(p, a); }
inline void store(float* p, Vec a, Part part) {
  float values[4];
  vst1q_f32(values, a);
  __builtin_memcpy(p, values, part.n * sizeof values[0]);
}

inline uint16x4_t load_u16(const void* p, Full) {
  return vreinterpret_u16_u8(vld1_u8(static_cast<const std::uint8_t*>(p)));
}
inline uint16x4_t load_u16(const void* p, Part part) {
  std::uint16_t values[4] = {};
  __builtin_memcpy(values, p, part.n * sizeof values[0]);
  return vld1_u16(values);
}
template <class P>
inline Vec load_f16(const void* p, P part) {
  return vcvt_f32_f16(vreinterpret_f16_u16(load_u16(p, part)));
}
template <class P>
inline Vec load_bf16(const void* p, P part) {
  return vreinterpretq_f32_u32(vshll_n_u16(load_u16(p, part), 16));
}
inline Vec load_i8(const void* p) {
  std::uint32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return vcvtq_f32_s32(vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u32(vdup_n_u32(four))))));
}
inline void store_i8(std::int8_t* p, Vec a) {
  const int16x4_t words = vqmovn_s32(vcvtnq_s32_f32(a));
  const std::uint32_t four = vget_lane_u32(vreinterpret_u32_s8(vqmovn_s16(vcombine_s16(words, words))), 0);
  __builtin_memcpy(p, &four, sizeof four);
}

inline float sum_of(Vec a) { return vaddvq_f32(a); }
inline float max_of(Vec a) { return vmaxvq_f32(a); }

inline Vec magnitude(Vec a) { return vabsq_f32(a); }
inline Vec max_bits(Vec a, Vec b) {
  return vreinterpretq_f32_u32(vmaxq_u32(vreinterpretq_u32_f32(a), vreinterpretq_u32_f32(b)));
}
inline std::uint32_t max_bits_of(Vec a) { return vmaxvq_u32(vreinterpretq_u32_f32(a)); }

inline Vec nearest(Vec a) { return vrndnq_f32(a); }
// In two steps, because 2^k alone may be out of range where the product is not.
inline Vec times_power_of_two(Vec a, Vec k) {
  const int32x4_t whole = vcvtnq_s32_f32(k), first = vshrq_n_s32(whole, 1);
  const auto power = [](int32x4_t e) { return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(e, vdupq_n_s32(127)), 23)); };
  return a * power(first) * power(vsubq_s32(whole, first));
}

inline Vec to_bf16(Vec a) {
  const uint32x4_t bits = vreinterpretq_u32_f32(a);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7fff)), odd);
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  const uint32x4_t result = vbslq_u32(vceqq_f32(a, a), rounded, quiet);
  return vreinterpretq_f32_u32(vandq_u32(result, vdupq_n_u32(0xffff0000)));
}

constexpr std::size_t kRotatePairs = 4;
inline void rotate(float* x, const float* cos, const float* sin) {
  const float32x4x2_t v = vld2q_f32(x);
  const Vec c = load(cos, Full{}), s = load(sin, Full{});
  vst2q_f32(x, {{vfmsq_f32(v.val[0] * c, v.val[1], s), vfmaq_f32(v.val[0] * s, v.val[1], c)}});
}

inline float half(const void* p) {
  std::uint16_t bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(bits))), 0);
}

using BlockSum = float32x4_t;
inline BlockSum block_zero() { return vdupq_n_f32(0); }
inline BlockSum block_fma(Vec products, float scale, BlockSum sum) { return vfmaq_n_f32(sum, products, scale); }

struct Bytes32 {
  int8x16_t low, high;
};
using BlockX = Bytes32;

inline Bytes32 load_bytes(const void* p) {
  const auto* const q = static_cast<const std::int8_t*>(p);
  return {vld1q_s8(q), vld1q_s8(q + 16)};
}
template <class Block>
inline BlockX load_x(const void* q) {
  return load_bytes(q);
}

template <class Block>
inline Bytes32 load_w(const void* q) {
  if constexpr (sizeof(Block) == sizeof(BlockQ8_0)) {
    return load_bytes(q);
  } else {
    const uint8x16_t packed = vld1q_u8(static_cast<const std::uint8_t*>(q));
    const int8x16_t eight = vdupq_n_s8(8);
    return {vsubq_s8(vreinterpretq_s8_u8(vandq_u8(packed, vdupq_n_u8(15))), eight),
            vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8(packed, 4)), eight)};
  }
}

// 32 codes -8..7 of a Q4_0 block.
inline void store_codes(void* p, const void* nibbles) {
  const Bytes32 codes = load_w<BlockQ4_0>(nibbles);
  vst1q_s8(static_cast<std::int8_t*>(p), codes.low);
  vst1q_s8(static_cast<std::int8_t*>(p) + 16, codes.high);
}

template <class Block>
inline Vec products(const void* q, const BlockX& x) {
  const Bytes32 w = load_w<Block>(q);
#ifdef __ARM_FEATURE_DOTPROD
  return vcvtq_f32_s32(vdotq_s32(vdotq_s32(vdupq_n_s32(0), w.low, x.low), w.high, x.high));
#else
  // Two products of magnitude up to 128 * 127 fit 16 bits.
  int16x8_t low = vmull_s8(vget_low_s8(w.low), vget_low_s8(x.low));
  low = vmlal_high_s8(low, w.low, x.low);
  int16x8_t high = vmull_s8(vget_low_s8(w.high), vget_low_s8(x.high));
  high = vmlal_high_s8(high, w.high, x.high);
  return vcvtq_f32_s32(vpadalq_s16(vpaddlq_s16(low), high));
#endif
}

inline Vec set_pair(const float* x) {
  const float32x2_t both = vld1_f32(x);
  return vcombine_f32(both, both);
}
inline Vec add_neighbours(Vec a, Vec b) { return vpaddq_f32(a, b); }
inline uint32x4_t load_u32(const void* p) {
  return vreinterpretq_u32_u8(vld1q_u8(static_cast<const std::uint8_t*>(p)));
}
inline Vec low_bf16(const void* p) { return vreinterpretq_f32_u32(vshlq_n_u32(load_u32(p), 16)); }
inline Vec high_bf16(const void* p) { return vreinterpretq_f32_u32(vandq_u32(load_u32(p), vdupq_n_u32(0xffff0000))); }

constexpr std::size_t kGroupsAtOnce = 1;
constexpr std::size_t kTileTokens = 4;
constexpr std::size_t kFloatOutputs = 4;
constexpr std::size_t kBlockOutputs = 8;

// 4 codes of each of 4 rows.
template <class Block>
struct Codes {
  Codes(const void* p, bool high_nibbles) {
    const uint8x16_t bytes = vld1q_u8(static_cast<const std::uint8_t*>(p));
    if constexpr (sizeof(Block) == sizeof(BlockQ8_0))
      w = vreinterpretq_s8_u8(bytes);
    else
      w = vsubq_s8(vreinterpretq_s8_u8(high_nibbles ? vshrq_n_u8(bytes, 4) : vandq_u8(bytes, vdupq_n_u8(15))),
                   vdupq_n_s8(8));
  }
  int8x16_t w;
};

#ifdef __ARM_FEATURE_DOTPROD
template <class Block>
struct Dots {
  int32x4_t sum;
  void start(const BlockA8&) { sum = vdupq_n_s32(0); }
  template <std::size_t p>
  void add(const Codes<Block>& codes, const BlockA8& x) {
    sum = vdotq_laneq_s32(sum, codes.w, vld1q_s8(x.q + p / 4 * 16), p % 4);
  }
  Vec finish(const BlockA8&) const { return vcvtq_f32_s32(sum); }
};
#else
template <class Block>
struct Dots {
  int32x4_t low, high;  // rows 0 and 1, 2 and 3: two sums each
  int16x8_t low_pairs, high_pairs;
  void start(const BlockA8&) { low = high = vdupq_n_s32(0); }
  template <std::size_t p>
  void add(const Codes<Block>& codes, const BlockA8& x) {
    std::int32_t bits;
    __builtin_memcpy(&bits, x.q + 4 * p, sizeof bits);
    const int8x16_t four = vreinterpretq_s8_s32(vdupq_n_s32(bits));
    if constexpr (p % 2 == 0) {  // two products of magnitude up to 128 * 127 fit 16 bits
      low_pairs = vmull_s8(vget_low_s8(codes.w), vget_low_s8(four));
      high_pairs = vmull_high_s8(codes.w, four);
    } else {
      low = vpadalq_s16(low, vmlal_s8(low_pairs, vget_low_s8(codes.w), vget_low_s8(four)));
      high = vpadalq_s16(high, vmlal_high_s8(high_pairs, codes.w, four));
    }
  }
  Vec finish(const BlockA8&) const { return vcvtq_f32_s32(vpaddq_s32(low, high)); }
};
#endif

}  // namespace
}  // namespace eve

#include "kernels/vector_inl.h"
