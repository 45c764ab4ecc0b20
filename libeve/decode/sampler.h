// SPDX-License-Identifier: Apache-2.0
// The choice of one token from its logits.
#pragma once

#include <cstdint>
#include <span>

#include "base/rng.h"
#include "text/tokenizer.h"

namespace eve {

/// The allowed token with the largest logit (temperature 0; ties: lowest id), or one drawn from
/// softmax(logit / temperature) over the top_k largest (0: all; ties: lowest ids first).
/// allowed[id] != 0 marks candidates, at least one of them.
TokenId choose_token(std::span<const float> logits, std::span<const std::uint8_t> allowed, float temperature,
                     std::size_t top_k, Rng& rng);

}  // namespace eve
