// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>

#include "base/utf8.h"
#include "eve/error.h"
#include "text/model_proto.h"
#include "text/piece_encoder.h"
#include "text/tokenizer.h"

namespace eve {
namespace {

constexpr std::string_view kSpaceSymbol = "\xE2\x96\x81";  // U+2581, which stands for the space in pieces
// Text is cut before it is encoded, so that memory stays small; before a word no piece of a usual vocabulary is broken.
constexpr std::size_t kChunk = 512, kLongestChunk = 8 * kChunk;

void append_with_spaces(std::string_view piece, std::string& out) {
  for (std::size_t at; (at = piece.find(kSpaceSymbol)) != piece.npos; piece.remove_prefix(at + kSpaceSymbol.size())) {
    out += piece.substr(0, at);
    out += ' ';
  }
  out += piece;
}

// The byte that a piece "<0xHH>" stands for, or -1.
int byte_value(std::string_view piece) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  const std::size_t high = kDigits.find(piece[3]), low = kDigits.find(piece[4]);
  return high == kDigits.npos || low == kDigits.npos ? -1 : static_cast<int>(high * 16 + low);
}

// Does a space follow another character within the piece?
bool continues_past_a_word(std::string_view spelling) {
  const std::size_t word = spelling.find_first_not_of(' ');
  return word != spelling.npos && spelling.find(' ', word) != spelling.npos;
}

bool continues_a_character(char byte) { return (static_cast<std::uint8_t>(byte) & 0xC0) == 0x80; }

class SentencePiece final : public Tokenizer {
 public:
  SentencePiece(std::string_view serialized, const std::string& where)
      : SentencePiece(serialized, ModelProto::parse(serialized, where), where) {}

  std::vector<TokenId> encode(std::string_view text) const override {
    std::vector<TokenId> ids;
    ids.reserve(text.size() / 3);
    while (!text.empty()) {
      const std::string_view chunk = text.substr(0, chunk_size(text));
      const std::size_t first = ids.size();
      encoder_.encode(chunk, ids);
      fill_in_bytes(chunk, first, ids);
      text.remove_prefix(chunk.size());
    }
    return ids;
  }

  std::string_view bytes(TokenId id) const override {
    if (id < 0 || static_cast<std::size_t>(id) >= size()) return {};
    const std::size_t begin = offsets_[static_cast<std::size_t>(id)], end = offsets_[static_cast<std::size_t>(id) + 1];
    return std::string_view(bytes_).substr(begin, end - begin);
  }
  std::size_t size() const override { return offsets_.size() - 1; }
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
  std::string bytes_;                   // of all tokens, one behind the other; none for what is not text
  std::vector<std::uint32_t> offsets_;  // [size + 1] into bytes_
  std::array<TokenId, 256> byte_ids_{};
  std::optional<TokenId> end_of_text_;
  bool pieces_end_with_words_ = true;  // no piece reaches from a word into the space behind it
  PieceEncoder encoder_;

  SentencePiece(std::string_view serialized, const ModelProto& proto, const std::string& where)
      : serialized_(serialized),
        encoder_(proto.model_type == ModelProto::kBpe ? PieceEncoder::Method::kBpe : PieceEncoder::Method::kUnigram,
                 checked(proto, where)) {
    fill(proto, where);
  }

  [[noreturn]] static void refuse(const std::string& where, const std::string& why) {
    throw Error(Status::kModel, where + ": " + why);
  }

