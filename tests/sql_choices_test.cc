// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cmath>

#include "sql/choices.h"
#include "sql/ranking.h"

using namespace eve;
using namespace eve::sql;

namespace {

const tasks::SqlSchema& scores() {
  static const tasks::SqlSchema schema =
      tasks::read_ddl("CREATE TABLE golf (country TEXT, player TEXT, score INTEGER, \"to par\" TEXT);");
  return schema;
}

/// The statement with another alternative of a choice.
std::string with(std::string_view sql, const Choice& choice, std::size_t other) {
  return std::string(sql.substr(0, choice.begin)) + choice.instead[other] + std::string(sql.substr(choice.end));
}

std::vector<std::string> others(std::string_view question, std::string_view sql, Choice::Kind kind) {
  std::vector<std::string> all;
  for (const Choice& choice : Choices(scores(), question).of(sql))
    if (choice.kind == kind)
      for (std::size_t i = 0; i < choice.instead.size(); ++i)
        if (i != choice.made) all.push_back(with(sql, choice, i));
  return all;
}

}  // namespace

TEST_CASE("a choice of a statement names what else could stand there") {
  const char* const sql = "SELECT MAX(score) FROM golf WHERE player = 'Canada'";
  CHECK(others("What is Canada's best score?", sql, Choice::kColumn) ==
        std::vector<std::string>{"SELECT MAX(score) FROM golf WHERE country = 'Canada'",
                                 "SELECT MAX(score) FROM golf WHERE score = 'Canada'",
                                 "SELECT MAX(score) FROM golf WHERE \"to par\" = 'Canada'"});
  CHECK(others("What is Canada's best score?", sql, Choice::kAggregate)[0] ==
        "SELECT score FROM golf WHERE player = 'Canada'");
  CHECK(others("Who is o'hara of Canada?", "SELECT player FROM golf WHERE player = 'o''hara'", Choice::kBorder) ==
        std::vector<std::string>{
            "SELECT player FROM golf WHERE player = 'Who is o''hara'",
            "SELECT player FROM golf WHERE player = 'is o''hara'", "SELECT player FROM golf WHERE player = '''hara'",
            "SELECT player FROM golf WHERE player = 'hara'", "SELECT player FROM golf WHERE player = 'o'",
            "SELECT player FROM golf WHERE player = 'o'''", "SELECT player FROM golf WHERE player = 'o''hara of'",
            "SELECT player FROM golf WHERE player = 'o''hara of Canada'",
            "SELECT player FROM golf WHERE player = 'o''hara of Canada?'"});
}

TEST_CASE("columns keep the alias of their table, parts of a text and counted rows are not changed") {
  const char* const joined =
      "SELECT T1.player FROM golf AS T1 JOIN golf AS T2 ON T1.score = T2.score WHERE T2.player = 'Hope'";
  CHECK(others("who has the score of Hope", joined, Choice::kColumn)[0] ==
        "SELECT T1.player FROM golf AS T1 JOIN golf AS T2 ON T1.score = T2.score WHERE T2.country = 'Hope'");
  CHECK(others("who is like Hope", "SELECT player FROM golf WHERE player LIKE '%Hope%'", Choice::kBorder).empty());
  CHECK(others("how many are there", "SELECT COUNT(*) FROM golf", Choice::kAggregate).empty());
}

TEST_CASE("a text that the question does not say is no choice") {
  CHECK(others("who is it", "SELECT player FROM golf WHERE player = 'Hope'", Choice::kColumn).empty());
  CHECK(others("", "SELECT player FROM golf WHERE player = ''", Choice::kColumn).empty());
}

TEST_CASE("the shares of alternatives sum to one, and what questions mean more often has more") {
  for (const Choice& choice :
       Choices(scores(), "What is Canada's lowest score?").of("SELECT score FROM golf WHERE player = 'Canada'")) {
    const std::vector<double> logs = Choices::log_shares(choice);
    double sum = 0;
    for (const double log : logs) sum += std::exp(log);
    CHECK(sum == Approx(1));
    if (choice.kind == Choice::kColumn) CHECK(logs[0] > logs[choice.made]);     // the country
    if (choice.kind == Choice::kAggregate) CHECK(logs[4] > logs[choice.made]);  // MIN
    if (choice.kind == Choice::kBorder) CHECK(logs[choice.made] > std::log(0.5));
  }
}

TEST_CASE("a statement that leaves out what a column holds loses to one that says it") {
  tasks::SqlSchema schema = scores();
  const auto lead = [&] {
    const Ranking ranking(schema, "scores by Ann");
    return ranking.score("SELECT score FROM golf WHERE player = 'Ann'", -6) -
           ranking.score("SELECT player, score FROM golf", -1);
  };
  const double unknown = lead();
  schema.tables[0].columns[1].said = {"Ann"};
  CHECK(lead() > unknown + 2);
}
