// SPDX-License-Identifier: Apache-2.0
#include "route/evaluate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace eve::route {

namespace {

/// Probability that a message of the labels has a higher scope than one of none; equal ones count half.
double auroc(std::span<const Judged> judged) {
  std::vector<std::pair<float, bool>> order;
  for (const Judged& one : judged) order.emplace_back(one.seen.scope, one.truth != kNone);
  std::sort(order.begin(), order.end());
  double below = 0, inside = 0, wins = 0;
  for (std::size_t i = 0; i < order.size();) {
    double here[2] = {0, 0};
    std::size_t j = i;
    for (; j < order.size() && order[j].first == order[i].first; ++j) ++here[order[j].second];
    wins += here[1] * (below + here[0] / 2);
    below += here[0];
    inside += here[1];
    i = j;
  }
  return below > 0 && inside > 0 ? wins / (below * inside) : 0;
}

}  // namespace

Scores score(std::span<const Judged> judged, std::size_t labels) {
  struct Counts {
    std::size_t truth = 0, answered = 0, right = 0;
  };
  struct Bin {
    double n = 0, probability = 0, right = 0;
  };
  Scores out;
  std::vector<Counts> counts(labels);
  std::array<Bin, 15> bins;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> confused;
  out.messages = judged.size();
  for (const Judged& one : judged) {
    const bool right = one.best == one.truth;
    out.routed += one.outcome == Outcome::kRoute;
    out.routed_right += one.outcome == Outcome::kRoute && right;
    out.ambiguous += one.outcome == Outcome::kAmbiguous;
    if (one.truth == kNone) {
      ++out.outside;
      out.outside_found += one.outcome == Outcome::kOutOfScope;
      out.outside_stopped += one.outcome != Outcome::kRoute;
      continue;
    }
    ++out.in_scope;
    out.right += right;
    out.refused += one.outcome == Outcome::kOutOfScope;
    ++counts[one.truth].truth;
    ++counts[one.best].answered;
    counts[one.best].right += right;
    if (!right) ++confused[{one.truth, one.best}];
    Bin& bin = bins[std::min<std::size_t>(bins.size() - 1, static_cast<std::size_t>(one.seen.best * 15))];
    ++bin.n;
    bin.probability += one.seen.best;
    bin.right += right;
  }
  if (out.in_scope > 0) {
    const double n = static_cast<double>(out.in_scope);
    out.accuracy = static_cast<double>(out.right) / n;
    for (const Bin& bin : bins) out.calibration_error += std::abs(bin.probability - bin.right) / n;
    double sum = 0, occurring = 0;
    for (const Counts& c : counts) {
      if (c.truth == 0) continue;
      ++occurring;
      sum += 2.0 * static_cast<double>(c.right) / static_cast<double>(c.truth + c.answered);
    }
    out.macro_f1 = sum / occurring;
  }
  out.scope_auroc = auroc(judged);
  for (const auto& [pair, count] : confused) out.confusions.push_back({pair.first, pair.second, count});
  std::stable_sort(out.confusions.begin(), out.confusions.end(),
                   [](const Confusion& a, const Confusion& b) { return a.count > b.count; });
  return out;
}

}  // namespace eve::route
