// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <unistd.h>
#include <xxhash.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/io.h"
#include "fixtures.h"
#include "sql/contents.h"
#include "sql/gate.h"
#include "sql/query.h"

using namespace eve;
using namespace eve::sql;

namespace {

namespace fs = std::filesystem;

/// A folder with one database, gone with the object.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("eve-sql-" + std::to_string(getpid()));
  std::string file = path / "test.db";
  explicit Folder(const std::string& script) {
    fs::remove_all(path);
    fs::create_directory(path);
    run(script);
  }
  ~Folder() { fs::remove_all(path); }
  void run(const std::string& script) const {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
    const Connection connection(raw);
    REQUIRE(sqlite3_exec(raw, script.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  /// Names, times of change and contents of all that is in it.
  std::string state() const {
    std::string text;
    std::set<fs::path> all{fs::recursive_directory_iterator(path), {}};
    for (const fs::path& one : all) {
      const std::string bytes = read_file(one, 1 << 26);
      text += one.string() + " " + std::to_string(fs::last_write_time(one).time_since_epoch().count()) + " " +
              std::to_string(XXH3_64bits(bytes.data(), bytes.size())) + "\n";
    }
    return text;
  }
};

std::string tables() {
  std::string script =
      "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t(b);"
      "CREATE TABLE \"odd name\" (\"select\" TEXT); CREATE VIEW v AS SELECT a, b FROM t WHERE a > 1;"
      "CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('text');"
      "INSERT INTO t VALUES (1, 'one')";
  for (int i = 2; i <= 200; ++i) script += ", (" + std::to_string(i) + ", 'row " + std::to_string(i) + "')";
  script += "; CREATE VIEW b0 AS SELECT a FROM t;";
  for (int i = 1; i <= 12; ++i)
    script += "CREATE VIEW b" + std::to_string(i) + " AS SELECT x.a FROM b" + std::to_string(i - 1) + " AS x, b" +
              std::to_string(i - 1) + " AS y;";
  return script + "CREATE VIEW bomb AS SELECT a FROM b12;";
}

/// \0, \n, \x1b and {N:TEXT} as the list of statements writes them.
std::string written_out(const std::string& line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t colon = line.find(':', at), close = line.find('}', at);
    if (line.compare(at, 2, "\\0") == 0) {
      text += '\0', at += 2;
    } else if (line.compare(at, 2, "\\n") == 0) {
      text += '\n', at += 2;
    } else if (line.compare(at, 4, "\\x1b") == 0) {
      text += '\x1b', at += 4;
    } else if (line[at] == '{' && std::isdigit(static_cast<unsigned char>(line[at + 1])) && close != line.npos) {
      for (int n = std::stoi(line.substr(at + 1)); n > 0; --n) text += line.substr(colon + 1, close - colon - 1);
      at = close + 1;
    } else {
      text += line[at++];
    }
  }
  return text;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

TEST_CASE("hostile statements are refused or stopped, and leave no trace") {
  const Folder folder(tables());
  const std::string before = folder.state();
  const Database database = Database::file(folder.file);
  Gate gate(database.connection(), database.schema().all);
  QueryLimits limits;
  std::ifstream list(test::source("tests/sql_statements.txt"));
  std::size_t hostile = 0;
  for (std::string line; std::getline(list, line);) {
    if (line.starts_with('#')) continue;
    INFO(line);
    const std::string kind = line.substr(0, line.find(' ')), sql = written_out(line.substr(kind.size() + 1));
    limits.seconds = kind == "stop" ? 0.05 : 5;
    const Clock::time_point start = Clock::now();
    const Gate::Verdict verdict = gate.prepare(sql, deadline_after(limits.seconds));
    const QueryResult result = run_query(database, sql, limits);
    CHECK(seconds_since(start) < 2);
    CHECK((kind == "allow" || result.rows.count == 0));
    if (kind == "allow") {
      CHECK(verdict.refusal == "");
      CHECK(result.failure == "");
    } else {
      ++hostile;
      CHECK(result.failure != "");
      if (kind == "deny") CHECK_FALSE(verdict);
    }
  }
  CHECK(hostile >= 100);
  CHECK(folder.state() == before);
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    REQUIRE(getrusage(who, &usage) == 0);
    CHECK(usage.ru_maxrss < 256 * 1024);
  }
}

TEST_CASE("views that take for ever do not hold up the schema") {
  std::string script = "CREATE TABLE t (a); CREATE VIEW b0 AS SELECT a FROM t;";
  for (int i = 1; i <= 60; ++i)
    script += "CREATE VIEW b" + std::to_string(i) + " AS SELECT x.a FROM b" + std::to_string(i - 1) + " AS x, b" +
              std::to_string(i - 1) + " AS y;";
  const Folder folder(script);
  const Clock::time_point start = Clock::now();
  const Database database = Database::file(folder.file);
  CHECK(seconds_since(start) < 5);
  CHECK(database.schema().all.tables.size() < 60);
  CHECK(database.schema().remarks.size() > 1);
}

TEST_CASE("a schema is read with its keys, and its names are spelled as statements spell them") {
  const Database database = Database::script(
      "CREATE TABLE a (id INTEGER PRIMARY KEY, \"1st\" TEXT, [select] INT, `first` TEXT, größe REAL, \"we\"\"ird\" "
      "BLOB);"
      "CREATE TABLE \"b c\" (a_id INT REFERENCES a, x INT, y INT, PRIMARY KEY (x, y));"
      "CREATE TABLE d (x INT, y INT, FOREIGN KEY (x, y) REFERENCES \"b c\"(x, y)); INSERT INTO a VALUES (1);"
      "CREATE VIEW e AS SELECT x FROM d; DROP TABLE a;",
      "test");
  const tasks::SqlSchema& schema = database.schema().all;
  REQUIRE(schema.tables.size() == 4);
  std::string names;
  for (const tasks::SqlColumn& column : schema.tables[0].columns) names += column.name + (column.key ? " key," : ",");
  CHECK(names == "id key,\"1st\",\"select\",first,größe,\"we\"\"ird\",");
  CHECK(schema.tables[1].name == "\"b c\"");
  std::string links;
  for (const tasks::SqlLink& link : schema.links)
    links += link.table + "." + link.column + "=" + link.to_table + "." + link.to_column + ";";
  CHECK(links == "\"b c\".a_id=a.id;d.x=\"b c\".x;d.y=\"b c\".y;");
}

TEST_CASE("definitions of other databases are read as far as they go") {
  const Database database = Database::script(
      "SET NAMES utf8; CREATE TABLE `shop`.`orders` (`id` int(11) unsigned NOT NULL AUTO_INCREMENT, `key` varchar(10) "
      "COLLATE utf8_bin, total numeric(10,2)[] DEFAULT now(), PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8;\n"
      "COPY x FROM stdin; CREATE TABLE public.items (id serial PRIMARY KEY, order_id integer, CONSTRAINT k FOREIGN KEY "
      "(order_id) REFERENCES orders (id) DEFERRABLE); CREATE TABLE broken (; CREATE TABLE copy AS SELECT * FROM "
      "orders;",
      "test");
  const tasks::SqlSchema& schema = database.schema().all;
  REQUIRE(schema.tables.size() == 2);
  CHECK(schema.tables[0].name == "orders");
  CHECK(schema.tables[0].columns.size() == 3);
  CHECK(schema.tables[0].columns[0].key);
  REQUIRE(schema.links.size() == 1);
  CHECK(schema.links[0].to_column == "id");
  CHECK_THROWS_AS(Database::script("DELETE FROM x", "test"), Error);
}

TEST_CASE("a name is bare exactly where SQLite reads it so") {
  CHECK(quoted_name("name") == "name");
  CHECK(quoted_name("first") == "first");
  CHECK(quoted_name("order") == "\"order\"");
  CHECK(quoted_name("a b") == "\"a b\"");
  CHECK(quoted_name("1a") == "\"1a\"");
  CHECK(quoted_name("") == "\"\"");
  CHECK(plain_name("\"A\"\"b\"") == "a\"b");
  for (int k = 0; k < sqlite3_keyword_count(); ++k) {
    const char* word;
    int size;
    REQUIRE(sqlite3_keyword_name(k, &word, &size) == SQLITE_OK);
    const std::string name = quoted_name({word, static_cast<std::size_t>(size)});
    INFO(name);
    const Database database =
        Database::script("CREATE TABLE t (\"" + std::string(word, static_cast<std::size_t>(size)) + "\")", "t");
    Gate gate(database.connection(), database.schema().all);
    CHECK(gate.prepare("SELECT " + name + ", t." + name + " FROM t WHERE " + name + " = 1 GROUP BY " + name,
                       deadline_after(5)));
  }
}

TEST_CASE("the tables and columns that a statement reads are known") {
  const Database database = Database::script("CREATE TABLE t (a, b, \"c d\"); CREATE TABLE u (a, e);", "test");
  Gate gate(database.connection(), database.schema().all);
  const Gate::Verdict verdict =
      gate.prepare("SELECT t.a FROM u JOIN t ON t.a = u.a WHERE \"c d\" > 1", deadline_after(5));
  REQUIRE(verdict);
  CHECK(verdict.tables == std::vector<std::string>{"t", "u"});
  std::string columns;
  for (const auto& [table, column] : verdict.columns) columns += table + "." + column + " ";
  CHECK(columns == "t.a t.\"c d\" u.a ");
}

TEST_CASE("what may not be asked may not be read either") {
  Database database =
      Database::script("CREATE TABLE t (a); CREATE TABLE secret (a); CREATE VIEW v AS SELECT a FROM secret;", "test");
  database.restrict({}, {"SECRET"});
  Gate gate(database.connection(), database.schema().all);
  CHECK(gate.prepare("SELECT a FROM t", deadline_after(5)));
  CHECK_FALSE(gate.prepare("SELECT a FROM secret", deadline_after(5)));
  CHECK_FALSE(gate.prepare("SELECT COUNT(*) FROM secret", deadline_after(5)));
  CHECK_FALSE(gate.prepare("SELECT a FROM v", deadline_after(5)));
  CHECK_THROWS_AS(database.restrict({"nothing"}, {}), Error);
  CHECK_THROWS_AS(database.restrict({"t"}, {"t"}), Error);
}

TEST_CASE("a database in write-ahead mode is read without files beside it") {
  const Folder folder("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (7)");
  const std::string before = folder.state();
  const Database database = Database::file(folder.file);
  CHECK(run_query(database, "SELECT a FROM t", {}).rows.count == 1);
  CHECK(folder.state() == before);
  // While others write to it, what they have committed is there.
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(folder.file.c_str(), &raw) == SQLITE_OK);
  const Connection writer(raw);
  REQUIRE(sqlite3_exec(raw, "INSERT INTO t VALUES (8)", nullptr, nullptr, nullptr) == SQLITE_OK);
  const std::string busy = folder.state();
  CHECK(run_query(Database::file(folder.file), "SELECT a FROM t", {}).rows.count == 2);
  // A log that nobody has open would need its shared memory made anew.
  fs::copy(folder.file, folder.path / "copy.db");
  fs::copy(folder.file + "-wal", folder.path / "copy.db-wal");
  CHECK_THROWS_AS(Database::file(folder.path / "copy.db"), Error);
  CHECK_FALSE(fs::exists(folder.path / "copy.db-shm"));
}

TEST_CASE("files that are no database are refused") {
  const Folder folder("CREATE TABLE t (a)");
  CHECK_THROWS_AS(Database::file(folder.path / "none.db"), Error);
  CHECK_FALSE(fs::exists(folder.path / "none.db"));
  CHECK_THROWS_AS(Database::file(folder.path), Error);
  std::ofstream(folder.path / "text.db") << "CREATE TABLE t (a)";
  CHECK_THROWS_AS(Database::file(folder.path / "text.db"), Error);
  // Damage anywhere is an error or a shorter schema, never a crash.
  const std::string good = read_file(folder.file, 1 << 20);
  for (std::size_t at = 16; at < good.size(); at += at < 200 ? 1 : 37) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x5A);
    std::ofstream(folder.path / "bad.db", std::ios::binary) << bad;
    try {
      const Database database = Database::file(folder.path / "bad.db");
      Gate gate(database.connection(), database.schema().all);
      gate.prepare("SELECT * FROM t", deadline_after(1));
    } catch (const Error& error) {
      CHECK(error.status() == Status::kInput);
    }
  }
}

