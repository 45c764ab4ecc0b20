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
  /// Empty, or one a sequence: so many of its tokens are its prompt, those in the cache among them. Means something
  /// where config.prefix only: a prompt must then be read whole before a cache that holds a part of it is continued.
  std::span<const std::uint32_t> prompts = {};
};

/// Whose input a convolution makes.
enum class ConvolutionSite : std::uint8_t { kAttention, kExperts };

/// Keys (rotated) and values of the tokens of one sequence so far, fp32, and the rows that its convolutions look back
/// on. Each head's keys lie together, as decoding reads them. Grows up to the context.
class KvCache {
 public:
  explicit KvCache(const Config& config);
  std::size_t size() const { return size_; }                                      ///< tokens held
  void truncate(std::size_t tokens) { size_ = tokens < size_ ? tokens : size_; }  ///< forgets the newest
  void copy_prefix(const KvCache& from, std::size_t tokens);  ///< holds the first `tokens` of the other, and only them
  void reserve(std::size_t tokens);                           ///< room for that many
  /// Writes k and v [count][attn_dim] of one layer behind the tokens held; there is room. grow() makes them held.
  void append(std::size_t layer, const float* k, const float* v, std::size_t count);
  /// The same for the inputs x [count][n_embd] of a layer's convolution. Returns where they now lie: behind those of
  /// the tokens held.
  const float* append(std::size_t layer, ConvolutionSite site, const float* x, std::size_t count);
  /// The same for keys [count][pointer] of the pointer head, and the tokens themselves.
  void append(const float* pointer_keys, std::span<const TokenId> tokens);
  void grow(std::size_t tokens) { size_ += tokens; }
  /// Head h of position p starts at [h * head_stride() + p * head_dim].
  const float* keys(std::size_t layer) const { return keys_[layer].data(); }
  const float* values(std::size_t layer) const { return values_[layer].data(); }
  std::size_t head_stride() const { return capacity_ * head_dim_; }
  const float* pointer_keys() const { return pointer_keys_.data(); }  ///< [size()][pointer]
  const TokenId* tokens() const { return tokens_.data(); }            ///< [size()]; with a pointer head

 private:
  std::size_t n_head_, head_dim_, n_embd_, pointer_, size_ = 0, capacity_ = 0;
  std::vector<std::vector<float>> keys_, values_;
  std::vector<std::vector<float>> convolved_[2];  // by site: inputs [capacity][n_embd] of each layer; no layers: none
  std::vector<float> pointer_keys_;
  std::vector<TokenId> tokens_;
};

}  // namespace eve
