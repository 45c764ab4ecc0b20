// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/jsonl.h"
#include "base/utf8.h"
#include "fixtures.h"
#include "tasks/commit.h"
#include "tasks/extract.h"
#include "tasks/func.h"
#include "tasks/plain.h"
#include "tasks/sql.h"
#include "tasks/sql_links.h"
#include "tasks/task.h"
#include "tasks/text.h"

using namespace eve;
using namespace eve::tasks;

namespace {

struct Json {
  explicit Json(std::string_view text) : element(parse_json(parser, text, "test")) {}
  simdjson::dom::parser parser;
  simdjson::dom::element element;
};

std::string refusal(std::string_view list) {
  const Json json(list);
  try {
    read_tool_list(json.element, "tools.json");
  } catch (const Error& e) {
    CHECK(e.status() == Status::kInput);
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a cut ends between characters, and between words where that costs little") {
  CHECK(cut("one two", 7) == "one two");
  CHECK(cut("one two three", 8) == "one two");
  CHECK(cut("abcdefghijkl", 5) == "abcde");
  CHECK(cut("ab\xC3\xA9", 3) == "ab");
  CHECK(cut("abc", 0) == "");
}

TEST_CASE("the words of a name are those of the same name in another spelling") {
  const std::vector<std::string> two{"street", "number"};
  for (const char* name : {"streetNumber", "street_number", "Street number", "STREET-NUMBER"})
    CHECK(words(name) == two);
  CHECK(words("HTTPPort2") == std::vector<std::string>{"http", "port", "2"});
  CHECK(words("") == std::vector<std::string>{});
  for (const auto& [plural, singular] :
       {std::pair{"countries", "country"}, {"songs", "song"}, {"boxes", "box"}, {"address", "address"}, {"is", "is"}})
    CHECK(stem(plural) == singular);
}

TEST_CASE("DDL is read with its keys, odd names and comments") {
  const SqlSchema schema = read_ddl(
      "-- CREATE TABLE no (x);\nCREATE TABLE IF NOT EXISTS main.orders (id INTEGER PRIMARY KEY, \"Total (EUR)\" "
      "DECIMAL(10, 2) NOT NULL DEFAULT (1 + 2), customer INT REFERENCES customers(id), [at] DATETIME, "
      "CHECK (id > 0));\n/* and */ CREATE TABLE customers (id INT, `first name` VARCHAR(80), note, PRIMARY KEY (id));"
      "CREATE TABLE link (a INT, b INT, CONSTRAINT f FOREIGN KEY (a) REFERENCES orders(id) ON DELETE CASCADE)");
  CHECK(sql_prompt(schema, "How  many\norders?") ==
        "SQL\n"
        "orders(id int key, \"Total (EUR)\" num, customer int, \"at\" date)\n"
        "customers(id int key, \"first name\" , note )\n"
        "link(a int, b int)\n"
        "orders.customer = customers.id\n"
        "link.a = orders.id\n"
        "Q: How many orders [orders ]?\nA:\n");
}

TEST_CASE("words of a question are linked to the names that they spell, or are a part of") {
  const SqlSchema schema = read_ddl(
      "CREATE TABLE chips (l2_cache, \"Years in Toronto\", zipcode, first_name, last_name, \"Multi 1\", PlayerID);"
      "CREATE TABLE country (name, nationality, a_x, b_x, c_x, d_x)");
  const auto linked = [&](const char* question) { return linked_question(schema, question); };
  CHECK(linked("What is the L2 Cache of 13.5?") == "What is the L2 Cache [l2_cache ] of 13.5?");
  CHECK(linked("years in Toronto, zip codes") == "years in Toronto [\"Years in Toronto\" ], zip codes [zipcode ]");
  CHECK(linked("first names of countries") == "first names [first_name ] of countries [country ]");
  CHECK(linked("whose name is Ann") == "whose name [name ] is Ann");
  CHECK(linked("the player of that nation") == "the player [PlayerID ] of that nation [nationality ]");
  CHECK(linked("multi 1 and multi 2") == "multi 1 [\"Multi 1\" ] and multi [\"Multi 1\" ] 2");
  CHECK(linked("x") == "x");  // four names have it
  CHECK(linked("") == "");
  CHECK(linked("last \xc3\xa9t\xc3\xa9") == "last [last_name ] \xc3\xa9t\xc3\xa9");
}

TEST_CASE("a text that columns hold is linked to them, unless it spells a name or stands in more than three") {
  SqlSchema schema = read_ddl("CREATE TABLE people (name, city, boss, note); CREATE TABLE jobs (Plumber, job)");
  const auto column = [&](std::size_t table, std::size_t at) -> std::vector<std::string>& {
    return schema.tables[table].columns[at].said;
  };
  column(0, 0) = {"Ann Lee", "x"};
  column(0, 1) = {"New York City", "x"};
  column(0, 2) = {"ann lee", "x"};
  column(0, 3) = {"x", "York"};
  column(1, 1) = {"plumber"};
  const auto linked = [&](const char* question) { return linked_question(schema, question); };
  CHECK(linked("jobs of Ann Lee in New York City") ==
        "jobs [jobs , job ] of Ann Lee [boss , name ] in New York City [city ]");
  CHECK(linked("from York, x") == "from York [note ], x");
  CHECK(linked("plumber") == "plumber [Plumber ]");
}

TEST_CASE("any script is read to its end") {
  const std::string script =
      "CREATE TABLE t (a INT PRIMARY KEY, \"b c\" TEXT, FOREIGN KEY (a) REFERENCES u(v)); /* x */";
  for (std::size_t size = 0; size <= script.size(); ++size) read_ddl(script.substr(0, size));
  for (const char* text :
       {"CREATE TABLE", "CREATE TABLE (", "CREATE TABLE t (,", "CREATE TABLE t ((((", "/*", "\"", "CREATE TABLE t (]"})
    CHECK(read_ddl(text).links.empty());
}

TEST_CASE("of a large database the tables stay that the question is about, and their neighbours") {
  SqlSchema schema;
  for (int i = 0; i < 200; ++i)
    schema.tables.push_back({"filler" + std::to_string(i), {{"alpha", "INT"}, {"beta", "TEXT"}}});
  schema.tables.push_back({"singers", {{"singer_id", "INT", true}, {"name", ""}}});
  schema.tables.push_back({"concerts", {{"singer_id", "INT"}, {"year", "INT"}}});
  schema.links.push_back({"concerts", "singer_id", "singers", "singer_id"});
  const std::string prompt = sql_prompt(schema, "Which singer sang most?", 200);
  CHECK(prompt.find("singers(") != prompt.npos);
  CHECK(prompt.find("concerts.singer_id = singers.singer_id") != prompt.npos);
  CHECK(prompt.size() < 400);
}

TEST_CASE("a diff is told by files, counts and hunks") {
  CHECK(commit_prompt(
            "diff --git a/x.c b/x.c\nindex 1..2 100644\n--- a/x.c\n+++ b/x.c\n@@ -1,3 +1,3 @@ int main()\n "
            "a\n-b\n+c\n--- d\n\\ No newline at end of file\n"
            "diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x\n"
            "diff --git a/old b/old\ndeleted file mode 100644\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-y\n"
            "diff --git a/p q/r b/p q/s\nsimilarity index 100%\nrename from p q/r\nrename to p q/s\n"
            "diff --git a/i.png b/i.png\nindex 1..2\nBinary files a/i.png and b/i.png differ\n") ==
        "COMMIT\nM x.c +1 -2\n@@ int main()\n a\n-b\n+c\n--- d\nA new.py +1\n@@\n+x\nD old -1\n@@\n-y\nR p q/r -> p "
        "q/s\nB i.png\nA:\n");
  CHECK(commit_prompt("--- a.txt\t2026-01-01\n+++ a.txt\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n") ==
        "COMMIT\nM a.txt +1 -1\n@@\n-a\n+b\nA:\n");
  CHECK(commit_prompt("not a diff") == "COMMIT\nA:\n");
}

TEST_CASE("a long diff keeps every file's name and an equal share of its changes") {
  std::string diff;
  for (int file = 0; file < 4; ++file) {
    diff += "diff --git a/f" + std::to_string(file) + " b/f" + std::to_string(file) + "\n@@ -1 +1 @@\n";
    for (int line = 0; line < 200 * (file + 1); ++line) diff += "+line " + std::to_string(line) + "\n context\n";
  }
  const std::string prompt = commit_prompt(diff, 800);
  CHECK(prompt.size() < 850);
  for (const char* part : {"M f0 +200\n@@\n+line 0\n", "M f3 +800\n@@\n+line 0\n+line 1\n"})
    CHECK(prompt.find(part) != prompt.npos);
  CHECK(prompt.find("context") == prompt.npos);
  std::string many;
  for (int file = 0; file < 100; ++file) many += "diff --git a/" + std::to_string(file) + " b/x\n";
  CHECK(commit_prompt(many, 100).find("more\nA:\n") != std::string::npos);
}

TEST_CASE("a schema is told in a line a field") {
  const Json schema(R"({"type":"object","properties":{
    "invoiceNumber":{"type":"string","description":"Invoice number"},
    "total":{"type":"number","description":"sum with tax"},
    "state":{"enum":["open","paid",null]},
    "at":{"type":["string","null"],"format":"date"},
    "lines":{"type":"array","items":{"$ref":"#/$defs/line"}},
    "tags":{"type":"array","items":{"type":"string"}}},
    "required":["invoiceNumber","total","at","lines"],
    "$defs":{"line":{"type":"object","properties":{"sku":{"type":"string"},"n":{"type":"integer"},"sub":{"$ref":"#/$defs/line"}},"required":["sku"]}}})");
  const std::string prompt = extract_prompt(schema.element, "Invoice 7\n");
  CHECK(prompt.starts_with(
      "EXTRACT\ninvoiceNumber\ntotal number: sum with tax\nstate? open|paid\nat? date\nlines [{sku, n? "
      "int, sub? {sku, "));
  CHECK(prompt.find("...") != prompt.npos);
  CHECK(prompt.ends_with("\ntags? []\nT: Invoice 7\n\nA:\n"));
}

