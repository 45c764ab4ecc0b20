// SPDX-License-Identifier: Apache-2.0
// Where a value that begins at byte i of a text ends; 0 where there is none. What it means, a word before it tells.
#pragma once

#include <cstddef>
#include <string_view>

namespace eve::pii {

/// Whether a whole value stands where none is: "null", "required", "hidden".
bool is_placeholder(std::string_view value);
/// A calendar date, in numbers or with an English month.
std::size_t date_end(std::string_view text, std::size_t i);
/// The number of a document: letters and digits, `least` to `most` of them with at least `digits` digits, and `joins`.
std::size_t document_end(std::string_view text, std::size_t i, std::size_t least, std::size_t most, std::size_t digits,
                         std::string_view joins = {});
/// An identity number: US, UK, Spanish, Indian, Brazilian, French forms.
std::size_t national_end(std::string_view text, std::size_t i);
/// A British one in groups, "AB 12 34 56 C".
std::size_t nino_end(std::string_view text, std::size_t i);
/// A number plate: "AB12 CDE", "B-MW 1234", "AA-123-BB", "ABC-1234", "7ABC123".
std::size_t plate_end(std::string_view text, std::size_t i);
/// What is set where "= value", ": value" or similar begins at i; `start` receives where. 0 for code and prose too.
std::size_t secret_end(std::string_view text, std::size_t i, std::size_t& start);

}  // namespace eve::pii
