// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernels.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "eve/error.h"
#include "kernel_inputs.h"

using namespace eve;

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

TEST_CASE("exp_sum is softmax before the division, down to denormals") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    if (n == 0) return;
    Floats got(n, kind);
    Floats want = got;
    const ExpSum a = table.exp_sum(got.data(), n, 0.3f), b = generic().exp_sum(want.data(), n, 0.3f);
    CHECK(close(a.sum, b.sum, 2e-5 * static_cast<double>(b.sum)));
    CHECK(got.guards_hold());
    if (std::isnan(b.sum)) return;             // then the elements do not matter: divided by it they are NaN
    CHECK(all_close(got, want, 2e-5, 3e-45));  // an exponent of up to 120 is rounded
    CHECK(a.largest == b.largest);
  });
}

TEST_CASE("attend is the mean of the values by the softmax of the scores") {
  for (const Kernels* table : available_kernels())
    for (const std::size_t dim : {2u, 8u, 30u, 32u, 64u, 100u})
      for (const std::size_t keys : {1u, 3u, 63u, 64u, 65u, 200u}) {
        CAPTURE(table->name, dim, keys);
        const std::size_t stride = 3 * dim;
        Floats q(dim, Kind::kOrdinary), k(keys * stride, Kind::kOrdinary), v(keys * stride, Kind::kOrdinary), out(dim);
        table->attend(q.data(), k.data(), v.data(), keys, stride, dim, 0.5f, out.data());
        std::vector<double> want(dim), p(keys);
        double largest = -1e300, sum = 0;
        for (std::size_t u = 0; u < keys; ++u) {
          for (std::size_t i = 0; i < dim; ++i)
            p[u] += 0.5 * static_cast<double>(q.data()[i]) * static_cast<double>(k.data()[u * stride + i]);
          largest = std::max(largest, p[u]);
        }
        for (double& x : p) sum += x = std::exp(x - largest);
        for (std::size_t i = 0; i < dim; ++i) {
          for (std::size_t u = 0; u < keys; ++u) want[i] += p[u] / sum * static_cast<double>(v.data()[u * stride + i]);
          if (!(std::fabs(out.data()[i] - want[i]) <= 2e-4)) FAIL(i << ' ' << out.data()[i] << ' ' << want[i]);
        }
        CHECK(out.guards_hold());
      }
}

TEST_CASE("silu_mul_backward agrees within 1e-6 of the terms") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats gate(n, kind), up(n, kind), dy(n, kind), got_gate(n), got_up(n), want_gate(n), want_up(n);
    Floats got_act = dy, want_act(n);
    const float weight = 0.6f;
    const float got = table.silu_mul_backward(gate.data(), up.data(), got_act.data(), n, weight, got_act.data(),
                                              got_gate.data(), got_up.data());
    const float want = generic().silu_mul_backward(gate.data(), up.data(), dy.data(), n, weight, want_act.data(),
                                                   want_gate.data(), want_up.data());
    double sizes = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double z = gate.data()[i], s = 1 / (1 + std::exp(-z));
      // 1 + z (1 - s) cancels where its terms are large
      const double terms =
          std::fabs(static_cast<double>(dy.data()[i]) * up.data()[i]) * s * (1 + std::fabs(z) * (1 - s));
      if (!close(got_gate.data()[i], want_gate.data()[i], 1e-6 * terms + 1e-33)) FAIL(i << ' ' << gate.data()[i]);
      sizes += std::fabs(static_cast<double>(want_act.data()[i]) * dy.data()[i]);
    }
    CHECK(all_close(got_up, want_up, 1e-6, 1e-35));
    CHECK(all_close(got_act, want_act, 1e-6, 1e-35));
    CHECK(close(got, want, 4e-6 * sizes + 1e-33));
    CHECK(got_gate.guards_hold());
  });
}

TEST_CASE("softmax_backward gives the probabilities again and their gradients") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    if (n == 0 || kind == Kind::kMixed) return;  // where 1e18 stands, rounding decides between 0 and infinity
    Floats got(n, kind), got_d(n, Kind::kOrdinary), forward = got;
    Floats want = got, want_d = got_d;
    const ExpSum sum = generic().exp_sum(forward.data(), n, 0.3f);
    const float log_sum = sum.largest + std::log(sum.sum);
    table.softmax_backward(got.data(), got_d.data(), n, 0.3f, log_sum, 0.2f);
    generic().softmax_backward(want.data(), want_d.data(), n, 0.3f, log_sum, 0.2f);
    CHECK(all_close(got, want, 5e-5, 3e-45));
    CHECK(all_close(got_d, want_d, 5e-5, 3e-45));
    if (kind != Kind::kOrdinary && kind != Kind::kWide) return;
    for (std::size_t i = 0; i < n; ++i)
      CHECK(close(got.data()[i], forward.data()[i] / sum.sum, 5e-5 * static_cast<double>(got.data()[i]) + 3e-45));
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
    Floats w2 = w, m2 = m, v2 = v, grad2 = grad;
    table.adamw(w.data(), grad.data(), m.data(), v.data(), n, step);
    CHECK(std::all_of(grad.data(), grad.data() + n, [](float g) { return g == 0; }));
    CHECK(grad.guards_hold());
    generic().adamw(w2.data(), grad2.data(), m2.data(), v2.data(), n, step);
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
    float grad = 0.5f;
    table->adamw(&w, &grad, &m, &v, 1, step);
    // m / c1 = g and sqrt(v / c2) = |g|, so the step is lr whatever the gradient's size.
    CHECK(w == Approx(1 - 0.1 * 0.01 - 0.1).epsilon(1e-6));
    CHECK(m == Approx(0.05).epsilon(1e-6));
    CHECK(v == Approx(0.0025).epsilon(1e-6));
    CHECK(grad == 0);
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

TEST_CASE("mul_add agrees within 2e-7 of its terms") {
  for_all([](const Kernels& table, std::size_t n, Kind kind) {
    Floats a(n, Kind::kOrdinary), x(n, kind), got(n, Kind::kOrdinary);
    Floats want = got, before = got;
    table.mul_add(a.data(), x.data(), got.data(), n);
    generic().mul_add(a.data(), x.data(), want.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const double terms = std::fabs(static_cast<double>(a.data()[i]) * static_cast<double>(x.data()[i])) +
                           std::fabs(static_cast<double>(before.data()[i]));
      CHECK(close(got.data()[i], want.data()[i], 2e-7 * terms));
    }
    CHECK(got.guards_hold());
  });
}
