// SPDX-License-Identifier: Apache-2.0
// YAML of configuration files, read as JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/json_value.h"

namespace eve::commit {

/// The one document of a YAML text (libyaml), at most 64 levels deep; plain scalars are what YAML's core schema says.
/// Anchors, aliases, tags and a key that stands twice are refused. Throws Error(kInput, "WHERE: ..."), never quoting
/// the text.
JsonValue parse_yaml(std::string_view text, const std::string& where);

}  // namespace eve::commit