TEST_CASE("columns are told which of their texts a question says, and it is spelled as they spell them") {
  const Folder folder(
      "CREATE TABLE people (name TEXT, city TEXT, age INT); CREATE TABLE \"odd name\" (\"select\" TEXT);"
      "INSERT INTO people VALUES ('Ann', 'New York', 30), ('O''Neil', 'oslo', 41), ('Bob', 'Oslo', NULL);"
      "INSERT INTO \"odd name\" VALUES ('a'), ('new york'), ('tab\there')");
  const Database database = Database::file(folder.file);
  const auto told = [&](const std::string& question) {
    tasks::SqlSchema schema = database.schema().all;
    look_up(database, schema, question, {});
    std::string text = respelled(question, schema) + ":";
    for (const tasks::SqlTable& table : schema.tables)
      for (const tasks::SqlColumn& column : table.columns)
        for (const std::string& one : column.said) text += " " + column.name + "=" + one;
    return text;
  };
  CHECK(told("who is 30?") == "who is 30?:");
  CHECK(told("ann and BOB's friends") == "Ann and Bob's friends: name=Ann name=Bob");
  CHECK(told("is o'neil from New York?") == "is O'Neil from New York?: name=O'Neil city=New York \"select\"=new york");
  CHECK(told("in oslo") == "in oslo: city=oslo city=Oslo");
  CHECK(told("Bobby's tab\there'); DROP TABLE people; --") == "Bobby's tab\there'); DROP TABLE people; --:");
  CHECK(told(std::string(3000, 'x')) == std::string(3000, 'x') + ":");
}

