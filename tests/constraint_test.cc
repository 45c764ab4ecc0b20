// SPDX-License-Identifier: Apache-2.0
#include "decode/constraint.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "decode/automaton.h"
#include "eve/error.h"
#include "toy_vocabulary.h"

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

TEST_CASE("a mask holds exactly the tokens whose bytes the automaton follows, on random grammars") {
  Rng rng(7);
  std::size_t masks = 0, tokens = 0;
  for (int round = 0; round < 300; ++round) {
    const test::ToyTokenizer tokenizer = test::random_tokenizer(rng, 60);
    const bool spans = rng.below(2) == 0;
    const auto grammar = test::random_grammar(rng, spans);
    if (!grammar) continue;
    const std::string text = test::random_text(rng, 30);
    // The oracle counts in bytes and follows each token byte by byte.
    Automaton oracle(grammar, std::make_shared<Source>(text));
    Matcher matcher(grammar, std::make_shared<const Vocabulary>(tokenizer), std::make_shared<Source>(text));
    Automaton::State state = oracle.start();
    TokenSet allowed;
    for (int step = 0; step < 12; ++step) {
      matcher.mask(1'000'000, allowed);
      std::vector<TokenId> wanted, got;
      for (TokenId id = 0; id < static_cast<TokenId>(tokenizer.size()); ++id)
        if (tokenizer.is_text(id) && oracle.advance(state, tokenizer.bytes(id)) != Automaton::kDead)
          wanted.push_back(id);
      allowed.each([&](TokenId id) { got.push_back(id); });
      REQUIRE(got == wanted);
      REQUIRE(matcher.may_end() == oracle.accepts(state));
      ++masks;
      if (got.empty()) break;
      // A token that is not allowed is refused and leaves everything as it was.
      const auto any = static_cast<TokenId>(rng.below(tokenizer.size()));
      if (!allowed.has(any)) REQUIRE_FALSE(matcher.accept(any));
      const TokenId id = got[rng.below(got.size())];
      REQUIRE(matcher.accept(id));
      state = oracle.advance(state, tokenizer.bytes(id));
      ++tokens;
    }
    // Back to the start, the same masks come again.
    matcher.rollback(matcher.tokens());
    REQUIRE(matcher.text().empty());
    matcher.mask(1'000'000, allowed);
    for (TokenId id = 0; id < static_cast<TokenId>(tokenizer.size()); ++id)
      REQUIRE(allowed.has(id) ==
              (tokenizer.is_text(id) && oracle.advance(oracle.start(), tokenizer.bytes(id)) != Automaton::kDead));
  }
  CHECK(masks > 500);
  CHECK(tokens > 300);
}

TEST_CASE("any budget from the shortest completion up gives a complete text, whatever is chosen") {
  Rng rng(8);
  std::size_t runs = 0;
  for (int round = 0; round < 300; ++round) {
    const test::ToyTokenizer tokenizer = test::random_tokenizer(rng, 60);
    const auto grammar = test::random_grammar(rng, true);
    if (!grammar) continue;
    const std::string text = test::random_text(rng, 30);
    Matcher matcher(grammar, std::make_shared<const Vocabulary>(tokenizer), std::make_shared<Source>(text));
    Automaton oracle(grammar, std::make_shared<Source>(text));
    const std::size_t shortest = matcher.shortest();
    if (shortest == Matcher::kNever) continue;
    for (std::size_t more = 0; more < 10; ++more) {
      matcher.rollback(matcher.tokens());
      TokenSet allowed;
      for (std::size_t left = shortest + more;;) {
        const std::vector<TokenId> forced = matcher.forced(left);
        for (const TokenId id : forced) {
          matcher.mask(left--, allowed);
          REQUIRE(allowed.has(id));
          REQUIRE(matcher.accept(id));
        }
        matcher.mask(left, allowed);
        if (allowed.count() == 0 || (matcher.may_end() && rng.below(4) == 0)) break;
        std::vector<TokenId> ids;
        allowed.each([&](TokenId id) { ids.push_back(id); });
        REQUIRE(matcher.accept(ids[rng.below(ids.size())]));
        --left;
      }
      REQUIRE(matcher.may_end());
      REQUIRE(matcher.tokens() <= shortest + more);
      REQUIRE(oracle.accepts(oracle.advance(oracle.start(), matcher.text())));
      ++runs;
    }
  }
  CHECK(runs > 300);
}

