// SPDX-License-Identifier: Apache-2.0
// SHAPE.json: what a new network looks like.
#pragma once

#include <string>

#include "model/config.h"

namespace eve {

/// Reads {"n_layer", "n_embd", "n_head", "head_dim", "block_size", "num_experts", "top_k", "expert_intermediate_size",
/// "shared_expert_intermediate_size"} (all required), "rope_theta", "router_aux_loss_coef", "head" ("lm", "tag" or
/// "label"), "conv_attention" and "conv_experts" (taps of short convolutions, 4 for example; 0 when absent: none),
/// "pointer" (width of the pointer head's keys; 0 when absent: none), "prefix" (true: the tokens of a prompt see each
/// other) and "vocab_size" (0 when absent: as many rows as the tokenizer has tokens). The number of labels comes from the data. Unknown keys are refused. Throws kInput.
Config read_shape(const std::string& path);

}  // namespace eve
