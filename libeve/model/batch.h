// SPDX-License-Identifier: Apache-2.0
// What goes into a forward pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"
#include "text/tokenizer.h"

namespace eve {

class KvCache;

/// Sequences laid end to end. No position sees another sequence.
struct Batch {
  std::span<const TokenId> tokens;        ///< [T], each in [0, vocab_size)
  std::span<const std::uint32_t> starts;  ///< [sequences + 1]: starts[0] = 0, ascending, last = T
  /// Empty, or one a sequence, all different: the sequence then continues at position size() of its cache.
  std::span<KvCache* const> caches = {};
};

/// Keys (rotated) and values of the tokens of one sequence so far: fp32 [layer][position][attn_dim]. Grows up to the
/// context.
class KvCache {
 public:
  explicit KvCache(const Config& config);
  std::size_t size() const { return size_; }                                      ///< tokens held
  void truncate(std::size_t tokens) { size_ = tokens < size_ ? tokens : size_; }  ///< forgets the newest
  void copy_prefix(KvCache& from, std::size_t tokens);  ///< holds the first `tokens` of the other cache, and only them
  void reserve(std::size_t tokens);                     ///< room for that many
  float* keys(std::size_t layer) { return keys_[layer].data(); }  ///< [size][attn_dim]
  float* values(std::size_t layer) { return values_[layer].data(); }
  void grow(std::size_t tokens) { size_ += tokens; }

 private:
  std::size_t attn_dim_, size_ = 0, capacity_ = 0;
  std::vector<std::vector<float>> keys_, values_;
};

}  // namespace eve
