// SPDX-License-Identifier: Apache-2.0
#include <sentencepiece_processor.h>

#include <array>
#include <climits>
#include <exception>

#include "base/utf8.h"
#include "eve/error.h"
#include "text/model_proto.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81";  // U+2581, which stands for the space in pieces
constexpr std::uint32_t kSpaceSymbolCodePoint = 0x2581;
// The library is fastest, and its BPE linear, on texts of about this length.
constexpr std::size_t kChunk = 512;
constexpr std::size_t kLongestChunk = 8 * kChunk;

std::string with_spaces(std::string_view piece) {
  std::string bytes;
  for (std::size_t at; (at = piece.find(kSpaceSymbol)) != piece.npos; piece.remove_prefix(at + kSpaceSymbol.size())) {
    bytes += piece.substr(0, at);
    bytes += ' ';
  }
  return bytes += piece;
}

// The byte that a piece "<0xHH>" stands for, or -1.
int byte_value(std::string_view piece) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  const std::size_t high = kDigits.find(piece[3]), low = kDigits.find(piece[4]);
  return high == kDigits.npos || low == kDigits.npos ? -1 : static_cast<int>(high * 16 + low);
}

// Does a space symbol follow another character within the piece?
bool continues_past_a_word(std::string_view piece) {
  for (std::size_t at = piece.find(kSpaceSymbol, 1); at != piece.npos; at = piece.find(kSpaceSymbol, at + 1)) {
    if (!piece.substr(0, at).ends_with(kSpaceSymbol)) return true;
  }
  return false;
}

class SentencePiece final : public Tokenizer {
 public:
  SentencePiece(std::string_view serialized, const std::string& where) : serialized_(serialized) {
    const ModelProto proto = ModelProto::parse(serialized, where);
    check(proto, where);
    try {
      const auto status = processor_.LoadFromSerializedProto(serialized_);
      if (!status.ok()) refuse(where, "the SentencePiece library does not accept it");
    } catch (const Error&) {
      throw;
    } catch (const std::exception&) {  // the trie builder throws its own class
      refuse(where, "the SentencePiece library does not accept it");
    }
    if (static_cast<std::size_t>(processor_.GetPieceSize()) != proto.pieces.size()) refuse(where, "pieces got lost");
    fill(proto, where);
    const int eos = processor_.eos_id();
    if (eos >= 0) end_of_text_ = eos;
  }

  std::vector<TokenId> encode(std::string_view text) const override {
    std::vector<TokenId> ids;
    ids.reserve(text.size() / 3);
    std::size_t begin = 0, at = 0;
    const auto flush = [&] {
      if (at > begin) append(text.substr(begin, at - begin), ids);
      begin = at;
    };
    while (at < text.size()) {
      const CodePoint c = utf8_at(text, at);
      if (c.value == CodePoint::kInvalid || c.value == kSpaceSymbolCodePoint || c.value == 0) {
        // The library would make U+FFFD, a space or an early end of these.
        flush();
        append_bytes(text.substr(at, c.bytes), ids);
        begin = at += c.bytes;
        continue;
      }
      const std::size_t length = at - begin;
      // Before a word no piece of such a vocabulary is broken; the second limit is for text without spaces.
      const bool before_word = pieces_end_with_words_ && c.value == ' ' && length > 0 && text[at - 1] != ' ';
      if ((length >= kChunk && before_word) || length >= kLongestChunk) flush();
      at += c.bytes;
    }
    flush();
    return ids;
  }

  std::string_view bytes(TokenId id) const override {
    return id >= 0 && static_cast<std::size_t>(id) < bytes_.size() ? bytes_[static_cast<std::size_t>(id)]
                                                                   : std::string_view();
  }
  std::size_t size() const override { return bytes_.size(); }
  bool is_text(TokenId id) const override { return !bytes(id).empty(); }
  std::optional<TokenId> end_of_text() const override { return end_of_text_; }

