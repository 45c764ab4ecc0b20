#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-func said again: the values of a request and its calls changed for those of other rows, the tools under other names and with other arguments.

  varied.py TRAIN.jsonl --rows N --seed S --out FILE

A value is changed only where it stands once in the request, so that a row stays right by construction: what changes is what there is to copy, and what the
names in the schema look like. Rows whose values were made up already (`synth-glaive-schema`) are left to others.
"""
import collections
import copy
import pathlib
import re
import sys

import mixed

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "rows"))
import swap  # noqa: E402

# Words in names of tools and arguments, and others that schemas use for the same.
SYNONYMS = {
    "account": ("acct",), "address": ("addr",), "airline": ("carrier",), "album": ("record",), "amount": ("sum", "total"), "app": ("application",),
    "area": ("district",), "artist": ("performer", "singer", "musician"), "business": ("company",), "category": ("kind", "type"),
    "city": ("town", "location_city"), "cuisine": ("food_type", "food"), "date": ("day", "on_date"), "departure": ("outbound",), "destination": ("to", "target"),
    "device": ("appliance",), "doctor": ("physician",), "email": ("mail",), "event": ("happening",), "find": ("search", "look_up"), "folder": ("mailbox",),
    "frequency": ("how_often", "recurrence"), "genre": ("style",), "get": ("fetch",), "guests": ("party_size", "people"), "house": ("home",),
    "ingredient": ("component",), "location": ("place", "where"), "movie": ("film",), "music": ("audio",), "news": ("headlines",),
    "order": ("purchase",), "origin": ("from", "start"), "passengers": ("travelers",), "person": ("who", "contact"),
    "place": ("location",), "play": ("start", "put_on"), "playlist": ("list",), "price": ("cost",), "rating": ("stars", "score"), "recipient": ("payee", "receiver"),
    "relation": ("relationship",), "restaurant": ("diner", "eatery"), "rooms": ("room_count",), "search": ("find",), "service": ("provider", "platform"),
    "show": ("display",), "size": ("count",), "song": ("track",), "state": ("region",), "tickets": ("seats",),
    "time": ("hour", "at_time"), "topic": ("subject",), "track": ("song",), "type": ("kind",), "weather": ("forecast",),
}


def parts(name):
    return [p for p in re.split(r"[_.\s-]|(?<=[a-z0-9])(?=[A-Z])", name) if p]


def schema(row, call):
    tool = next(t["function"] for t in row["tools"] if t["function"]["name"] == call["name"])
    return tool["parameters"].get("properties", {})


class Varied:
    def __init__(self, rows, rng):
        self.rows, self.rng, self.values = rows, rng, collections.defaultdict(set)
        for row in rows:
            for call in row["calls"]:
                properties = schema(row, call)
                for key, value in call["arguments"].items():
                    if isinstance(value, str) and "enum" not in properties.get(key, {}) and swap.said_once(value, row["request"]):
                        self.values[row["source"], key].add(value)
        self.values = {key: sorted(values) for key, values in self.values.items() if len(values) > 3}

    def change_values(self, row):
        slots = []
        for i, call in enumerate(row["calls"]):
            properties = schema(row, call)
            for key, value in call["arguments"].items():
                if not isinstance(value, bool) and "enum" not in properties.get(key, {}):
                    slots.append(((i, key), value, self.values.get((row["source"], key))))
        row["request"], changed = swap.swapped(row["request"], slots, self.rng)
        for (i, key), value in changed.items():
            row["calls"][i]["arguments"][key] = value

    def rename(self, name):
        joined = name
        words = parts(name)
        if self.rng.random() < 0.35:
            words = [self.rng.choice(SYNONYMS[w.lower()]) if w.lower() in SYNONYMS and self.rng.random() < 0.5 else w for w in words]
            joined = "_".join(w.lower() for w in words)
        if self.style == "camel":
            words = parts(joined)
            joined = words[0].lower() + "".join(w.capitalize() for w in words[1:])
        elif self.style == "dash":
            joined = "-".join(p.lower() for p in parts(joined))
        return joined

    def change_tools(self, row):
        for tool in row["tools"]:
            f = tool["function"]
            self.style = self.rng.choices(("", "camel", "dash"), (8, 3, 1))[0]
            calls = [call for call in row["calls"] if call["name"] == f["name"]]
            used = {key for call in calls for key in call["arguments"]}
            required = f["parameters"].get("required", [])
            drop, undescribed = self.rng.choice((0, 0, 0.3, 0.6)), self.rng.random() < 0.4
            keys = [k for k in f["parameters"].get("properties", {}) if k in used or k in required or self.rng.random() >= drop]
            if self.rng.random() < 0.5:
                self.rng.shuffle(keys)
            names = {}
            for key in keys:
                name = self.rename(key)
                names[key] = name if name not in names.values() else key
            if len(set(names.values())) != len(names):
                names = {key: key for key in keys}
            properties = {names[k]: dict(f["parameters"]["properties"][k]) for k in keys}
            if undescribed:
                for p in properties.values():
                    p.pop("description", None)
            f["parameters"] = {"type": "object", "properties": properties, "required": [names[k] for k in required if k in names]}
            name = self.rename(f["name"])
            if name not in {t["function"]["name"] for t in row["tools"]}:
                for call in calls:
                    call["name"] = name
                f["name"] = name
            for call in calls:
                call["arguments"] = {names[k]: call["arguments"][k] for k in keys if k in call["arguments"]}

    def __call__(self):
        row = copy.deepcopy(self.rng.choice(self.rows))
        self.change_values(row)
        if self.rng.random() < 0.4:
            row = copy.deepcopy(mixed.mixed(row, self.rows, self.rng, none=0.15))
        self.rng.shuffle(row["tools"])
        self.change_tools(row)
        row["source"] += ":varied"
        return row


def make(rows, rng):
    return Varied([row for row in rows if row["calls"] and not row["source"].startswith("synth")], rng)


if __name__ == "__main__":
    swap.write_rows(__doc__, make)
