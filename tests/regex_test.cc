// SPDX-License-Identifier: Apache-2.0
#include "base/regex.h"

#include <catch2/catch.hpp>
#include <ctime>

#include "base/nfa.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "eve/error.h"

using namespace eve;

namespace {

bool whole(const char* pattern, std::string_view text) { return matches(pattern, text); }
bool found(const char* pattern, std::string_view text) { return matches(pattern, text, RegexMatch::kSearch); }

}  // namespace

TEST_CASE("patterns match what ECMA-262 says, as a whole and searched for") {
  CHECK(whole("a(b|cd)*e?", "abcdbe"));
  CHECK_FALSE(whole("a(b|cd)*e?", "abce"));
  CHECK(whole("[^a-c\\d]{2,3}", "x-"));
  CHECK_FALSE(whole("[^a-c\\d]{2,3}", "x1"));
  CHECK(whole("x{3}", "xxx"));
  CHECK_FALSE(whole("x{3}", "xxxx"));
  CHECK(whole("(?:ab){2,}", "ababab"));
  CHECK(whole("a+?b*?", "aab"));
  CHECK(found("b+", "abc"));
  CHECK_FALSE(found("^b+", "abc"));
  CHECK(found("c$", "abc"));
  CHECK_FALSE(found("b$", "abc"));
  CHECK(found("^a|c$", "xxc"));
  CHECK_FALSE(found("^a|c$", "xcx"));
  CHECK(found("^$", ""));
  CHECK_FALSE(found("^$", "a"));
  CHECK(found("(^|,)b", "a,b"));
  CHECK_FALSE(found("a^b", "ab"));
  CHECK(whole("\\u00e9\\u{1F600}\\ud83d\\ude00", "\xC3\xA9\xF0\x9F\x98\x80\xF0\x9F\x98\x80"));
  CHECK(whole(".", "\xF0\x9F\x98\x80"));
  CHECK_FALSE(whole(".", "\n"));
  CHECK_FALSE(whole(".", "\xC3"));
  CHECK(whole("\\s\\S", "\xC2\xA0x"));
  CHECK(whole("\\p{Lu}\\P{L}",
              "\xC3\x89"
              "1"));
  CHECK_FALSE(whole("\\p{Lu}", "\xC3\xA9"));
  CHECK(whole("[\\w-]+", "a-b_9"));
  CHECK(whole("\\cJ\\x41\\.", "\nA."));
}

TEST_CASE("what cannot be matched is refused with its offset") {
  const std::pair<const char*, const char*> bad[] = {
      {"a(?=b)", "offset 1"},    {"(a)\\1", "offset 3"}, {"(?<n>a)\\k<n>", "offset 7"}, {"\\bword", "offset 0"},
      {"a{1001}", "offset 2"},   {"(ab", "offset 0"},    {"ab)", "offset 2"},           {"[a-", "offset 0"},
      {"*a", "offset 0"},        {"a**", "offset 2"},    {"[z-a]", "offset 1"},         {"\\", "offset 0"},
      {"\\p{Greek}", "offset 0"}};
  for (const auto& [pattern, where] : bad) {
    INFO(pattern);
    CHECK_THROWS_WITH(regex(pattern), Catch::Contains(where));
  }
}

TEST_CASE("patterns that explode are refused instead") {
  for (const char* pattern :
       {"(a|b)*a(a|b){900}", "((((a{1000}){1000}){1000}){1000})", "(\\p{L}{1000}){1000}", "(.{0,999}){0,999}",
        // Parts that are empty cost time as well.
        "(?:(?:(?:|){1000}){50}[ab])*a[ab]{12}"})
    CHECK_THROWS_AS(regex(pattern), Error);
  CHECK_THROWS_AS(regex(std::string(100'000, '(')), Error);
}

TEST_CASE("patterns that cost much time are read or refused in time") {
  const std::clock_t start = std::clock();
  CHECK_THROWS_AS(regex("(((()){1000}){1000}){1000}"), Error);
  std::string blanks = "()";
  for (int i = 0; i < 300; ++i) blanks += "()";
  CHECK_THROWS_AS(regex("(((" + blanks + "){1000}){1000}){1000}"), Error);
  CHECK_NOTHROW(regex("^(?:(?:abcdefghi){0,1000}z)*$"));
  CHECK(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < 20);  // sanitizers are slow
}

TEST_CASE("ranges of code points become exactly their UTF-8 forms") {
  Rng rng(3);
  for (int round = 0; round < 60; ++round) {
    std::vector<CodeRange> ranges;
    for (std::size_t n = 1 + rng.below(3); n > 0; --n) {
      const auto low = static_cast<std::uint32_t>(rng.below(round % 2 == 0 ? 0x3000 : 0x110000));
      ranges.push_back({low, low + static_cast<std::uint32_t>(rng.below(round % 3 == 0 ? 40 : 0x5000))});
    }
    ranges = normalised(ranges);
    const Dfa inside = Dfa::characters(ranges, 1, 1), outside = Dfa::characters(complement(ranges), 1, 1);
    const auto check = [&](std::uint32_t c) {
      if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return;
      bool is_in = false;
      for (const CodeRange range : ranges) is_in = is_in || (c >= range.low && c <= range.high);
      std::string text;
      append_utf8(text, c);
      REQUIRE(inside.matches(text) == is_in);
      REQUIRE(outside.matches(text) == !is_in);
    };
    for (const CodeRange range : ranges)
      for (const std::uint32_t c :
           {range.low - 1, range.low, range.low + 1, range.high - 1, range.high, range.high + 1})
        check(c);
    for (int i = 0; i < 200; ++i) check(static_cast<std::uint32_t>(rng.below(0x110000)));
  }
}

TEST_CASE("sets of strings combine, and what is left measures its way to the end") {
  const Dfa a = regex("[ab]*"), b = regex("a.*");
  CHECK(intersection(a, b).matches("abb"));
  CHECK_FALSE(intersection(a, b).matches("bab"));
  CHECK(difference(a, b).matches("bab"));
  CHECK(difference(a, b).matches(""));
  CHECK_FALSE(difference(a, b).matches("ab"));
  CHECK(union_of(a, b).matches("axx"));
  CHECK(difference(a, a).empty());
  CHECK(Dfa::text(2, 3).matches("\xC3\xA9z"));
  CHECK_FALSE(Dfa::text(2, 3).matches("\xC3\xA9"));
  CHECK(regex("abc|xy").distance(Dfa::kStart) == 2);
  CHECK(regex("(a|b)(a|b)(a|b)").size() == 4);  // equal states are one
  const Dfa escaped = json_escaped(Dfa::text());
  for (const char* text : {"a", "\\\"", "\\\\", "\\n", "\\u0001", "\xC3\xA9"}) CHECK(escaped.matches(text));
  for (const char* text : {"\"", "\\", "\n", "\\u0041", "\\u000a", "\xC3"}) CHECK_FALSE(escaped.matches(text));
}
