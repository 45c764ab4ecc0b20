// SPDX-License-Identifier: Apache-2.0
#include "sql/joins.h"

#include <algorithm>

#include "sql/database.h"
#include "tasks/text.h"

namespace eve::sql {

namespace {

constexpr std::size_t kFewTables = 5;

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;

std::size_t column_of(const tasks::SqlTable& table, const std::string& name) {
  return static_cast<std::size_t>(
      std::ranges::find(table.columns, plain_name(name), [](const auto& c) { return plain_name(c.name); }) -
      table.columns.begin());
}

/// The words of a name as one: "order_lines" and "OrderLine" have the same.
std::string joined_words(const std::string& name) {
  std::string result;
  for (const std::string& word : tasks::words(name)) result += tasks::stem(word);
  return result;
}

/// A column of `from` that is named like the table `to`, with or without the name of its key.
void add_named_after(const tasks::SqlTable& from, const tasks::SqlTable& to, bool swapped, Pairs& out) {
  const std::string table = joined_words(to.name);
  for (std::size_t i = 0; i < from.columns.size(); ++i) {
    const std::string column = joined_words(from.columns[i].name);
    for (std::size_t j = 0; j < to.columns.size(); ++j) {
      const std::string key = joined_words(to.columns[j].name);
      const bool is_key = to.columns[j].key || key == "id";
      if (is_key && (column == table + key || column == table + "id" || (column == table && to.columns[j].key)))
        out.push_back(swapped ? std::pair(j, i) : std::pair(i, j));
    }
  }
}

}  // namespace

Pairs join_columns(const tasks::SqlSchema& schema, std::size_t a, std::size_t b) {
  const tasks::SqlTable &left = schema.tables[a], &right = schema.tables[b];
  Pairs pairs;
  for (const tasks::SqlLink& link : schema.links) {
    const std::string from = plain_name(link.table), to = plain_name(link.to_table);
    if (from == plain_name(left.name) && to == plain_name(right.name))
      pairs.emplace_back(column_of(left, link.column), column_of(right, link.to_column));
    if (to == plain_name(left.name) && from == plain_name(right.name))
      pairs.emplace_back(column_of(left, link.to_column), column_of(right, link.column));
  }
  std::erase_if(pairs, [&](const auto& pair) {
    return pair.first >= left.columns.size() || pair.second >= right.columns.size();
  });
  if (a != b && pairs.empty()) {
    add_named_after(left, right, false, pairs);
    add_named_after(right, left, true, pairs);
    // Where foreign keys are declared, a name that both have means no more than that.
    const bool declared = !schema.links.empty();
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
      const std::string name = plain_name(left.columns[i].name);
      const std::size_t j = column_of(right, name);
      if (j == right.columns.size() || (name == "id" && (declared || !pairs.empty()))) continue;
      if (!declared || left.columns[i].key || right.columns[j].key) pairs.emplace_back(i, j);
    }
  }
  // Nothing is known of keys: any column may hold what the other table begins with.
  if (a != b && pairs.empty() && schema.links.empty() && schema.tables.size() <= kFewTables) {
    for (std::size_t i = 0; i < left.columns.size(); ++i) pairs.emplace_back(i, 0);
    for (std::size_t j = 1; j < right.columns.size(); ++j) pairs.emplace_back(0, j);
  }
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

std::vector<std::vector<std::size_t>> table_choices(const tasks::SqlSchema& schema, std::size_t most_tables,
                                                    std::size_t limit) {
  const std::size_t n = schema.tables.size();
  std::vector<std::vector<bool>> together(n, std::vector<bool>(n));
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) together[a][b] = !join_columns(schema, a, b).empty();
  std::vector<std::vector<std::size_t>> choices;
  for (std::size_t t = 0; t < n; ++t) choices.push_back({t});
  for (std::size_t at = 0; at < choices.size() && choices.size() < limit; ++at) {
    if (choices[at].size() == most_tables) break;
    for (std::size_t t = 0; t < n && choices.size() < limit; ++t) {
      const std::vector<std::size_t> before = choices[at];
      const auto times = std::ranges::count(before, t);
      const bool fits = std::ranges::any_of(before, [&](std::size_t b) { return together[b][t]; });
      if (!fits || times > 1 || (times == 1 && !together[t][t])) continue;
      choices.push_back(before);
      choices.back().push_back(t);
    }
  }
  return choices;
}

}  // namespace eve::sql
