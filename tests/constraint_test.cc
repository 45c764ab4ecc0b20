// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "decode/automaton.h"
#include "eve/error.h"

using namespace eve;

namespace {

bool accepts(Automaton& automaton, std::string_view text) {
  return automaton.accepts(automaton.advance(automaton.start(), text));
}

}  // namespace

TEST_CASE("a recursive grammar accepts what it describes and nothing else") {
  GrammarBuilder b;
  const auto value = b.declare();
  const auto list =
      b.sequence({b.literal("["), b.optional(b.sequence({value, b.repeat(b.sequence({b.literal(","), value}), 0)})),
                  b.literal("]")});
  b.define(value, b.choice({list, b.regex("0|[1-9][0-9]*"), b.literal("true")}));
  Automaton automaton(b.build(value));
  for (const char* text : {"[]", "0", "12", "[1,[],true,[[3]]]", "true"}) CHECK(accepts(automaton, text));
  for (const char* text : {"", "[", "[1,]", "01", "[,1]", "tru", "[1]]", "[1 ]"}) CHECK_FALSE(accepts(automaton, text));
  CHECK(automaton.distance(automaton.start()) == 1);
  CHECK(automaton.distance(automaton.advance(automaton.start(), "[1,[")) == 2);
  CHECK(automaton.completion(automaton.advance(automaton.start(), "[[t"), 100) == "rue]]");
}

TEST_CASE("bounds of a thousand million are counted, not expanded") {
  GrammarBuilder b;
  Automaton automaton(b.build(b.repeat(b.literal("ab"), 3, 1'000'000'000)));
  CHECK(accepts(automaton, "ababab"));
  CHECK_FALSE(accepts(automaton, "abab"));
  CHECK(automaton.distance(automaton.start()) == 6);
}

TEST_CASE("a rule that begins with itself is refused") {
  GrammarBuilder b;
  const auto rule = b.declare();
  b.define(rule, b.choice({b.sequence({b.optional(b.literal("x")), rule, b.literal("y")}), b.literal("z")}));
  CHECK_THROWS_AS(b.build(rule), Error);
}

TEST_CASE("a span of the source is accepted, escaped as JSON asks, and found again") {
  GrammarBuilder b;
  SpanForm form;
  form.json = true;
  Automaton automaton(b.build(b.sequence({b.literal("\""), b.span(form), b.literal("\"")})),
                      std::make_shared<Source>("He said \"go now\"\nto 12 cats"));
  for (const char* text : {"\"said\"", "\"said \\\"go now\\\"\\nto\"", "\"12\"", "\"go now\""})
    CHECK(accepts(automaton, text));
  for (const char* text : {"\"sai\"", "\"\"", "\"said \"", "\" said\"", "\"dog\"", "\"1\"", "\"now\"to\""})
    CHECK_FALSE(accepts(automaton, text));
  CHECK(Source("cat catalog cat").find("cat", true) == std::vector<std::size_t>{0, 12});
}
