// SPDX-License-Identifier: Apache-2.0
#include "kernels/dtype.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "kernel_inputs.h"

using namespace eve;

namespace {

// The values of the golden block: a linear congruential generator started by the FNV-1a hash of a name.
std::vector<float> golden_values(const std::string& name, std::size_t n, float scale) {
  std::uint32_t state = 2166136261u;
  for (const char c : name) state = (state ^ static_cast<unsigned char>(c)) * 16777619u;
  std::vector<float> values(n);
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(state >> 8) - 8388608.0f) / 8388608.0f;
  }
  return values;
}

}  // namespace

TEST_CASE("Q8_0 and Q4_0 give the golden block bit by bit") {
  const std::vector<float> x = golden_values("qtest", 32, 0.5f);
  BlockQ8_0 q8;
  quantize_row(DType::kQ8_0, x.data(), 32, &q8);
  const std::vector<int> expected{-50, -35, 81, -12, -127, 7,    -50,  -34, -33, 22,  123, 79,   126, -64, -75, 96,
                                  -43, 9,   94, 51,  15,   -119, -113, 72,  -93, 123, -50, -109, -11, -47, 6,   119};
  CHECK(q8.d == 0x1c06);
  CHECK(std::vector<int>(q8.q, q8.q + 32) == expected);
  BlockQ4_0 q4;
  quantize_row(DType::kQ4_0, x.data(), 32, &q4);
  const std::vector<int> nibbles{0x55, 0x96, 0xed, 0xb7, 0x90, 0x18, 0x15, 0xd6,
                                 0x26, 0xf9, 0x5f, 0x1d, 0x7f, 0x54, 0x83, 0xfe};
  CHECK(q4.d == 0x2bfb);
  CHECK(std::vector<int>(q4.q, q4.q + 16) == nibbles);
}

TEST_CASE("every half converts to float and back unchanged") {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const float f = half_to_float(static_cast<std::uint16_t>(h));
    if ((h & 0x7fff) > 0x7c00) {
      if (!std::isnan(f)) FAIL(h);
    } else if (float_to_half(f) != h) {
      FAIL(h);
    }
  }
}

TEST_CASE("halves between two values round to the nearest, ties to the even one") {
  for (std::uint32_t h = 0; h < 0x7c00; ++h) {
    const float low = half_to_float(static_cast<std::uint16_t>(h));
    const float high = h + 1 == 0x7c00 ? 65536.0f : half_to_float(static_cast<std::uint16_t>(h + 1));
    const float middle = low + (high - low) / 2;
    const std::uint32_t even = h + (h & 1);
    if (float_to_half(middle) != even || float_to_half(std::nextafter(middle, 0.0f)) != h ||
        float_to_half(std::nextafter(middle, high)) != h + 1)
      FAIL(h);
  }
  CHECK(float_to_half(1e30f) == 0x7c00);
  CHECK(float_to_half(-1e30f) == 0xfc00);
}

TEST_CASE("bfloat16 rounds to the nearest, ties to even, and NaN stays NaN even where only low bits are set") {
  CHECK(float_to_bf16(1.0f) == 0x3f80);
  CHECK(float_to_bf16(__builtin_bit_cast(float, 0x3f808000u)) == 0x3f80);
  CHECK(float_to_bf16(__builtin_bit_cast(float, 0x3f818000u)) == 0x3f82);
  CHECK(float_to_bf16(__builtin_bit_cast(float, 0x3f808001u)) == 0x3f81);
  CHECK(float_to_bf16(3.4e38f) == 0x7f80);
  CHECK(std::isnan(bf16_to_float(float_to_bf16(__builtin_bit_cast(float, 0x7f800001u)))));
  CHECK(std::isnan(bf16_to_float(float_to_bf16(__builtin_bit_cast(float, 0xffffffffu)))));
}

TEST_CASE("quantising NaN, infinite, zero and tiny rows is defined") {
  for (const float strange : {kNaN, kInfinity, -kInfinity}) {
    std::vector<float> x(32, 1.0f), back(32);
    x[17] = strange;
    BlockQ8_0 q8;
    BlockQ4_0 q4;
    quantize_row(DType::kQ8_0, x.data(), 32, &q8);
    quantize_row(DType::kQ4_0, x.data(), 32, &q4);
    CHECK(std::isnan(half_to_float(q8.d)));
    CHECK(std::isnan(half_to_float(q4.d)));
  }
  for (const float tiny : {0.0f, 1e-45f, 1e-39f}) {
    std::vector<float> x(32, tiny), back(32, kNaN);
    for (const DType type : {DType::kQ8_0, DType::kQ4_0}) {
      unsigned char block[sizeof(BlockQ8_0)];
      quantize_row(type, x.data(), 32, block);
      generic().dequantize[static_cast<std::size_t>(type)](block, 32, back.data());
      CHECK(back == std::vector<float>(32, 0.0f));
    }
  }
}
