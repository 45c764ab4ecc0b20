// SPDX-License-Identifier: Apache-2.0
#include "kernels/dtype.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/kernels.h"

namespace eve {
namespace {

struct TypeInfo {
  std::string_view name;
  std::size_t block;  // weights
  std::size_t block_bytes;
};
constexpr TypeInfo kTypes[kDTypes] = {
    {"f32", 1, 4}, {"f16", 1, 2}, {"bf16", 1, 2}, {"q8_0", 32, sizeof(BlockQ8_0)}, {"q4_0", 32, sizeof(BlockQ4_0)}};

const TypeInfo& info(DType type) { return kTypes[static_cast<std::size_t>(type)]; }

// NaN and values out of range would be undefined as a plain conversion.
int to_int(float x, int low, int high) {
  if (!(x > static_cast<float>(low))) return low;
  return x < static_cast<float>(high) ? static_cast<int>(x) : high;
}

constexpr std::uint16_t kHalfNaN = 0x7e00;

void quantize_q8_0(const float* x, BlockQ8_0& block) {
  float largest = 0;
  bool finite = true;
  for (int i = 0; i < 32; ++i) {
    largest = std::max(largest, std::fabs(x[i]));
    finite = finite && std::isfinite(x[i]);
  }
  if (!finite) {
    block.d = kHalfNaN;
    std::memset(block.q, 0, sizeof block.q);
    return;
  }
  const float d = largest / 127.0f;
  const float inverse = d > 0 ? 1.0f / d : 0.0f;
  block.d = float_to_half(d);
  for (int i = 0; i < 32; ++i) block.q[i] = static_cast<std::int8_t>(to_int(std::round(x[i] * inverse), -127, 127));
}

void quantize_q4_0(const float* x, BlockQ4_0& block) {
  float extreme = 0;  // the value of largest magnitude, with its sign
  bool finite = true;
  for (int i = 0; i < 32; ++i) {
    if (std::fabs(x[i]) > std::fabs(extreme)) extreme = x[i];
    finite = finite && std::isfinite(x[i]);
  }
  if (!finite) {
    block.d = kHalfNaN;
    std::memset(block.q, 0x88, sizeof block.q);
    return;
  }
  const float d = extreme / -8.0f;
  const float inverse = d != 0 ? 1.0f / d : 0.0f;
  block.d = float_to_half(d);
  for (int j = 0; j < 16; ++j) {
    const int low = to_int(x[j] * inverse + 8.5f, 0, 15);
    const int high = to_int(x[j + 16] * inverse + 8.5f, 0, 15);
    block.q[j] = static_cast<std::uint8_t>(low | high << 4);
  }
}

}  // namespace

std::string_view dtype_name(DType type) { return info(type).name; }

std::optional<DType> dtype_named(std::string_view name) {
  for (std::size_t i = 0; i < kDTypes; ++i)
    if (kTypes[i].name == name) return static_cast<DType>(i);
  return std::nullopt;
}

std::size_t dtype_block(DType type) { return info(type).block; }

std::size_t row_bytes(DType type, std::size_t cols) { return cols / info(type).block * info(type).block_bytes; }

float half_to_float(std::uint16_t h) {
  const std::uint32_t sign = (h & 0x8000u) << 16;
  const std::uint32_t exponent = h >> 10 & 0x1f;
  const std::uint32_t mantissa = h & 0x3ffu;
  if (exponent == 0) {  // zero and denormals: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

std::uint16_t float_to_half(float f) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(f);
  const std::uint32_t sign = bits >> 16 & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | kHalfNaN);
  if (magnitude >= 0x477ff000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65520 and more round to infinity
  std::uint32_t rounded;
  if (magnitude < 0x38800000u) {
    // Below 2^-14 the addition rounds to a multiple of 2^-24, the spacing of half denormals.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    rounded = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5f);
  } else {
    rounded = (magnitude - 0x38000000u + 0xfffu + (magnitude >> 13 & 1u)) >> 13;
  }
  return static_cast<std::uint16_t>(sign | rounded);
}

std::uint16_t float_to_bf16(float f) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(f);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

void quantize_row(DType type, const float* src, std::size_t n, void* dst) {
  switch (type) {
    case DType::kF32:
      if (n != 0) std::memcpy(dst, src, n * sizeof(float));
      return;
    case DType::kF16:
    case DType::kBF16: {
      auto* const out = static_cast<unsigned char*>(dst);  // rows in a file need not be aligned
      for (std::size_t i = 0; i < n; ++i) {
        const std::uint16_t value = type == DType::kF16 ? float_to_half(src[i]) : float_to_bf16(src[i]);
        std::memcpy(out + i * sizeof value, &value, sizeof value);
      }
      return;
    }
    case DType::kQ8_0:
      for (std::size_t b = 0; b < n / 32; ++b) {
        BlockQ8_0 block;
        quantize_q8_0(src + 32 * b, block);
        std::memcpy(static_cast<unsigned char*>(dst) + b * sizeof block, &block, sizeof block);
      }
      return;
    case DType::kQ4_0:
      for (std::size_t b = 0; b < n / 32; ++b) {
        BlockQ4_0 block;
        quantize_q4_0(src + 32 * b, block);
        std::memcpy(static_cast<unsigned char*>(dst) + b * sizeof block, &block, sizeof block);
      }
      return;
  }
}

}  // namespace eve
