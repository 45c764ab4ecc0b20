// SPDX-License-Identifier: Apache-2.0
// 512-bit vectors (AVX-512 F, BW, VL, DQ) for the files of the AVX-512 tables.
#include "kernels/x86_inl.h"

namespace eve {
namespace {

using Vec = __m512;
constexpr std::size_t kWidth = 16;

inline Vec set(float x) { return _mm512_set1_ps(x); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
inline Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
inline Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
inline Vec sqrt(Vec a) { return _mm512_sqrt_ps(a); }

inline __mmask16 mask(Part part) { return static_cast<__mmask16>((1u << part.n) - 1); }
inline Vec load(const void* p, Full) { return _mm512_loadu_ps(p); }
inline Vec load(const void* p, Part part) { return _mm512_maskz_loadu_ps(mask(part), p); }
inline void store(float* p, Vec a, Full) { _mm512_storeu_ps(p, a); }
inline void store(float* p, Vec a, Part part) { _mm512_mask_storeu_ps(p, mask(part), a); }

inline __m256i load_u16(const void* p, Full) { return load_256(p); }
inline __m256i load_u16(const void* p, Part part) { return _mm256_maskz_loadu_epi16(mask(part), p); }
template <class P>
inline Vec load_f16(const void* p, P part) {
  return _mm512_cvtph_ps(load_u16(p, part));
}
template <class P>
inline Vec load_bf16(const void* p, P part) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_u16(p, part)), 16));
}
inline Vec load_i8(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(static_cast<const __m128i*>(p))));
}
inline void store_i8(std::int8_t* p, Vec a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}

inline float sum_of(Vec a) { return sum_of(_mm512_castps512_ps256(a) + _mm512_extractf32x8_ps(a, 1)); }
inline float max_of(Vec a) { return _mm512_reduce_max_ps(a); }

inline Vec magnitude(Vec a) { return _mm512_andnot_ps(set(-0.0f), a); }
inline Vec max_bits(Vec a, Vec b) {
  return _mm512_castsi512_ps(_mm512_max_epu32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
inline std::uint32_t max_bits_of(Vec a) { return _mm512_reduce_max_epu32(_mm512_castps_si512(a)); }

inline Vec nearest(Vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline Vec times_power_of_two(Vec a, Vec k) { return _mm512_scalef_ps(a, k); }

inline Vec to_bf16(Vec a) {
  const __m512i bits = _mm512_castps_si512(a);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
  const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
  const __m512i result = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
  return _mm512_castsi512_ps(_mm512_and_si512(result, _mm512_set1_epi32(-0x10000)));
}

constexpr std::size_t kRotatePairs = 8;
inline void rotate(float* x, const float* cos, const float* sin) {
  const __m512i order = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
  const auto twice = [&](const float* p) {
    return _mm512_permutexvar_ps(order, _mm512_castps256_ps512(_mm256_loadu_ps(p)));
  };
  const Vec v = load(x, Full{});
  store(x, _mm512_fmaddsub_ps(v, twice(cos), _mm512_permute_ps(v, 0xb1) * twice(sin)), Full{});
}

inline Vec set_pair(const float* x) {
  double both;
  __builtin_memcpy(&both, x, sizeof both);
  return _mm512_castpd_ps(_mm512_set1_pd(both));
}
inline Vec add_neighbours(Vec a, Vec b) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
  return _mm512_permutex2var_ps(a, even, b) + _mm512_permutex2var_ps(a, odd, b);
}
inline Vec low_bf16(const void* p) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16)); }
inline Vec high_bf16(const void* p) {
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(-0x10000)));
}

constexpr std::size_t kGroupsAtOnce = 2;
constexpr std::size_t kTileTokens = 6;
constexpr std::size_t kFloatOutputs = 6;
constexpr std::size_t kBlockOutputs = 12;

inline __m512i four_bytes(const void* p) {
  std::int32_t four;
  __builtin_memcpy(&four, p, sizeof four);
  return _mm512_set1_epi32(four);
}

// 4 codes of each of 16 rows.
template <class Block>
struct Codes {
  Codes(const void* p, bool high_nibbles) : w(_mm512_loadu_si512(p)) {
    if constexpr (kIsQ8<Block>) {
#ifdef __AVX512VNNI__
      w = _mm512_xor_si512(w, _mm512_set1_epi8(-128));
#else
      magnitude = _mm512_abs_epi8(w);
#endif
    } else {
      w = _mm512_and_si512(high_nibbles ? _mm512_srli_epi16(w, 4) : w, _mm512_set1_epi8(15));
    }
  }
  __m512i w;
#ifndef __AVX512VNNI__
  __m512i magnitude;
#endif
};

#ifdef __AVX512VNNI__
template <class Block>
struct Dots {
  __m512i sum;
  void start(const BlockA8& x) { sum = _mm512_set1_epi32((kIsQ8<Block> ? -128 : -8) * x.sum); }
  template <std::size_t p>
  void add(const Codes<Block>& codes, const BlockA8& x) {
    sum = _mm512_dpbusd_epi32(sum, codes.w, four_bytes(x.q + 4 * p));
  }
  Vec finish(const BlockA8&) const { return _mm512_cvtepi32_ps(sum); }
};
#else
template <class Block>
struct Dots {
  __m512i sum;  // of Q4_0 in 16 bits: 32 products of at most 15 * 127 in two lanes
  void start(const BlockA8&) { sum = _mm512_setzero_si512(); }
  template <std::size_t p>
  void add(const Codes<Block>& codes, const BlockA8& x) {
    const __m512i four = four_bytes(x.q + 4 * p);
    if constexpr (kIsQ8<Block>) {
      const __m512i turned = _mm512_mask_sub_epi8(four, _mm512_movepi8_mask(codes.w), _mm512_setzero_si512(), four);
      const __m512i pairs = _mm512_maddubs_epi16(codes.magnitude, turned);
      sum = _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
    } else {
      sum = _mm512_add_epi16(sum, _mm512_maddubs_epi16(codes.w, four));
    }
  }
  Vec finish(const BlockA8& x) const {
    if constexpr (kIsQ8<Block>) return _mm512_cvtepi32_ps(sum);
    const __m512i dots = _mm512_madd_epi16(sum, _mm512_set1_epi16(1));
    return _mm512_cvtepi32_ps(_mm512_add_epi32(dots, _mm512_set1_epi32(-8 * x.sum)));
  }
};
#endif

}  // namespace
}  // namespace eve

#include "kernels/vector_inl.h"
