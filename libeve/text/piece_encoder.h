// SPDX-License-Identifier: Apache-2.0
// The two ways in which a SentencePiece vocabulary cuts text into pieces.
#pragma once

#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "text/piece_trie.h"
#include "text/tokenizer.h"

namespace eve {

/// Pieces are spelled as the text has them: a space is a space.
class PieceEncoder {
 public:
  enum class Method {
    /// Of all ways to cut the text, the one with the highest sum of scores (Kudo 2018, arXiv:1804.10959); a character
    /// without a piece of its own counts as the worst piece less 10. Time is linear in the text.
    kUnigram,
    /// Of the adjacent pairs whose union is a piece, the one with the highest score is joined, leftmost first, until
    /// there is none; user-defined pieces are neither cut nor joined. Time is a logarithm more than linear.
    kBpe,
  };
  /// `bytes` of all pieces together, at most PieceTrie::kMaxBytes.
  PieceEncoder(Method method, std::size_t bytes) : method_(method), trie_(bytes) {}
  /// False when a piece is spelled alike.
  bool add(std::string_view spelling, TokenId id, double score, bool user_defined);

  /// Appends the ids of the pieces of `text`, -1 for each byte of a character that is in none. The pieces are those of
  /// libsentencepiece 0.1.97, whose ties depend on its scores being sums of floats.
  void encode(std::string_view text, std::vector<TokenId>& ids) const;

 private:
  Method method_;
  PieceTrie trie_;
  float worst_ = std::numeric_limits<float>::max();  // score of a normal piece
  std::vector<double> user_scores_;  // of user-defined pieces by id, up to the last one; NaN: it is none

  void encode_unigram(std::string_view text, std::vector<TokenId>& ids) const;
  void encode_bpe(std::string_view text, std::vector<TokenId>& ids) const;
  bool is_user_defined(TokenId id) const {
    const auto at = static_cast<std::size_t>(id);  // -1: beyond
    return at < user_scores_.size() && !std::isnan(user_scores_[at]);
  }
  std::size_t user_defined_at(std::string_view text) const;
};

}  // namespace eve
