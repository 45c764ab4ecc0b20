// SPDX-License-Identifier: Apache-2.0
// Probabilities that mean what they say, fitted on messages held out of training.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "route/router.h"

namespace eve::route {

/// A message as a model read it that was trained without it.
struct HeldReading {
  Reading reading;
  std::uint32_t truth;  ///< index into the reading's scores, or kNone
};

/// Temperature: of the least mean negative log-likelihood of the truth (Guo, Pleiss, Sun and Weinberger 2017). Scope:
/// logistic regression, both classes weighing the same, drawn to the values of a Calibration as it begins. Without a
/// reading of a class, those values.
Calibration fit_calibration(std::span<const HeldReading> held);

/// The scope threshold below which one in twenty messages of the labels falls.
float scope_threshold(std::span<const HeldOut> held);

/// The least Thresholds::min with which at least `precision` of the routed messages are right, and how many of all are
/// then routed; none when there is no such threshold.
struct Chosen {
  float min;
  std::size_t routed, right;
};
std::optional<Chosen> choose_min(std::span<const HeldOut> held, const Thresholds& thresholds, double precision);

}  // namespace eve::route
