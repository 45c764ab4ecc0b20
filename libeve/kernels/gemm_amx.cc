// SPDX-License-Identifier: Apache-2.0
// Products of bfloat16 tiles in AMX's tile registers (Sapphire Rapids and later, which have VBMI and BF16 as well).
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/gemm_bf16.h"
#include "kernels/gemm_pack_inl.h"

namespace eve {
namespace {

using std::size_t;

struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  // Tiles 0 1 / 2 3 are a square of C, 4 5 two tiles of A, 6 7 two of B.
  TileConfig(size_t height, size_t width) {
    for (size_t i = 0; i < 2; ++i)
      for (size_t j = 0; j < 2; ++j) set(2 * i + j, part(height, i), part(width, j));
    for (size_t i = 0; i < 2; ++i) {
      set(4 + i, part(height, i), 16);
      set(6 + i, 16, part(width, i));
    }
  }

 private:
  static size_t part(size_t lines, size_t index) {
    const size_t left = lines > 16 * index ? lines - 16 * index : 0;
    return left < 16 ? left : 16;
  }
  void set(size_t tile, size_t height, size_t width) {
    if (height == 0 || width == 0) return;
    rows[tile] = static_cast<std::uint8_t>(height);
    row_bytes[tile] = static_cast<std::uint16_t>(4 * width);
  }
};
static_assert(sizeof(TileConfig) == 64);

// Tiles that stay in the first-level cache are loaded into it, the others pass it by. (The number of a tile register
// must be a literal.)
#define LOAD_TILE(tile, stays, from) \
  if (stays)                         \
    _tile_loadd(tile, from, 64);     \
  else                               \
    _tile_stream_loadd(tile, from, 64)

// high x wide tiles of C, each 1 or 2.
// One of the factors stays in the first-level cache from square to square; tiles of the other, in the second, pass it
// by.
template <int high, int wide, bool a_stays>
inline void square(const Bf16Tile* a, size_t a_stride, const Bf16Tile* b, size_t b_stride, size_t tiles,
                   bool accumulate, float* c, size_t ldc, const float* next) {
  const size_t stride = ldc * sizeof(float), ahead = (16 * high - 1) / tiles + 1;
  if (accumulate) {
    _tile_loadd(0, c, stride);
    if (wide == 2) _tile_loadd(1, c + 16, stride);
    if (high == 2) _tile_loadd(2, c + 16 * ldc, stride);
    if (high == 2 && wide == 2) _tile_loadd(3, c + 16 * ldc + 16, stride);
  } else {
    _tile_zero(0);
    if (wide == 2) _tile_zero(1);
    if (high == 2) _tile_zero(2);
    if (high == 2 && wide == 2) _tile_zero(3);
  }
  // Of the next step each tile is loaded as soon as the products of this one have read the register: loads that wait
  // for four products, and products for four loads, take the sum of both.
  LOAD_TILE(4, a_stays, a);
  LOAD_TILE(6, !a_stays, b);
  if (high == 2) {
    LOAD_TILE(5, a_stays, a + a_stride);
  }
  if (wide == 2) {
    LOAD_TILE(7, !a_stays, b + b_stride);
  }
  for (size_t t = 1; t <= tiles; ++t) {
    for (size_t row = 0; row < ahead; ++row, next += ldc) {
      __builtin_prefetch(next, 1);
      if (wide == 2) __builtin_prefetch(next + 16, 1);
    }
    const bool more = t < tiles;
    _tile_dpbf16ps(0, 4, 6);
    if (high == 2) _tile_dpbf16ps(2, 5, 6);
    if (more) {
      LOAD_TILE(6, !a_stays, b + t);
    }
    if (wide == 2) _tile_dpbf16ps(1, 4, 7);
    if (more) {
      LOAD_TILE(4, a_stays, a + t);
    }
    if (high == 2 && wide == 2) _tile_dpbf16ps(3, 5, 7);
    if (high == 2 && more) {
      LOAD_TILE(5, a_stays, a + a_stride + t);
    }
    if (wide == 2 && more) {
      LOAD_TILE(7, !a_stays, b + b_stride + t);
    }
  }
  _tile_stored(0, c, stride);
  if (wide == 2) _tile_stored(1, c + 16, stride);
  if (high == 2) _tile_stored(2, c + 16 * ldc, stride);
  if (high == 2 && wide == 2) _tile_stored(3, c + 16 * ldc + 16, stride);
}

// Squares of one size.
template <int high, int wide>
void region(Bf16Panels a, Bf16Panels b, size_t tiles, bool accumulate, float* c, size_t ldc) {
  const size_t height = a.lines < 16 * high ? a.lines : 16 * high, width = b.lines < 16 * wide ? b.lines : 16 * wide;
  TileConfig config(height, width);
  __asm__ volatile("" : "+m"(config));  // GCC 12's _tile_loadconfig names 8 of the 64 bytes that it reads
  _tile_loadconfig(&config);
  for (size_t col = 0; col < b.lines; col += width)
    for (size_t row = 0; row < a.lines; row += height)
      (a.lines <= 2 * kTileLines
           ? square<high, wide, true>
           : square<high, wide, false>)(a.at(row), a.stride, b.at(col), b.stride, tiles, accumulate,
                                        c + row * ldc + col, ldc,
                                        row + height < a.lines ? c + (row + height) * ldc + col : c + col + width);
}

template <int high>
void rows_region(Bf16Panels a, Bf16Panels b, size_t tiles, bool accumulate, float* c, size_t ldc) {
  const size_t even = b.lines / 32 * 32, odd = b.lines - even;
  const Bf16Panels rest{b.tiles + even / kTileLines * b.stride, b.stride, odd};
  if (even != 0) region<high, 2>(a, {b.tiles, b.stride, even}, tiles, accumulate, c, ldc);
  if (odd > 16)
    region<high, 2>(a, rest, tiles, accumulate, c + even, ldc);
  else if (odd != 0)
    region<high, 1>(a, rest, tiles, accumulate, c + even, ldc);
}

void multiply(Bf16Panels a, Bf16Panels b, size_t tiles, bool accumulate, float* c, size_t ldc) {
  const size_t even = a.lines / 32 * 32, odd = a.lines - even;
  const Bf16Panels rest{a.tiles + even / kTileLines * a.stride, a.stride, odd};
  if (even != 0) rows_region<2>({a.tiles, a.stride, even}, b, tiles, accumulate, c, ldc);
  if (odd > 16)
    rows_region<2>(rest, b, tiles, accumulate, c + even * ldc, ldc);
  else if (odd != 0)
    rows_region<1>(rest, b, tiles, accumulate, c + even * ldc, ldc);
  _tile_release();  // or the system saves 8 KiB at every change of thread
}

// --- weights of 8 and 4 bits ---------------------------------------------------------------------------------------

// One vector of 16 rows' pieces, 4 unsigned bytes each, to two pairs of steps. A byte u in the second byte of a number
// whose exponent is 2^15 is 2^15 + u, so u - zero comes with the scale in one exact multiply-add.
struct Unpacker {
  __m512 scale_low, scale_high, shift_low, shift_high;  // rows 0 to 7 and 8 to 15, each twice: a pair's two steps

