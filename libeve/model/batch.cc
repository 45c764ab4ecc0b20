// SPDX-License-Identifier: Apache-2.0
#include "model/batch.h"

#include <algorithm>

namespace eve {

KvCache::KvCache(const Config& config)
    : n_head_(config.n_head),
      head_dim_(config.head_dim),
      n_embd_(config.n_embd),
      pointer_(config.pointer),
      keys_(config.n_layer),
      values_(config.n_layer),
      convolved_{std::vector<std::vector<float>>(config.conv_attention ? config.n_layer : 0),
                 std::vector<std::vector<float>>(config.conv_experts ? config.n_layer : 0)} {}

void KvCache::reserve(std::size_t tokens) {
  if (tokens <= capacity_) return;
  const std::size_t capacity = std::max(tokens, capacity_ * 2);
  for (auto* side : {&keys_, &values_})
    for (auto& layer : *side) {
      std::vector<float> wider(n_head_ * capacity * head_dim_);
      for (std::size_t h = 0; h < n_head_ && size_ != 0; ++h)
        std::copy_n(&layer[h * head_stride()], size_ * head_dim_, &wider[h * capacity * head_dim_]);
      layer = std::move(wider);
    }
  for (auto& site : convolved_)
    for (auto& layer : site) layer.resize(capacity * n_embd_);
  if (pointer_ != 0) {
    pointer_keys_.resize(capacity * pointer_);
    tokens_.resize(capacity);
  }
  capacity_ = capacity;
}

void KvCache::append(std::size_t layer, const float* k, const float* v, std::size_t count) {
  const std::size_t attn_dim = n_head_ * head_dim_;
  for (auto [from, to] : {std::pair{k, &keys_[layer]}, {v, &values_[layer]}})
    for (std::size_t t = 0; t < count; ++t)
      for (std::size_t h = 0; h < n_head_; ++h)
        std::copy_n(from + t * attn_dim + h * head_dim_, head_dim_,
                    to->data() + h * head_stride() + (size_ + t) * head_dim_);
}

const float* KvCache::append(std::size_t layer, ConvolutionSite site, const float* x, std::size_t count) {
  return std::copy_n(x, count * n_embd_, &convolved_[static_cast<std::size_t>(site)][layer][size_ * n_embd_]) -
         count * n_embd_;
}

void KvCache::append(const float* pointer_keys, std::span<const TokenId> tokens) {
  std::copy_n(pointer_keys, tokens.size() * pointer_, &pointer_keys_[size_ * pointer_]);
  std::copy_n(tokens.data(), tokens.size(), &tokens_[size_]);
}

void KvCache::copy_prefix(const KvCache& from, std::size_t tokens) {
  reserve(tokens);
  for (std::size_t l = 0; l < keys_.size(); ++l)
    for (std::size_t h = 0; h < n_head_; ++h) {
      std::copy_n(from.keys(l) + h * from.head_stride(), tokens * head_dim_, &keys_[l][h * head_stride()]);
      std::copy_n(from.values(l) + h * from.head_stride(), tokens * head_dim_, &values_[l][h * head_stride()]);
    }
  for (std::size_t site = 0; site < 2; ++site)
    for (std::size_t l = 0; l < convolved_[site].size(); ++l)
      std::copy_n(from.convolved_[site][l].data(), tokens * n_embd_, convolved_[site][l].data());
  if (pointer_ != 0) {
    std::copy_n(from.pointer_keys_.data(), tokens * pointer_, pointer_keys_.data());
    std::copy_n(from.tokens_.data(), tokens, tokens_.data());
  }
  size_ = tokens;
}

}  // namespace eve
