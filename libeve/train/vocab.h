// SPDX-License-Identifier: Apache-2.0
// SentencePiece vocabularies from text.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace eve {

struct VocabOptions {
  enum class Model { kUnigram, kBpe };
  std::size_t vocab_size = 8192;  ///< all ids: 3 control, 256 bytes, the rest pieces
  Model model = Model::kUnigram;
  double character_coverage = 0.9995;  ///< share of the characters that get a piece; the others are spelled in bytes
  std::size_t max_piece_length = 16;   ///< characters
};

/// Trains a vocabulary and returns the serialized ModelProto that sentencepiece_from_bytes() accepts: identity
/// normalisation, nothing added or stripped, byte fallback, digits apart, pieces within one script, runs of spaces may
/// be pieces, and a space ends a piece but never begins one; ids 0 <unk>, 1 <s>, 2 </s>, 3 .. 258 the bytes. Control
/// characters (newline and tab among them), U+2581 and invalid UTF-8 never enter a piece: each such byte is one byte
/// token. `next_text` puts the next text into its argument, or returns false at the end. All texts are held in memory.
/// The same texts and options give the same bytes. Throws kInput when the texts cannot give such a vocabulary (too
/// little text for vocab_size, too small a vocab_size for the characters). Not to be called from two threads at once
/// (the library's log level and random state are global).
std::string train_sentencepiece(const std::function<bool(std::string&)>& next_text, const VocabOptions& options);

}  // namespace eve
