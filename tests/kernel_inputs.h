// SPDX-License-Identifier: Apache-2.0
// What the tests of the kernels feed to every table, and how they compare.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/kernels.h"

namespace eve {

inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline const std::vector<std::size_t> kLengths{0,  1,  3,  4,  7,  8,   9,   15,  16,  17,  31,
                                               32, 33, 63, 64, 65, 100, 255, 256, 257, 1000};

inline std::uint32_t random_state = 7;
inline std::uint32_t random_bits() {
  random_state = random_state * 1664525u + 1013904223u;
  return random_state >> 8;  // the low bits of this generator hardly change
}

/// What a test feeds: each kind with every length.
enum class Kind { kOrdinary, kWide, kDenormal, kNaN, kInfinite, kMixed };
inline const std::vector<Kind> kKinds{Kind::kOrdinary, Kind::kWide,     Kind::kDenormal,
                                      Kind::kNaN,      Kind::kInfinite, Kind::kMixed};

/// n floats at an address that is a multiple of 4 only, between guards.
class Floats {
 public:
  explicit Floats(std::size_t n) : values_(n + 2 * kPad, kGuard) {}
  Floats(std::size_t n, Kind kind) : Floats(n) {
    for (std::size_t i = 0; i < n; ++i) data()[i] = value(kind);
    // One value among ordinary ones must not get lost in another lane.
    if (kind == Kind::kNaN && n > 0) data()[random_bits() % n] = kNaN;
    if (kind == Kind::kInfinite && n > 0) data()[random_bits() % n] = random_bits() & 1 ? kInfinity : -kInfinity;
  }
  float* data() { return values_.data() + kPad; }
  std::size_t size() const { return values_.size() - 2 * kPad; }
  bool guards_hold() const {
    for (std::size_t i = 0; i < kPad; ++i)
      if (values_[i] != kGuard || values_[values_.size() - 1 - i] != kGuard) return false;
    return true;
  }

 private:
  static constexpr std::size_t kPad = 19;  // odd: std::vector's memory is aligned to 16 bytes
  static constexpr float kGuard = 4321.5f;
  static float value(Kind kind) {
    const float x = (static_cast<float>(random_bits()) - 8388608.0f) / 8388608.0f;
    switch (kind) {
      case Kind::kWide:
        return x * 200;
      case Kind::kDenormal:
        return x * 1e-38f;
      case Kind::kMixed: {
        const float strange[] = {0.0f, -0.0f, 1e-45f, -1e-40f, kNaN, kInfinity, -kInfinity, 1e18f};
        const std::uint32_t pick = random_bits() % 64;
        return pick < 8 ? strange[pick] : x;
      }
      default:
        return x * 4;
    }
  }
  std::vector<float> values_;
};

inline bool close(float got, float want, double bound) {
  if (std::isnan(want)) return std::isnan(got);
  if (got == want) return true;
  return std::fabs(static_cast<double>(got) - want) <= bound;
}

/// Each element within `relative` of its own size, or of `absolute`.
inline bool all_close(Floats& got, Floats& want, double relative, double absolute) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    const float g = got.data()[i], w = want.data()[i];
    if (!close(g, w, std::max(absolute, relative * std::fabs(w)))) {
      UNSCOPED_INFO("element " << i << ": " << g << " instead of " << w);
      return false;
    }
  }
  return got.guards_hold();
}

inline bool same_bits(const float* got, const float* want, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(want[i]) ? !std::isnan(got[i]) : std::memcmp(got + i, want + i, sizeof(float)) != 0) {
      UNSCOPED_INFO("element " << i << ": " << got[i] << " instead of " << want[i]);
      return false;
    }
  }
  return true;
}

inline const Kernels& generic() { return *available_kernels().front(); }

/// fn(table) for every table but the reference, for every length and kind of input.
template <class F>
void for_all(F fn) {
  for (const Kernels* table : available_kernels()) {
    if (table == &generic()) continue;
    for (const std::size_t n : kLengths)
      for (const Kind kind : kKinds) {
        CAPTURE(table->name, n, static_cast<int>(kind));
        fn(*table, n, kind);
      }
  }
}

inline std::vector<unsigned char> random_bytes(std::size_t n) {
  std::vector<unsigned char> bytes(n);
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_bits());
  return bytes;
}

/// `rows` rows of weights of a type, from floats of a kind; the address is odd.
inline std::vector<unsigned char> weights(DType type, std::size_t rows, std::size_t cols, Kind kind) {
  const std::size_t stride = row_bytes(type, cols);
  std::vector<unsigned char> w(rows * stride + 1);
  for (std::size_t r = 0; r < rows; ++r) {
    Floats row(cols, kind);
    std::vector<unsigned char> packed(stride);
    quantize_row(type, row.data(), cols, packed.data());
    std::copy(packed.begin(), packed.end(), w.begin() + 1 + static_cast<std::ptrdiff_t>(r * stride));
  }
  return w;
}

/// |got - want| <= bound * sum |w x| for every row, in double precision; NaN exactly where `want` is not a number.
inline bool products_close(const std::vector<float>& got, const std::vector<float>& want, const std::vector<float>& w,
                           const std::vector<float>& x, double bound) {
  for (std::size_t r = 0; r < got.size(); ++r) {
    double size = 0;
    for (std::size_t c = 0; c < x.size(); ++c) size += std::fabs(static_cast<double>(w[r * x.size() + c]) * x[c]);
    if (!close(got[r], want[r], bound * size + 1e-42)) {
      UNSCOPED_INFO("row " << r << ": " << got[r] << " instead of " << want[r]);
      return false;
    }
  }
  return true;
}

}  // namespace eve
