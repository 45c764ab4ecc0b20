// SPDX-License-Identifier: Apache-2.0
// Blocks of 32 bytes on x86, in 256-bit vectors; shared by the AVX2 and AVX-512 files.
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/interleave.h"
#include "kernels/tables.h"

namespace eve {
namespace {

struct Full {};
struct Part {
  std::size_t n;  // elements, fewer than a vector; the rest reads as zero and is not written
};

inline float half(const void* p) {
  std::uint16_t bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
}

inline float sum_of(__m256 v) {
  __m128 s = _mm256_castps256_ps128(v) + _mm256_extractf128_ps(v, 1);
  s = s + _mm_movehl_ps(s, s);
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

template <class Block>
constexpr bool kIsQ8 = sizeof(Block) == sizeof(BlockQ8_0);

using BlockSum = __m256;
inline BlockSum block_zero() { return _mm256_setzero_ps(); }
inline BlockSum block_fma(__m256 products, float scale, BlockSum sum) {
  return _mm256_fmadd_ps(products, _mm256_set1_ps(scale), sum);
}

inline __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// 32 codes 0..15 in the order of their weights.
inline __m256i load_nibbles(const void* p) {
  const __m128i packed = _mm_loadu_si128(static_cast<const __m128i*>(p));
  const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1);
  return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

// 32 codes -8..7 of a Q4_0 block.
inline void store_codes(void* p, const void* nibbles) {
  const __m256i codes = _mm256_sub_epi8(load_nibbles(nibbles), _mm256_set1_epi8(8));
  _mm256_storeu_si256(static_cast<__m256i*>(p), codes);
}

// One factor of the byte products must be unsigned.
#ifdef __AVX512VNNI__
// w + bias is unsigned; bias * sum(x) is subtracted beforehand, lane by lane.
struct BlockX {
  __m256i x, start;
};

template <class Block>
inline BlockX load_x(const void* q) {
  const __m256i x = load_256(q), zero = _mm256_setzero_si256();
  const __m256i bias = _mm256_set1_epi8(static_cast<char>(kIsQ8<Block> ? 128 : 8));
  return {x, _mm256_sub_epi32(zero, _mm256_dpbusd_epi32(zero, bias, x))};
}

template <class Block>
inline __m256 products(const void* q, const BlockX& x) {
  const __m256i w = kIsQ8<Block> ? _mm256_xor_si256(load_256(q), _mm256_set1_epi8(-128)) : load_nibbles(q);
  return _mm256_cvtepi32_ps(_mm256_dpbusd_epi32(x.start, w, x.x));
}
#else
// |w| is unsigned and x takes the sign of w. Pairs of products stay below 2 * 128 * 127, so 16 bits hold them.
struct BlockX {
  __m256i x;
};

template <class Block>
inline BlockX load_x(const void* q) {
  return {load_256(q)};
}

template <class Block>
inline __m256 products(const void* q, const BlockX& x) {
  const __m256i w = kIsQ8<Block> ? load_256(q) : _mm256_sub_epi8(load_nibbles(q), _mm256_set1_epi8(8));
  const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x.x, w));
  return _mm256_cvtepi32_ps(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#endif

}  // namespace
}  // namespace eve