  Unpacker(const std::uint16_t* scales, float zero) {
    const __m512i half_rows = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    const __m512 all = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(scales)));
    scale_low = _mm512_permutexvar_ps(half_rows, all);
    scale_high = _mm512_permutexvar_ps(_mm512_add_epi32(half_rows, _mm512_set1_epi32(8)), all);
    const __m512 factor = _mm512_set1_ps(-32768.0f - zero);
    shift_low = _mm512_mul_ps(scale_low, factor);
    shift_high = _mm512_mul_ps(scale_high, factor);
  }

  // `pieces`: in each 32 bits one byte of [first pair, rows 0-7], [first, 8-15], [second, 0-7], [second, 8-15].
  void operator()(__m512i pieces, std::uint32_t (*pairs)[16]) const {
    const __m512i mask = _mm512_set1_epi32(0xff00), magic = _mm512_set1_epi32(0x47000000);
    const auto number = [&](__m512i bytes) {  // (bytes & mask) | magic
      return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(bytes, mask, magic, 0xea));
    };
    const __m512 w0 = _mm512_fmadd_ps(number(_mm512_slli_epi32(pieces, 8)), scale_low, shift_low);
    const __m512 w1 = _mm512_fmadd_ps(number(pieces), scale_high, shift_high);
    const __m512 w2 = _mm512_fmadd_ps(number(_mm512_srli_epi32(pieces, 8)), scale_low, shift_low);
    const __m512 w3 = _mm512_fmadd_ps(number(_mm512_srli_epi32(pieces, 16)), scale_high, shift_high);
    _mm512_storeu_si512(pairs[0], reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(w1, w0)));
    _mm512_storeu_si512(pairs[1], reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(w3, w2)));
  }
};

// From 16 rows of 4 bytes to what Unpacker takes: lane 2 r + s takes bytes s and 2 + s of rows r and 8 + r.
inline __m512i regroup(__m512i pieces) {
  alignas(64) static constexpr struct Order {
    std::uint8_t from[64];
    constexpr Order() : from{} {
      for (unsigned lane = 0; lane < 16; ++lane)
        for (unsigned part = 0; part < 4; ++part)
          from[4 * lane + part] =
              static_cast<std::uint8_t>(4 * (lane / 2 + 8 * (part % 2)) + 2 * (part / 2) + lane % 2);
    }
  } kOrder;
  return _mm512_permutexvar_epi8(_mm512_load_si512(kOrder.from), pieces);
}

void unpack_q8_0(const void* scales, const void* quants, size_t blocks, Bf16Tile* panel) {
  const auto* d = static_cast<const std::uint16_t*>(scales);
  const auto* q = static_cast<const std::uint8_t*>(quants);
  const __m512i sign = _mm512_set1_epi8(-128);
  for (size_t block = 0; block < blocks; ++block, d += 16) {
    const Unpacker unpacker(d, 128);
    for (size_t piece = 0; piece < 8; ++piece, q += 64)
      unpacker(regroup(_mm512_xor_si512(_mm512_loadu_si512(q), sign)), panel[block].pairs + 2 * piece);
  }
}

void unpack_q4_0(const void* scales, const void* quants, size_t blocks, Bf16Tile* panel) {
  const auto* d = static_cast<const std::uint16_t*>(scales);
  const auto* q = static_cast<const std::uint8_t*>(quants);
  const __m512i low = _mm512_set1_epi8(15);
  for (size_t block = 0; block < blocks; ++block, d += 16) {
    const Unpacker unpacker(d, 8);
    for (size_t piece = 0; piece < 4; ++piece, q += 64) {
      const __m512i bytes = regroup(_mm512_loadu_si512(q));
      unpacker(_mm512_and_si512(bytes, low), panel[block].pairs + 2 * piece);
      unpacker(_mm512_and_si512(_mm512_srli_epi16(bytes, 4), low), panel[block].pairs + 8 + 2 * piece);
    }
  }
}

}  // namespace

constinit const Bf16Kernel kAmxBf16Kernel = {"amx", pack<true>, pack<false>, multiply, {unpack_q8_0, unpack_q4_0}};

}  // namespace eve
