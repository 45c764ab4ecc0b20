// SPDX-License-Identifier: Apache-2.0
// A call as a command line that a POSIX shell reads as exactly these words.
#pragma once

#include <string>
#include <string_view>

#include "base/json_value.h"

namespace eve::func {

/// `word` quoted for sh: as it is where that is safe, else in single quotes, else (with control characters or others
/// that steer a terminal) as $'...' of POSIX.1-2024 and bash, ksh, zsh. Throws Error(kInput) for a NUL, which no
/// argument can hold.
std::string quote(std::string_view word);

/// NAME --KEY=VALUE ... of {"name", "arguments"}: true is --KEY and false --KEY=false, an array of scalars repeats the
/// flag, objects and nested arrays are compact JSON, null is left out.
std::string command_line(const JsonValue& call);

}  // namespace eve::func
