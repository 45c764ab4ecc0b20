// SPDX-License-Identifier: Apache-2.0
#include "text/model_proto.h"

#include <bit>
#include <cmath>

#include "base/utf8.h"
#include "eve/error.h"

namespace eve {
namespace {

constexpr std::size_t kMaxPieces = 1'048'576;
// Looking for pieces costs a step per byte of the longest one at every place of the text.
constexpr std::size_t kMaxPieceBytes = 256;

// One message of the protocol-buffer wire format, field by field.
class Fields {
 public:
  enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  Fields(std::string_view message, const std::string& where) : rest_(message), where_(where) {}

  // The next field; false at the end. Afterwards `number` is the varint or fixed value, `bytes` the content of kBytes.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = tag >> 3;
    wire = static_cast<std::uint32_t>(tag & 7);
    if (field == 0 || field > 0x1FFFFFFF) malformed();
    switch (wire) {
      case kVarint:
        number = varint();
        break;
      case kFixed64:
        number = fixed(8);
        break;
      case kFixed32:
        number = fixed(4);
        break;
      case kBytes: {
        const std::uint64_t size = varint();
        if (size > rest_.size()) malformed();
        bytes = take(static_cast<std::size_t>(size));
        break;
      }
      default:
        malformed();
    }
    return true;
  }
  bool is(std::uint64_t wanted, Wire type) const { return field == wanted && wire == type; }
  [[noreturn]] void malformed() const { throw Error(Status::kModel, where_ + ": not a SentencePiece model"); }

  std::uint64_t field = 0;
  std::uint32_t wire = 0;
  std::uint64_t number = 0;
  std::string_view bytes;

 private:
  std::string_view rest_;
  const std::string& where_;

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) malformed();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    malformed();
  }
  std::uint64_t fixed(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view raw = take(size);
    for (std::size_t i = 0; i < size; ++i)
      value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(raw[i])) << (8 * i);
    return value;
  }
};

ModelProto::Piece parse_piece(std::string_view message, const std::string& where, std::size_t id) {
  ModelProto::Piece piece;
  const auto refuse = [&](const char* why) {
    throw Error(Status::kModel, where + ": piece " + std::to_string(id) + " " + why);
  };
  std::uint64_t type = ModelProto::kNormal;
  for (Fields f(message, where); f.next();) {
    if (f.is(1, Fields::kBytes)) piece.text = f.bytes;
    if (f.is(2, Fields::kFixed32)) piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(f.number));
    if (f.is(3, Fields::kVarint)) type = f.number;
  }
  if (piece.text.empty()) refuse("is empty");
  if (piece.text.size() > kMaxPieceBytes) refuse("is longer than 256 bytes");
  // SentencePiece itself keeps pieces as C strings, and so has none with a NUL.
  if (piece.text.find('\0') != piece.text.npos) refuse("contains a NUL byte");
  if (utf8_error(piece.text) != std::string_view::npos) refuse("is not UTF-8");
  if (!std::isfinite(piece.score)) refuse("has a score that is not finite");
  if (type < ModelProto::kNormal || type > ModelProto::kByte) refuse("has an unknown type");
  piece.type = static_cast<std::int32_t>(type);
  return piece;
}

}  // namespace

ModelProto ModelProto::parse(std::string_view serialized, const std::string& where) {
  ModelProto proto;
  for (Fields f(serialized, where); f.next();) {
    if (f.is(1, Fields::kBytes)) {
      if (proto.pieces.size() == kMaxPieces) throw Error(Status::kModel, where + ": more than 1048576 pieces");
      proto.pieces.push_back(parse_piece(f.bytes, where, proto.pieces.size()));
    } else if (f.is(2, Fields::kBytes)) {
      for (Fields trainer(f.bytes, where); trainer.next();) {
        if (trainer.is(3, Fields::kVarint)) proto.model_type = trainer.number;
        if (trainer.is(47, Fields::kBytes)) proto.end_of_text = trainer.bytes;
        if (trainer.is(35, Fields::kVarint)) proto.byte_fallback = trainer.number != 0;
      }
    } else if (f.is(3, Fields::kBytes)) {
      for (Fields normalizer(f.bytes, where); normalizer.next();) {
        if (normalizer.is(2, Fields::kBytes) || normalizer.is(6, Fields::kBytes)) {
          proto.has_character_map |= !normalizer.bytes.empty();
        }
        if (normalizer.is(3, Fields::kVarint)) proto.add_dummy_prefix = normalizer.number != 0;
        if (normalizer.is(4, Fields::kVarint)) proto.remove_extra_whitespaces = normalizer.number != 0;
        if (normalizer.is(5, Fields::kVarint)) proto.escape_whitespaces = normalizer.number != 0;
      }
    } else if (f.is(4, Fields::kBytes)) {
      proto.has_self_test |= !f.bytes.empty();
    }
  }
  return proto;
}

}  // namespace eve
