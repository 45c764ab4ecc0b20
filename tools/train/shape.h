// SPDX-License-Identifier: Apache-2.0
// SHAPE.json: what a new network looks like.
#pragma once

#include <string>

#include "model/config.h"

namespace eve {

/// Reads {"n_layer", "n_embd", "n_head", "head_dim", "block_size", "num_experts", "top_k", "expert_intermediate_size",
/// "shared_expert_intermediate_size"} (all required), "rope_theta", "router_aux_loss_coef" and "head" ("lm", "tag" or
/// "label"). vocab_size and the number of labels come from the vocabulary and the data. Unknown keys are refused.
/// Throws kInput.
Config read_shape(const std::string& path);

}  // namespace eve
