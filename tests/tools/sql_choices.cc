// SPDX-License-Identifier: Apache-2.0
// What the known statements of questions choose, for models/pico-sql/choices.py. sql_choices ROWS.jsonl reads rows
// {"question", "schema", "sql"}; prints a line for each choice of each statement: the number of the row, the kind, the
// alternative that was made, and what is seen of each alternative.
#include <cstdio>
#include <fstream>

#include "base/json.h"
#include "base/json_value.h"
#include "sql/choices.h"

using namespace eve;

int main(int, char** argv) {
  std::ifstream in(argv[1]);
  std::string line;
  for (std::size_t number = 0; std::getline(in, line); ++number) {
    const JsonValue row = parse_json_value(line, "row");
    const std::string& question = row.find("question")->text;
    const tasks::SqlSchema schema = tasks::relevant_part(tasks::read_ddl(row.find("schema")->text), question);
    for (const sql::Choice& choice : sql::Choices(schema, question).of(row.find("sql")->text)) {
      std::string out;
      JsonWriter json(out);
      json.begin_array().value(static_cast<double>(number)).value(static_cast<double>(choice.kind));
      json.value(static_cast<double>(choice.made)).begin_array();
      for (const auto& phrases : choice.seen) {
        json.begin_array();
        for (const std::string& phrase : phrases) json.value(phrase);
        json.end_array();
      }
      json.end_array().end_array();
      std::puts(out.c_str());
    }
  }
}
