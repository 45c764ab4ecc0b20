// SPDX-License-Identifier: Apache-2.0
#include "model/tensors.h"

namespace eve {

ParameterCount count_parameters(const Config& config) {
  const std::size_t d = config.n_embd;
  const std::size_t attention = 4 * d * config.attn_dim(), norms = 2 * d, router = config.n_expert * d;
  const std::size_t expert = 3 * d * config.expert_ff, shared = 3 * d * config.shared_ff;
  const std::size_t embedding = config.vocab_size * d, cls = config.n_labels * (d + 1);
  const std::size_t always = config.n_layer * (attention + norms + router + shared) + d;
  const std::size_t head = config.head == Head::kLm ? embedding : cls;
  return {.total = always + config.n_layer * config.n_expert * expert + embedding + cls,
          .active = always + config.n_layer * config.top_k * expert + head};
}

}  // namespace eve
