// SPDX-License-Identifier: Apache-2.0
// The texts to extract from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tool.h"

namespace eve::extract {

enum class Unit { kLine, kParagraph, kWhole };

/// Lines (with -0 NUL-terminated texts), paragraphs (lines up to an empty one), or whole files.
class Texts {
 public:
  Texts(Run& run, std::vector<std::string> files, Unit unit);
  /// The next text; false at the end. Throws kInput for what is not UTF-8 or larger than --max-input.
  bool next(std::string& text);
  bool may_join();  ///< whether a text waits that may join a batch
  std::uint64_t count() const { return count_; }

 private:
  Run& run_;
  std::vector<std::string> files_;
  Unit unit_;
  std::optional<Records> records_;  // none: whole files
  std::size_t next_file_ = 0;
  std::uint64_t count_ = 0;
  bool next_paragraph(std::string& text);
};

}  // namespace eve::extract
