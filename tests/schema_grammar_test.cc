// SPDX-License-Identifier: Apache-2.0
#include "decode/schema_grammar.h"

#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "base/rng.h"
#include "decode/automaton.h"
#include "schema_suite.h"

using namespace eve;
using Catch::Matchers::Contains;

namespace {

SchemaGrammar compile(const std::string& schema, const SchemaGrammarOptions& options = {}) {
  return compile_schema(SchemaGraph::parse(schema), options);
}

bool writes(Automaton& automaton, std::string_view text) {
  return automaton.accepts(automaton.advance(automaton.start(), text));
}

/// Whether the value is written with its members in some other order (looked for in the outer object).
bool writes_reordered(Automaton& automaton, const JsonValue& value) {
  if (!value.is(JsonValue::Kind::kObject) || value.items.size() > 6) return false;
  std::vector<std::size_t> order(value.items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    std::string text = "{";
    for (const std::size_t i : order)
      text += (text.size() > 1 ? "," : "") + spelled_string(value.names[i]) + ":" + spelled_json(value.items[i]);
    if (writes(automaton, text + "}")) return true;
  } while (std::ranges::next_permutation(order).found);
  return false;
}

/// A text by random bytes out of those that are possible; after `patience` bytes, by the shortest way to an end.
std::string random_text(Automaton& automaton, Rng& rng, std::size_t patience) {
  static const std::string kLikely = "\"\"\"{}[],:0123456789-+.eEabcdefghijklmnopqrstuvwxyzTZPD \\untf";
  std::string text;
  Automaton::State state = automaton.start();
  while (true) {
    if (automaton.accepts(state) && (automaton.is_final(state) || text.size() > patience || rng.below(4) == 0)) break;
    if (text.size() > patience) return text + automaton.completion(state, std::size_t{1} << 20);
    Automaton::State next = Automaton::kDead;
    std::uint8_t byte = 0;
    const auto attempt = [&](std::uint8_t candidate) {
      const Automaton::State to = automaton.advance(state, candidate);
      if (to == Automaton::kDead || automaton.distance(to) == Automaton::kNever) return false;
      next = to, byte = candidate;
      return true;
    };
    for (int i = 0; i < 12; ++i)
      if (attempt(static_cast<std::uint8_t>(kLikely[rng.below(kLikely.size())]))) break;
    const auto first = static_cast<std::uint32_t>(rng.below(256));
    for (std::uint32_t i = 0; next == Automaton::kDead && i < 256; ++i) attempt(static_cast<std::uint8_t>(first + i));
    if (next == Automaton::kDead) return "dead end behind " + text;
    text += static_cast<char>(byte);
    state = next;
  }
  return text;
}

}  // namespace

TEST_CASE("what a schema of the suite's grammar writes is valid, or found not to be") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  for (const std::string folder : {"draft2020-12", "draft7"}) {
    std::size_t compiled = 0, checked = 0, refused = 0, texts = 0, retaken = 0, empty_handed = 0;
    std::map<std::string, std::size_t> reasons;
    Rng rng(7);
    for (const auto& group : test::suite_groups(root, folder)) {
      INFO(group.file + ": " + group.description);
      SchemaGrammar grammar;
      try {
        grammar = compile(group.schema);
      } catch (const Error& error) {
        const std::string what = error.what();
        ++reasons[what.substr(what.find(": ") + 2)];
        ++refused;
        if (what.find("no value can satisfy") != std::string::npos)
          for (const auto& instance : group.instances) CHECK_FALSE(instance.valid);
        continue;
      }
      ++compiled;
      checked += grammar.needs_check;
      Automaton automaton(grammar.grammar);
      for (int i = 0; i < 20; ++i) {
        std::optional<std::string> wrong;
        int tries = 0;
        std::string text;
        do {
          text = random_text(automaton, rng, rng.below(60));
          wrong = grammar.check(text);
          if (wrong && !grammar.needs_check) break;
        } while (wrong && ++tries < 100);
        retaken += static_cast<std::size_t>(tries);
        ++texts;
        if (wrong && grammar.needs_check) {
          ++empty_handed;
          continue;
        }
        INFO(text);
        CHECK(wrong.value_or("") == "");
      }
    }
    std::cout << "  " << folder << ": " << compiled << " schemas compiled (" << checked << " with a check), " << refused
              << " refused; " << texts << " texts, " << retaken << " taken back, " << empty_handed
              << " without an answer\n";
    for (const auto& [reason, count] : reasons) std::cout << "    refused " << count << ": " << reason << "\n";
  }
}

TEST_CASE("no invalid instance of the suite is let through, and valid ones are but for the order of members") {
  EVE_SHARED_OR_SKIP(root, "suites/json-schema-test-suite/tests");
  for (const std::string folder : {"draft2020-12", "draft7"}) {
    for (const std::size_t indent : {0, 2}) {
      std::size_t valid = 0, accepted = 0, reordered = 0, remarks = 0, invalid = 0, by_grammar = 0, by_check = 0;
      for (const auto& group : test::suite_groups(root, folder)) {
        SchemaGrammar grammar;
        try {
          grammar = compile(group.schema, {.whitespace = indent != 0, .open_objects = true});
        } catch (const Error&) {
          continue;
        }
        Automaton automaton(grammar.grammar);
        for (const auto& instance : group.instances) {
          const std::string text = spelled_json(instance.value, indent);
          INFO(group.file + ": " + group.description + ": " + instance.description + ": " + text);
          const bool written = writes(automaton, text), passes = !grammar.check(text);
          if (instance.valid) {
            ++valid;
            accepted += written;
            // The required part of the suite takes `format` as a remark; it is enforced here.
            const bool remark = !passes && group.file.ends_with("/format");
            remarks += remark;
            CHECK((passes || remark));
            if (written || remark) continue;
            ++reordered;
            if (indent == 0) CHECK(writes_reordered(automaton, instance.value));
            continue;
          }
          ++invalid;
          by_grammar += !written;
          by_check += written && !passes;
          CHECK_FALSE((written && passes));
          // A grammar that asks for no check lets nothing through.
          CHECK_FALSE((written && !grammar.needs_check));
        }
      }
      std::cout << "  " << folder << (indent ? ", pretty" : ", compact") << ": " << accepted << " of " << valid
                << " valid instances written, " << reordered << " only in another order of members, " << remarks
                << " with another format; " << invalid << " invalid: " << by_grammar << " not written, " << by_check
                << " found by the check\n";
    }
  }
}
