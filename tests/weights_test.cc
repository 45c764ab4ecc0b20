// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernel_inputs.h"
#include "kernels/interleave.h"
#include "kernels/kernels.h"

using namespace eve;

TEST_CASE("dequantising is exact in every table for every 16-bit value and for random blocks") {
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    for (const DType type : {DType::kF16, DType::kBF16}) {
      std::vector<std::uint16_t> all(0x10000);
      for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
      std::vector<float> got(all.size()), want(all.size());
      for (std::size_t i = 0; i < all.size(); ++i)
        want[i] = type == DType::kF16 ? half_to_float(all[i]) : bf16_to_float(all[i]);
      table->dequantize[static_cast<std::size_t>(type)](all.data(), all.size(), got.data());
      CHECK(same_bits(got.data(), want.data(), all.size()));
    }
    for (std::size_t type = 0; type < kDTypes; ++type) {
      for (const std::size_t n : kLengths) {
        if (n % dtype_block(static_cast<DType>(type)) != 0) continue;
        const std::vector<unsigned char> src = random_bytes(row_bytes(static_cast<DType>(type), n) + 1);
        Floats got(n), want(n);
        table->dequantize[type](src.data() + 1, n, got.data());
        generic().dequantize[type](src.data() + 1, n, want.data());
        CHECK(same_bits(got.data(), want.data(), n));
        CHECK(got.guards_hold());
      }
    }
  }
}

TEST_CASE("a row times a vector agrees within 2e-6 of the sum of magnitudes") {
  for_all([](const Kernels& table, std::size_t cols, Kind kind) {
    for (const DType type : {DType::kF32, DType::kF16, DType::kBF16})
      for (const std::size_t rows : {0u, 1u, 4u, 7u}) {
        const std::size_t t = static_cast<std::size_t>(type);
        const std::vector<unsigned char> w = weights(type, rows, cols, kind);
        Floats x(cols, kind);
        std::vector<float> values(rows * cols), got(rows), want(rows);
        generic().dequantize[t](w.data() + 1, rows * cols, values.data());
        table.matvec[t](w.data() + 1, rows, cols, x.data(), got.data());
        generic().matvec[t](w.data() + 1, rows, cols, x.data(), want.data());
        CHECK(products_close(got, want, values, {x.data(), x.data() + cols}, 2e-6));
      }
  });
}

TEST_CASE("a quantised row times a quantised vector agrees within 2e-6 of the sum of magnitudes") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    if (n % 32 != 0) return;
    for (const DType type : {DType::kQ8_0, DType::kQ4_0})
      for (const std::size_t rows : {0u, 1u, 4u, 7u}) {
        const std::size_t t = static_cast<std::size_t>(type);
        const std::vector<unsigned char> w = weights(type, rows, n, kind);
        Floats x(n, kind);
        std::vector<BlockA8> blocks(n / 32);
        generic().quantize_a8(x.data(), n, blocks.data());
        std::vector<float> values(rows * n), rounded(n), got(rows), want(rows);
        generic().dequantize[t](w.data() + 1, rows * n, values.data());
        for (std::size_t i = 0; i < n; ++i)
          rounded[i] = blocks[i / 32].d * static_cast<float>(blocks[i / 32].q[i % 32]);
        table.matvec_q[t - 3](w.data() + 1, rows, n, blocks.data(), got.data());
        generic().matvec_q[t - 3](w.data() + 1, rows, n, blocks.data(), want.data());
        // An infinite scale (weights beyond a half's range) gives infinity or NaN, as the partial sums fall.
        for (std::size_t r = 0; r < rows; ++r)
          if (!std::isfinite(want[r]) && !std::isfinite(got[r])) got[r] = want[r];
        CHECK(products_close(got, want, values, rounded, 2e-6));
      }
  });
}

