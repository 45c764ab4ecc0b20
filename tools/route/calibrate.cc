// SPDX-License-Identifier: Apache-2.0
#include "route/calibrate.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace eve::route {

namespace {

constexpr double kAcceptedLoss = 0.05;  // share of messages of the labels that the scope threshold may refuse
constexpr float kLeastScope = 0.02f, kMostScope = 0.9f;

bool is_known(const HeldReading& one) { return one.truth != kNone; }

/// Of few examples that all come out right the best temperature is none: so each is meant to be right with a
/// probability of (n + 1) / (n + 2) alone, or by chance, n of them being known (Platt 1999, section 2.2).
double mean_loss(std::span<const HeldReading> held, float temperature) {
  const double doubt = 1.0 / static_cast<double>(std::ranges::count_if(held, is_known) + 2);
  double loss = 0;
  for (const HeldReading& one : held) {
    if (!is_known(one)) continue;
    const std::vector<float>& z = one.reading.scores;
    const float top = *std::max_element(z.begin(), z.end());
    double sum = 0, mean = 0;
    for (const float score : z) {
      sum += std::exp((score - top) / temperature);
      mean += (score - top) / temperature / static_cast<double>(z.size());
    }
    loss += std::log(sum) - (1 - doubt) * (z[one.truth] - top) / temperature - doubt * mean;
  }
  return loss;
}

/// The loss has one minimum in 1 / temperature, which golden sections find.
float fit_temperature(std::span<const HeldReading> held) {
  const double ratio = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(0.1), high = std::log(10.0);
  const auto loss = [&](double log_t) { return mean_loss(held, static_cast<float>(std::exp(log_t))); };
  double a = high - ratio * (high - low), b = low + ratio * (high - low), loss_a = loss(a), loss_b = loss(b);
  while (high - low > 0.01) {
    if (loss_a < loss_b) {
      high = b, b = a, loss_b = loss_a;
      loss_a = loss(a = high - ratio * (high - low));
    } else {
      low = a, a = b, loss_a = loss_b;
      loss_b = loss(b = low + ratio * (high - low));
    }
  }
  return static_cast<float>(std::exp((low + high) / 2));
}

struct Sign {
  std::array<double, 4> x;  // 1, then ScopeSigns
  bool inside;
};

using Vector = std::array<double, 4>;

/// Logistic regression, both classes weighing the same. The penalty keeps few messages from moving far.
class ScopeFit {
 public:
  ScopeFit(const std::vector<Sign>& signs, const std::array<float, 4>& prior) : signs_(signs) {
    std::copy(prior.begin(), prior.end(), prior_.begin());
    for (const Sign& sign : signs) ++count_[sign.inside];
  }

  /// Newton's method with steps that are halved until the loss falls.
  Vector solve() const {
    Vector w = prior_;
    if (count_[0] == 0 || count_[1] == 0) return w;
    double best = loss(w);
    for (int round = 0; round < 50; ++round) {
      const Vector step = newton_step(w);
      double now = best, size = 1;
      Vector next = w;
      for (; size > 1e-6; size /= 2) {
        for (std::size_t i = 0; i < w.size(); ++i) next[i] = w[i] - size * step[i];
        if ((now = loss(next)) < best) break;
      }
      if (!(now < best - 1e-9)) break;
      w = next;
      best = now;
    }
    return w;
  }

 private:
  static constexpr Vector kPenalty = {1e-3, 1e-2, 1e-2, 1e-1};
  const std::vector<Sign>& signs_;
  Vector prior_;
  double count_[2] = {0, 0};

  static double dot(const Vector& w, const Sign& sign) {
    return std::inner_product(w.begin(), w.end(), sign.x.begin(), 0.0);
  }

  double loss(const Vector& w) const {
    double sum = 0;
    for (std::size_t i = 0; i < w.size(); ++i) sum += kPenalty[i] / 2 * (w[i] - prior_[i]) * (w[i] - prior_[i]);
    for (const Sign& sign : signs_) {
      const double z = sign.inside ? dot(w, sign) : -dot(w, sign);
      sum += (std::max(-z, 0.0) + std::log1p(std::exp(-std::abs(z)))) / (2 * count_[sign.inside]);
    }
    return sum;
  }

  Vector newton_step(const Vector& w) const {
    double m[4][5] = {};  // Hessian and gradient
    for (std::size_t i = 0; i < 4; ++i) {
      m[i][i] = kPenalty[i];
      m[i][4] = kPenalty[i] * (w[i] - prior_[i]);
    }
    for (const Sign& sign : signs_) {
      const double p = 1 / (1 + std::exp(-dot(w, sign))), weight = 1 / (2 * count_[sign.inside]);
      for (std::size_t i = 0; i < 4; ++i) {
        m[i][4] += weight * (p - sign.inside) * sign.x[i];
        for (std::size_t j = 0; j < 4; ++j) m[i][j] += weight * p * (1 - p) * sign.x[i] * sign.x[j];
      }
    }
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t r = 0; r < 4; ++r) {
        if (r == i) continue;
        const double factor = m[r][i] / m[i][i];
        for (std::size_t c = i; c < 5; ++c) m[r][c] -= factor * m[i][c];
      }
    Vector step;
    for (std::size_t i = 0; i < 4; ++i) step[i] = m[i][4] / m[i][i];
    return step;
  }
};

}  // namespace

Calibration fit_calibration(std::span<const HeldReading> held) {
  Calibration out;
  if (std::any_of(held.begin(), held.end(), [](const HeldReading& one) { return one.truth != kNone; }))
    out.temperature = fit_temperature(held);
  std::vector<Sign> signs;
  for (const HeldReading& one : held) {
    const ScopeSigns s = scope_signs(one.reading, out.temperature);
    signs.push_back({{1, s[0], s[1], s[2]}, one.truth != kNone});
  }
  const Vector scope = ScopeFit(signs, out.scope).solve();
  for (std::size_t i = 0; i < scope.size(); ++i) out.scope[i] = static_cast<float>(scope[i]);
  return out;
}

float scope_threshold(std::span<const HeldOut> held) {
  std::vector<float> inside;
  for (const HeldOut& one : held)
    if (one.in_scope) inside.push_back(one.scope);
  if (inside.empty()) return Thresholds().scope;
  const auto at = static_cast<std::ptrdiff_t>(kAcceptedLoss * static_cast<double>(inside.size()));
  std::nth_element(inside.begin(), inside.begin() + at, inside.end());
  return std::clamp(inside[static_cast<std::size_t>(at)], kLeastScope, kMostScope);
}

std::optional<Chosen> choose_min(std::span<const HeldOut> held, const Thresholds& thresholds, double precision) {
  Thresholds without_min = thresholds;
  without_min.min = 0;
  std::vector<HeldOut> routed;
  for (const HeldOut& one : held)
    if (outcome_of(one, without_min) == Outcome::kRoute) routed.push_back(one);
  std::sort(routed.begin(), routed.end(), [](const HeldOut& a, const HeldOut& b) { return a.best > b.best; });
  std::optional<Chosen> chosen;
  std::size_t right = 0;
  for (std::size_t i = 0; i < routed.size(); ++i) {
    right += routed[i].right;
    if (i + 1 < routed.size() && routed[i + 1].best == routed[i].best) continue;  // no threshold parts equals
    if (static_cast<double>(right) >= precision * static_cast<double>(i + 1))
      chosen = Chosen{routed[i].best, i + 1, right};
  }
  if (chosen && chosen->routed == routed.size()) chosen->min = 0;  // all may pass
  return chosen;
}

}  // namespace eve::route
