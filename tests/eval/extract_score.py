#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-extract on JSON Lines {"text", "schema", "json", "source"}: a table by source of records that are right as a
whole, of precision, recall and F1 of their fields (null and [] are no field, each item of a list is one), and of answers
that are there and have the types, members and enum values of the schema.

  extract_score.py [--errors 10] dev.jsonl [-- eve-extract --model my.gguf]
"""
import argparse
import collections
import json
import subprocess
import sys
import tempfile


def fields(value, path=""):
    """(path, value) of each thing said; items of lists without their place."""
    if isinstance(value, dict):
        return [f for k, v in value.items() for f in fields(v, path + "/" + k)]
    if isinstance(value, list):
        return [f for v in value for f in fields(v, path + "/*")]
    if value is None:
        return []
    return [(path, float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value)]


TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict, "null": type(None)}


def valid(value, schema):
    kinds = schema.get("type", list(TYPES))
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not any(isinstance(value, TYPES[k]) and (k == "boolean" or not isinstance(value, bool)) for k in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, list):
        return all(valid(v, schema.get("items", {})) for v in value)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return all(r in value for r in schema.get("required", [])) and all(valid(v, known.get(k, {})) for k, v in value.items())
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--errors", type=int, default=0, help="show the first N wrong answers (this prints the data)")
    parser.add_argument("--limit", type=int, help="the first N rows alone")
    parser.add_argument("command", nargs="*", default=["eve-extract"])
    options = parser.parse_args()

    rows = [json.loads(line) for line in open(options.data, encoding="utf-8")][: options.limit]
    groups = collections.defaultdict(list)
    for row in rows:
        groups[json.dumps(row["schema"])].append(row)
    scores, shown = collections.defaultdict(collections.Counter), 0
    for schema, group in groups.items():
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(schema)
            file.flush()
            command = [*options.command, "--schema", file.name, "-0", "--json"]
            done = subprocess.run(command, input=b"".join(r["text"].encode() + b"\0" for r in group), stdout=subprocess.PIPE, check=False)
        answers = [json.loads(part) for part in done.stdout.split(b"\0") if part]
        if done.returncode > 1 or len(answers) != len(group):
            sys.exit(f"{command}: status {done.returncode}, {len(group)} records, {len(answers)} answers")
        for row, answer in zip(group, answers):
            got = answer["value"]
            want_fields, got_fields = collections.Counter(fields(row["json"])), collections.Counter(fields(got))
            hits = sum((want_fields & got_fields).values())
            right = want_fields == got_fields and got is not None
            for name in (row.get("source", "-"), "all"):
                score = scores[name]
                score.update(rows=1, right=right, hits=hits, want=sum(want_fields.values()), got=sum(got_fields.values()))
                score.update(valid=got is not None and valid(got, row["schema"]))
            if not right and shown < options.errors:
                shown += 1
                print(f"{row['text']}\n  want {json.dumps(row['json'])}\n  got  {json.dumps(got)}")

    print("| source | rows | exact | precision | recall | field F1 | valid |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name in sorted(scores, key=lambda k: (k == "all", k)):
        s = scores[name]
        precision, recall = s["hits"] / max(s["got"], 1), s["hits"] / max(s["want"], 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"| {name} | {s['rows']} | {s['right'] / s['rows']:.3f} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {s['valid'] / s['rows']:.3f} |")


if __name__ == "__main__":
    main()
