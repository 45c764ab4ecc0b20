// SPDX-License-Identifier: Apache-2.0
// Scores of decisions on messages with known labels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "route/router.h"

namespace eve::route {

struct Judged {
  std::uint32_t truth;  ///< kNone: belongs to no label
  std::uint32_t best;
  HeldOut seen;
  Outcome outcome;
};

struct Confusion {
  std::uint32_t truth, answer;  ///< label indices
  std::size_t count;
};

struct Scores {
  std::size_t messages = 0, in_scope = 0, right = 0;
  double accuracy = 0;           ///< of messages of the labels: the best label is the right one
  double macro_f1 = 0;           ///< mean F1 of the labels that occur as truth
  double calibration_error = 0;  ///< expected calibration error of the best label's probability, 15 bins of one width
  std::size_t routed = 0, routed_right = 0;    ///< of all messages
  std::size_t refused = 0;                     ///< messages of the labels that were called out of scope
  std::size_t ambiguous = 0;                   ///< of all messages
  std::size_t outside = 0, outside_found = 0;  ///< messages of no label, and those called out of scope
  std::size_t outside_stopped = 0;             ///< those not routed
  double scope_auroc = 0;                      ///< area under the ROC curve of scope; 0 without both kinds
  std::vector<Confusion> confusions;           ///< most frequent first
};

Scores score(std::span<const Judged> judged, std::size_t labels);

}  // namespace eve::route
