// SPDX-License-Identifier: Apache-2.0
// Schemas and whatever model: what is written is valid, within any budget that allows it.
#include <catch2/catch.hpp>
#include <iostream>

#include "base/rng.h"
#include "decode/constraint.h"
#include "decode/schema_grammar.h"
#include "eve/eve.h"
#include "random_model.h"
#include "schema_suite.h"
#include "toy_vocabulary.h"

using namespace eve;

namespace {

/// The schemas of the official suite that compile.
std::vector<std::pair<std::string, SchemaGrammar>> suite_grammars(const std::string& root) {
  std::vector<std::pair<std::string, SchemaGrammar>> out;
  for (const std::string folder : {"draft2020-12", "draft7"}) {
    for (const auto& group : test::suite_groups(root, folder)) {
      try {
        out.emplace_back(group.file + ": " + group.description, compile_schema(SchemaGraph::parse(group.schema)));
      } catch (const Error&) {
        // Refused: said and counted where the grammar is tested.
      }
    }
  }
  return out;
}

}  // namespace

TEST_CASE(
    "within any budget from the smallest up, a text of 200 schemas is complete, and valid where nothing is checked") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  const auto grammars = suite_grammars(root);
  REQUIRE(grammars.size() > 400);
  const test::ToyTokenizer tokenizer(
      {"{\"", "\":", "\",\"", "\"}", "foo", "bar", "true", "null", "[]", "10", "]}", "ab"});
  const auto vocabulary = std::make_shared<const Vocabulary>(tokenizer);
  const auto tables = std::make_shared<TerminalTables>(vocabulary);
  Rng rng(11);
  std::size_t schemas = 0, texts = 0, rejected = 0;
  for (std::size_t i = 0; i < grammars.size() && schemas < 200; i += 2) {
    const auto& [name, grammar] = grammars[i];
    INFO(name);
    Matcher matcher(grammar.grammar, tables);
    const std::size_t shortest = matcher.shortest();
    if (shortest > 1'000) continue;
    ++schemas;
    for (const std::size_t more : {0, 1, 2, 3, 5, 8, 13, 21, 34, 55}) {
      matcher.rollback(matcher.tokens());
      TokenSet allowed;
      std::size_t left = shortest + more;
      while (left > 0 && !matcher.must_end() && !(matcher.may_end() && rng.below(8) == 0)) {
        matcher.mask(left, allowed);
        const std::size_t count = allowed.count();
        if (count == 0) break;
        std::size_t chosen = rng.below(count);
        TokenId id = 0;
        allowed.each([&](TokenId candidate) {
          if (chosen-- == 0) id = candidate;
        });
        REQUIRE(matcher.accept(id));
        --left;
      }
      INFO(matcher.text());
      REQUIRE(matcher.may_end());
      ++texts;
      const auto wrong = grammar.check(matcher.text());
      rejected += wrong.has_value();
      if (!grammar.needs_check) CHECK(wrong.value_or("") == "");
    }
  }
  CHECK(schemas == 200);
  std::cout << "  " << schemas << " schemas, " << texts << " texts within their budgets, " << rejected
            << " of them found by the check\n";
}

TEST_CASE("a model of random weights writes valid values of schemas or none") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  const auto grammars = suite_grammars(root);
  const test::RandomModel file(Head::kLm, 0.3, 512);
  Generator generator(Model::open(file.path), 1);
  std::size_t schemas = 0, valid = 0, none = 0;
  for (std::size_t i = 0; i < grammars.size(); i += 6) {
    const auto& [name, grammar] = grammars[i];
    INFO(name);
    ++schemas;
    GenerateOptions options;
    options.temperature = 1;
    options.max_tokens = 60;
    options.constraint.grammar = grammar.grammar;
    if (grammar.needs_check)
      options.constraint.check = [&](std::string_view text) { return !grammar.check(text).has_value(); };
    for (options.seed = 0; options.seed < 20; ++options.seed) {
      const auto result = generator.generate("x", options);
      if (result.reason == StopReason::kNoAnswer || result.reason == StopReason::kBudget) {
        ++none;
        continue;
      }
      ++valid;
      CHECK(grammar.check(result.text).value_or("") == "");
    }
  }
  std::cout << "  " << schemas << " schemas, 20 texts each: " << valid << " valid, " << none << " without an answer\n";
  CHECK(valid > 15 * schemas);
}
