// SPDX-License-Identifier: Apache-2.0
// Token files: a corpus that was tokenised once and is mapped for training.
//
// Little-endian, in this order: header (56 bytes), source records, document records, tokens (16 bits each: the id, and
// kNotATarget where predicting the token costs nothing), XXH3-64 of all that (8 bytes). Ids have 15 bits: vocabularies
// of at most 32,768 tokens.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "text/tokenizer.h"
#include "train/data.h"

namespace eve {

inline constexpr std::size_t kMaxCorpusVocabulary = 32768;
inline constexpr std::uint16_t kNotATarget = 0x8000;

struct SourceRecord {
  char name[56] = {};      ///< ends with NUL
  std::uint64_t rows = 0;  ///< 1: prompts and answers of which the answers are learnt; never cut
  std::string_view title() const { return name; }
};

/// A stretch of tokens, the end of text included. Two documents may be the same stretch (a source seen twice).
struct DocumentRecord {
  std::uint64_t begin = 0;   ///< first token
  std::uint32_t length = 0;  ///< tokens
  std::uint32_t source = 0;
};

/// The same for two tokenizers that give the same tokens for every text.
std::uint64_t vocabulary_fingerprint(const Tokenizer& tokenizer);

using TokenSink = std::function<void(std::span<const std::uint16_t>)>;

/// Writes a token file, whole or not at all. `produce` hands over `tokens` tokens in order. Throws kSystem on I/O,
/// kInput when the vocabulary is too large.
void write_token_file(const std::string& path, const Tokenizer& tokenizer, std::span<const SourceRecord> sources,
                      std::span<const DocumentRecord> documents, std::uint64_t tokens,
                      const std::function<void(const TokenSink&)>& produce);

/// A token file, mapped. Everything is checked when it is opened, so that nothing later needs to be.
class TokenFile {
 public:
  /// Throws kInput: missing, damaged, or made with another vocabulary than `tokenizer`'s.
  TokenFile(const std::string& path, const Tokenizer& tokenizer);
  /// Whether the file begins as a token file does. False for a missing one.
  static bool recognised(const std::string& path);
  std::span<const SourceRecord> sources() const { return sources_; }
  std::span<const DocumentRecord> documents() const { return documents_; }
  std::span<const std::uint16_t> tokens() const { return tokens_; }
  std::uint64_t checksum() const { return checksum_; }  ///< of the whole file

 private:
  MappedFile file_;
  std::span<const SourceRecord> sources_;
  std::span<const DocumentRecord> documents_;
  std::span<const std::uint16_t> tokens_;
  std::uint64_t checksum_ = 0;
};

/// A sequence to train on: `length` inputs from `begin`, each with the token behind it as its target.
struct Piece {
  std::uint64_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t source = 0;
};

struct Pieces {
  std::vector<Piece> pieces;
  std::uint64_t tokens = 0;   ///< inputs of all pieces
  std::uint64_t dropped = 0;  ///< rows longer than a piece
};

/// Documents in pieces of at most `length` inputs, of about the same length within a document. Every token but the
/// first of a document is a target once, whatever `length` is; pieces without a target are left out.
Pieces cut_pieces(const TokenFile& file, std::size_t length);

Example example_of(const TokenFile& file, const Piece& piece);

}  // namespace eve