TEST_CASE("a large schema and a long text keep to the limit") {
  std::string schema = R"({"properties":{)";
  for (int i = 0; i < 60; ++i)
    schema += (i ? "," : "") +
              ("\"f" + std::to_string(i) + R"(":{"type":"string","description":")" + std::string(70, 'd') + "\"}");
  const Json json(schema + "}}");
  const std::string prompt = extract_prompt(json.element, std::string(9000, 't'), 1000);
  CHECK(prompt.find("f59?") != prompt.npos);
  CHECK(prompt.size() < 1600);
}

TEST_CASE("tool lists are read in every form that is in use") {
  const char* const forms[] = {
      R"([{"type":"function","function":{"name":"t","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}])",
      R"([{"type":"function","name":"t","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}])",
      R"({"tools":[{"name":"t","description":"does","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}]})",
      R"({"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"t","description":"does","inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}]}})",
      R"({"functions":[{"name":"t","description":"does","input_schema":{"properties":{"a":{}}}}]})",
      R"({"title":"t","description":"does","type":"object","properties":{"a":{"type":"string"}}})",
  };
  for (const char* form : forms) {
    const Json json(form);
    const std::vector<CallableTool> tools = read_tool_list(json.element, "x");
    REQUIRE(tools.size() == 1);
    CHECK(func_prompt(tools, {}, "go") == "FUNC\nt(a) does\nQ: go\nA:\n");
  }
}

