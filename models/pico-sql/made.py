#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows {"question", "schema", "sql", "source"[, "db"]} for eve-sql: databases of domains.txt in words of wordings.txt.

  made.py --rows N --seed S --out FILE

A question and its query are made together, so a row is right by construction:
what the one does not say is not in the other.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from made_many import ManyTables  # noqa: E402
from made_one import OneTable  # noqa: E402
from made_said import read_wordings  # noqa: E402
from made_schema import Database, read_domains  # noqa: E402
from made_spoken import Spoken  # noqa: E402
from made_values import Values, kinds  # noqa: E402


class Asker(OneTable, ManyTables, Spoken):
    """One row under way."""


# How often each shape is asked: in joins, groups and nested queries as Spider's train rows are.
SHAPES = {
    "wiki": 22, "select": 7, "asked": 3, "star": 0.7, "count": 3.5, "count_distinct": 1.8, "distinct": 1.5,
    "aggregate": 3, "order": 3, "top": 5, "grouped": 11, "nested": 3, "sets": 3,
    "related_select": 10, "related_count": 3.5, "related_aggregate": 2, "related_order": 1.4, "related_top": 1.8,
    "related_group": 2.6, "pairs": 3, "owners": 11, "existence": 5.5, "related_sets": 1.8,
    "spoken": 25,
}  # fmt: skip


def typed(values, question, sql, is_wiki):
    """The question as people type it, and the query with its texts as the question has them."""

    def outside(text, change):
        return re.sub(r"(?:^|(?<=\x02))[^\x01]*", lambda m: change(m[0]), text)

    question = re.sub(r" +", " ", question).strip()
    style = values.rng.random()
    if style < 0.12:
        question = outside(question, str.lower)
    elif question[0] != "\x01" and style < 0.93:
        question = question[0].upper() + question[1:]
    if question[-1] != "?" and values.chance(0.65):
        question += "."
    elif question[-1] == "?" and values.chance(0.08):
        question = question[:-1] + ("" if values.chance(0.7) else " ?")
    if is_wiki and values.chance(0.12):  # everything in small letters, the values too
        question, sql = question.lower(), re.sub(r"'(?:[^']|'')*'", lambda m: m[0].lower(), sql)
    return question.replace("\x01", "").replace("\x02", "").replace("\x03", "#"), sql


def rows(rng, count):
    values, domains = Values(rng), read_domains()
    asker = Asker(values, read_wordings())
    asker.domains = domains
    shapes, weights = list(SHAPES), list(SHAPES.values())
    seen = set()
    made = 0
    while made < count:
        shape = rng.choices(shapes, weights)[0]
        domain, found, is_wiki = None, None, shape == "wiki"
        while not found:
            # A database is used only once, but for a second try: its style is what varies.
            domain = values.pick(domains)
            db = None if is_wiki else Database(values, domain)
            found = getattr(asker, shape)(db) or getattr(asker, shape)(db)
        text, sql, used = found
        question, sql = typed(values, text, sql, is_wiki)
        if is_wiki:
            schema = used.schema()
        else:
            others = list(Database(values, values.pick(domains)).tables.values()) if values.chance(0.25) else []
            schema = db.schema(list(dict.fromkeys(used)), others)
        if (question, sql) in seen or len(question) + len(schema) + len(sql) > 1500:
            continue
        seen.add((question, sql))
        row = {"question": question, "schema": schema, "sql": sql, "source": "made"}
        yield row if is_wiki else row | {"db": "made_" + domain.name.replace(" ", "_")}
        made += 1


if __name__ == "__main__":
    kinds.run(__doc__, rows)
