# SPDX-License-Identifier: Apache-2.0
"""Claims about the made-up rows of models/pico-extract/rows.py and models/pico-func/rows.py."""
import importlib.util
import pathlib
import random
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "eval"))
from extract_score import valid  # noqa: E402


def load(model):
    spec = importlib.util.spec_from_file_location("rows_" + model, ROOT / "models" / ("pico-" + model) / "rows.py")
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


if __name__ == "__main__":
    unittest.main()