TEST_CASE("what is no tool list is refused with its place") {
  CHECK(refusal("3") == "tools.json: a tool list is a JSON array of tools, or an object with it as tools");
  CHECK(refusal("[]") == "tools.json: the list holds no tool");
  CHECK(refusal(R"([{"name":"a"},4])") == "tools.json: /1: a tool is a JSON object");
  CHECK(refusal(R"({"tools":[{"description":"x"}]})") == "tools.json: /tools/0: the tool has no name");
  CHECK(refusal(R"([{"name":"a"},{"name":"a"}])") == "tools.json: /1: there are two tools of the name a");
  CHECK(refusal(R"([{"name":"a\u001b"}])") == "tools.json: /0: the tool's name holds control characters");
  CHECK(refusal(R"([{"name":"a","parameters":7}])") ==
        "tools.json: /0/parameters: the arguments' schema is not an object");
}

TEST_CASE("tools, facts and request stand in this order; a large list is told in less detail") {
  const Json json(R"([{"name":"book","description":"Book a\n table","parameters":{"type":"object","properties":
    {"people":{"type":"integer","description":"number of guests"},"day":{"type":"string","description":"the day"},"smoking":{"type":"boolean"}},"required":["people"]}}])");
  const std::vector<CallableTool> tools = read_tool_list(json.element, "x");
  const Fact facts[] = {{"date", "2026-11-22"}};
  CHECK(func_prompt(tools, facts, "for two") ==
        "FUNC\nbook(people! int: number of guests, day: the day, smoking bool) Book a table\nF: date = "
        "2026-11-22\nQ: for two\nA:\n");
  CHECK(func_prompt(tools, {}, "for two", 60) ==
        "FUNC\nbook(people! int, day, smoking bool) Book a table\nQ: for two\nA:\n");
}

