// SPDX-License-Identifier: Apache-2.0
// What eve-sql weighs statements by, for models/pico-sql/ranking.py. sql_features ROWS.jsonl reads rows {"question",
// "schema", "statements": [{"sql", "log_probability"}]}; prints the features' names in a line, then for each row a line
// with an array of features for each statement.
#include <cstdio>
#include <fstream>

#include "base/json_value.h"
#include "sql/ranking.h"

using namespace eve;

int main(int, char** argv) {
  std::string line = "[";
  for (const std::string_view name : sql::Ranking::names())
    line.append(line.size() > 1 ? ",\"" : "\"").append(name).append("\"");
  std::puts((line + "]").c_str());
  std::ifstream in(argv[1]);
  while (std::getline(in, line)) {
    const JsonValue row = parse_json_value(line, "row");
    const std::string& question = row.find("question")->text;
    const tasks::SqlSchema schema = tasks::relevant_part(tasks::read_ddl(row.find("schema")->text), question);
    const sql::Ranking ranking(schema, question);
    std::string out = "[";
    for (const JsonValue& one : row.find("statements")->items) {
      const double log_probability = std::stod(json_text(*one.find("log_probability")));
      out += out.size() > 1 ? ",[" : "[";
      for (const double value : ranking.features(one.find("sql")->text, log_probability))
        out += (out.back() == '[' ? "" : ",") + std::to_string(value);
      out += "]";
    }
    std::puts((out + "]").c_str());
  }
}
