// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm_weights.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/kernels.h"

using namespace eve;

namespace {

std::uint32_t random_state = 7;
float random_value() {
  random_state = random_state * 1664525u + 1013904223u;
  return (static_cast<float>(random_state >> 8) - 8388608.0f) / 8388608.0f;
}

std::vector<float> random_values(std::size_t n) {
  std::vector<float> values(n);
  for (float& value : values) value = random_value();
  return values;
}

// The order that interleave.h describes, written down a second time.
std::vector<std::uint8_t> interleaved(DType type, std::size_t rows, std::size_t cols,
                                      const std::vector<std::uint8_t>& in) {
  std::vector<std::uint8_t> out(in.size());
  const std::size_t stride = row_bytes(type, cols), blocks = cols / 32;
  for (std::size_t g = 0; g < rows / 16; ++g) {
    std::uint8_t* at = &out[g * 16 * stride];
    const auto take = [&](std::size_t offset, std::size_t bytes) {
      for (std::size_t r = 0; r < 16; ++r, at += bytes) std::memcpy(at, &in[(16 * g + r) * stride + offset], bytes);
    };
    if (type == DType::kBF16) {
      for (std::size_t pair = 0; pair < cols / 2; ++pair) take(4 * pair, 4);
    } else {
      const std::size_t block = stride / blocks;
      for (std::size_t b = 0; b < blocks; ++b) take(b * block, 2);
      for (std::size_t b = 0; b < blocks; ++b)
        for (std::size_t piece = 2; piece < block; piece += 4) take(b * block + piece, 4);
    }
  }
  return out;
}

struct Weights {
  std::vector<std::uint8_t> bytes;  // interleaved
  std::vector<float> values;        // what they stand for, [rows][cols], rounded to bfloat16
};

Weights random_weights(DType type, std::size_t rows, std::size_t cols, float scale = 1.0f) {
  std::vector<float> source = random_values(rows * cols);
  for (float& value : source) value *= scale;
  std::vector<std::uint8_t> packed(rows * row_bytes(type, cols));
  for (std::size_t r = 0; r < rows; ++r)
    quantize_row(type, &source[r * cols], cols, &packed[r * row_bytes(type, cols)]);
  Weights weights{interleaved(type, rows, cols, packed), source};
  available_kernels()[0]->dequantize[static_cast<std::size_t>(type)](packed.data(), rows * cols, weights.values.data());
  for (float& value : weights.values) value = bf16_to_float(float_to_bf16(value));
  return weights;
}

std::vector<DType> types_of(const Bf16Kernel& kernel) {
  std::vector<DType> types{DType::kBF16};
  if (kernel.unpack[0]) types.push_back(DType::kQ8_0);
  if (kernel.unpack[1]) types.push_back(DType::kQ4_0);
  return types;
}

}  // namespace

TEST_CASE("products with interleaved weights agree with a loop in double precision over the rounded factors") {
  struct Shape {
    std::size_t tokens, rows, cols;
  };
  for (const Bf16Kernel* kernel : bf16_kernels())
    for (const DType type : types_of(*kernel))
      for (const Shape s : {Shape{1, 16, 32},
                            {5, 48, 64},
                            {16, 80, 96},
                            {17, 32, 1408},
                            {33, 112, 544},
                            {129, 64, 512},
                            {600, 32, 1024}}) {
        CAPTURE(kernel->name, dtype_name(type), s.tokens, s.rows, s.cols);
        const Weights w = random_weights(type, s.rows, s.cols);
        const std::size_t stride = s.cols + 5, ldy = s.rows + 3, first = 1, groups = s.rows / 16 - first;
        const std::vector<float> x = random_values(s.tokens * stride);
        Bf16Input input;
        input.resize(s.tokens, s.cols);
        REQUIRE(input.rows() == s.tokens);
        for (std::size_t panel = 0; panel < input.panels(); ++panel) input.pack(x.data(), stride, panel, panel + 1);
        constexpr float kUntouched = 12345.0f;
        std::vector<float> y(s.tokens * ldy, kUntouched);
        multiply_groups(*kernel, input, type, w.bytes.data(), s.cols, 0, first, y.data(), ldy);
        multiply_groups(*kernel, input, type, w.bytes.data(), s.cols, first, groups, y.data() + 16 * first, ldy);
        double worst = 0;
        for (std::size_t t = 0; t < s.tokens; ++t)
          for (std::size_t r = 0; r < ldy; ++r) {
            const double got = y[t * ldy + r];
            if (r >= s.rows) {
              if (got != kUntouched) FAIL("wrote past the rows of a token");
              continue;
            }
            double sum = 0, size = 0;
            for (std::size_t c = 0; c < s.cols; ++c) {
              const double product =
                  static_cast<double>(bf16_to_float(float_to_bf16(x[t * stride + c]))) * w.values[r * s.cols + c];
              sum += product;
              size += std::fabs(product);
            }
            const double error = std::fabs(got - sum) / size;
            if (!(error <= worst)) worst = error;
          }
        CHECK(worst < 1e-6);
      }
}

