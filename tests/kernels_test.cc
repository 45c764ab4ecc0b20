// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernels.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "eve/error.h"

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

namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();
const std::vector<std::size_t> kLengths{0,  1,  3,  4,  7,  8,   9,   15,  16,  17,  31,
                                        32, 33, 63, 64, 65, 100, 255, 256, 257, 1000};

std::uint32_t random_state = 7;
std::uint32_t random_bits() {
  random_state = random_state * 1664525u + 1013904223u;
  return random_state >> 8;  // the low bits of this generator hardly change
}

/// What a test feeds: each kind with every length.
enum class Kind { kOrdinary, kWide, kDenormal, kNaN, kInfinite, kMixed };
const std::vector<Kind> kKinds{Kind::kOrdinary, Kind::kWide,     Kind::kDenormal,
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

bool close(float got, float want, double bound) {
  if (std::isnan(want)) return std::isnan(got);
  if (got == want) return true;
  return std::fabs(static_cast<double>(got) - want) <= bound;
}

/// Each element within `relative` of its own size, or of `absolute`.
bool all_close(Floats& got, Floats& want, double relative, double absolute) {
  for (std::size_t i = 0; i < got.size(); ++i) {
    const float g = got.data()[i], w = want.data()[i];
    if (!close(g, w, std::max(absolute, relative * std::fabs(w)))) {
      UNSCOPED_INFO("element " << i << ": " << g << " instead of " << w);
      return false;
    }
  }
  return got.guards_hold();
}

bool same_bits(const float* got, const float* want, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    if (std::isnan(want[i]) ? !std::isnan(got[i]) : std::memcmp(got + i, want + i, sizeof(float)) != 0) {
      UNSCOPED_INFO("element " << i << ": " << got[i] << " instead of " << want[i]);
      return false;
    }
  }
  return true;
}

const Kernels& generic() { return *available_kernels().front(); }

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

std::vector<unsigned char> random_bytes(std::size_t n) {
  std::vector<unsigned char> bytes(n);
  for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(random_bits());
  return bytes;
}

