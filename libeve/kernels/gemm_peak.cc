// SPDX-License-Identifier: Apache-2.0
// No file per instruction set: each of these is a line of intrinsics that nothing else calls.
#include "kernels/gemm_peak.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/gemm_bf16.h"
#include "kernels/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace eve {

namespace {

using std::size_t;

// As many as hide the longest latency of the instructions below at their highest rate.
constexpr size_t kChains = 12;

// An unknown value: what is computed from it can neither be foreseen nor left out.
template <class Vector>
[[gnu::always_inline]] inline void hide(Vector& value) {
  __asm__ volatile("" : "+m"(value));
}

// Everything of a loop but its instruction. A macro, because a function with a target cannot be a template's argument
// and inlined.
#define EVE_PEAK_LOOP(name, target, Vector, Factor, step)                                  \
  target void name(size_t rounds) {                                                        \
    Vector sum[kChains];                                                                   \
    Factor a, b;                                                                           \
    for (Vector & s : sum) hide(s = Vector{});                                             \
    hide(a = Factor{});                                                                    \
    hide(b = Factor{});                                                                    \
    for (; rounds > 0; --rounds) _Pragma("GCC unroll 12") for (Vector & s : sum) s = step; \
    for (Vector & s : sum) hide(s);                                                        \
  }

#if defined(__x86_64__)
#define EVE_TARGET(isa) __attribute__((target(isa)))
EVE_PEAK_LOOP(fma_sse, , __m128, __m128, _mm_add_ps(s, _mm_mul_ps(a, b)))
EVE_PEAK_LOOP(fma_avx2, EVE_TARGET("avx2,fma"), __m256, __m256, _mm256_fmadd_ps(a, b, s))
EVE_PEAK_LOOP(fma_avx512, EVE_TARGET("avx512f"), __m512, __m512, _mm512_fmadd_ps(a, b, s))
EVE_PEAK_LOOP(dot_vnni, EVE_TARGET("avx512f,avx512vnni"), __m512i, __m512i, _mm512_dpbusd_epi32(s, a, b))
EVE_PEAK_LOOP(dot_bf16, EVE_TARGET("avx512f,avx512bf16"), __m512, __m512i,
              _mm512_dpbf16_ps(s, (__m512bh)a, (__m512bh)b))

struct alignas(64) Tiles {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

EVE_TARGET("amx-tile,amx-bf16") void dot_amx(size_t rounds) {
  Tiles tiles;
  hide(tiles);  // GCC 12's _tile_loadconfig names 8 of the 64 bytes that it reads
  _tile_loadconfig(&tiles);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (; rounds > 0; --rounds) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
}
#elif defined(__aarch64__)
EVE_PEAK_LOOP(fma_neon, , float32x4_t, float32x4_t, vfmaq_f32(s, a, b))
EVE_PEAK_LOOP(dot_neon, __attribute__((target("arch=armv8.2-a+dotprod"))), int32x4_t, int8x16_t, vdotq_s32(s, a, b))
#else
EVE_PEAK_LOOP(fma_scalar, , float, float, s + a * b)
#endif

// Four streams with their next lines asked for: one alone reaches half of what some machines' memory gives a core.
#define EVE_READ_LOOP(name, target, width)                                           \
  target unsigned char name(const std::byte* from, size_t bytes) {                   \
    using Vector __attribute__((vector_size(width))) = std::uint64_t;                \
    Vector sum[4] = {};                                                              \
    const size_t part = bytes / 4;                                                   \
    for (size_t at = 0; at < part; at += 64)                                         \
      for (size_t s = 0; s < 4; ++s) {                                               \
        const std::byte* line = from + s * part + at;                                \
        __builtin_prefetch(line + 1024);                                             \
        for (size_t i = 0; i < 64; i += width)                                       \
          sum[s] ^= *static_cast<const Vector*>(static_cast<const void*>(line + i)); \
      }                                                                              \
    sum[0] ^= sum[1] ^ sum[2] ^ sum[3];                                              \
    return static_cast<unsigned char>(sum[0][0] ^ sum[0][1]);                        \
  }

EVE_READ_LOOP(read_16, , 16)
#if defined(__x86_64__)
EVE_READ_LOOP(read_32, EVE_TARGET("avx2"), 32)
EVE_READ_LOOP(read_64, EVE_TARGET("avx512f"), 64)
#endif

constexpr double operations(size_t products) { return 2.0 * static_cast<double>(kChains * products); }

}  // namespace

std::vector<PeakLoop> peak_loops() {
  const std::string_view table = kernels().name;
#if defined(__x86_64__)
  std::vector<PeakLoop> loops;
  if (table.starts_with("avx512"))
    loops.push_back({"fp32 fma, avx512", operations(16), fma_avx512});
  else if (table == "avx2")
    loops.push_back({"fp32 fma, avx2", operations(8), fma_avx2});
  else
    loops.push_back({"fp32, sse2", operations(4), fma_sse});
  if (table == "avx512vnni") loops.push_back({"int8 dot, avx512vnni", operations(64), dot_vnni});
  if (native_bf16() == &kAvx512Bf16Kernel) loops.push_back({"bf16 dot, avx512bf16", operations(32), dot_bf16});
  if (native_bf16() == &kAmxBf16Kernel) loops.push_back({"bf16 tiles, amx", 4 * 2.0 * 16 * 16 * 32, dot_amx});
  return loops;
#elif defined(__aarch64__)
  std::vector<PeakLoop> loops = {{"fp32 fma, neon", operations(4), fma_neon}};
  if (table == "neondot") loops.push_back({"int8 dot, neondot", operations(16), dot_neon});
  return loops;
#else
  return {{"fp32", operations(1), fma_scalar}};
#endif
}

unsigned char read_all(const void* data, std::size_t bytes) {
  const auto* from = static_cast<const std::byte*>(data);
#if defined(__x86_64__)
  const std::string_view table = kernels().name;
  if (table.starts_with("avx512")) return read_64(from, bytes);
  if (table == "avx2") return read_32(from, bytes);
#endif
  return read_16(from, bytes);
}

}  // namespace eve
