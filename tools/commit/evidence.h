// SPDX-License-Identifier: Apache-2.0
// Which type of change a diff is, by its paths, its sizes, what it defines and its words.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "commit/symbols.h"
#include "tasks/diff.h"

namespace eve::commit {

/// The types that are told apart; a revert is told by nobody but its author.
inline constexpr std::array<std::string_view, 10> kTypes = {"build", "chore", "ci",       "docs",  "feat",
                                                            "fix",   "perf",  "refactor", "style", "test"};

/// What is seen in a diff, as short phrases: "only documentation", "adds a public symbol", "path: benchmark".
std::vector<std::string> features(const std::vector<tasks::FileDiff>& files, const SymbolChanges& symbols);

struct TypeEvidence {
  std::array<double, kTypes.size()> log_probability{};  ///< of each type, from what is seen alone
  struct Reason {
    std::string feature;
    std::string_view type;  ///< the one it speaks for most
    double weight;          ///< in that type's logarithm, above the mean of all types
  };
  std::vector<Reason> reasons;  ///< heaviest first
};

/// A log-linear model of the features, fitted on commits of open projects (models/pico-commit/type_weights.py).
TypeEvidence weigh_types(const std::vector<std::string>& features);

}  // namespace eve::commit
