// SPDX-License-Identifier: Apache-2.0
// What a message must be: commitlint's rules (all that come with version 20), and its verdict.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "commit/message.h"

namespace eve::commit {

enum class Severity { kOff, kWarning, kError };

struct Rule {
  Severity severity = Severity::kError;
  bool always = true;  ///< false: "never"
  JsonValue value;     ///< as the configuration has it; null when the rule takes none
};

struct Rules {
  std::map<std::string, Rule, std::less<>> by_name;
  bool conventional = true;  ///< ParseOptions::conventional
  bool ignores = true;       ///< merges, reverts, fixups and bare versions pass

  /// Sets a rule from its value in a configuration: [level, "always" or "never", value]. Throws kInput, naming `where`,
  /// for what commitlint would refuse.
  void set(const std::string& name, const JsonValue& setting, const std::string& where);

  /// The rule if it is an error to break it, or nullptr.
  const Rule* error(std::string_view name) const;
  /// The limit of a rule such as header-max-length; `none` without one.
  std::size_t limit(std::string_view name, std::size_t none) const;
  /// The words that type-enum or scope-enum allow; empty: any.
  std::vector<std::string> words(std::string_view name) const;
  void set_limit(std::string_view name, std::size_t limit);
  void set_words(std::string_view name, const std::vector<std::string>& words);
};

/// Those of @commitlint/config-conventional.
Rules conventional_rules();

struct Problem {
  std::string rule;
  Severity severity;
  std::string text;  ///< what is wrong, for a user; safe on a terminal
};

/// What is wrong with a message, by the names of the rules; nothing when it is ignored. `comment` as in ParseOptions.
std::vector<Problem> lint(std::string_view text, const Rules& rules, std::string_view comment = {});

/// Whether there is an error among them.
bool is_refused(const std::vector<Problem>& problems);

}  // namespace eve::commit