TEST_CASE("weights of blocks are rounded exactly to the nearest bfloat16") {
  for (const Bf16Kernel* kernel : bf16_kernels())
    for (const DType type : types_of(*kernel))
      for (const float scale : {1e-30f, 1e-3f, 0.7f, 6e4f}) {
        // Products with the rows of the unit matrix read the weights back.
        constexpr std::size_t kRows = 64, kCols = 256;
        CAPTURE(kernel->name, dtype_name(type), scale);
        const Weights w = random_weights(type, kRows, kCols, scale);
        std::vector<float> unit(kCols * kCols);
        for (std::size_t i = 0; i < kCols; ++i) unit[i * kCols + i] = 1.0f;
        Bf16Input input;
        input.resize(kCols, kCols);
        input.pack(unit.data(), kCols, 0, input.panels());
        std::vector<float> y(kCols * kRows);
        multiply_groups(*kernel, input, type, w.bytes.data(), kCols, 0, kRows / 16, y.data(), kRows);
        std::size_t wrong = 0;
        for (std::size_t c = 0; c < kCols; ++c)
          for (std::size_t r = 0; r < kRows; ++r) wrong += y[c * kRows + r] != w.values[r * kCols + c];
        CHECK(wrong == 0);
      }
}

TEST_CASE("a token's products do not depend on the other tokens nor on how the groups are shared out") {
  constexpr std::size_t kTokens = 77, kRows = 80, kCols = 1408;
  for (const Bf16Kernel* kernel : bf16_kernels())
    for (const DType type : types_of(*kernel)) {
      CAPTURE(kernel->name, dtype_name(type));
      const Weights w = random_weights(type, kRows, kCols);
      const std::vector<float> x = random_values(kTokens * kCols);
      Bf16Input all, one;
      all.resize(kTokens, kCols);
      all.pack(x.data(), kCols, 0, all.panels());
      std::vector<float> together(kTokens * kRows), alone(kRows);
      multiply_groups(*kernel, all, type, w.bytes.data(), kCols, 0, kRows / 16, together.data(), kRows);
      for (const std::size_t t : {0u, 15u, 31u, 40u, 76u}) {
        one.resize(1, kCols);
        one.pack(x.data() + t * kCols, kCols, 0, 1);
        for (std::size_t g = 0; g < kRows / 16; ++g)
          multiply_groups(*kernel, one, type, w.bytes.data(), kCols, g, 1, alone.data() + 16 * g, kRows);
        CHECK(std::memcmp(alone.data(), &together[t * kRows], kRows * sizeof(float)) == 0);
      }
    }
}

TEST_CASE("NaN and infinity in an activation reach its own row only") {
  constexpr std::size_t kTokens = 40, kRows = 32, kCols = 64;
  for (const Bf16Kernel* kernel : bf16_kernels()) {
    const Weights w = random_weights(DType::kBF16, kRows, kCols);
    std::vector<float> x(kTokens * kCols, 1.0f);
    x[3 * kCols + 9] = std::numeric_limits<float>::quiet_NaN();
    x[35 * kCols + 2] = std::numeric_limits<float>::infinity();
    Bf16Input input;
    input.resize(kTokens, kCols);
    input.pack(x.data(), kCols, 0, input.panels());
    std::vector<float> y(kTokens * kRows);
    multiply_groups(*kernel, input, DType::kBF16, w.bytes.data(), kCols, 0, kRows / 16, y.data(), kRows);
    for (std::size_t t = 0; t < kTokens; ++t)
      for (std::size_t r = 0; r < kRows; ++r) {
        const float got = y[t * kRows + r];
        if (!(t == 3 ? std::isnan(got) : t == 35 ? std::isinf(got) : std::isfinite(got))) FAIL(t << ' ' << r);
      }
  }
}
