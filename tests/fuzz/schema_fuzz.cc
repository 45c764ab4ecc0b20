// SPDX-License-Identifier: Apache-2.0
// A schema and, behind a NUL, a value: judged and compiled, or refused with kInput and nothing else.
#include "check.h"
#include "decode/automaton.h"
#include "decode/schema_dsl.h"
#include "decode/schema_grammar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t border = std::min(input.find('\0'), input.size());
  const std::string_view text = input.substr(0, border), value = input.substr(std::min(border + 1, input.size()));
  const auto tried = [](auto&& what) {
    try {
      what();
    } catch (const eve::Error& error) {
      eve::fuzz::require(error.status() == eve::Status::kInput);
    }
  };
  tried([&] { eve::SchemaGraph::parse(eve::schema_from_dsl(text)); });
  tried([&] {
    const auto graph = eve::SchemaGraph::parse(text);
    tried([&] { eve::validate(*graph, eve::parse_json_value(value, "value")); });
    const eve::SchemaGrammar grammar = eve::compile_schema(graph);
    eve::Automaton automaton(grammar.grammar);
    // The shortest text is valid, unless the grammar asks to be checked.
    const std::string shortest = automaton.completion(automaton.start(), 10'000);
    eve::fuzz::require(shortest.empty() || grammar.needs_check || !grammar.check(shortest));
    // What is written and passes is what the judge allows, and a grammar without a check is one.
    const bool written = automaton.accepts(automaton.advance(automaton.start(), value));
    eve::fuzz::require(!written || grammar.needs_check || !grammar.check(value));
  });
  return 0;
}
