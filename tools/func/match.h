// SPDX-License-Identifier: Apache-2.0
// Whether calls are the wanted ones: the AST match of the Berkeley Function-Calling Leaderboard (Patil et al.), and
// plain equality.
#pragma once

#include <simdjson.h>

#include <string_view>

namespace eve::func {

/// Equal as JSON: members in any order, 1 and 1.0 the same number.
bool equal(simdjson::dom::element a, simdjson::dom::element b);

/// `calls` [{"name", "arguments"}] against `wanted` of the same form, as sets.
bool same_calls(simdjson::dom::element calls, simdjson::dom::element wanted);

/// `calls` against a BFCL ground truth [{"NAME": {"ARGUMENT": [allowed values]}}], as sets. An argument with "" among
/// its allowed values may be left out; no other argument may be there. Strings are compared without case, spaces and
/// ,./-_*^ ; members of an object value have lists of allowed values themselves.
bool matches_bfcl(simdjson::dom::element calls, simdjson::dom::element truth);

}  // namespace eve::func
