// SPDX-License-Identifier: Apache-2.0
#include "model/batch.h"

#include <algorithm>

namespace eve {

KvCache::KvCache(const Config& config) : attn_dim_(config.attn_dim()), keys_(config.n_layer), values_(config.n_layer) {}

void KvCache::reserve(std::size_t tokens) {
  if (tokens <= capacity_) return;
  capacity_ = std::max(tokens, capacity_ * 2);
  for (auto* side : {&keys_, &values_})
    for (auto& layer : *side) layer.resize(capacity_ * attn_dim_);
}

}  // namespace eve
