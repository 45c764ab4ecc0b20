// SPDX-License-Identifier: Apache-2.0
// What a text decides without a model.
#pragma once

#include "base/json_value.h"
#include "tasks/evidence.h"

namespace eve::extract {

/// The schema with what the text leaves no choice about: of an enum the one choice that stands in the text, where it is
/// no ordinary word (has a capital letter, a digit or a blank) or is the ISO 4217 code of the text's currency sign or
/// name; and a list whose items have a format that nothing else in the schema has is all that the text has of it.
JsonValue settle(const JsonValue& schema, const tasks::Evidence& evidence);

}  // namespace eve::extract
