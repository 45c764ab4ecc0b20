# SPDX-License-Identifier: Apache-2.0
"""Claims about the rows that rows.py of pico-extract and pico-func and made.py of pico-sql make up."""
import importlib.util
import pathlib
import random
import re
import sqlite3
import sys
import unittest

MONTHS = "january february march april may june july august september october november december".split()
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "eval"))
from extract_score import valid  # noqa: E402


def load(model, name="rows"):
    spec = importlib.util.spec_from_file_location(f"{name}_{model}", ROOT / "models" / f"pico-{model}" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def strings(value, schema):
    """(text, is a date) of each string in a value."""
    if isinstance(value, str):
        yield value, "date" in (schema.get("format"), *(one.get("format") for one in schema.get("anyOf", [])))
    for part in value if isinstance(value, list) else []:
        yield from strings(part, schema.get("items", {}))
    for key, part in value.items() if isinstance(value, dict) else []:
        yield from strings(part, schema["properties"][key])


def says_date(question, literal):
    """Whether the question says all that "2026-05-01", "2026-05-" or "-05-" has: the month by its name, too."""
    date = re.fullmatch(r"(\d{4})?-(\d\d)-(\d\d)?", literal)
    if not date:
        return False
    year, month, day = date.groups()
    numbers = [int(n) for n in re.findall(r"\d+", question)]
    has_month = MONTHS[int(month) - 1][:3] in question.lower() or int(month) in numbers
    return has_month and all(part is None or int(part) in numbers for part in (year, day))


class ExtractRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = load("extract")
        cls.rows = list(cls.module.rows(random.Random(5), 1500))

    def test_a_seed_gives_the_same_rows(self):
        again = list(self.module.rows(random.Random(5), 50))
        self.assertEqual(self.rows[:50], again)
        self.assertNotEqual(again, list(self.module.rows(random.Random(6), 50)))

    def test_every_answer_satisfies_its_schema_in_its_order(self):
        for row in self.rows:
            schema = row["schema"]
            if "anyOf" not in str(schema):
                self.assertTrue(valid(row["json"], schema), row)
            order = list(schema["properties"])
            self.assertEqual(list(row["json"]), [k for k in order if k in row["json"]])

    def test_every_string_of_an_answer_but_a_date_stands_in_its_text(self):
        for row in self.rows:
            for text, is_date in strings(row["json"], row["schema"]):
                if not is_date:
                    self.assertIn(text, row["text"])

    def test_every_domain_nested_objects_lists_of_objects_and_absent_values_occur(self):
        self.assertEqual({r["source"] for r in self.rows}, {"made-" + d.name for d in self.module.read_domains()})
        self.assertTrue(any(isinstance(v, dict) for r in self.rows for v in r["json"].values()))
        self.assertTrue(any(isinstance(v, list) and v and isinstance(v[0], dict) for r in self.rows for v in r["json"].values()))
        self.assertTrue(any(v is None for r in self.rows for v in r["json"].values()))
        self.assertTrue(any(set(r["schema"]["properties"]) - set(r["json"]) for r in self.rows))


class FuncRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = load("func")
        cls.rows = list(cls.module.rows(random.Random(5), 1500))

    def test_a_seed_gives_the_same_rows(self):
        self.assertEqual(self.rows[:50], list(self.module.rows(random.Random(5), 50)))

    def test_every_call_names_a_tool_of_its_row_and_its_arguments_only_lack_what_is_required(self):
        for row in self.rows:
            tools = {t["function"]["name"]: t["function"]["parameters"] for t in row["tools"]}
            for call in row["calls"]:
                schema = tools[call["name"]]
                given = call["arguments"]
                if "options" in given and len(given) == 1:
                    schema, given = schema["properties"]["options"], given["options"]
                self.assertTrue(valid(given, schema | {"required": []}), row)

    def test_every_string_argument_stands_in_the_request_or_the_facts(self):
        for row in self.rows:
            said = "\n".join([row["request"].lower(), *row.get("facts", {}).values(), *(f.lower() for f in row.get("facts", {}).values())])
            for call in row["calls"]:
                schema = next(t["function"]["parameters"] for t in row["tools"] if t["function"]["name"] == call["name"])
                for text, _ in strings(call["arguments"], schema):
                    self.assertTrue(text in said or text.lower() in said, row)

    def test_refusals_pairs_of_calls_facts_and_missing_arguments_occur(self):
        refused = sum(not r["calls"] for r in self.rows) / len(self.rows)
        self.assertTrue(0.08 < refused < 0.16, refused)
        self.assertTrue(sum(len(r["calls"]) > 1 for r in self.rows) > len(self.rows) / 10)
        self.assertTrue(any("facts" in r for r in self.rows))
        names = lambda r: {t["function"]["name"]: t["function"]["parameters"]["required"] for t in r["tools"]}  # noqa: E731
        self.assertTrue(any(set(names(r)[c["name"]]) - set(c["arguments"]) for r in self.rows for c in r["calls"]))


class SqlRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = load("sql", "made")
        cls.rows = list(cls.module.rows(random.Random(5), 3000))

    def test_a_seed_gives_the_same_rows(self):
        again = list(self.module.rows(random.Random(5), 50))
        self.assertEqual(self.rows[:50], again)
        self.assertNotEqual(again, list(self.module.rows(random.Random(6), 50)))

    def test_every_schema_loads_and_every_query_prepares_on_it(self):
        for row in self.rows:
            with self.subTest(row):
                base = sqlite3.connect(":memory:")
                base.executescript(row["schema"])
                base.execute("EXPLAIN " + row["sql"])
                base.close()

    def test_every_text_and_number_of_a_query_but_limit_1_stands_in_its_question(self):
        text = r"'((?:[^']|'')*)'"
        said = {word: str(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}
        said |= {"once": "1", "twice": "2"}
        for row in self.rows:
            with self.subTest(row):
                question = row["question"]
                for literal in re.findall(text, row["sql"]):
                    literal = literal.strip("%").replace("''", "'")
                    self.assertTrue(literal in question or says_date(question, literal), literal)
                rest = re.sub(r'LIMIT 1$|"[^"]*"', "", re.sub(text, "", row["sql"]))
                words = {said.get(w) for w in re.findall(r"\w+", question.lower())}
                for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?\b", rest):
                    self.assertTrue(number in question or number in words, number)

    def test_queries_are_written_as_those_of_spider(self):
        for row in self.rows:
            bare = re.sub(r"'(?:[^']|'')*'", "''", row["sql"])
            self.assertFalse(re.search(r";|  |<>|\b(?:select|from|as|where|inner|over)\b|FROM \(|FROM \w+,", bare), row)
            if " JOIN " in bare:
                self.assertIn(" AS T1 JOIN ", bare)

    def test_domains_shapes_and_wordings_are_many(self):
        self.assertGreaterEqual(len(self.module.read_domains()), 60)
        for shape, wordings in self.module.read_wordings().items():
            self.assertGreaterEqual(len(set(wordings)), 8, shape)
        bones = {re.sub(r"[A-Z_]*[a-z]\w*|'[^']*'|\d+|T\d\.\w+|\"[^\"]*\"", "x", r["sql"]) for r in self.rows}
        self.assertGreater(len(bones), 150)
        parts = "T3|NOT IN (|EXCEPT|INTERSECT|UNION|HAVING COUNT(*)|COUNT(DISTINCT|SELECT DISTINCT| LIKE | BETWEEN | OR |!="
        parts += "|> (SELECT AVG(|DESC LIMIT 1|ASC LIMIT 1|GROUP BY T1.|GROUP BY T2.|ORDER BY COUNT(*)"
        for part in parts.split("|"):
            self.assertTrue(any(part in r["sql"] for r in self.rows), part)

    def test_hardly_a_question_comes_twice_and_few_rows_are_long(self):
        questions = [r["question"].lower() for r in self.rows]
        self.assertGreater(len(set(questions)), 0.97 * len(questions))
        lengths = sorted(len(r["question"]) + len(r["schema"]) + len(r["sql"]) for r in self.rows)
        self.assertLess(lengths[int(0.95 * len(lengths))], 1400)


if __name__ == "__main__":
    unittest.main()