/// `rows` rows of weights of a type, from floats of a kind; the address is odd.
std::vector<unsigned char> weights(DType type, std::size_t rows, std::size_t cols, Kind kind) {
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
bool products_close(const std::vector<float>& got, const std::vector<float>& want, const std::vector<float>& w,
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

}  // namespace

TEST_CASE("EVE_ISA decides: an unknown name is bad input, every available one is taken as it stands") {
  setenv("EVE_ISA", "sse9", 1);
  try {
    kernels();
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.status() == Status::kInput);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
  setenv("EVE_ISA", "generic", 1);
  CHECK(std::string(kernels().name) == "generic");
  unsetenv("EVE_ISA");
  CHECK(&kernels() == &generic());  // the choice is made once
}

TEST_CASE("the available tables are those that EVE_TABLES says this CPU runs") {
  const char* expected = std::getenv("EVE_TABLES");
  if (expected == nullptr) return;
  std::string names;
  for (const Kernels* table : available_kernels()) names += (names.empty() ? "" : " ") + std::string(table->name);
  CHECK(names == expected);
}

TEST_CASE("the available tables begin with generic and none appears twice") {
  std::set<std::string> names;
  for (const Kernels* table : available_kernels()) names.insert(table->name);
  CHECK(names.size() == available_kernels().size());
  CHECK(std::string(generic().name) == "generic");
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

TEST_CASE("integer products never saturate: the largest codes give the exact sum") {
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    for (const int w : {-128, -127, 127})
      for (const int x : {-127, 127}) {
        BlockQ8_0 block;
        block.d = float_to_half(1.0f);
        std::fill_n(block.q, 32, static_cast<std::int8_t>(w));
        BlockA8 input;
        input.d = 1.0f;
        std::fill_n(input.q, 32, static_cast<std::int8_t>(x));
        float y = 0;
        table->matvec_q[0](&block, 1, 32, &input, &y);
        CHECK(y == static_cast<float>(32 * w * x));
      }
    for (const int code : {0, 7, 8, 15})
      for (const int x : {-127, 127}) {
        BlockQ4_0 block;
        block.d = float_to_half(1.0f);
        std::fill_n(block.q, 16, static_cast<std::uint8_t>(code | code << 4));
        BlockA8 input;
        input.d = 1.0f;
        std::fill_n(input.q, 32, static_cast<std::int8_t>(x));
        float y = 0;
        table->matvec_q[1](&block, 1, 32, &input, &y);
        CHECK(y == static_cast<float>(32 * (code - 8) * x));
      }
  }
}

TEST_CASE("quantised activations are equal in every table, bit by bit") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    if (n % 32 != 0) return;
    Floats x(n, kind);
    std::vector<BlockA8> got(n / 32), want(n / 32);
    table.quantize_a8(x.data(), n, got.data());
    generic().quantize_a8(x.data(), n, want.data());
    for (std::size_t b = 0; b < got.size(); ++b) {
      CHECK(same_bits(&got[b].d, &want[b].d, 1));
      CHECK(std::memcmp(got[b].q, want[b].q, 32) == 0);
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
    CHECK(std::vector<int>(block.q, block.q + 8) == std::vector<int>{127, 0, 2, 2, 0, -2, -126, 0});
    const float zeros[32] = {-0.0f, 1e-45f};
    table->quantize_a8(zeros, 32, &block);
    CHECK(block.d == 0.0f);
    CHECK(std::all_of(block.q, block.q + 32, [](int q) { return q == 0; }));
    for (const float strange : {kNaN, kInfinity, -kInfinity}) {
      x[31] = strange;
      table->quantize_a8(x, 32, &block);
      CHECK(std::isnan(block.d));
      CHECK(std::all_of(block.q, block.q + 32, [](int q) { return q == 0; }));
    }
  }
}

TEST_CASE("dot agrees within 2e-6 of the sum of magnitudes") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats a(n, kind), b(n, kind);
    CHECK(products_close({table.dot(a.data(), b.data(), n)}, {generic().dot(a.data(), b.data(), n)},
                         {a.data(), a.data() + n}, {b.data(), b.data() + n}, 2e-6));
  });
}

TEST_CASE("axpy agrees within one rounding of its terms") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats x(n, kind), got(n, kind);
    Floats want = got;
    Floats size = got;
    const float a = -1.7f;
    table.axpy(a, x.data(), got.data(), n);
    generic().axpy(a, x.data(), want.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const double terms = std::fabs(1.7 * x.data()[i]) + std::fabs(size.data()[i]);
      if (!close(got.data()[i], want.data()[i], 1.2e-7 * terms + 2e-45)) FAIL(i);
    }
    CHECK(got.guards_hold());
  });
}

TEST_CASE("rms_norm agrees within 2e-6 relative, in place too") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats x(n, kind), gain(n, Kind::kOrdinary), got(n), want(n);
    table.rms_norm(x.data(), gain.data(), n, 1e-5f, got.data());
    generic().rms_norm(x.data(), gain.data(), n, 1e-5f, want.data());
    CHECK(all_close(got, want, 2e-6, 1e-42));
    table.rms_norm(x.data(), gain.data(), n, 1e-5f, x.data());
    CHECK(same_bits(x.data(), got.data(), n));
  });
}

TEST_CASE("softmax agrees within 2e-6 relative, down to denormal probabilities") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats got(n, kind);
    Floats want = got;
    table.softmax(got.data(), n);
    generic().softmax(want.data(), n);
    CHECK(all_close(got, want, 2e-6, 3e-45));
  });
}