TEST_CASE("a long conversation keeps its beginning and its end") {
  std::string talk;
  for (int i = 0; i < 500; ++i) talk += "A: line " + std::to_string(i) + "\n";
  const std::string prompt = summarize_prompt(talk, 500);
  CHECK(prompt.starts_with("SUMMARIZE\nA: line 0\n"));
  CHECK(prompt.find("\n...\nA: line ") != prompt.npos);
  CHECK(prompt.ends_with("A: line 499\nA:\n"));
  CHECK(prompt.size() < 540);
}

TEST_CASE("a task without a form reads rows as eve-run reads records, and a base reads text as it stands") {
  const Json row(R"({"prompt":"x","answer":"y"})"), cued(R"({"prompt":"x\nA:\n","answer":"y"})");
  CHECK(task_row("mine", row.element).prompt == "x\nA:\n");
  CHECK(task_row("mine", row.element).prompt == prompt_of("mine", "x"));
  CHECK(task_row("mine", row.element).answer == "y");
  CHECK(task_row("mine", cued.element).prompt == "x\nA:\n");
  for (const char* task : {"base", "", "sql"}) CHECK(task_row(task, row.element).prompt == "x");
  CHECK(prompt_of("base", "x") == "x");
}

TEST_CASE("every training row of the seven tasks has a prompt that ends with the cue and an answer") {
  EVE_SHARED_OR_SKIP(data, "data");
  for (const char* task : {"sql", "commit", "extract", "func", "route", "summarize", "prompt"}) {
    std::size_t rows = 0;
    for_each_json_line(data + "/" + task + "/dev.jsonl", [&](simdjson::dom::element row, const std::string&) {
      const TaskRow made = task_row(task, row);
      ++rows;
      if (!made.prompt.ends_with(kAnswerCue) || made.answer.empty() || utf8_error(made.prompt) != std::string::npos ||
          made.prompt.size() > 8192)
        FAIL(task << " row " << rows);
    });
    CHECK(rows > 400);
  }
  const Json row(R"({"text":"x"})");
  CHECK_THROWS_AS(task_row("nothing", row.element), simdjson::simdjson_error);
  CHECK_THROWS_AS(task_row("sql", row.element), simdjson::simdjson_error);
}