TEST_CASE("rows are printed so that they can be read back and steer no terminal") {
  Rows rows;
  rows.columns = {"n", "n", "text"};
  rows.count = 2;
  for (const Cell cell :
       {Cell{Cell::Kind::kInteger, "-7"}, Cell{Cell::Kind::kReal, "2.5"}, Cell{Cell::Kind::kText, "a\tb\n\"\\\x1b[31m"},
        Cell{}, Cell{Cell::Kind::kReal, "Inf"}, Cell{Cell::Kind::kBlob, std::string_view("\0\xff", 2)}})
    Rows::append(rows.packed, cell);
  CHECK(printed(rows, Form::kTsv, true) == "n\tn\ttext\n-7\t2.5\ta\\tb\\n\"\\\\\\x1b[31m\n\tInf\tx'00FF'\n");
  CHECK(printed(rows, Form::kCsv, false) == "-7,2.5,\"a\tb\n\"\"\\\\x1b[31m\"\n,Inf,x'00FF'\n");
  CHECK(printed(rows, Form::kJson, true) ==
        "{\"n\":-7,\"n_2\":2.5,\"text\":\"a\\tb\\n\\\"\\\\\\u001b[31m\"}\n{\"n\":null,\"n_2\":null,\"text\":\"x'00FF'"
        "\"}\n");
  rows.packed.clear();
  rows.count = 1;
  for (int i = 0; i < 3; ++i) Rows::append(rows.packed, {});
  CHECK(rows.says_nothing());
}
