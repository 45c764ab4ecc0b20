// SPDX-License-Identifier: Apache-2.0
// Definitions that a diff adds and takes away, read line by line without a parser of any language.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/diff.h"

namespace eve::commit {

struct Symbol {
  std::string name;
  std::string kind;  ///< "function", "class", "type", "constant"
  bool is_public = false;
  std::string path;
  std::string signature;  ///< the line, white space as single blanks
};

/// The definition that a line of source is, in a file of this path; an empty name where it is none.
Symbol read_symbol(std::string_view line, std::string_view path);

struct SymbolChanges {
  std::vector<Symbol> added, removed;
  std::vector<Symbol> changed;  ///< as they were; their line is another now
};

/// What is defined on added lines, no longer defined, and defined otherwise. A definition that moved is none of them.
SymbolChanges symbol_changes(const std::vector<tasks::FileDiff>& files);

}  // namespace eve::commit