TEST_CASE("softmax gives 0 for -inf, NaN when all are -inf, and the shares of the exponentials otherwise") {
  for (const Kernels* table : available_kernels()) {
    CAPTURE(table->name);
    for (const std::size_t n : {1u, 5u, 16u, 33u}) {
      Floats all(n);
      std::fill_n(all.data(), n, -kInfinity);
      table->softmax(all.data(), n);
      CHECK(std::all_of(all.data(), all.data() + n, [](float x) { return std::isnan(x); }));
      std::fill_n(all.data(), n, -kInfinity);
      all.data()[n - 1] = -1000.0f;
      table->softmax(all.data(), n);
      CHECK(all.data()[n - 1] == 1.0f);
      CHECK(std::count(all.data(), all.data() + n, 0.0f) == static_cast<std::ptrdiff_t>(n) - 1);
    }
    // One large value, so that the sum is 1 and each element an exponential by itself.
    const std::size_t n = 1 + 80 * 64;
    Floats x(n);
    for (std::size_t i = 0; i < n; ++i) x.data()[i] = i == 0 ? 0.0f : -24.0f - static_cast<float>(i) / 64.0f;
    Floats in = x;
    table->softmax(x.data(), n);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(in.data()[i]));
    for (std::size_t i = 0; i < n; ++i) {
      const double want = std::exp(static_cast<double>(in.data()[i])) / sum;
      if (!(std::fabs(x.data()[i] - want) <= 1e-6 * want + 3e-45)) FAIL(i << ' ' << x.data()[i] << ' ' << want);
    }
  }
}

TEST_CASE("silu_mul agrees within 1e-6 relative, in place too") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats gate(n, kind), up(n, kind), got(n), want(n);
    table.silu_mul(gate.data(), up.data(), n, got.data());
    generic().silu_mul(gate.data(), up.data(), n, want.data());
    CHECK(all_close(got, want, 1e-6, 1e-35));
    table.silu_mul(gate.data(), up.data(), n, up.data());
    CHECK(same_bits(up.data(), got.data(), n));
  });
}

TEST_CASE("rope agrees within 2e-7 of the pair's size and its inverse brings the pair back") {
  for_all([](const Kernels& table, std::size_t pairs, Kind kind) {
    Floats got(2 * pairs, kind), cos(pairs), sin(pairs), back(pairs);
    for (std::size_t i = 0; i < pairs; ++i) {
      cos.data()[i] = std::cos(static_cast<float>(i));
      sin.data()[i] = std::sin(static_cast<float>(i));
      back.data()[i] = -sin.data()[i];
    }
    Floats want = got, in = got;
    table.rope(got.data(), cos.data(), sin.data(), pairs);
    generic().rope(want.data(), cos.data(), sin.data(), pairs);
    for (std::size_t i = 0; i < 2 * pairs; ++i) {
      const double size = std::fabs(in.data()[i]) + std::fabs(in.data()[i ^ 1]);
      if (!close(got.data()[i], want.data()[i], 2e-7 * size + 3e-45)) FAIL(i);
    }
    CHECK(got.guards_hold());
    if (kind != Kind::kOrdinary) return;
    table.rope(got.data(), cos.data(), back.data(), pairs);
    CHECK(all_close(got, in, 0, 2e-6));
  });
}

TEST_CASE("silu_mul_backward agrees within 1e-6 of the terms") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats gate(n, kind), up(n, kind), dy(n, kind), got_gate(n), got_up(n), want_gate(n), want_up(n);
    table.silu_mul_backward(gate.data(), up.data(), dy.data(), n, got_gate.data(), got_up.data());
    generic().silu_mul_backward(gate.data(), up.data(), dy.data(), n, want_gate.data(), want_up.data());
    for (std::size_t i = 0; i < n; ++i) {
      const double z = gate.data()[i], s = 1 / (1 + std::exp(-z));
      // 1 + z (1 - s) cancels where its terms are large
      const double terms =
          std::fabs(static_cast<double>(dy.data()[i]) * up.data()[i]) * s * (1 + std::fabs(z) * (1 - s));
      if (!close(got_gate.data()[i], want_gate.data()[i], 1e-6 * terms + 1e-33)) FAIL(i << ' ' << gate.data()[i]);
    }
    CHECK(all_close(got_up, want_up, 1e-6, 1e-35));
    CHECK(got_gate.guards_hold());
  });
}

