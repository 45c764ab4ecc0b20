// SPDX-License-Identifier: Apache-2.0
// Patterns from anywhere: compiled within their limits or refused, and what matches as a whole is found.
#include "base/regex.h"
#include "base/utf8.h"
#include "check.h"
#include "eve/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = input.find('\n');
  const std::string_view pattern = input.substr(0, cut);
  const std::string_view text = cut == std::string_view::npos ? pattern : input.substr(cut + 1);
  try {
    const eve::Dfa whole = eve::regex(pattern), somewhere = eve::regex(pattern, eve::RegexMatch::kSearch);
    eve::fuzz::require(whole.size() <= eve::Dfa::kMaxStates);
    if (whole.matches(text)) {
      eve::fuzz::require(somewhere.matches(text));
      eve::fuzz::require(eve::utf8_error(text) == std::string_view::npos);
    }
    eve::fuzz::require(eve::intersection(whole, eve::difference(eve::Dfa::text(), whole)).empty());
  } catch (const eve::Error&) {
  }
  return 0;
}
