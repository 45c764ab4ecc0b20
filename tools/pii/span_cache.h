// SPDX-License-Identifier: Apache-2.0
// What the model said of texts it has seen, in bounded memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eve/eve.h"

namespace eve::pii {

/// Text -> spans. Holds whole texts, not digests of them: two texts never share an answer. Two generations of at most
/// half the bytes each: when the young one is full the old one is forgotten and the young one becomes the old; what is
/// asked for again moves to the young one. So a text that keeps coming stays, and texts seen once leave.
class SpanCache {
 public:
  /// `limit_bytes`: of texts, spans and what holding them costs. 0 remembers nothing.
  explicit SpanCache(std::size_t limit_bytes);
  /// What is known of a text, or null. The answer stays where it is until add() is called.
  const std::vector<TaggedSpan>* find(std::string_view text);
  /// A text that find() does not know. Texts of more than a sixteenth of the limit are not kept.
  void add(std::string_view text, const std::vector<TaggedSpan>& spans);
  std::size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  struct Generation {
    std::unordered_map<std::string, std::vector<TaggedSpan>, Hash, std::equal_to<>> answers;
    std::size_t bytes = 0;
  };
  std::size_t limit_;
  Generation young_, old_;
};

}  // namespace eve::pii
