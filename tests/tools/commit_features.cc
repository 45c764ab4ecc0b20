// SPDX-License-Identifier: Apache-2.0
// What eve-commit sees in diffs: commit_features ROWS.jsonl reads {"diff", "message", "source"} and prints for each a
// line "SOURCE<tab>TYPE<tab>FEATURE<tab>...", which models/pico-commit/type_weights.py fits weights on.
#include <cstdio>

#include "base/jsonl.h"
#include "commit/evidence.h"
#include "commit/message.h"

using namespace eve;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: commit_features ROWS.jsonl\n", stderr);
    return 2;
  }
  for_each_json_line(argv[1], [](simdjson::dom::element row, const std::string&) {
    const auto files = tasks::read_diff(std::string_view(row["diff"]));
    std::string line{std::string_view(row["source"])};
    line += "\t" + commit::parse_message(std::string_view(row["message"])).type;
    for (const std::string& feature : commit::features(files, commit::symbol_changes(files))) line += "\t" + feature;
    std::puts(line.c_str());
  });
}
