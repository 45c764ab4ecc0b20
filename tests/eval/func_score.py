#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-func on JSON Lines {"tools", "request", "calls", "source"}: a table by source of rows answered right (all
calls the same, as a set), of rows that want calls and of rows that want none, and of answers that are arrays of calls of
the row's tools. A judge apart from that of `eve-func eval`, which it should agree with.

  func_score.py [--errors 10] dev.jsonl [-- eve-func --model my.gguf]
"""
import argparse
import collections
import json
import subprocess
import sys
import tempfile


def canonical(call):
    def plain(value):
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, list):
            return [plain(v) for v in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return json.dumps(plain({"name": call["name"], "arguments": call["arguments"]}), sort_keys=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--errors", type=int, default=0, help="show the first N wrong answers (this prints the data)")
    parser.add_argument("--limit", type=int, help="the first N rows alone")
    parser.add_argument("command", nargs="*", default=["eve-func"])
    options = parser.parse_args()

    rows = [json.loads(line) for line in open(options.data, encoding="utf-8")][: options.limit]
    groups = collections.defaultdict(list)
    for row in rows:
        groups[json.dumps(row["tools"])].append(row)
    scores, shown = collections.defaultdict(collections.Counter), 0
    for tools, group in groups.items():
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(tools)
            file.flush()
            command = [*options.command, "--tools", file.name, "-0", "--quiet"]
            done = subprocess.run(command, input=b"".join(r["request"].encode() + b"\0" for r in group), stdout=subprocess.PIPE, check=False)
        answers = [json.loads(part) for part in done.stdout.split(b"\0") if part]
        if done.returncode > 1 or len(answers) != len(group):
            sys.exit(f"{command}: status {done.returncode}, {len(group)} records, {len(answers)} answers")
        for row, got in zip(group, answers):
            want = row["calls"]
            right = sorted(map(canonical, got)) == sorted(map(canonical, want))
            names = {t["function"]["name"] for t in row["tools"]}
            for name in (row.get("source", "-"), "all"):
                score = scores[name]
                score.update(rows=1, right=right, valid=all(c["name"] in names and isinstance(c["arguments"], dict) for c in got))
                score.update({"calls" if want else "none": 1, "calls_right" if want else "none_right": right})
                score.update(named=bool(want) and sorted(c["name"] for c in got) == sorted(c["name"] for c in want))
            if not right and shown < options.errors:
                shown += 1
                print(f"{row['request']}\n  want {json.dumps(want)}\n  got  {json.dumps(got)}")

    print("| source | rows | right | calls right | names right | none right | valid |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    share = lambda part, whole: f"{part / whole:.3f}" if whole else "-"
    for name in sorted(scores, key=lambda k: (k == "all", k)):
        s = scores[name]
        print(f"| {name} | {s['rows']} | {share(s['right'], s['rows'])} | {share(s['calls_right'], s['calls'])} | {share(s['named'], s['calls'])} | {share(s['none_right'], s['none'])} | {share(s['valid'], s['rows'])} |")


main()
