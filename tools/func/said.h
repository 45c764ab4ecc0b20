// SPDX-License-Identifier: Apache-2.0
// Which arguments of a tool a request can be about.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "tasks/evidence.h"

namespace eve::func {

/// The object schema without the optional arguments that nobody speaks of: truth values of whose name and description
/// the request has no word (98 % of those that training rows give have one), choices none of whose values it has a word
/// of. Where it says a value of a choice as it stands, only such values are left (99.7 %).
std::string said_arguments(const JsonValue& schema, const tasks::Evidence& evidence);

/// An argument of a call.
struct Given {
  std::string name, json;
  double sure;  ///< probability
  bool required;
};
/// What the request says in one place is meant for one argument (in 99.7 % of the training rows): the surest keep it,
/// and those that must be there.
void drop_reused(std::vector<Given>& given, std::string_view request);

}  // namespace eve::func
