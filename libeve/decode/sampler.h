// SPDX-License-Identifier: Apache-2.0
// The choice of one token from its logits.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"
#include "text/tokenizer.h"

namespace eve {

/// The candidate with the largest logit (temperature 0; ties: lowest id), or one drawn from softmax(logit /
/// temperature) over the top_k largest (0: all; ties: lowest ids first). `candidates` are ascending ids, at least one.
TokenId choose_token(std::span<const float> logits, std::span<const TokenId> candidates, float temperature,
                     std::size_t top_k, Rng& rng);

/// log sum exp of the candidates' logits: what to subtract from a logit for its log-probability among them.
float log_sum(std::span<const float> logits, std::span<const TokenId> candidates);

}  // namespace eve