TEST_CASE("rms_norm_backward agrees within 1e-5 of the largest gradient") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats x(n, kind), gain(n, Kind::kOrdinary), dy(n, Kind::kOrdinary), got_x(n, Kind::kOrdinary),
        got_gain(n, Kind::kOrdinary);
    Floats want_x = got_x, want_gain = got_gain;
    table.rms_norm_backward(x.data(), gain.data(), dy.data(), n, 1e-5f, got_x.data(), got_gain.data());
    generic().rms_norm_backward(x.data(), gain.data(), dy.data(), n, 1e-5f, want_x.data(), want_gain.data());
    float largest = 0;
    for (std::size_t i = 0; i < n; ++i)
      if (std::isfinite(want_x.data()[i])) largest = std::max(largest, std::fabs(want_x.data()[i]));
    CHECK(all_close(got_x, want_x, 1e-5, 1e-5 * largest));
    CHECK(all_close(got_gain, want_gain, 1e-5, 1e-5));
  });
}

TEST_CASE("adamw agrees within 1e-6 relative") {
  AdamWStep step{};
  step.lr = 1e-3f, step.beta1 = 0.9f, step.beta2 = 0.95f, step.eps = 1e-8f, step.decay = 0.1f, step.grad_scale = 0.5f;
  step.correction1 = 1 - 0.9f * 0.9f, step.correction2 = 1 - 0.95f * 0.95f;
  for_all([&](const Kernels& table, std::size_t n, Kind kind) {
    Floats w(n, Kind::kOrdinary), grad(n, kind), m(n, Kind::kOrdinary), v(n, Kind::kOrdinary);
    for (std::size_t i = 0; i < n; ++i) v.data()[i] = std::fabs(v.data()[i]);
    Floats w2 = w, m2 = m, v2 = v;
    table.adamw(w.data(), grad.data(), m.data(), v.data(), n, step);
    generic().adamw(w2.data(), grad.data(), m2.data(), v2.data(), n, step);
    CHECK(all_close(w, w2, 1e-6, 1e-6));
    CHECK(all_close(m, m2, 1e-6, 1e-6));
    CHECK(all_close(v, v2, 1e-6, 1e-6));
  });
}

TEST_CASE("adamw computes the published step") {
  AdamWStep step{};
  step.lr = 0.1f, step.beta1 = 0.9f, step.beta2 = 0.99f, step.eps = 1e-8f, step.decay = 0.01f, step.grad_scale = 1;
  step.correction1 = 0.1f, step.correction2 = 0.01f;  // the first step
  for (const Kernels* table : available_kernels()) {
    float w = 1, m = 0, v = 0;
    const float grad = 0.5f;
    table->adamw(&w, &grad, &m, &v, 1, step);
    // m / c1 = g and sqrt(v / c2) = |g|, so the step is lr whatever the gradient's size.
    CHECK(w == Approx(1 - 0.1 * 0.01 - 0.1).epsilon(1e-6));
    CHECK(m == Approx(0.05).epsilon(1e-6));
    CHECK(v == Approx(0.0025).epsilon(1e-6));
  }
}

TEST_CASE("round_bf16 is equal in every table, bit by bit, in place too") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats x(n, kind), got(n), want(n);
    table.round_bf16(x.data(), n, got.data());
    generic().round_bf16(x.data(), n, want.data());
    CHECK(same_bits(got.data(), want.data(), n));
    CHECK(got.guards_hold());
    table.round_bf16(x.data(), n, x.data());
    CHECK(same_bits(x.data(), want.data(), n));
  });
}
