// SPDX-License-Identifier: Apache-2.0
// AVX2 with FMA and F16C (Haswell and Zen, and later).
#include "kernels/x86_inl.h"

namespace eve {
namespace {

using Vec = __m256;
constexpr std::size_t kWidth = 8;

inline Vec set(float x) { return _mm256_set1_ps(x); }
inline Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
inline Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
inline Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
inline Vec sqrt(Vec a) { return _mm256_sqrt_ps(a); }

inline __m256i mask(Part part) {
  alignas(32) static const std::int32_t kLanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return load_256(kLanes + 8 - part.n);
}
inline Vec load(const void* p, Full) { return _mm256_loadu_ps(static_cast<const float*>(p)); }
inline Vec load(const void* p, Part part) { return _mm256_maskload_ps(static_cast<const float*>(p), mask(part)); }
inline void store(float* p, Vec a, Full) { _mm256_storeu_ps(p, a); }
inline void store(float* p, Vec a, Part part) { _mm256_maskstore_ps(p, mask(part), a); }

inline __m128i load_u16(const void* p, Full) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline __m128i load_u16(const void* p, Part part) {
  std::uint16_t values[8] = {};
  __builtin_memcpy(values, p, part.n * sizeof values[0]);
  return load_u16(values, Full{});
}
template <class P>
inline Vec load_f16(const void* p, P part) {
  return _mm256_cvtph_ps(load_u16(p, part));
}
template <class P>
inline Vec load_bf16(const void* p, P part) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_u16(p, part)), 16));
}
inline Vec load_i8(const void* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p))));
}
inline void store_i8(std::int8_t* p, Vec a) {
  const __m256i i = _mm256_cvtps_epi32(a);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(words, words));
}

inline float max_of(Vec a) {
  __m128 m = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  m = _mm_max_ps(m, _mm_movehl_ps(m, m));
  return _mm_cvtss_f32(_mm_max_ss(m, _mm_movehdup_ps(m)));
}

inline Vec magnitude(Vec a) { return _mm256_andnot_ps(set(-0.0f), a); }
inline Vec max_bits(Vec a, Vec b) {
  return _mm256_castsi256_ps(_mm256_max_epu32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
}
inline std::uint32_t max_bits_of(Vec a) {
  const __m256i i = _mm256_castps_si256(a);
  __m128i m = _mm_max_epu32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
  m = _mm_max_epu32(m, _mm_unpackhi_epi64(m, m));
  m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 1));
  return static_cast<std::uint32_t>(_mm_cvtsi128_si32(m));
}

inline Vec nearest(Vec a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// In two steps, because 2^k alone may be out of range where the product is not.
inline Vec times_power_of_two(Vec a, Vec k) {
  const __m256i whole = _mm256_cvtps_epi32(k), first = _mm256_srai_epi32(whole, 1);
  const auto power = [](__m256i e) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(e, _mm256_set1_epi32(127)), 23));
  };
  return a * power(first) * power(_mm256_sub_epi32(whole, first));
}

inline Vec to_bf16(Vec a) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const Vec result =
      _mm256_blendv_ps(_mm256_castsi256_ps(rounded), _mm256_castsi256_ps(quiet), _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
  return _mm256_and_ps(result, _mm256_castsi256_ps(_mm256_set1_epi32(-0x10000)));
}

constexpr std::size_t kRotatePairs = 4;
inline void rotate(float* x, const float* cos, const float* sin) {
  const auto twice = [](const float* p) {
    const __m128 v = _mm_loadu_ps(p);
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_unpacklo_ps(v, v)), _mm_unpackhi_ps(v, v), 1);
  };
  const Vec v = load(x, Full{});
  store(x, _mm256_fmaddsub_ps(v, twice(cos), _mm256_permute_ps(v, 0xb1) * twice(sin)), Full{});
}

inline Vec set_pair(const float* x) {
  double both;
  __builtin_memcpy(&both, x, sizeof both);
  return _mm256_castpd_ps(_mm256_set1_pd(both));
}
inline Vec add_neighbours(Vec a, Vec b) {
  return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(_mm256_hadd_ps(a, b)), 0xd8));
}
inline Vec low_bf16(const void* p) { return _mm256_castsi256_ps(_mm256_slli_epi32(load_256(p), 16)); }
inline Vec high_bf16(const void* p) {
  return _mm256_castsi256_ps(_mm256_and_si256(load_256(p), _mm256_set1_epi32(-0x10000)));
}

constexpr std::size_t kGroupsAtOnce = 1;
constexpr std::size_t kTileTokens = 4;
constexpr std::size_t kFloatOutputs = 3;
constexpr std::size_t kBlockOutputs = 4;

// 4 codes of each of 8 rows.
template <class Block>
struct Codes {
  Codes(const void* p, bool high_nibbles) : w(load_256(p)) {
    if constexpr (kIsQ8<Block>)
      magnitude = _mm256_abs_epi8(w);
    else
      w = _mm256_and_si256(high_nibbles ? _mm256_srli_epi16(w, 4) : w, _mm256_set1_epi8(15));
  }
  __m256i w, magnitude;
};

template <class Block>
struct Dots {
  __m256i sum;  // of Q4_0 in 16 bits: 32 products of at most 15 * 127 in two lanes
  void start(const BlockA8&) { sum = _mm256_setzero_si256(); }
  template <std::size_t p>
  void add(const Codes<Block>& codes, const BlockA8& x) {
    std::int32_t bits;
    __builtin_memcpy(&bits, x.q + 4 * p, sizeof bits);
    const __m256i four = _mm256_set1_epi32(bits);
    if constexpr (kIsQ8<Block>) {
      const __m256i pairs = _mm256_maddubs_epi16(codes.magnitude, _mm256_sign_epi8(four, codes.w));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    } else {
      sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(codes.w, four));
    }
  }
  Vec finish(const BlockA8& x) const {
    if constexpr (kIsQ8<Block>) return _mm256_cvtepi32_ps(sum);
    const __m256i dots = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
    return _mm256_cvtepi32_ps(_mm256_add_epi32(dots, _mm256_set1_epi32(-8 * x.sum)));
  }
};

}  // namespace
}  // namespace eve

#include "kernels/vector_inl.h"

namespace eve {
constinit const Kernels kAvx2Kernels = table("avx2");
}  // namespace eve
