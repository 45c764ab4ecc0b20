// SPDX-License-Identifier: Apache-2.0
#include "sql/contents.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "base/io.h"
#include "sql/grammar.h"
#include "tasks/text.h"

namespace eve::sql {

namespace {

constexpr double kSeconds = 0.3;  // of texts_like() for each column, of look_up() for them all
constexpr std::size_t kTextBytes = 60, kRows = 2000, kMostLike = 200;
constexpr std::size_t kMostSaid = 8, kSpanBytes = 32'000;

std::set<std::string> stems(std::string_view text) {
  std::set<std::string> result;
  for (const std::string& word : tasks::words(text))
    if (word.size() > 2) result.insert(tasks::stem(word));
  return result;
}

}  // namespace

std::vector<std::string> texts_like(const Database& database, const tasks::SqlSchema& schema,
                                    const std::string& question, QueryLimits limits) {
  const std::set<std::string> asked = stems(question);
  std::set<std::string> values;
  limits.seconds = kSeconds;
  for (const tasks::SqlTable& table : schema.tables)
    for (const tasks::SqlColumn& column : table.columns) {
      const std::string sql = "SELECT DISTINCT " + column.name + " FROM " + table.name + " WHERE typeof(" +
                              column.name + ") = 'text' AND length(" + column.name + ") BETWEEN 1 AND " +
                              std::to_string(kTextBytes) + " LIMIT " + std::to_string(kRows);
      const QueryResult result = run_query(database, sql, limits);
      for (std::size_t at = 0, r = 0; r < result.rows.count && values.size() < kMostLike; ++r) {
        const Cell cell = Rows::take(result.rows.packed, at);
        const bool said =
            std::ranges::any_of(stems(cell.bytes), [&](const std::string& word) { return asked.contains(word); });
        if (said && printable(cell.bytes) == cell.bytes) values.emplace(cell.bytes);
      }
    }
  return {values.begin(), values.end()};
}

bool look_up(const Database& database, tasks::SqlSchema& schema, const std::string& question, QueryLimits limits) {
  std::set<std::pair<std::size_t, std::string>> spans;  // the short ones first
  for (const std::string& text : literals_of(question).texts) spans.emplace(text.size(), tasks::lower(text));
  std::string list;
  for (const auto& [size, span] : spans)
    if (list.size() < kSpanBytes) list += (list.empty() ? "" : ", ") + span;
  const Clock::time_point end = deadline_after(kSeconds);
  for (tasks::SqlTable& table : schema.tables)
    for (tasks::SqlColumn& column : table.columns) {
      limits.seconds = std::chrono::duration<double>(end - Clock::now()).count();
      if (limits.seconds <= 0) return false;
      const std::string sql = "SELECT DISTINCT " + column.name + " FROM " + table.name + " WHERE typeof(" +
                              column.name + ") = 'text' AND lower(" + column.name + ") IN (" + list + ") LIMIT " +
                              std::to_string(kMostSaid);
      const QueryResult result = run_query(database, sql, limits);
      for (std::size_t at = 0, r = 0; r < result.rows.count; ++r) {
        const Cell cell = Rows::take(result.rows.packed, at);
        if (printable(cell.bytes) == cell.bytes) column.said.emplace_back(cell.bytes);
      }
    }
  return true;
}

std::string respelled(std::string question, const tasks::SqlSchema& schema) {
  const auto in_word = [&](std::size_t at) {
    const auto c = at < question.size() ? static_cast<unsigned char>(question[at]) : 0;
    return c >= 0x80 || std::isalnum(c) != 0;
  };
  std::map<std::string, std::string> spellings;  // one for each text; that of the question if a column has it
  for (const tasks::SqlTable& table : schema.tables)
    for (const tasks::SqlColumn& column : table.columns)
      for (const std::string& text : column.said) {
        std::string& spelling = spellings[tasks::lower(text)];
        if (spelling.empty() || question.find(text) != question.npos) spelling = text;
      }
  const std::string small = tasks::lower(question);
  for (const auto& [text, spelling] : spellings)
    for (std::size_t at = small.find(text); at != small.npos; at = small.find(text, at + text.size()))
      if (!(at > 0 && in_word(at - 1)) && !in_word(at + text.size())) question.replace(at, text.size(), spelling);
  return question;
}

}  // namespace eve::sql
