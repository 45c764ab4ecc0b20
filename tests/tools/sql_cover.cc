// SPDX-License-Identifier: Apache-2.0
// How many of known answers eve-sql could write. sql_cover [-v] ROWS.jsonl reads rows {"question", "schema", "sql",
// "source"} and prints for each source: rows, in percent those whose answer is of the grammar of their question, and
// those whose question has a word of the schema; and the milliseconds of making a grammar. -v prints what is not.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <map>

#include "base/json_value.h"
#include "decode/automaton.h"
#include "sql/grammar.h"

using namespace eve;

int main(int argc, char** argv) {
  const bool verbose = argc > 2 && std::string_view(argv[1]) == "-v";
  std::ifstream in(argv[argc - 1]);
  struct Count {
    std::size_t rows = 0, covered = 0, linked = 0, nodes = 0;
    double milliseconds = 0;
  };
  std::map<std::string, Count> counts;
  for (std::string line; std::getline(in, line);) {
    const JsonValue row = parse_json_value(line, "row");
    const auto text = [&](const char* name) { return row.find(name) ? row.find(name)->text : ""; };
    const std::string question = text("question"), sql = text("sql");
    const auto start = std::chrono::steady_clock::now();
    const tasks::SqlSchema schema = tasks::relevant_part(tasks::read_ddl(text("schema")), question);
    const auto grammar = sql::select_grammar(schema, sql::literals_of(question));
    Automaton automaton(grammar);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    Automaton::State state = automaton.start();
    std::size_t at = 0;
    for (Automaton::State next; at < sql.size(); ++at) {
      next = automaton.advance(state, static_cast<std::uint8_t>(sql[at]));
      if (next == Automaton::kDead) break;
      state = next;
    }
    const bool covered = at == sql.size() && automaton.accepts(state);
    if (!covered && verbose)
      std::printf("%s\n  %s\n  %s <<>> %s\n", question.c_str(), text("schema").c_str(), sql.substr(0, at).c_str(),
                  sql.substr(at).c_str());
    for (const std::string& key : {text("source"), std::string("all")}) {
      Count& c = counts[key];
      ++c.rows, c.covered += covered, c.linked += tasks::common_words(schema, question) > 0;
      c.nodes += grammar->size(), c.milliseconds += took.count();
    }
  }
  for (const auto& [source, c] : counts) {
    const auto rows = static_cast<double>(c.rows);
    std::printf("%-16s %6zu rows  %5.1f %% covered  %5.1f %% linked  %6.0f nodes  %.2f ms\n", source.c_str(), c.rows,
                100 * static_cast<double>(c.covered) / rows, 100 * static_cast<double>(c.linked) / rows,
                static_cast<double>(c.nodes) / rows, c.milliseconds / rows);
  }
}
