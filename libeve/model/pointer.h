// SPDX-License-Identifier: Apache-2.0
// The pointer head: what follows an earlier place of the sequence may follow this one too (after See, Liu and Manning
// 2017, "Get To The Point", arXiv 1704.04368; keys of hidden vectors as in Merity et al. 2016, arXiv 1609.07843).
//
//   p(token | t) = (1 - g) softmax(logits) + g sum over s < t of a(t, s) [tokens[s + 1] = token]
//   a(t, .) = softmax over s < t of q_t k_s / sqrt(pointer), q = pointer_query h, k = pointer_key h,
//   g = sigmoid(pointer_gate h_t + pointer_bias), h: hidden vectors. A sequence's first position has g = 0.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "model/forward.h"

namespace eve {

inline float pointer_scale(const Config& config) { return 1.0f / std::sqrt(static_cast<float>(config.pointer)); }

/// Logits of the token after each of `rows` (positions in the batch), [rows][vocab_size], of a kLm network that
/// forward() ran over the batch: the head's, and with a pointer head others whose softmax is the mixture above.
void next_logits(const Config& config, const Weights& weights, const Batch& batch, const Activations& activations,
                 std::span<const std::size_t> rows, float* logits, Executor executor);

}  // namespace eve
