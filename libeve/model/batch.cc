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

void KvCache::copy_prefix(KvCache& from, std::size_t tokens) {
  reserve(tokens);
  for (std::size_t l = 0; l < keys_.size(); ++l) {
    std::copy_n(from.keys(l), tokens * attn_dim_, keys(l));
    std::copy_n(from.values(l), tokens * attn_dim_, values(l));
  }
  size_ = tokens;
}

}  // namespace eve
