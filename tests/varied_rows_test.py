# SPDX-License-Identifier: Apache-2.0
"""Claims about the rows that varied.py of pico-extract, pico-func, pico-sql and pico-summarize make of others."""
import importlib.util
import pathlib
import random
import re
import sqlite3
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "eval"))
sys.path.insert(0, str(ROOT / "models" / "pico-func"))
sys.path.insert(0, str(ROOT / "models" / "rows"))
import swap  # noqa: E402
from extract_score import valid  # noqa: E402

CITIES = ["Oslo", "New Delhi", "Bergen", "San Jose", "Rome"]


def load(model):
    spec = importlib.util.spec_from_file_location(f"varied_{model}", ROOT / "models" / f"pico-{model}" / "varied.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def varied(model, rows, count, seed=5):
    make = load(model).Varied(rows, random.Random(seed))
    return [make() for _ in range(count)]


def string(description=None):
    return {"type": "string"} | ({"description": description} if description else {})


def extract_rows():
    for city in CITIES:
        schema = {
            "type": "object",
            "properties": {"city": string("where"), "guests": {"type": "integer"}, "tags": {"type": "array", "items": string()}, "paid": {"type": "boolean"}},
            "required": ["city", "guests", "tags", "paid"],
        }
        record = {"city": city, "guests": 4, "tags": ["quiet"], "paid": True}
        yield {"text": f"four guests, {city}, quiet, paid", "schema": schema, "json": record, "source": "visits"}


def func_rows():
    for city in CITIES:
        parameters = {"type": "object", "properties": {"city": string("where"), "guests": {"type": "integer"}, "when": string()}, "required": ["city"]}
        tools = [{"type": "function", "function": {"name": "find_room", "description": "Find a room", "parameters": parameters}}]
        yield {"tools": tools, "request": f"a room in {city} for 4", "calls": [{"name": "find_room", "arguments": {"city": city, "guests": 4}}], "source": "rooms"}


def sql_rows():
    for city in CITIES:
        schema = f'CREATE TABLE {city.split()[0]} (name TEXT, "Home, City" TEXT, age INTEGER);'
        sql = f"SELECT COUNT(*) FROM {city.split()[0]} WHERE \"Home, City\" = '{city}' AND age > 30"
        yield {"question": f"how many people older than 30 live in {city}?", "schema": schema, "sql": sql, "source": "people"}


NAMES = ["Vera", "Tom", "Ines", "Karl", "Mona"]


def talk_rows():
    """Chats, bookings and a doctor's talk."""
    for one, other, city in zip(NAMES, NAMES[1:] + NAMES[:1], CITIES):
        yield {
            "dialogue": f"{one}: {other}, are you free on Tuesday at 10:30?\n{other}: yes, for 2 hours\n{one}: thanks!",
            "summary": f"{one} and {other} meet on Tuesday at 10:30 for 2 hours.",
            "source": "synthetic/chat/meet",
        }
        yield {
            "dialogue": f"User: Find me a flight to {city} on March 3rd.\nAssistant: One costs $120, call 555-010-2000.\nUser: Great, thanks. Bye.",
            "summary": f"The user wants a flight to {city} on March 3rd. The assistant finds one for $120 and says to call 555-010-2000.",
            "source": "sgd/1",
        }
        yield {
            "dialogue": "Doctor: Hello. How are you?\nPatient: It rains.\nDoctor: Any cough?\nPatient: No.\nPatient: I am thirty four and my left knee hurts.",
            "summary": f"KNEE: A 34-year-old with pain in the left knee; no cough. {one} called.",
            "source": "mts-dialog/cc",
        }


class Swap(unittest.TestCase):
    def test_a_value_is_found_where_it_stands_once_and_whole(self):
        self.assertEqual(swap.said_once("York", "in York now"), (3, 7))
        for text in ("in Yorkshire", "New York, York", "in Oslo"):
            self.assertIsNone(swap.said_once("York", text), text)

    def test_a_number_keeps_its_form(self):
        rng = random.Random(1)
        (begin, end), text, value = swap.other_number(3, "for three people", rng)
        self.assertEqual(((begin, end), text), ((4, 9), swap.NUMBERS[value]))
        _, text, value = swap.other_number(45, "page 45", rng)
        self.assertEqual((len(text), int(text)), (2, value))
        self.assertIsNone(swap.other_number(3, "at 13 or 3rd", rng))

    def test_values_that_overlap_are_not_both_changed(self):
        slots = [("whole", "New York", ["Oslo"]), ("part", "York", ["Rome"])]
        text, values = swap.swapped("to New York", slots, random.Random(1), keep=0)
        self.assertEqual((text, values), ("to Oslo", {"whole": "Oslo"}))


class Rows(unittest.TestCase):
    def test_a_seed_gives_the_same_rows(self):
        for model, rows in (("extract", extract_rows), ("func", func_rows), ("sql", sql_rows), ("summarize", talk_rows)):
            first = varied(model, list(rows()), 40)
            self.assertEqual(first, varied(model, list(rows()), 40))
            self.assertNotEqual(first, varied(model, list(rows()), 40, seed=6))

    def test_records_satisfy_their_schemas_and_copy_from_their_texts(self):
        rows = varied("extract", list(extract_rows()), 200)
        for row in rows:
            self.assertTrue(valid(row["json"], row["schema"]), row)
            self.assertEqual(list(row["json"]), list(row["schema"]["properties"]))
            for text in [row["json"].get("city"), *row["json"].get("tags", [])]:
                self.assertTrue(text is None or text in row["text"], row)
            if "guests" in row["json"]:
                self.assertIn(swap.NUMBERS[row["json"]["guests"]], row["text"])
        self.assertGreater(len({row["text"] for row in rows}), 20)

    def test_calls_fit_the_tools_as_they_are_named_now(self):
        rows = varied("func", list(func_rows()), 200)
        for row in rows:
            tools = {t["function"]["name"]: t["function"]["parameters"] for t in row["tools"]}
            for call in row["calls"]:
                properties = tools[call["name"]]["properties"]
                self.assertEqual([k for k in properties if k in call["arguments"]], list(call["arguments"]))
                self.assertTrue(valid(call["arguments"], tools[call["name"]]), row)
                self.assertTrue(all(str(value) in row["request"] for value in call["arguments"].values()), row)
        self.assertGreater(len({tuple(t["function"]["parameters"]["properties"]) for row in rows for t in row["tools"]}), 10)

    def test_statements_prepare_and_compare_with_what_is_asked(self):
        rows = varied("sql", list(sql_rows()), 200)
        for row in rows:
            base = sqlite3.connect(":memory:")
            base.executescript(row["schema"])
            base.execute("EXPLAIN " + row["sql"])
            base.close()
            for _, value in load("sql").compared(row):
                self.assertIn(str(value), row["question"])
        self.assertGreater(len({row["schema"] for row in rows}), 10)

    def test_summaries_say_what_the_talk_says_in_the_form_of_the_grammar(self):
        originals, rows = list(talk_rows()), varied("summarize", list(talk_rows()), 300)
        for row in rows:
            self.assertNotIn(row["dialogue"], [r["dialogue"] for r in originals])
            self.assertRegex(row["summary"], r"^(?:[^\s.,;()\"-]+(?:[.,:-]\w+)*,? ?)+\.(?: |$)")
            have = set(re.findall(r"[A-Za-z]+|\d+", row["dialogue"].replace("thirty four", "34")))
            for word in re.findall(r"\d+|(?<=[a-z] )[A-Z][a-z]+", row["summary"]):
                self.assertIn(word, have, row)
        self.assertGreater(len({row["dialogue"] for row in rows}), 60)
        self.assertEqual({row["source"] for row in rows}, {r["source"] + ":varied" for r in originals})

    def test_a_summary_loses_headings_and_sentences_that_name_what_the_talk_does_not(self):
        notes = {row["summary"] for row in varied("summarize", list(talk_rows()), 300) if row["source"].startswith("mts")}
        for note in notes:
            self.assertRegex(note, r"^A 34 year old with pain in the (left|right) \w+, no \w+\.$")
        self.assertGreater(len(notes), 8)

    def test_an_answer_stays_with_its_question(self):
        for row in varied("summarize", list(talk_rows()), 300):
            if row["source"].startswith("mts"):
                self.assertRegex(row["dialogue"], r"Any \w+\?\nPatient: No\.")


if __name__ == "__main__":
    unittest.main()
