// SPDX-License-Identifier: Apache-2.0
// Whether calls are the wanted ones: the AST match of the Berkeley Function-Calling Leaderboard (Patil et al.), and
// plain equality.
#pragma once

#include "base/json_value.h"

namespace eve::func {

/// `calls` [{"name", "arguments"}] against `wanted` of the same form, as sets: members in any order, numbers by value.
bool same_calls(const JsonValue& calls, const JsonValue& wanted);

/// `calls` against a BFCL ground truth [{"NAME": {"ARGUMENT": [allowed values]}}], as sets. An argument with "" among
/// its allowed values may be left out; no other argument may be there. Strings are compared without case, spaces and
/// ,./-_*^ ; members of an object value have lists of allowed values themselves.
bool matches_bfcl(const JsonValue& calls, const JsonValue& truth);

}  // namespace eve::func
