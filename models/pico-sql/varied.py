#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-sql said again: values of question and statement changed for those of other rows, and a table that stands alone with other columns beside those
that the statement names, in another order.

  varied.py TRAIN.jsonl [--without SOURCE ...] --rows N --seed S --out FILE
"""
import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "rows"))
import swap  # noqa: E402

# A column and the value that it is compared with.
COMPARED = re.compile(r"""(?P<column>"[^"]+"|\w+)\s*(?:=|!=|<>|[<>]=?|LIKE)\s*(?:'(?P<text>(?:[^']|'')+)'|(?P<number>\d+)(?![\w.]))""")
COLUMN = re.compile(r"""\s*(?P<name>"[^"]+"|\w+)\s+(?P<type>[A-Za-z]+(?:\(\d+\))?)\s*""")
ALONE = re.compile(r"CREATE TABLE (?P<name>\"[^\"]+\"|\w+) \((?P<columns>.*)\);")


def compared(row):
    """(match, value) of the values in the statement that the question says as they are."""
    for found in COMPARED.finditer(row["sql"]):
        value = int(found["number"]) if found["number"] else found["text"]
        if isinstance(value, int) or "'" not in value and "%" not in value:
            yield found, value


def columns_of(schema):
    """[(name, type)] of a table that stands alone and has no keys, or None."""
    table = ALONE.fullmatch(schema)
    if not table:
        return None
    columns = [COLUMN.fullmatch(part) for part in re.split(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', table["columns"])]
    return [(c["name"], c["type"]) for c in columns] if all(columns) else None


class Varied:
    def __init__(self, rows, rng):
        self.rows, self.rng, values = rows, rng, collections.defaultdict(set)
        self.columns = sorted({column for row in rows for column in columns_of(row["schema"]) or []})
        for row in rows:
            for found, value in compared(row):
                if isinstance(value, str) and swap.said_once(value, row["question"]):
                    values[found["column"].strip('"').lower()].add(value)
        self.values = {key: sorted(some) for key, some in values.items() if len(some) > 3}

    def change_values(self, row):
        founds = list(compared(row))
        slots = [(i, value, self.values.get(found["column"].strip('"').lower())) for i, (found, value) in enumerate(founds)]
        row["question"], changed = swap.swapped(row["question"], slots, self.rng)
        for i in sorted(changed, reverse=True):
            group = "number" if isinstance(changed[i], int) else "text"
            begin, end = founds[i][0].span(group)
            row["sql"] = row["sql"][:begin] + str(changed[i]) + row["sql"][end:]

    def change_columns(self, row):
        columns = columns_of(row["schema"])
        if not columns or "*" in re.sub(r"COUNT\(\*\)", "", row["sql"]):
            return
        bare = re.sub(r"'(?:[^']|'')*'", "''", row["sql"])
        named = {word.strip('"').lower() for word in re.findall(r'"[^"]+"|\w+', bare)}
        dropped, added = self.rng.choice((0, 0.3, 0.6)), self.rng.choice((0, 0, 1, 2, 3))
        kept = [c for c in columns if c[0].strip('"').lower() in named or self.rng.random() >= dropped]
        said = row["question"].lower()
        for name, kind in self.rng.sample(self.columns, added):
            # Not a column that the question may mean.
            words = re.findall(r"[a-z]{3,}", name.lower())
            if not any(w in said or any(w in k[0].lower() for k in kept) for w in words):
                kept.append((name, kind))
        if self.rng.random() < 0.5:
            self.rng.shuffle(kept)
        table = ALONE.fullmatch(row["schema"])["name"]
        row["schema"] = f"CREATE TABLE {table} ({', '.join(' '.join(c) for c in kept)});"

    def __call__(self):
        row = dict(self.rng.choice(self.rows))
        self.change_values(row)
        self.change_columns(row)
        row["source"] += "/varied"
        return row


if __name__ == "__main__":
    swap.write_rows(__doc__, Varied)
