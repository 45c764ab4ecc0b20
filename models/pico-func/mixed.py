#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-func with the tools of other rows: requests whose tool is not there, and requests that must find theirs among more.

  mixed.py TRAIN.jsonl --rows N --seed S --out FILE
"""
import argparse
import json
import random
import re


def words(tool):
    """What a tool is about, by the words of its name and description."""
    f = tool["function"]
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", f["name"]) + " " + f.get("description", "")
    return {w.lower().rstrip("s") for w in re.findall(r"[A-Za-z]{4,}", text)}


def mixed(row, rows, rng, none=0.5):
    """The row among tools of other rows; with the chance `none` without its own."""
    called = {call["name"] for call in row["calls"]}
    about = set().union(*(words(t) for t in row["tools"] if t["function"]["name"] in called))
    is_none = rng.random() < none
    tools = [t for t in row["tools"] if not is_none or t["function"]["name"] not in called]
    wanted = rng.randint(1, 4) if is_none else len(tools) + rng.randint(1, 3)
    for _ in range(200):  # draws; few rows may not have as many tools
        if len(tools) >= wanted:
            break
        tool = rng.choice(rng.choice(rows)["tools"])
        # A tool that shares a word may serve the request too.
        if not words(tool) & about and tool["function"]["name"] not in {t["function"]["name"] for t in tools}:
            tools.append(tool)
    rng.shuffle(tools)
    return row | {"tools": tools, "calls": [] if is_none else row["calls"], "source": row["source"] + (":none" if is_none else ":more")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with open(options.train, encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["calls"]]
    rng = random.Random(options.seed)
    with open(options.out, "w", encoding="utf-8") as out:
        for _ in range(options.rows):
            out.write(json.dumps(mixed(rng.choice(rows), rows, rng), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
