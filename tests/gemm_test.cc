// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "kernels/gemm_bf16.h"
#include "kernels/gemm_factor.h"
#include "kernels/kernels.h"

using namespace eve;

namespace {

struct Shape {
  std::size_t m, n, k;
};

std::uint32_t random_state = 1;
float random_value() {
  random_state = random_state * 1664525u + 1013904223u;
  return (static_cast<float>(random_state >> 8) - 8388608.0f) / 8388608.0f;
}

std::vector<float> random_values(std::size_t n) {
  std::vector<float> values(n);
  for (float& value : values) value = random_value();
  return values;
}

constexpr float kUntouched = 12345.0f;

// Worst |difference| / (sum of |products| + |beta C|) against a loop in double precision; infinity when something
// outside C's m x n values changed. Rows are stored three values apart from each other.
template <class Product>
double worst_error(Shape s, Transpose a_t, Transpose b_t, float beta, Math math, const Product& product) {
  constexpr std::size_t kGap = 3;
  const bool at = a_t == Transpose::kYes, bt = b_t == Transpose::kYes;
  const std::size_t lda = (at ? s.m : s.k) + kGap, ldb = (bt ? s.k : s.n) + kGap, ldc = s.n + kGap;
  const std::vector<float> a = random_values((at ? s.k : s.m) * lda + 1), b = random_values((bt ? s.n : s.k) * ldb + 1);
  std::vector<float> c(s.m * ldc + 1, kUntouched);
  for (std::size_t i = 0; i < s.m; ++i)
    for (std::size_t j = 0; j < s.n; ++j)
      c[1 + i * ldc + j] = beta == 0 ? std::numeric_limits<float>::quiet_NaN() : random_value();
  const std::vector<float> before = c;
  // Off by one float: no argument is aligned to a vector.
  product(a_t, b_t, s.m, s.n, s.k, a.data() + 1, lda, b.data() + 1, ldb, beta, c.data() + 1, ldc);
  const auto factor = [&](float x) -> double { return math == Math::kBF16 ? bf16_to_float(float_to_bf16(x)) : x; };
  double worst = 0;
  for (std::size_t i = 0; i < s.m; ++i) {
    for (std::size_t j = 0; j < ldc; ++j) {
      const float got = c[1 + i * ldc + j], was = before[1 + i * ldc + j];
      if (j >= s.n) {
        if (got != was) return std::numeric_limits<double>::infinity();
        continue;
      }
      double sum = beta == 0 ? 0 : was, size = beta == 0 ? 0 : std::fabs(was);
      for (std::size_t p = 0; p < s.k; ++p) {
        const double product =
            factor(a[1 + (at ? p * lda + i : i * lda + p)]) * factor(b[1 + (bt ? j * ldb + p : p * ldb + j)]);
        sum += product;
        size += std::fabs(product);
      }
      const double error = size == 0 ? std::fabs(got) : std::fabs(got - sum) / size;
      if (!(error <= worst)) worst = error;
    }
  }
  return worst;
}

const std::vector<Shape> kShapes{{1, 1, 1},    {1, 5, 3},      {7, 1, 2},      {17, 33, 31},
                                 {64, 64, 64}, {65, 31, 129},  {13, 300, 8},   {300, 13, 7},
                                 {96, 48, 33}, {48, 130, 257}, {33, 17, 1100}, {40, 1100, 20}};

template <class Product>
void check_all(Math math, const Product& product) {
  for (const Transpose a_t : {Transpose::kNo, Transpose::kYes})
    for (const Transpose b_t : {Transpose::kNo, Transpose::kYes})
      for (const float beta : {0.0f, 1.0f})
        for (const Shape& s : kShapes) {
          CAPTURE(static_cast<int>(a_t), static_cast<int>(b_t), beta, s.m, s.n, s.k);
          CHECK(worst_error(s, a_t, b_t, beta, math, product) < 1e-6);
        }
}

}  // namespace

TEST_CASE("every combination of transposes, beta, mathematics and threads agrees with a loop in double precision") {
  for (const std::size_t count : {1u, 2u}) {
    Threads threads(count);
    for (const Math math : {Math::kF32, Math::kBF16}) {
      const auto product = [&](auto... arguments) { gemm(arguments..., math, threads); };
      CAPTURE(count, static_cast<int>(math));
      check_all(math, product);
    }
  }
}