TEST_CASE("what is forced is the only way on") {
  const test::ToyTokenizer tokenizer({"{\"", "na", "me", "\":", "name", "\":\"", "\"x", "\":\"x"});
  GrammarBuilder b;
  const auto grammar = b.build(b.sequence({b.literal("{\"name\":\""), b.regex("[xy]+"), b.literal("\"}")}));
  Matcher matcher(grammar, std::make_shared<const Vocabulary>(tokenizer));
  std::string forced;
  for (const TokenId id : matcher.forced(100)) forced += tokenizer.bytes(id);
  // The rest may be written together with an x.
  CHECK(forced == "{\"name");
  CHECK(matcher.forced(matcher.shortest() - 1).empty());
}

namespace {
/// The fewest tokens, as a unigram vocabulary does whose pieces are equally likely.
class FewestTokens : public test::ToyTokenizer {
 public:
  using ToyTokenizer::ToyTokenizer;
  std::vector<TokenId> encode(std::string_view text) const override {
    std::vector<std::vector<TokenId>> best(text.size() + 1);  // of what begins at a byte
    for (std::size_t at = text.size(); at-- > 0;)
      for (TokenId id = 0; is_text(id); ++id) {
        const std::string_view piece = bytes(id);
        if (!text.substr(at).starts_with(piece)) continue;
        const std::vector<TokenId>& rest = best[at + piece.size()];
        if (!best[at].empty() && best[at].size() <= rest.size() + 1) continue;
        best[at] = {id};
        best[at].insert(best[at].end(), rest.begin(), rest.end());
      }
    return best[0];
  }
};
}  // namespace

TEST_CASE("what is forced is spelled as in every text that may come of it") {
  const FewestTokens tokenizer({"Mor", "ph", "ho", "logical", "ological ", "The", "ory"});
  GrammarBuilder b;
  const std::string word = "Morphological", ends[] = {"\"", " Theory\""};
  const auto grammar = b.build(b.sequence({b.literal(word), b.choice({b.literal(ends[0]), b.literal(ends[1])})}));
  Matcher matcher(grammar, std::make_shared<const Vocabulary>(tokenizer));
  const std::vector<TokenId> forced = matcher.forced(100);
  CHECK(forced == tokenizer.encode("Mor"));
  for (const std::string& end : ends) {
    const std::vector<TokenId> whole = tokenizer.encode(word + end);
    CHECK(std::equal(forced.begin(), forced.end(), whole.begin()));
  }
}

TEST_CASE("a hundred thousand choices, deep nesting and large bounds are cheap, too much of them is refused") {
  const test::ToyTokenizer tokenizer({"option", "on", "1", "00"});
  const auto vocabulary = std::make_shared<const Vocabulary>(tokenizer);
  std::vector<std::string> words;
  for (int i = 0; i < 100'000; ++i) words.push_back("option number " + std::to_string(i * 7919));
  const auto begin = std::chrono::steady_clock::now();
  Matcher matcher(choices_grammar(words), vocabulary);
  TokenSet allowed;
  matcher.mask(100, allowed);
  CHECK(allowed.has(256 + 2));  // "option", the third of the tokens in order
  CHECK(matcher.accept(256 + 2));
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(1));

  GrammarBuilder nested;
  auto node = nested.literal("x");
  for (int i = 0; i < 100'000; ++i) node = nested.sequence({nested.literal("["), node, nested.literal("]")});
  Automaton deep(nested.build(node));
  CHECK(deep.distance(deep.start()) == 200'001);
  CHECK(deep.advance(deep.start(), std::string(5'000, '[')) != Automaton::kDead);

  GrammarBuilder laughs;  // each level twice the one before
  node = laughs.choice({laughs.literal("ha"), laughs.literal("ho")});
  for (int i = 0; i < 60; ++i)
    node =
        laughs.choice({laughs.sequence({laughs.literal("("), node, laughs.literal(")")}), laughs.choice({node, node})});
  Automaton billion(laughs.build(node));
  CHECK(billion.accepts(billion.advance(billion.start(), "((ho))")));

  GrammarBuilder wide;
  CHECK_THROWS_AS(
      [&] {
        for (std::size_t i = 0; i <= GrammarBuilder::kMaxNodes; ++i) (void)wide.empty();
      }(),
      Error);
}

TEST_CASE("nested alternatives that look alike share their stacks") {
  GrammarBuilder b;
  const auto rule = b.declare();
  b.define(rule, b.choice({b.literal("x"), b.sequence({b.literal("a"), rule, b.literal("b")}),
                           b.sequence({b.literal("a"), rule, b.literal("c")})}));
  Automaton automaton(b.build(rule));
  const Automaton::State state = automaton.advance(automaton.start(), std::string(500, 'a') + "x");
  REQUIRE(state != Automaton::kDead);
  CHECK(automaton.size() < 20'000);
  CHECK(automaton.accepts(automaton.advance(state, std::string(250, 'b') + std::string(250, 'c'))));
}
