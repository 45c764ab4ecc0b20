// SPDX-License-Identifier: Apache-2.0
// Names of metadata in model files, for loading and saving. Sizes come after the architecture's name and a dot.
#pragma once

#include <string_view>

namespace eve {

inline constexpr const char* kEveArchitecture = "eve-moe";
inline constexpr const char* kLlamaCppArchitecture = "ernie4_5-moe";  // the same function in stock llama.cpp

inline constexpr const char* kArchitectureKey = "general.architecture";
inline constexpr const char* kNameKey = "general.name";
inline constexpr const char* kFileTypeKey = "general.file_type";
inline constexpr const char* kQuantizationKey = "general.quantization_version";

inline constexpr const char* kLayoutKey = "eve.layout";
inline constexpr const char* kHeadKey = "eve.head";
inline constexpr const char* kLabelsKey = "eve.labels";
inline constexpr const char* kTaskKey = "eve.task";
inline constexpr const char* kPromptKey = "eve.prompt";
inline constexpr const char* kAuxKey = "eve.aux_coef";
inline constexpr const char* kConvAttentionKey = "eve.conv.attention";
inline constexpr const char* kConvExpertsKey = "eve.conv.experts";
inline constexpr const char* kPointerKey = "eve.pointer";
inline constexpr const char* kPrefixKey = "eve.prefix";
inline constexpr std::string_view kTrainingPrefix = "eve.training.";
inline constexpr const char* kSentencePieceKey = "eve.tokenizer.sentencepiece";

// BpeTables, so that nothing is built from the lists of strings that llama.cpp keeps.
inline constexpr const char* kBpeBytesKey = "eve.bpe.token_bytes";
inline constexpr const char* kBpeEndsKey = "eve.bpe.token_ends";
inline constexpr const char* kBpeTypesKey = "eve.bpe.token_types";
inline constexpr const char* kBpeMergeEndsKey = "eve.bpe.merge_ends";
inline constexpr const char* kBpeRightsKey = "eve.bpe.merge_rights";
inline constexpr const char* kBpeResultsKey = "eve.bpe.merge_results";
inline constexpr const char* kBpeRanksKey = "eve.bpe.merge_ranks";

inline constexpr const char* kTokenizerKey = "tokenizer.ggml.model";
inline constexpr const char* kPreTokenizerKey = "tokenizer.ggml.pre";
inline constexpr const char* kTokensKey = "tokenizer.ggml.tokens";
inline constexpr const char* kTokenTypesKey = "tokenizer.ggml.token_type";
inline constexpr const char* kTokenScoresKey = "tokenizer.ggml.scores";
inline constexpr const char* kMergesKey = "tokenizer.ggml.merges";
inline constexpr const char* kBeginOfTextKey = "tokenizer.ggml.bos_token_id";
inline constexpr const char* kEndOfTextKey = "tokenizer.ggml.eos_token_id";
inline constexpr const char* kAddBeginKey = "tokenizer.ggml.add_bos_token";
inline constexpr const char* kAddSpaceKey = "tokenizer.ggml.add_space_prefix";

namespace keys {
inline constexpr const char* kVocabulary = "vocab_size";
inline constexpr const char* kContext = "context_length";
inline constexpr const char* kEmbedding = "embedding_length";
inline constexpr const char* kLayers = "block_count";
inline constexpr const char* kHeads = "attention.head_count";
inline constexpr const char* kKeyValueHeads = "attention.head_count_kv";
inline constexpr const char* kHeadDim = "attention.key_length";
inline constexpr const char* kValueDim = "attention.value_length";
inline constexpr const char* kNormEpsilon = "attention.layer_norm_rms_epsilon";
inline constexpr const char* kRopeDims = "rope.dimension_count";
inline constexpr const char* kRopeBase = "rope.freq_base";
inline constexpr const char* kExperts = "expert_count";
inline constexpr const char* kExpertsUsed = "expert_used_count";
inline constexpr const char* kExpertWidth = "expert_feed_forward_length";
inline constexpr const char* kSharedWidth = "expert_shared_feed_forward_length";
inline constexpr const char* kDenseWidth = "feed_forward_length";
inline constexpr const char* kMoeStep = "interleave_moe_layer_step";
inline constexpr const char* kDenseLayers = "leading_dense_block_count";
}  // namespace keys

}  // namespace eve
