// SPDX-License-Identifier: Apache-2.0
// Beam search: the text of highest score among those that are kept side by side.
#pragma once

#include "decode/sequence.h"

namespace eve {

constexpr std::size_t kMaxBeams = 8;

/// Continues the prompt with options.beams texts side by side. The score of a text is the sum of its log-probabilities
/// (its end included) over the length penalty ((5 + n) / 6)^0.6 of Wu et al. (2016, arXiv:1609.08144), n its tokens
/// that were not forced. Finished texts are shown to the check by descending score.
Generator::Result beam_search(Writing& writing, Slots& slots, const Tokens& prompt, const Constraint& constraint,
                              const GenerateOptions& options);

}  // namespace eve
