// SPDX-License-Identifier: Apache-2.0
// Which arguments of a tool a request can be about.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_value.h"
#include "tasks/evidence.h"

namespace eve::func {

/// The object schema without the optional arguments that nobody speaks of: truth values of whose name and description
/// the request has no word that is not of the tool itself (`about`: its name and description; 97 % of those that
/// training rows give have one), choices none of whose values it has a word of. Where it says a value of a choice as it
/// stands, only such values are left (99.7 %). A number in front of a word of an argument's name or description, "3
/// hotel rooms", is the argument's value, if it has one (96 %), and no other's; so is one behind its whole name
/// ("rooms: 3"; all but one of 3,597). Days, times and places in an order ("the 6th") are values of arguments that are
/// such. Required is an argument of whose choices the request says one (97 % of the training rows that do have it), one
/// that alone is named behind a number (98 %), a text that its whole name introduces ("title: Lunch"; all of 1,353),
/// and one whose format no other of the tool has where the request has one text of it. Others are not, unless
/// `all_required` keeps what the schema says.
std::string said_arguments(const JsonValue& schema, std::string_view about, const tasks::Evidence& evidence,
                           bool all_required = false);

/// The words that say what a text is about, without endings of plural and cut short, so that words of one root meet.
std::set<std::string> subject_words(std::string_view text);

/// The probability that a request wants a tool, given the model's and whether the request has a subject word of the
/// tool's name, description or arguments. Of the training rows 81 % of the tools that are called have one, and 10 % of
/// the requests that no tool fits have one with any tool (models/pico-func/CARD.md).
double with_words(double probability, bool has_words);

}  // namespace eve::func