namespace {

/// 32 activations of one code and scale 1.
BlockA8 constant_block(int code) {
  BlockA8 block;
  block.d = 1.0f;
  block.sum = 32 * code;
  std::fill_n(block.q, 32, static_cast<std::int8_t>(code));
  return block;
}

}  // namespace

TEST_CASE("integer products never saturate: the largest codes give the exact sum") {
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    for (const int w : {-128, -127, 127})
      for (const int x : {-127, 127}) {
        BlockQ8_0 block;
        block.d = float_to_half(1.0f);
        std::fill_n(block.q, 32, static_cast<std::int8_t>(w));
        const BlockA8 input = constant_block(x);
        float y = 0;
        table->matvec_q[0](&block, 1, 32, &input, &y);
        CHECK(y == static_cast<float>(32 * w * x));
      }
    for (const int code : {0, 7, 8, 15})
      for (const int x : {-127, 127}) {
        BlockQ4_0 block;
        block.d = float_to_half(1.0f);
        std::fill_n(block.q, 16, static_cast<std::uint8_t>(code | code << 4));
        const BlockA8 input = constant_block(x);
        float y = 0;
        table->matvec_q[1](&block, 1, 32, &input, &y);
        CHECK(y == static_cast<float>(32 * (code - 8) * x));
      }
  }
}

TEST_CASE("quantised activations are equal in every table, bit by bit, and bring their sum") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    if (n % 32 != 0) return;
    Floats x(n, kind);
    std::vector<BlockA8> got(n / 32), want(n / 32);
    table.quantize_a8(x.data(), n, got.data());
    generic().quantize_a8(x.data(), n, want.data());
    for (std::size_t b = 0; b < got.size(); ++b) {
      CHECK(same_bits(&got[b].d, &want[b].d, 1));
      CHECK(std::memcmp(got[b].q, want[b].q, 32) == 0);
      CHECK(got[b].sum == std::accumulate(got[b].q, got[b].q + 32, 0));
    }
  });
}

TEST_CASE("quantised activations round ties to even; zeros have scale 0; NaN and infinity give a NaN scale") {
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    float x[32] = {127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -126.5f, 0.49f};
    BlockA8 block;
    table->quantize_a8(x, 32, &block);
    CHECK(block.d == 1.0f);
    CHECK(block.sum == 127 + 2 + 2 - 2 - 126);
    CHECK(std::vector<int>(block.q, block.q + 8) == std::vector<int>{127, 0, 2, 2, 0, -2, -126, 0});
    const float zeros[32] = {-0.0f, 1e-45f};
    table->quantize_a8(zeros, 32, &block);
    CHECK(block.d == 0.0f);
    CHECK(block.sum == 0);
    CHECK(std::all_of(block.q, block.q + 32, [](int q) { return q == 0; }));
    for (const float strange : {kNaN, kInfinity, -kInfinity}) {
      x[31] = strange;
      table->quantize_a8(x, 32, &block);
      CHECK(std::isnan(block.d));
      CHECK(block.sum == 0);
      CHECK(std::all_of(block.q, block.q + 32, [](int q) { return q == 0; }));
    }
  }
}