  // Bytes of the pieces that text is cut into.
  static std::size_t checked(const ModelProto& proto, const std::string& where) {
    if (proto.model_type != ModelProto::kUnigram && proto.model_type != ModelProto::kBpe) {
      refuse(where, "SentencePiece models other than unigram and BPE are not supported");
    }
    const auto inexact = [&](const char* why) {
      refuse(where, std::string("bytes would not survive this vocabulary: ") + why);
    };
    if (!proto.byte_fallback) inexact("it has no byte fallback (train with --byte_fallback=true)");
    if (proto.has_character_map) inexact("it normalises (train with --normalization_rule_name=identity)");
    if (proto.add_dummy_prefix) inexact("it adds a space in front (train with --add_dummy_prefix=false)");
    if (proto.remove_extra_whitespaces) inexact("it removes spaces (train with --remove_extra_whitespaces=false)");
    if (!proto.escape_whitespaces) inexact("it does not escape spaces (train with --escape_whitespaces=true)");
    if (proto.has_self_test) refuse(where, "a SentencePiece model with self-test samples is not supported");
    std::size_t bytes = 0, unknown = 0;
    for (const auto& piece : proto.pieces) {
      if (is_cut_into(piece)) bytes += piece.text.size();
      unknown += piece.type == ModelProto::kUnknown;
    }
    if (unknown != 1) refuse(where, "it has " + std::to_string(unknown) + " unknown pieces, not one");
    if (bytes > PieceTrie::kMaxBytes) refuse(where, "its pieces have more than 16 MiB");
    return bytes;
  }
  static bool is_cut_into(const ModelProto::Piece& piece) {
    return piece.type == ModelProto::kNormal || piece.type == ModelProto::kUserDefined;
  }

  void fill(const ModelProto& proto, const std::string& where) {
    byte_ids_.fill(-1);
    offsets_.reserve(proto.pieces.size() + 1);
    offsets_.push_back(0);
    float highest = 0;  // the library starts there too
    for (const auto& piece : proto.pieces)
      if (piece.type == ModelProto::kNormal) highest = std::max(highest, piece.score);
    for (const auto& piece : proto.pieces) {
      const auto id = static_cast<TokenId>(offsets_.size() - 1);
      const std::size_t begin = bytes_.size();
      if (piece.type == ModelProto::kByte) {
        const int value = byte_value(piece.text);
        if (value < 0) refuse(where, "a byte piece is not spelled <0xHH>");
        byte_ids_[static_cast<std::size_t>(value)] = id;
        bytes_ += static_cast<char>(value);
      } else if (is_cut_into(piece)) {
        append_with_spaces(piece.text, bytes_);
        const std::string_view spelling = std::string_view(bytes_).substr(begin);
        pieces_end_with_words_ = pieces_end_with_words_ && !continues_past_a_word(spelling);
        const bool user_defined = piece.type == ModelProto::kUserDefined;
        const bool by_length = user_defined && proto.model_type == ModelProto::kUnigram;  // as the library has it
        const double score =
            static_cast<double>(by_length ? static_cast<float>(piece.text.size()) * highest : piece.score);
        if (!encoder_.add(spelling, id, by_length ? score - 0.1 : score, user_defined))
          refuse(where, "piece " + std::to_string(id) + " is there twice");
      } else if (piece.type == ModelProto::kControl && piece.text == proto.end_of_text) {
        end_of_text_ = id;
      }
      offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    }
    for (const TokenId id : byte_ids_) {
      if (id < 0) refuse(where, "not all 256 byte pieces are there");
    }
  }

  std::size_t chunk_size(std::string_view text) const {
    if (text.size() <= kChunk) return text.size();
    const std::string_view most = text.substr(0, kLongestChunk);
    if (pieces_end_with_words_) {
      for (std::size_t at = kChunk; (at = most.find(' ', at)) != most.npos; ++at)
        if (most[at - 1] != ' ') return at;
    }
    std::size_t end = most.size();
    for (int i = 0; i < 3 && end < text.size() && continues_a_character(text[end]); ++i) --end;
    return end;
  }

  // Puts the byte tokens where the encoder left -1 for each byte, from ids[at] on.
  void fill_in_bytes(std::string_view text, std::size_t at, std::vector<TokenId>& ids) const {
    for (std::size_t begin = 0; at < ids.size(); ++at) {
      if (ids[at] >= 0) {
        begin += bytes(ids[at]).size();
      } else {
        ids[at] = byte_ids_[static_cast<std::uint8_t>(text[begin++])];
      }
    }
  }
};

}  // namespace

std::unique_ptr<Tokenizer> sentencepiece_from_bytes(std::string_view serialized, const std::string& where) {
  if (serialized.size() > std::numeric_limits<std::int32_t>::max())
    throw Error(Status::kModel, where + ": vocabulary too large");
  return std::make_unique<SentencePiece>(serialized, where);
}

}  // namespace eve
