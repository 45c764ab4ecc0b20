// SPDX-License-Identifier: Apache-2.0
// Text to token ids and back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "eve/error.h"
#include "text/bpe_tables.h"

namespace eve {

using TokenId = std::int32_t;

/// Immutable and safe to share between threads once made.
/// For any byte string x: the concatenation of bytes(id) over encode(x) is x.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Ids of plain text. Special markers in the text ("<|endoftext|>", "<s>") are ordinary characters; nothing is
  /// added in front or behind. Linear up to a logarithm in the length of the text; more than 2 GiB may throw kInput.
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;
  /// The bytes a token stands for; empty for control tokens and for ids without a token.
  virtual std::string_view bytes(TokenId id) const = 0;
  /// Ids are 0 .. size()-1. A model may have more embedding rows than that.
  virtual std::size_t size() const = 0;
  /// False for ids that must never be produced as text: control, unknown, unused, or outside the vocabulary.
  virtual bool is_text(TokenId id) const = 0;
  /// End of text, if the vocabulary has one (GPT-2: 50256; ours: 2).
  virtual std::optional<TokenId> end_of_text() const = 0;
  /// Everything a GGUF file needs to hold to make the same tokenizer again.
  struct Export {
    std::string model;                ///< tokenizer.ggml.model: "gpt2" or "eve-sentencepiece"
    std::vector<std::string> tokens;  ///< as GGUF spells them (byte-to-unicode mapped for gpt2)
    std::vector<std::int32_t> types;  ///< 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte
    std::vector<float> scores;        ///< sentencepiece only
    std::vector<std::string> merges;  ///< "a b", gpt2 only
    BpeTables tables;                 ///< gpt2 only; into the tokenizer
    std::string serialized;           ///< sentencepiece ModelProto, empty for gpt2
  };
  virtual Export exported() const = 0;

  std::string decode(std::span<const TokenId> ids) const;
};

/// GPT-2 byte-level BPE (openai/gpt-2 encoder.py): vocabulary and merges as in vocab.json and merges.txt.
/// Throws kModel naming `where` when a merge is malformed or its parts or result are not in the vocabulary.
std::unique_ptr<Tokenizer> bpe_from_vocab_and_merges(std::string_view vocab_json, std::string_view merges_txt,
                                                     const std::string& where);
/// Hugging Face tokenizer.json, model type BPE with the ByteLevel pre-tokenizer; both spellings of merges.
/// Anything it would have to ignore (another normalizer, pre-tokenizer or model type, an added token that is not
/// special) is refused by name; "<|endoftext|>" is the end of text.
std::unique_ptr<Tokenizer> bpe_from_tokenizer_json(std::string_view json, const std::string& where);
/// GGUF arrays tokenizer.ggml.{tokens,token_type,merges}; without types all tokens are normal.
std::unique_ptr<Tokenizer> bpe_from_arrays(const std::vector<std::string_view>& tokens, std::vector<std::int32_t> types,
                                           const std::vector<std::string_view>& merges,
                                           std::optional<TokenId> end_of_text, const std::string& where);
/// Tables that lie elsewhere and must outlive the tokenizer. Nothing is built from them.
std::unique_ptr<Tokenizer> bpe_from_tables(const BpeTables& tables, std::optional<TokenId> end_of_text,
                                           const std::string& where);
/// SentencePiece ModelProto bytes, unigram or BPE. Text is cut in chunks of at most 4 KiB, before a word where there is
/// one; within a chunk the pieces are those of the SentencePiece library, except that pieces of type unused do not
/// exist; U+2581, NUL and invalid UTF-8 become byte tokens. Byte fallback and identity normalisation are required (so
/// that bytes round-trip), else kModel.
std::unique_ptr<Tokenizer> sentencepiece_from_bytes(std::string_view serialized, const std::string& where);

/// GPT-2's pre-tokenizer: pieces of `text` in order, covering it. Invalid UTF-8 bytes are "other" characters.
std::vector<std::string_view> gpt2_split(std::string_view text);

}  // namespace eve
