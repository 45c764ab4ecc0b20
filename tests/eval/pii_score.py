#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-pii on a JSONL file of {"text", "spans": [{"start", "end", "label"}], "source"}: exact span and label.

  pii_score.py dev.jsonl                                       rules and model
  pii_score.py dev.jsonl -- eve-pii -0 --json --rules-only     any program that reads NUL-terminated records and writes
                                                               {"spans": [...]} a record, ended by NUL or newline
"""
import argparse
import collections
import json
import re
import subprocess
import sys


def prf(c):
    p = c["hit"] / (c["hit"] + c["extra"]) if c["hit"] + c["extra"] else 0.0
    r = c["hit"] / (c["hit"] + c["miss"]) if c["hit"] + c["miss"] else 0.0
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def row(name, c):
    p, r, f = prf(c)
    return f"| {name} | {c['hit'] + c['miss']} | {p:.3f} | {r:.3f} | {f:.3f} |"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data")
    arguments.add_argument("--errors", type=int, default=0, help="show the first N errors of each kind (this prints the data)")
    arguments.add_argument("--short", action="store_true", help="all labels and sources together alone")
    arguments.add_argument("--label", help="errors of this label only")
    arguments.add_argument("command", nargs="*", default=["eve-pii", "-0", "--json"])
    options = arguments.parse_args()

    rows = [json.loads(line) for line in open(options.data, encoding="utf-8")]
    records = b"".join(r["text"].encode() + b"\0" for r in rows)
    done = subprocess.run(options.command, input=records, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{options.command[0]} ended with status {done.returncode}")
    answers = [json.loads(part) for part in re.split(rb"[\0\n]", done.stdout) if part]
    if len(answers) != len(rows):
        sys.exit(f"{len(rows)} records, {len(answers)} answers")

    total = collections.Counter()
    by_label, by_source = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    clean = touched = 0
    shown = collections.Counter()
    for r, answer in zip(rows, answers):
        want = {(s["start"], s["end"], s["label"]) for s in r["spans"]}
        got = {(s["start"], s["end"], s["label"]): s for s in answer["spans"]}
        source = r.get("source", "-").split("/")[0]
        if not want:
            clean += 1
            touched += bool(got)
        for kind, spans in (("hit", want & set(got)), ("miss", want - set(got)), ("extra", set(got) - want)):
            for span in spans:
                total[kind] += 1
                by_label[span[2]][kind] += 1
                by_source[source][kind] += 1
                if kind != "hit" and shown[kind] < options.errors and options.label in (None, span[2]):
                    shown[kind] += 1
                    text = r["text"].encode()
                    part = lambda a, b: repr(text[max(a, 0):b].decode("utf-8", "replace"))[1:-1]
                    how = got[span].get("rule", got[span].get("by", "")) if kind == "extra" else ""
                    print(f"{kind} {span[2]} {how}: {part(span[0] - 40, span[0])}[[{part(span[0], span[1])}]]{part(span[1], span[1] + 25)}")

    print("| label | spans | precision | recall | F1 |\n| --- | ---: | ---: | ---: | ---: |")
    print(row("**all**", total))
    if not options.short:
        for label in sorted(by_label, key=lambda k: -(by_label[k]["hit"] + by_label[k]["miss"])):
            print(row(label, by_label[label]))
        print("\n| source | spans | precision | recall | F1 |\n| --- | ---: | ---: | ---: | ---: |")
        for source in sorted(by_source):
            print(row(source, by_source[source]))
    print(f"\nclean rows touched: {touched} of {clean} ({100 * touched / max(clean, 1):.1f} %)")


main()
