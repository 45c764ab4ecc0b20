// SPDX-License-Identifier: Apache-2.0
// What masks cost. mask_bench TOKENIZER ROWS.jsonl ... reads rows {"text", "schema", "json"} (eve-extract's) or
// {"tools", "request", "calls"} (eve-func's), writes each answer as its tokens under its schema, and prints a table:
// one line for each file, plain and with strings that are spans of the text.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/json_value.h"
#include "decode/constraint.h"
#include "decode/schema_grammar.h"
#include "model/model.h"

using namespace eve;

namespace {

using Clock = std::chrono::steady_clock;

double microseconds(Clock::time_point since) {
  return std::chrono::duration<double, std::micro>(Clock::now() - since).count();
}

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

/// One answer, the schema it is of, and the text it is from.
struct Row {
  std::string text, schema, answer;
};

std::vector<Row> rows_of(const JsonValue& row) {
  std::vector<Row> out;
  if (const JsonValue* json = row.find("json")) {
    out.push_back({row.find("text")->text, json_text(*row.find("schema")), spelled_json(*json)});
  } else if (const JsonValue* calls = row.find("calls")) {
    for (const JsonValue& call : calls->items)
      for (const JsonValue& tool : row.find("tools")->items) {
        const JsonValue* function = tool.find("function");
        const JsonValue& plain = function ? *function : tool;
        const JsonValue* schema = plain.find("parameters");
        if (schema && plain.find("name") && plain.find("name")->text == call.find("name")->text)
          out.push_back({row.find("request")->text, json_text(*schema), spelled_json(*call.find("arguments"))});
      }
  }
  return out;
}

struct Figures {
  std::vector<double> mask, compile;
  std::size_t rows = 0, left_out = 0, tokens = 0, forced = 0, allowed = 0;
};

void follow(const Row& row, bool grounded, const std::shared_ptr<TerminalTables>& tables, Figures& out) {
  const auto begin = Clock::now();
  std::optional<Matcher> matcher;
  try {
    const SchemaGrammar grammar = compile_schema(SchemaGraph::parse(row.schema), {.grounded = grounded});
    matcher.emplace(grammar.grammar, tables, std::make_shared<Source>(row.text));
  } catch (const Error&) {
    ++out.left_out;
    return;
  }
  out.compile.push_back(microseconds(begin));
  ++out.rows;
  TokenSet allowed;
  std::size_t forced_until = 0;
  for (const TokenId id : tables->vocabulary().tokenizer().encode(row.answer)) {
    if (matcher->tokens() >= forced_until) {
      const std::size_t forced = matcher->forced(100'000).size();
      out.forced += forced;
      forced_until = matcher->tokens() + forced;
    }
    const auto start = Clock::now();
    matcher->mask(100'000, allowed);
    out.mask.push_back(microseconds(start));
    out.allowed += allowed.count();
    // Where the answer is written in another order or another spelling, the rest of it is left out.
    if (!allowed.has(id) || !matcher->accept(id)) break;
    ++out.tokens;
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: mask_bench TOKENIZER ROWS.jsonl ...\n");
    return 2;
  }
  const auto tokenizer = load_tokenizer(argv[1]);
  const auto made = Clock::now();
  const auto vocabulary = std::make_shared<const Vocabulary>(*tokenizer);
  std::printf("%zu tokens, trie of %zu nodes made in %.0f ms\n", tokenizer->size(), vocabulary->trie().size(),
              microseconds(made) / 1000);
  std::printf("%-24s %6s %8s %8s | %7s %7s %7s %7s | %9s %9s | %6s %7s\n", "rows", "number", "refused", "masks",
              "p50 us", "p90 us", "p99 us", "max us", "made p50", "made p99", "forced", "allowed");
  for (int file = 2; file < argc; ++file)
    for (const bool grounded : {false, true}) {
      const auto tables = std::make_shared<TerminalTables>(vocabulary);
      Figures figures;
      std::ifstream in(argv[file]);
      for (std::string line; std::getline(in, line);) {
        if (line.empty()) continue;
        for (const Row& row : rows_of(parse_json_value(line, argv[file]))) follow(row, grounded, tables, figures);
      }
      const std::string path = argv[file];
      const std::string name = path.size() > 13 ? path.substr(path.size() - 13) : path;
      const auto masks = static_cast<double>(std::max<std::size_t>(figures.mask.size(), 1));
      std::printf("%-24s %6zu %8zu %8zu | %7.1f %7.1f %7.1f %7.0f | %6.0f us %6.0f us | %5.1f%% %7.0f\n",
                  (name + (grounded ? " grounded" : "")).c_str(), figures.rows, figures.left_out, figures.mask.size(),
                  quantile(figures.mask, 0.5), quantile(figures.mask, 0.9), quantile(figures.mask, 0.99),
                  quantile(figures.mask, 1), quantile(figures.compile, 0.5), quantile(figures.compile, 0.99),
                  100.0 * static_cast<double>(figures.forced) / masks, static_cast<double>(figures.allowed) / masks);
      std::fflush(stdout);
    }
  return 0;
} catch (const Error& error) {
  std::fprintf(stderr, "mask_bench: %s\n", error.what());
  return static_cast<int>(error.status());
}
