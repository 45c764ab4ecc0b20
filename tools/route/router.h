// SPDX-License-Identifier: Apache-2.0
// Messages to labels: what the stages say, as probabilities, and one of three outcomes.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "route/examples.h"
#include "route/linear.h"
#include "route/vectors.h"

namespace eve::route {

/// What tells messages of the labels from others: the log odds of the best label, how far its score is above the mean
/// of all, and Reading::known.
using ScopeSigns = std::array<float, 3>;

/// Turns scores into probabilities. Fitted on messages that were held out of training.
struct Calibration {
  float temperature = 1;                             ///< divides scores
  std::array<float, 4> scope = {-2, 0.7f, 0.2f, 2};  ///< logistic regression: constant, then ScopeSigns
};

/// When a message is not routed.
struct Thresholds {
  float scope = 0.5f;   ///< below: out of scope
  float min = 0;        ///< probability of the best label below: ambiguous
  float margin = 0.1f;  ///< the next label closer than this: ambiguous
};

enum class Outcome : std::uint8_t { kRoute, kAmbiguous, kOutOfScope };
const char* outcome_name(Outcome outcome);  ///< "route", "ambiguous", "out of scope"

/// A message that was held out of training, as it was read then; for thresholds without new messages.
struct HeldOut {
  float best = 0, second = 0, scope = 0;
  bool right = false, in_scope = false;
};

/// All of a route file.
struct Routes {
  std::vector<std::string> labels;  ///< in the order of their bytes
  Linear linear;
  Calibration calibration;
  Thresholds thresholds;
  std::vector<HeldOut> held_out;
  std::vector<Example> examples;           ///< for explanations; may be empty
  std::uint64_t vectors_id = 0;            ///< Vectors::checksum of those that the model was trained with; 0: none
  std::shared_ptr<const Vectors> vectors;  ///< they themselves, which no route file holds

  void read(std::string_view message, Reading& out) const;
};

struct Candidate {
  std::uint32_t label;  ///< index into Routes::labels
  float probability;    ///< that this is the label, if it is one of them
};

struct Decision {
  std::vector<Candidate> ranked;  ///< all that were allowed, best first, of equal ones the first label
  float scope = 0;                ///< probability that the message belongs to the labels, where half of all do
  Outcome outcome = Outcome::kOutOfScope;
};

/// The labels' probabilities and scope from a reading. `allowed`: indices, ascending; empty for all labels.
Decision decide(const Reading& reading, const Calibration& calibration, const Thresholds& thresholds,
                const std::vector<std::uint32_t>& allowed = {});
/// The outcome under other thresholds.
Outcome outcome_of(const HeldOut& message, const Thresholds& thresholds);
HeldOut summary(const Decision& decision, std::uint32_t truth);

/// Labels with '/' are in groups ("a" of "a/b"). The probability of a group is the sum of its labels'.
float probability_below(const Decision& decision, const std::vector<std::string>& labels, const std::string& group);
/// The smallest group around the best label that is as probable as the thresholds ask, and as far ahead of what is
/// outside of it; empty when there is none.
std::string parent_of(const Decision& decision, const std::vector<std::string>& labels, const Thresholds& thresholds);

ScopeSigns scope_signs(const Reading& reading, float temperature);

struct TrainOptions {
  std::uint64_t seed = 0;
  std::size_t threads = 1;
  bool keep_examples = true;
  std::shared_ptr<const Vectors> vectors;  ///< null: without
  std::function<void()> check_time;
};

/// Trains on examples (kInput when no label has any) and calibrates on examples and whole labels that are held out in
/// turn; those of kOutOfScope are used for the scope only.
Routes train_routes(const Examples& examples, const TrainOptions& options);

}  // namespace eve::route
