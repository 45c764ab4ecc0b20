// SPDX-License-Identifier: Apache-2.0
#include "route/router.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "route/features.h"

namespace eve::route {

namespace {

constexpr float kLogOddsLimit = 20;

float logistic(const std::array<float, 4>& weights, const ScopeSigns& signs) {
  float z = weights[0];
  for (std::size_t i = 0; i < signs.size(); ++i) z += weights[i + 1] * signs[i];
  return 1 / (1 + std::exp(-z));
}

}  // namespace

void Routes::read(std::string_view message, Reading& out) const {
  linear.read(features(message), vectors ? vectors->embed(message) : std::vector<float>(), out);
}

const char* outcome_name(Outcome outcome) {
  return outcome == Outcome::kRoute ? "route" : outcome == Outcome::kAmbiguous ? "ambiguous" : "out of scope";
}

ScopeSigns scope_signs(const Reading& reading, float temperature) {
  const std::vector<float>& z = reading.scores;
  const std::size_t best = static_cast<std::size_t>(std::max_element(z.begin(), z.end()) - z.begin());
  float others = 0, sum = 0;
  for (std::size_t l = 0; l < z.size(); ++l) {
    sum += z[l];
    if (l != best) others += std::exp((z[l] - z[best]) / temperature);
  }
  const float log_odds = others > 0 ? std::clamp(-std::log(others), -kLogOddsLimit, kLogOddsLimit) : kLogOddsLimit;
  return {log_odds, z[best] - sum / static_cast<float>(z.size()), reading.known};
}

Decision decide(const Reading& reading, const Calibration& calibration, const Thresholds& thresholds,
                const std::vector<std::uint32_t>& allowed) {
  Decision out;
  Reading part;
  if (!allowed.empty()) {
    part.known = reading.known;
    for (const std::uint32_t label : allowed) part.scores.push_back(reading.scores[label]);
  }
  const Reading& used = allowed.empty() ? reading : part;
  const float top = *std::max_element(used.scores.begin(), used.scores.end());
  float sum = 0;
  for (std::size_t i = 0; i < used.scores.size(); ++i) {
    const float p = std::exp((used.scores[i] - top) / calibration.temperature);
    out.ranked.push_back({allowed.empty() ? static_cast<std::uint32_t>(i) : allowed[i], p});
    sum += p;
  }
  for (Candidate& candidate : out.ranked) candidate.probability /= sum;
  std::stable_sort(out.ranked.begin(), out.ranked.end(),
                   [](const Candidate& a, const Candidate& b) { return a.probability > b.probability; });
  out.scope = logistic(calibration.scope, scope_signs(used, calibration.temperature));
  out.outcome = outcome_of(summary(out, kNone), thresholds);
  return out;
}

float probability_below(const Decision& decision, const std::vector<std::string>& labels, const std::string& group) {
  float sum = 0;
  for (const Candidate& one : decision.ranked)
    if (labels[one.label] == group || labels[one.label].starts_with(group + "/")) sum += one.probability;
  return sum;
}

std::string parent_of(const Decision& decision, const std::vector<std::string>& labels, const Thresholds& thresholds) {
  std::string group = labels[decision.ranked[0].label];
  for (std::size_t slash; (slash = group.rfind('/')) != group.npos;) {
    group.resize(slash);
    const float inside = probability_below(decision, labels, group);
    if (inside >= thresholds.min && inside - (1 - inside) >= thresholds.margin) return group;
  }
  return {};
}

HeldOut summary(const Decision& decision, std::uint32_t truth) {
  HeldOut out;
  out.best = decision.ranked[0].probability;
  out.second = decision.ranked.size() > 1 ? decision.ranked[1].probability : 0;
  out.scope = decision.scope;
  out.in_scope = truth != kNone;
  out.right = decision.ranked[0].label == truth;
  return out;
}

Outcome outcome_of(const HeldOut& message, const Thresholds& thresholds) {
  if (message.scope < thresholds.scope) return Outcome::kOutOfScope;
  if (message.best < thresholds.min || message.best - message.second < thresholds.margin) return Outcome::kAmbiguous;
  return Outcome::kRoute;
}

}  // namespace eve::route
