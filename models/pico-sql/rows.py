#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Chooses training rows for eve-sql: those with joins twice, none of the kind that the grammar of eve-sql does not write.

  rows.py TRAIN.jsonl --rows N --seed S --out FILE
"""
import argparse
import json
import random

UNWRITTEN, TWICE = ("advising",), ("spider-train",)  # comma joins; questions about several tables


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    chosen = []
    for line in open(options.train, encoding="utf-8"):
        source = json.loads(line)["source"]
        if source not in UNWRITTEN:
            chosen += [line] * (2 if source in TWICE else 1)
    random.Random(options.seed).shuffle(chosen)
    with open(options.out, "w", encoding="utf-8") as out:
        out.writelines(chosen[:options.rows])


if __name__ == "__main__":
    main()
