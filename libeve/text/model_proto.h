// SPDX-License-Identifier: Apache-2.0
// The fields of a SentencePiece ModelProto that decide whether bytes round-trip (sentencepiece_model.proto of
// google/sentencepiece). The library has no accessor for them and ships no header of the message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eve {

struct ModelProto {
  enum PieceType : std::int32_t { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
  struct Piece {
    std::string_view text;  ///< into the serialized message
    float score = 0;
    std::int32_t type = kNormal;
  };
  enum ModelType : std::uint64_t { kUnigram = 1, kBpe, kWord, kChar };
  std::vector<Piece> pieces;
  std::uint64_t model_type = kUnigram;
  bool byte_fallback = false;
  bool has_character_map = false;  ///< precompiled or as rules
  bool add_dummy_prefix = true;
  bool remove_extra_whitespaces = true;
  bool escape_whitespaces = true;
  bool has_self_test = false;
  std::string_view end_of_text = "</s>";  ///< name of a control piece; into the serialized message

  /// Throws Error(kModel, "WHERE: ...") when the bytes are not a well-formed message or a piece is not sound: 1 to 256
  /// bytes of UTF-8 without NUL, a finite score, a known type; at most 1,048,576 pieces.
  static ModelProto parse(std::string_view serialized, const std::string& where);
};

}  // namespace eve