TEST_CASE("factors that are set part by part, and used again for other shapes, agree with a loop in double precision") {
  Factor left, right;
  const auto set = [](Factor& factor, std::size_t rows, const float* x, std::size_t stride) {
    for (std::size_t first = 0; first < rows; first += 2 * Factor::kMultiple)
      factor.set(first, std::min(2 * Factor::kMultiple, rows - first), x + first * stride, stride);
  };
  for (const Math math : {Math::kF32, Math::kBF16}) {
    CAPTURE(static_cast<int>(math));
    check_all(math, [&](Transpose a_t, Transpose b_t, std::size_t m, std::size_t n, std::size_t k, const float* a,
                        std::size_t lda, const float* b, std::size_t ldb, float beta, float* c, std::size_t ldc) {
      left.reset(Factor::kLeft, a_t == Transpose::kYes ? Factor::kSteps : Factor::kLines, m, k, math);
      right.reset(Factor::kRight, b_t == Transpose::kYes ? Factor::kLines : Factor::kSteps, n, k, math);
      set(left, a_t == Transpose::kYes ? k : m, a, lda);
      set(right, b_t == Transpose::kYes ? n : k, b, ldb);
      multiply(left, right, beta, c, ldc);
    });
  }
}

TEST_CASE("every bfloat16 kernel of this CPU agrees with a loop in double precision") {
  for (const Bf16Kernel* kernel : bf16_kernels())
    for (const std::size_t count : {1u, 2u}) {
      Threads threads(count);
      const auto product = [&](auto... arguments) { gemm_bf16(*kernel, arguments..., threads); };
      CAPTURE(kernel->name, count);
      check_all(Math::kBF16, product);
    }
}

TEST_CASE("bfloat16 kernels give the same bits with one thread and with two") {
  const std::size_t m = 200, n = 130, k = 700;
  const std::vector<float> a = random_values(m * k), b = random_values(k * n);
  Threads one(1), two(2);
  for (const Bf16Kernel* kernel : bf16_kernels()) {
    CAPTURE(kernel->name);
    std::vector<float> c1(m * n), c2(m * n);
    gemm_bf16(*kernel, Transpose::kNo, Transpose::kNo, m, n, k, a.data(), k, b.data(), n, 0, c1.data(), n, one);
    gemm_bf16(*kernel, Transpose::kNo, Transpose::kNo, m, n, k, a.data(), k, b.data(), n, 0, c2.data(), n, two);
    CHECK(c1 == c2);
  }
}

TEST_CASE("a product without rows or columns touches nothing") {
  Threads threads(1);
  float c = 3;
  for (const Math math : {Math::kF32, Math::kBF16}) {
    gemm(Transpose::kNo, Transpose::kNo, 0, 1, 4, nullptr, 4, nullptr, 1, 0, &c, 1, math, threads);
    gemm(Transpose::kNo, Transpose::kNo, 1, 0, 4, nullptr, 4, nullptr, 1, 0, &c, 1, math, threads);
  }
  CHECK(c == 3);
}

TEST_CASE("a product over nothing is zero, or C where beta is 1") {
  Threads threads(1);
  for (const Math math : {Math::kF32, Math::kBF16}) {
    std::vector<float> c{1, 2, 3, 4, 5, 6};
    gemm(Transpose::kNo, Transpose::kNo, 2, 2, 0, nullptr, 1, nullptr, 2, 1, c.data(), 3, math, threads);
    CHECK(c == std::vector<float>{1, 2, 3, 4, 5, 6});
    gemm(Transpose::kNo, Transpose::kNo, 2, 2, 0, nullptr, 1, nullptr, 2, 0, c.data(), 3, math, threads);
    CHECK(c == std::vector<float>{0, 0, 3, 0, 0, 6});
  }
}

TEST_CASE("NaN and infinity in a factor reach exactly the elements that they are a factor of") {
  Threads threads(1);
  for (const Math math : {Math::kF32, Math::kBF16}) {
    std::vector<float> a(20 * 40, 1.0f), b(40 * 36, 1.0f), c(20 * 36);
    a[3 * 40 + 7] = std::numeric_limits<float>::quiet_NaN();
    b[11 * 36 + 5] = std::numeric_limits<float>::infinity();
    gemm(Transpose::kNo, Transpose::kNo, 20, 36, 40, a.data(), 40, b.data(), 36, 0, c.data(), 36, math, threads);
    for (std::size_t i = 0; i < 20; ++i)
      for (std::size_t j = 0; j < 36; ++j) {
        const float got = c[i * 36 + j];
        const bool right = i == 3 ? std::isnan(got) : j == 5 ? std::isinf(got) : got == 40.0f;
        if (!right) FAIL(i << ' ' << j << ' ' << got);
      }
  }
}