namespace {

/// A matrix in both orders (rows at an odd address, groups at another) and its values.
struct Matrix {
  Matrix(DType type_, std::size_t rows_, std::size_t cols_, Kind kind)
      : type(type_), rows(rows_), cols(cols_), in_rows(weights(type, rows, cols, kind)), in_groups(in_rows.size() + 2) {
    interleave(type, rows, cols, in_rows.data() + 1, in_groups.data() + 3);
  }
  std::vector<float> values() const {
    std::vector<float> all(rows * cols);
    generic().dequantize[static_cast<std::size_t>(type)](in_rows.data() + 1, all.size(), all.data());
    return all;
  }
  DType type;
  std::size_t rows, cols;
  std::vector<unsigned char> in_rows, in_groups;
};

/// Several tokens in the form that a type's products take.
struct Tokens {
  Tokens(std::size_t tokens, std::size_t cols_, Kind kind)
      : cols(cols_), floats(tokens * cols, kind), blocks(tokens * cols / 32) {
    generic().quantize_a8(floats.data(), tokens * cols, blocks.data());
  }
  /// What a product of `type` sees of token t.
  std::vector<float> values(DType type, std::size_t t) {
    std::vector<float> x(floats.data() + t * cols, floats.data() + (t + 1) * cols);
    if (quantised(type))
      for (std::size_t i = 0; i < cols; ++i) {
        const BlockA8& block = blocks[(t * cols + i) / 32];
        x[i] = block.d * static_cast<float>(block.q[i % 32]);
      }
    return x;
  }
  static bool quantised(DType type) { return dtype_block(type) == 32; }
  std::size_t cols;
  Floats floats;
  std::vector<BlockA8> blocks;
};

/// The groups of `w` from `first` on by tokens from `token` on.
void groups_by_tokens(const Kernels& table, const Matrix& w, std::size_t first, std::size_t groups, Tokens& x,
                      std::size_t token, std::size_t tokens, float* y, std::size_t ldy) {
  const std::size_t t = static_cast<std::size_t>(w.type);
  const unsigned char* const start = w.in_groups.data() + 3 + first * 16 * row_bytes(w.type, w.cols);
  if (Tokens::quantised(w.type))
    table.groups_q[t - 3](start, groups, w.cols, x.blocks.data() + token * w.cols / 32, tokens, y, ldy);
  else
    table.groups[t - 1](start, groups, w.cols, x.floats.data() + token * w.cols, tokens, y, ldy);
}

const DType kInterleavedTypes[] = {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0};

}  // namespace

TEST_CASE("interleaving moves every byte to its place, and back; rows after the last group stay") {
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0})
    for (const std::size_t rows : {0u, 1u, 15u, 16u, 17u, 48u, 53u})
      for (const std::size_t cols : {0u, 32u, 40u, 96u}) {
        if (cols % dtype_block(type) != 0) continue;
        CAPTURE(dtype_name(type), rows, cols);
        const std::size_t stride = row_bytes(type, cols);
        const std::vector<unsigned char> in = random_bytes(rows * stride + 1);
        std::vector<unsigned char> there(in.size() + 1, 0xa5), back(in.size() + 1, 0xa5);
        interleave(type, rows, cols, in.data(), there.data());
        deinterleave(type, rows, cols, there.data(), back.data());
        CHECK(there[rows * stride] == 0xa5);
        CHECK(back[rows * stride] == 0xa5);
        CHECK(std::memcmp(in.data(), back.data(), rows * stride) == 0);
        const std::size_t moved = can_interleave(type, cols) ? rows / 16 * 16 : 0;
        CHECK(std::memcmp(in.data() + moved * stride, there.data() + moved * stride, (rows - moved) * stride) == 0);
        const bool changed = std::memcmp(in.data(), there.data(), moved * stride) != 0;
        CHECK(changed == (moved * stride != 0));
      }
  CHECK_FALSE(can_interleave(DType::kF32, 32));
  CHECK_FALSE(can_interleave(DType::kBF16, 40));
  CHECK(can_interleave(DType::kBF16, 64));
}

TEST_CASE("interleaved pieces lie where the format says") {
  const std::size_t rows = 32, cols = 64;
  for (const DType type : kInterleavedTypes) {
    CAPTURE(dtype_name(type));
    const std::vector<unsigned char> in = random_bytes(rows * row_bytes(type, cols));
    std::vector<unsigned char> out(in.size());
    interleave(type, rows, cols, in.data(), out.data());
    const std::size_t row = 21, r = row % 16, b = 1;  // a row of the second group, its second block, its third piece
    const unsigned char* const from = in.data() + row * row_bytes(type, cols);
    const unsigned char* const group = out.data() + 16 * row_bytes(type, cols);
    if (type == DType::kF16 || type == DType::kBF16) {
      CHECK(std::memcmp(group + (18 * 16 + r) * 4, from + 2 * 36, 4) == 0);
      continue;
    }
    const std::size_t block = row_bytes(type, 32), pieces = (block - 2) / 4;
    CHECK(std::memcmp(group + (b * 16 + r) * 2, from + b * block, 2) == 0);
    CHECK(std::memcmp(group + 2 * 16 * 2 + ((b * pieces + 2) * 16 + r) * 4, from + b * block + 2 + 8, 4) == 0);
  }
}

