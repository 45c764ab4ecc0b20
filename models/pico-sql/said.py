#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-sql as they are asked of a database whose rows are known: "said" has the texts that the question says and a column holds, {column: [text]}.
Those that the statement compares its columns with; one in ten stands in another column too.

  said.py ROWS.jsonl... --share 0.6 --seed S --out FILE
"""
import argparse
import itertools
import json
import random
import re

from varied import compared

NAME = re.compile(r'(?:[(,]\s*)("[^"]+"|\w+)(?=\s|,|\))')
ELSEWHERE = 0.1


def said(row, rng):
    texts = {}
    for found, value in compared(row):
        if isinstance(value, str) and re.search(rf"(?<!\w){re.escape(value)}(?!\w)", row["question"], re.I):
            texts.setdefault(found["column"], []).append(value)
            if rng.random() < ELSEWHERE:
                texts.setdefault(rng.choice(NAME.findall(row["schema"])), []).append(value)
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--share", type=float, required=True, help="of the rows that are asked so")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with open(options.out, "w", encoding="utf-8") as out:
        for line in itertools.chain.from_iterable(open(name, encoding="utf-8") for name in options.rows):
            row = json.loads(line)
            if rng.random() < options.share and (texts := said(row, rng)):
                row["said"] = texts
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


main()
