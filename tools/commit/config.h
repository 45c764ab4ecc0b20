// SPDX-License-Identifier: Apache-2.0
// The rules of a repository, from the configuration that it has for commitlint.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "commit/lint.h"

namespace eve::commit {

struct Config {
  Rules rules = conventional_rules();
  std::string file;                ///< where they come from; empty: the rules of config-conventional
  std::vector<std::string> notes;  ///< what of the configuration is not followed
};

/// Content of a file in the root of the repository; nothing when there is none.
using ReadRootFile = std::function<std::optional<std::string>(const std::string& name)>;

/// The first of commitlint's search places that there is: package.json ("commitlint"), .commitlintrc,
/// .commitlintrc.json, .yaml, .yml. A configuration that is JavaScript is noted and not run. Throws kInput for one that
/// is malformed.
Config find_config(const ReadRootFile& read);

/// A configuration by its content; `name` ends with .json, .yaml, .yml or is YAML (which JSON is, too).
Config read_config(const std::string& text, const std::string& name);

}  // namespace eve::commit
