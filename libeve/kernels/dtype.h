// SPDX-License-Identifier: Apache-2.0
// Storage types of weights. Block layouts are ggml's, so that files are interchangeable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eve {

enum class DType : std::uint8_t { kF32, kF16, kBF16, kQ8_0, kQ4_0 };
inline constexpr std::size_t kDTypes = 5;

/// 32 weights x[i] = d * q[i]; d is an IEEE half. d = max|x| / 127, q rounds half away from zero.
struct BlockQ8_0 {
  std::uint16_t d;
  std::int8_t q[32];
};
static_assert(sizeof(BlockQ8_0) == 34);

/// 32 weights x[i] = d * (q[i] - 8); byte j holds element j (low nibble) and j + 16 (high).
/// d = (value of largest magnitude, signed) / -8, q = min(15, trunc(x / d + 8.5)).
struct BlockQ4_0 {
  std::uint16_t d;
  std::uint8_t q[16];
};
static_assert(sizeof(BlockQ4_0) == 18);

/// 32 activations x[i] = d * q[i], quantised once per matrix input. Never stored in files.
struct BlockA8 {
  float d;
  std::int32_t sum;  ///< of q
  std::int8_t q[32];
};

std::string_view dtype_name(DType type);                  ///< "f32" "f16" "bf16" "q8_0" "q4_0"
std::optional<DType> dtype_named(std::string_view name);  ///< inverse, lower case only
std::size_t dtype_block(DType type);                      ///< weights in a block: 1 or 32
/// Bytes of a row of `cols` weights; cols is a multiple of dtype_block(type).
std::size_t row_bytes(DType type, std::size_t cols);

}  // namespace eve
