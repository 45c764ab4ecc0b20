// SPDX-License-Identifier: Apache-2.0
#include "summarize/summary.h"

#include <cmath>

#include "base/json.h"
#include "summarize/terms.h"

namespace eve::summarize {

namespace {

std::string joined(const std::vector<std::uint64_t>& numbers) {
  std::string text;
  for (const std::uint64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

void write_outcomes(JsonWriter& json, const char* name, const std::vector<Outcome>& outcomes) {
  json.key(name).begin_array();
  for (const Outcome& outcome : outcomes) {
    json.begin_object();
    if (!outcome.who.empty()) json.member("who", outcome.who);
    json.member("text", outcome.text).member("turn", outcome.turn).end_object();
  }
  json.end_array();
}

std::string times(std::string_view stamp) {
  const std::size_t end = stamp.find_last_not_of(" \t-");
  return clean_line(stamp.substr(0, end == stamp.npos ? 0 : end + 1));
}

}  // namespace

std::string text_of(const Summary& summary, Layout layout, bool cite) {
  std::string text;
  for (const Statement& statement : summary.statements) {
    if (!text.empty()) text += layout == Layout::kLine ? ' ' : '\n';
    if (layout == Layout::kBullets) text += "- ";
    text += statement.text;
    if (cite) text += " [" + joined(statement.cites) + "]";
  }
  return text;
}

std::string json_of(const Summary& summary, Layout layout, const std::string& reason) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("summary");
  if (summary.statements.empty())
    json.null();
  else
    json.value(text_of(summary, layout, false));
  json.key("cites").begin_array();
  for (const Statement& statement : summary.statements) {
    json.begin_array();
    for (const std::uint64_t cite : statement.cites) json.value(cite);
    json.end_array();
  }
  json.end_array().key("coverage").begin_object();
  json.member("lines", summary.lines).member("bytes", summary.bytes).member("turns", summary.turns);
  json.member("windows", summary.windows)
      .member("quoted", summary.quoted)
      .member("content", std::round(summary.content * 1000) / 1000)
      .end_object();
  json.member("form", summary.dialect);
  write_outcomes(json, "actions", summary.actions);
  write_outcomes(json, "decisions", summary.decisions);
  if (!reason.empty()) json.member("reason", reason);
  json.end_object();
  return line;
}

std::vector<Statement> log_statements(const LogClusters& log, const Limits& limits) {
  const std::size_t most_words = limits.words ? limits.words : ~std::size_t{0};
  std::vector<Statement> statements;
  std::size_t words = 0;
  for (const LogClusters::Cluster* cluster : log.ranked(limits.sentences ? limits.sentences : log.kinds())) {
    // A kind with less than four words of room is not worth its line, unless it is the first.
    const std::size_t room = most_words - words;
    if (room < 6 && !statements.empty()) break;
    const bool counted = cluster->count > 1 && room >= 6;
    const std::string count = counted ? std::to_string(cluster->count) + " x " : "";
    const std::size_t front = counted ? 2 : 0;
    std::string what = cluster->count > 1 ? clean_line(cluster->text()) : cluster->example;
    if (count_words(what) == 0) continue;
    what = shortened(what, std::max<std::size_t>(std::min<std::size_t>(room, 60), front + 1) - front);
    words += front + count_words(what);
    if (words > most_words) break;
    Statement statement{count + what, {cluster->first}};
    if (cluster->last != cluster->first) statement.cites.push_back(cluster->last);
    statements.push_back(std::move(statement));
  }
  return statements;
}

std::string log_title(const LogClusters& log, std::size_t words) {
  std::string title = std::to_string(log.lines()) + " lines of " + std::to_string(log.kinds()) +
                      (log.kinds() == 1 ? " kind" : " kinds");
  if (!log.first_time().empty()) {
    const std::string longer = title + " from " + times(log.first_time()) + " to " + times(log.last_time());
    if (count_words(longer) <= words) title = longer;
  }
  return shortened(title, words);
}

}  // namespace eve::summarize
