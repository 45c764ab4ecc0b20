#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chooses training rows by their kind: all once, some kinds not at all, some twice, in an order that comes from the seed.

  choose.py TRAIN.jsonl [--without KIND ...] [--twice KIND ...] [--at-most KIND=N ...] [--seed S] [--held FILE] --out FILE

With --held a fortieth of the databases (or schemas) is not chosen: their rows of kinds that are go to that file.
The kind is the row's "source" up to a slash; of a row with a "message", the type that its header begins with.
"""
import argparse
import json
import random
import re


def kind_of(row):
    return re.match(r"\w+", row["message"])[0] if "message" in row else row["source"].partition("/")[0]


def choose(rows, without, twice, at_most, rng):
    rows = list(rows)
    rng.shuffle(rows)
    taken, chosen = {}, []
    for row in rows:
        kind = kind_of(row)
        taken[kind] = taken.get(kind, 0) + 1
        if kind not in without and taken[kind] <= at_most.get(kind, len(rows)):
            chosen += [row] * (2 if kind in twice else 1)
    rng.shuffle(chosen)
    return chosen


def split(rows, rng):
    """Rows to choose from, and those of the databases that are held back."""
    groups = {}
    for row in rows:
        groups.setdefault(row.get("db", row["schema"]), []).append(row)
    names = sorted(groups)
    held = set(rng.sample(names, len(names) // 40))
    return ([row for name in names if name not in held for row in groups[name]], [row for name in names if name in held for row in groups[name]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--twice", nargs="*", default=[])
    parser.add_argument("--at-most", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--held")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    at_most = {kind: int(n) for kind, n in (pair.split("=") for pair in options.at_most)}
    rng = random.Random(options.seed)
    with open(options.train, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    files = {}
    if options.held:
        rows, held = split(rows, rng)
        files[options.held] = choose(held, options.without, [], {}, rng)
    files[options.out] = choose(rows, options.without, options.twice, at_most, rng)
    for name, some in files.items():
        with open(name, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in some)


if __name__ == "__main__":
    main()
