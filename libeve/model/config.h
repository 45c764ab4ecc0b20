// SPDX-License-Identifier: Apache-2.0
// The shape of a network, and the limits within which a file may ask for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eve {

enum class Head : std::uint8_t {
  kLm,     ///< causal attention, tied head over the vocabulary: logits of the next token
  kTag,    ///< bidirectional attention, `n_labels` scores a token
  kLabel,  ///< bidirectional attention, mean over the tokens, `n_labels` scores a sequence
};

std::string_view head_name(Head head);                  ///< "lm" "tag" "label"
std::optional<Head> head_named(std::string_view name);  ///< inverse

/// Eve-2 with every size free. Defaults are the published model's.
struct Config {
  std::size_t vocab_size = 50304;  ///< embedding rows
  std::size_t n_layer = 12;
  std::size_t n_embd = 512;
  std::size_t n_head = 8;
  std::size_t head_dim = 64;
  std::size_t context = 2048;  ///< most tokens in a sequence
  std::size_t n_expert = 8;    ///< routed experts
  std::size_t top_k = 2;
  std::size_t expert_ff = 1408;
  std::size_t shared_ff = 1408;
  float rope_theta = 10000.0f;
  float norm_eps = 1e-5f;
  float aux_coef = 0.01f;  ///< weight of the load-balance loss in training
  Head head = Head::kLm;
  std::size_t n_labels = 0;  ///< rows of the tag or label head; 0 for kLm
  // Beyond Eve-2. A network without these is exactly Eve-2.
  std::size_t conv_attention = 0;  ///< taps of the short convolution of attention's input (convolution.h); 0: none
  std::size_t conv_experts = 0;    ///< the same of the experts' and the router's input
  std::size_t pointer = 0;         ///< width of the pointer head's keys (pointer.h); 0: none; kLm only
  /// The tokens of a prompt see each other, later ones what is before them: the "prefix language model" of Raffel et
  /// al., Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer (2020), section 3.2.1; kLm
  /// only. Which tokens are the prompt a Batch says.
  bool prefix = false;

  std::size_t attn_dim() const { return n_head * head_dim; }
  bool causal() const { return head == Head::kLm; }
};

inline constexpr std::size_t kMaxLayers = 128, kMaxExperts = 512, kMaxSize = 65536, kMaxVocabulary = 1048576,
                             kMaxConv = 8;

/// Throws Error(kModel, "WHERE: ...") unless 1 <= layers <= 128, experts <= 512, sizes <= 65,536 (vocabulary
/// 1,048,576), top_k <= experts, head_dim even, and so on: nothing later needs to check a size again.
void check_config(const Config& config, const std::string& where);

}  // namespace eve
