#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-extract said again: the values of a text and its record changed for those of other rows, fields left out, in another order and without their
descriptions.

  varied.py TRAIN.jsonl --rows N --seed S --out FILE
"""
import collections
import copy
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "rows"))
import swap  # noqa: E402


def slots_of(row):
    """(name, value) of what the record copies; of a list each item."""
    for key, value in row["json"].items():
        if "enum" in row["schema"]["properties"][key] or isinstance(value, bool):
            continue
        if isinstance(value, list):
            yield from (((key, i), item) for i, item in enumerate(value) if isinstance(item, str))
        elif isinstance(value, str) or (isinstance(value, int) and not 1000 <= value < 3000):  # a year of random digits is none
            yield (key, None), value


class Varied:
    def __init__(self, rows, rng):
        self.rows, self.rng, values = rows, rng, collections.defaultdict(set)
        for row in rows:
            for (key, _), value in slots_of(row):
                if isinstance(value, str) and swap.said_once(value, row["text"]):
                    values[row["source"], key].add(value)
        self.values = {key: sorted(values) for key, values in values.items() if len(values) > 3}

    def change_schema(self, row):
        properties = row["schema"]["properties"]
        dropped = self.rng.choice((0, 0, 0.2, 0.5))
        keys = [key for key in properties if self.rng.random() >= dropped] or list(properties)
        if self.rng.random() < 0.5:
            self.rng.shuffle(keys)
        properties = {key: dict(properties[key]) for key in keys}
        if self.rng.random() < 0.3:
            for p in properties.values():
                p.pop("description", None)
        row["schema"] = row["schema"] | {"properties": properties, "required": [key for key in keys if key in row["schema"].get("required", [])]}
        row["json"] = {key: row["json"][key] for key in keys}

    def __call__(self):
        row = copy.deepcopy(self.rng.choice(self.rows))
        slots = [(name, value, self.values.get((row["source"], name[0]))) for name, value in slots_of(row)]
        row["text"], changed = swap.swapped(row["text"], slots, self.rng)
        for (key, i), value in changed.items():
            if i is None:
                row["json"][key] = value
            else:
                row["json"][key][i] = value
        self.change_schema(row)
        row["source"] += ":varied"
        return row


if __name__ == "__main__":
    swap.write_rows(__doc__, Varied)