  Export exported() const override {
    Export out;
    out.model = "eve-sentencepiece";
    const ModelProto proto = ModelProto::parse(serialized_, "vocabulary");
    for (const auto& piece : proto.pieces) {
      out.tokens.emplace_back(piece.text);
      out.types.push_back(piece.type);
      out.scores.push_back(piece.score);
    }
    out.serialized = serialized_;
    return out;
  }

 private:
  std::string serialized_;
  sentencepiece::SentencePieceProcessor processor_;
  std::vector<std::string> bytes_;  // by id; empty for what is not text
  std::array<TokenId, 256> byte_ids_{};
  std::optional<TokenId> end_of_text_;
  bool pieces_end_with_words_ = true;  // no piece reaches from a word into the space behind it

  [[noreturn]] static void refuse(const std::string& where, const char* why) {
    throw Error(Status::kModel, where + ": " + why);
  }

  static void check(const ModelProto& proto, const std::string& where) {
    if (proto.model_type != ModelProto::kUnigram && proto.model_type != ModelProto::kBpe) {
      refuse(where, "SentencePiece models other than unigram and BPE are not supported");
    }
    constexpr const char* kNotExact = "bytes would not survive this vocabulary: ";
    const auto inexact = [&](const char* why) { refuse(where, (std::string(kNotExact) + why).c_str()); };
    if (!proto.byte_fallback) inexact("it has no byte fallback (train with --byte_fallback=true)");
    if (proto.has_character_map) inexact("it normalises (train with --normalization_rule_name=identity)");
    if (proto.add_dummy_prefix) inexact("it adds a space in front (train with --add_dummy_prefix=false)");
    if (proto.remove_extra_whitespaces) inexact("it removes spaces (train with --remove_extra_whitespaces=false)");
    if (!proto.escape_whitespaces) inexact("it does not escape spaces (train with --escape_whitespaces=true)");
    // The library prints the samples that fail.
    if (proto.has_self_test) refuse(where, "a SentencePiece model with self-test samples is not supported");
  }

  void fill(const ModelProto& proto, const std::string& where) {
    byte_ids_.fill(-1);
    bytes_.resize(proto.pieces.size());
    for (std::size_t id = 0; id < proto.pieces.size(); ++id) {
      const auto& piece = proto.pieces[id];
      if (piece.type == ModelProto::kByte) {
        const int value = byte_value(piece.text);
        if (value < 0) refuse(where, "a byte piece is not spelled <0xHH>");
        byte_ids_[static_cast<std::size_t>(value)] = static_cast<TokenId>(id);
        bytes_[id].assign(1, static_cast<char>(value));
      } else if (piece.type == ModelProto::kNormal || piece.type == ModelProto::kUserDefined) {
        bytes_[id] = with_spaces(piece.text);
        pieces_end_with_words_ = pieces_end_with_words_ && !continues_past_a_word(piece.text);
      }
    }
    for (const TokenId id : byte_ids_) {
      if (id < 0) refuse(where, "not all 256 byte pieces are there");
    }
  }

  void append_bytes(std::string_view text, std::vector<TokenId>& ids) const {
    for (const char c : text) ids.push_back(byte_ids_[static_cast<std::uint8_t>(c)]);
  }

  // A vocabulary can be odd in ways that the fields do not show (a control piece named "a"); what the library made of
  // the text is taken only when it spells the text.
  void append(std::string_view text, std::vector<TokenId>& ids) const {
    std::vector<int> found;
    if (!processor_.Encode(text, &found).ok() || !spells(found, text)) return append_bytes(text, ids);
    ids.insert(ids.end(), found.begin(), found.end());
  }
  bool spells(const std::vector<int>& ids, std::string_view text) const {
    for (const int id : ids) {
      const std::string_view piece = bytes(id);
      if (piece.empty() || !text.starts_with(piece)) return false;
      text.remove_prefix(piece.size());
    }
    return text.empty();
  }
};

}  // namespace

std::unique_ptr<Tokenizer> sentencepiece_from_bytes(std::string_view serialized, const std::string& where) {
  if (serialized.size() > INT_MAX / 4) throw Error(Status::kModel, where + ": vocabulary too large");
  return std::make_unique<SentencePiece>(serialized, where);
}

}  // namespace eve
