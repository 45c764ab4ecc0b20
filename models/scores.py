#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the scores of the whole family as one table, out of the cards: scores.py. For README.md, by card.py."""
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
# card: (row of its table, {column: what it is called here})
WANTED = {
    "pii": ("all", {"F1": "spans with their kinds, F1"}),
    "extract": ("all", {"field F1": "fields, F1", "exact": "whole records right", "valid": "valid"}),
    "func": ("all", {"calls right": "calls right with all arguments", "none right": "of requests that no tool fits", "valid": "valid"}),
    "sql": ("all", {"same rows": "the same rows as the known answer", "prepare": "prepare"}),
    "summarize": ("all", {"R-L": "ROUGE-L", "foreign": "foreign names or numbers"}),
    "commit": ("all", {"type": "type right", "ROUGE-L": "ROUGE-L of subjects", "valid": "valid"}),
    "route": ("all 180 labels", {"accuracy": "bundled intents, accuracy"}),
}


def cells(line):
    return [cell.strip().strip("*") for cell in line.strip().strip("|").split("|")]


def value(card, row, column):
    header = []
    for line in card.split("\n"):
        if not line.startswith("|"):
            header = []
        elif not header:
            header = cells(line)
        elif cells(line)[0] == row:
            names = [name.split(":")[-1].strip() for name in header]
            if column in names:
                return cells(line)[names.index(column)]
    raise SystemExit(f"no {column} of {row}")


def main():
    print("| model | on data that it was not trained on | bytes |\n| --- | --- | ---: |")
    for task, (row, columns) in WANTED.items():
        card = (HERE / f"pico-{task}" / "CARD.md").read_text(encoding="utf-8")
        size = re.search(r"([\d,]+) bytes", card)[1]
        scores = "; ".join(f"{name} {value(card, row, column)}" for column, name in columns.items())
        print(f"| [pico-{task}](models/pico-{task}/CARD.md) | {scores} | {size} |")


main()
