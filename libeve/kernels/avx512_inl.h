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

}  // namespace
}  // namespace eve

#include "kernels/vector_inl.h"
