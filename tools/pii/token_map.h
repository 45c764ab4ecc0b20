// SPDX-License-Identifier: Apache-2.0
// The file that tells what each token stands for: JSON Lines {"token", "label", "value"}; a value that is not UTF-8 is
// given as {"hex"} instead. It holds the personal data itself: mode 0600, whole or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/io.h"
#include "pii/phrases.h"

namespace eve::pii {

class TokenMapWriter {
 public:
  explicit TokenMapWriter(const std::string& path) : file_(path, 0600) {}
  void add(std::string_view token, std::string_view label, std::string_view value);
  void commit() { file_.commit(); }

 private:
  AtomicFile file_;
};

class TokenMap {
 public:
  /// Throws kInput for a file that is missing or no such map.
  explicit TokenMap(const std::string& path);
  /// `text` with every token replaced by its value.
  std::string restore(std::string_view text) const;

 private:
  Phrases tokens_;
  std::vector<std::string> values_;
};

}  // namespace eve::pii
