// SPDX-License-Identifier: Apache-2.0
// A GPT-2 vocabulary in the form in which it is used: a file that holds it so needs nothing built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace eve {

/// Types of tokens as GGUF numbers them. Tokens of other types would have to be found in the text before anything else.
enum BpeType : std::uint8_t { kBpeNormal = 1, kBpeUnknown = 2, kBpeControl = 3, kBpeUnused = 5 };

struct BpeTables {
  std::string_view bytes;  ///< of all tokens, one behind the other: what a normal token stands for, any other's name
  U32View ends;            ///< [tokens] in `bytes`
  std::string_view types;  ///< [tokens] BpeType
  U32View merge_ends;      ///< [tokens] in the following: behind the merges whose left part is the token
  U32View rights;          ///< [merges] right part, ascending for each left part
  U32View results;         ///< [merges]
  U32View ranks;           ///< [merges] place in the list of merges

  std::size_t tokens() const { return ends.size(); }
  std::size_t merges() const { return rights.size(); }
  std::string_view token(std::size_t id) const {
    const std::size_t begin = id == 0 ? 0 : ends[id - 1];
    return bytes.substr(begin, ends[id] - begin);
  }
  bool is_normal(std::size_t id) const { return types[id] == static_cast<char>(kBpeNormal); }
  std::size_t first_merge(std::size_t left) const { return left == 0 ? 0 : merge_ends[left - 1]; }

  /// Where the merge of two tokens stands, if there is one. A merge that does not give the bytes of its two tokens, as
  /// only a damaged table has it, is none.
  std::optional<std::size_t> find_merge(std::size_t left, std::size_t right) const;

  /// Throws kModel unless every offset, id and rank lies within its array. Looks at all of them, at nothing else.
  void check(const std::string& where) const;
};

/// Tables made from the lists that other programs keep.
struct OwnBpeTables {
  std::string bytes, types;
  std::vector<std::uint32_t> ends, merge_ends, rights, results, ranks;
  BpeTables view() const;
  /// `tokens` as the vocabulary spells them (text/byte_alphabet.h); `merges` "left right" in the order of their ranks.
  /// Throws kModel when a type is another, a spelling is of another alphabet or there twice, or a merge is malformed,
  /// there twice, or of what is no token.
  static OwnBpeTables make(const std::vector<std::string_view>& tokens, const std::vector<std::int32_t>& types,
                           const std::vector<std::string_view>& merges, const std::string& where);
};

}  // namespace eve