TEST_CASE("a row's values are the same in either order, tails too") {
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0})
    for (const std::size_t cols : {32u, 40u, 96u}) {
      if (cols % dtype_block(type) != 0) continue;
      const std::size_t rows = 37;
      CAPTURE(dtype_name(type), cols);
      const Matrix w(type, rows, cols, Kind::kOrdinary);
      const std::vector<float> want = w.values();
      for (std::size_t row = 0; row < rows; ++row) {
        Floats plain(cols), interleaved(cols);
        dequantize_row(type, Layout::kRows, rows, cols, w.in_rows.data() + 1, row, plain.data());
        dequantize_row(type, Layout::kInterleaved, rows, cols, w.in_groups.data() + 3, row, interleaved.data());
        if (!same_bits(plain.data(), want.data() + row * cols, cols) || !plain.guards_hold()) FAIL(row);
        if (!same_bits(interleaved.data(), want.data() + row * cols, cols) || !interleaved.guards_hold()) FAIL(row);
      }
    }
}

TEST_CASE("interleaved groups agree with their rows within 2e-6 of the sum of magnitudes, the reference's too") {
  for (const Kernels* table : available_kernels())
    for (const DType type : kInterleavedTypes)
      for (const std::size_t cols : {0u, 32u, 64u, 224u})
        for (const Kind kind : kKinds) {
          const std::size_t t = static_cast<std::size_t>(type), groups = 2, tokens = 3, rows = 16 * groups,
                            ldy = rows + 5;
          CAPTURE(table->name, dtype_name(type), cols, static_cast<int>(kind));
          const Matrix w(type, rows, cols, kind);
          const std::vector<float> values = w.values();
          Tokens x(tokens, cols, kind);
          Floats got(tokens * ldy);
          const Floats untouched = got;
          groups_by_tokens(*table, w, 0, groups, x, 0, tokens, got.data(), ldy);
          for (std::size_t token = 0; token < tokens; ++token) {
            std::vector<float> want(rows), mine(got.data() + token * ldy, got.data() + token * ldy + rows);
            if (Tokens::quantised(type))
              generic().matvec_q[t - 3](w.in_rows.data() + 1, rows, cols, x.blocks.data() + token * cols / 32,
                                        want.data());
            else
              generic().matvec[t](w.in_rows.data() + 1, rows, cols, x.floats.data() + token * cols, want.data());
            // An infinite scale (weights beyond a half's range) gives infinity or NaN, as the partial sums fall.
            if (Tokens::quantised(type))
              for (std::size_t r = 0; r < rows; ++r)
                if (!std::isfinite(want[r]) && !std::isfinite(mine[r])) mine[r] = want[r];
            CHECK(products_close(mine, want, values, x.values(type, token), 2e-6));
            Floats between = untouched;
            CHECK(same_bits(got.data() + token * ldy + rows, between.data(), ldy - rows));
          }
          CHECK(got.guards_hold());
        }
}

TEST_CASE("groups of any bytes at all agree with the reference: scales may be NaN or infinite, codes -128") {
  // Not BF16, whose sums of any bytes exceed the range of a float in one order and not in another.
  for (const Kernels* table : available_kernels())
    for (const DType type : {DType::kF16, DType::kQ8_0, DType::kQ4_0}) {
      CAPTURE(table->name, dtype_name(type));
      const std::size_t rows = 64, cols = 96, tokens = 5;
      Matrix w(type, rows, cols, Kind::kOrdinary);
      w.in_groups = random_bytes(w.in_groups.size());
      deinterleave(type, rows, cols, w.in_groups.data() + 3, w.in_rows.data() + 1);
      const std::vector<float> values = w.values();
      Tokens x(tokens, cols, Kind::kOrdinary);
      Floats got(tokens * rows), want(tokens * rows);
      groups_by_tokens(*table, w, 0, rows / 16, x, 0, tokens, got.data(), rows);
      groups_by_tokens(generic(), w, 0, rows / 16, x, 0, tokens, want.data(), rows);
      for (std::size_t t = 0; t < tokens; ++t)
        CHECK(products_close({got.data() + t * rows, got.data() + (t + 1) * rows},
                             {want.data() + t * rows, want.data() + (t + 1) * rows}, values, x.values(type, t), 2e-6));
    }
}

TEST_CASE("a token's products do not depend on the other tokens or groups of the call, bit by bit") {
  for (const Kernels* table : available_kernels())
    for (const DType type : kInterleavedTypes) {
      const std::size_t cols = 160, groups = 3, rows = 16 * groups, most = 27;
      const Matrix w(type, rows, cols, Kind::kOrdinary);
      Tokens x(most, cols, Kind::kOrdinary);
      std::vector<float> want(most * rows);
      for (std::size_t t = 0; t < most; ++t)
        for (std::size_t g = 0; g < groups; ++g)
          groups_by_tokens(*table, w, g, 1, x, t, 1, want.data() + t * rows + 16 * g, rows);
      for (std::size_t tokens = 0; tokens <= most; ++tokens) {
        CAPTURE(table->name, dtype_name(type), tokens);
        Floats got(tokens * rows);
        groups_by_tokens(*table, w, 0, groups, x, 0, tokens, got.data(), rows);
        CHECK(same_bits(got.data(), want.data(), tokens * rows));
        CHECK(got.guards_hold());
      }
    }
}

TEST_CASE("integer products of groups never saturate: the largest codes give the exact sum") {
  const float one = 1.0f;
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    // Codes and inputs of both signs side by side, so that a pair of products may reach either end of 16 bits.
    for (const int w : {-128, -127, 127})
      for (const int odd_w : {-128, -127, 127})
        for (const int xs : {-127, 127})
          for (const std::size_t tokens : {1u, 5u}) {
            std::vector<BlockQ8_0> rows(16);
            for (BlockQ8_0& row : rows) {
              row.d = float_to_half(one);
              for (int i = 0; i < 32; ++i) row.q[i] = static_cast<std::int8_t>(i % 2 == 0 ? w : odd_w);
            }
            std::vector<BlockQ8_0> group(16);
            interleave(DType::kQ8_0, 16, 32, rows.data(), group.data());
            const std::vector<BlockA8> x(tokens, constant_block(xs));
            std::vector<float> y(tokens * 16);
            table->groups_q[0](group.data(), 1, 32, x.data(), tokens, y.data(), 16);
            CHECK(y == std::vector<float>(tokens * 16, static_cast<float>(16 * (w + odd_w) * xs)));
          }
    for (const int code : {0, 7, 8, 15})
      for (const int xs : {-127, 127})
        for (const std::size_t tokens : {1u, 5u}) {
          std::vector<BlockQ4_0> rows(16), group(16);
          for (BlockQ4_0& row : rows) {
            row.d = float_to_half(one);
            std::fill_n(row.q, 16, static_cast<std::uint8_t>(code | code << 4));
          }
          interleave(DType::kQ4_0, 16, 32, rows.data(), group.data());
          const std::vector<BlockA8> x(tokens, constant_block(xs));
          std::vector<float> y(tokens * 16);
          table->groups_q[1](group.data(), 1, 32, x.data(), tokens, y.data(), 16);
          CHECK(y == std::vector<float>(tokens * 16, static_cast<float>(32 * (code - 8) * xs)));
        }
  }
}
