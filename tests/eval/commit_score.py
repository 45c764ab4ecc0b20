#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-commit on JSON Lines {"diff", "message", "source"}: by project the share of right types, of right scopes where
there is one, ROUGE-L of the subjects (F1 over words in lower case), and of messages that `eve-commit --check` takes.

  commit_score.py [--limit 100] [--errors 10] [--messages FILE] [--log train.jsonl] dev.jsonl [-- eve-commit --model my.gguf]

--messages writes them NUL-terminated, for commitlint itself. --confusion counts types taken for others. With --log each commit is
written with a log of its project (eve-commit --log), as in a repository: commits of it that stand in that file, or where there are
none, those of dev.jsonl before it; 300 messages at most, 100 of them with their paths, as eve-commit reads them.
"""
import argparse
import collections
import json
import re
import subprocess
import sys
import tempfile

HEADER = re.compile(r"^(\w+)(?:\(([^)]*)\))?(!?): (.*)$")


def parts(message):
    match = HEADER.match(message.split("\n")[0])
    return match.groups() if match else ("", "", "", message.split("\n")[0])


def rouge_l(got, want):
    a, b = re.findall(r"\w+", got.lower()), re.findall(r"\w+", want.lower())
    if not a or not b:
        return 0.0
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(row[j + 1], new[j]))
        row = new
    return 2 * row[-1] / (len(a) + len(b))


def project(row):
    return row["source"].split("@")[0]


def log_of(rows):
    """As git log --name-only prints commits."""
    text = ""
    for i, row in enumerate(rows[:300]):
        paths = re.findall(r"^diff --git a/\S+ b/(\S+)$", row["diff"], re.M) if i < 100 else []
        text += "commit " + row["source"].split("@")[1] + "\n\n" + "".join(f"    {line}\n" for line in row["message"].splitlines())
        text += "\n" + "".join(f"{path}\n" for path in paths) + "\n"
    return text


def write(command, rows):
    sent = b"".join(row["diff"].encode() + b"\0" for row in rows)
    done = subprocess.run([*command, "-0", "--quiet", "--json", "-"], input=sent, stdout=subprocess.PIPE, check=False)
    answers = [json.loads(part) for part in done.stdout.split(b"\0") if part]
    if done.returncode > 1 or len(answers) != len(rows):
        sys.exit(f"{command}: status {done.returncode}, {len(rows)} records, {len(answers)} answers")
    return answers


def write_with_logs(command, rows, known):
    by_project = collections.defaultdict(list)
    for row in known:
        by_project[project(row)].append(row)
    logs = {name: log_of(others) for name, others in by_project.items()}
    answers = [None] * len(rows)
    parts = collections.defaultdict(list)  # rows by the log that they are written with
    before = collections.defaultdict(list)
    for i, row in enumerate(rows):
        name = project(row)
        log = logs[name] if name in logs else log_of(before[name])
        before[name].insert(0, row)
        parts[log].append(i)
    for log, places in parts.items():
        with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
            file.write(log)
            file.flush()
            for i, answer in zip(places, write([*command, "--log", file.name], [rows[i] for i in places])):
                answers[i] = answer
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--errors", type=int, default=0, help="show the first N answers of another type (this prints the data)")
    parser.add_argument("--limit", type=int, help="so many rows, evenly from the whole")
    parser.add_argument("--log", help="write each with a log of its project")
    parser.add_argument("--messages", help="write the messages to this file")
    parser.add_argument("--confusion", action="store_true")
    parser.add_argument("command", nargs="*", default=["eve-commit"])
    options = parser.parse_args()

    rows = [json.loads(line) for line in open(options.data, encoding="utf-8")]
    if options.limit and options.limit < len(rows):
        rows = [rows[i * len(rows) // options.limit] for i in range(options.limit)]
    known = [json.loads(line) for line in open(options.log, encoding="utf-8")] if options.log else None
    answers = write(options.command, rows) if known is None else write_with_logs(options.command, rows, known)
    messages = [answer["message"] or "" for answer in answers]
    packed = b"".join(message.encode() + b"\0" for message in messages)
    if options.messages:
        open(options.messages, "wb").write(packed)
    judged = subprocess.run([options.command[0], "--check", "-0", "--quiet", "--json", "-"], input=packed, stdout=subprocess.PIPE, check=False)
    valid = [json.loads(part)["valid"] for part in judged.stdout.split(b"\0") if part]

    scores, confusion, shown = collections.defaultdict(collections.Counter), collections.Counter(), 0
    for row, answer, message, good in zip(rows, answers, messages, valid):
        got, want = parts(message), parts(row["message"])
        for name in (row["source"].split("@")[0], "all"):
            scores[name].update(rows=1, type=got[0] == want[0], rouge=rouge_l(got[3], want[3]), valid=good and bool(message))
            scores[name].update(scopes=bool(want[1]), scope=bool(want[1]) and got[1] == want[1], model=answer.get("by") == "model")
        confusion[(want[0], got[0])] += 1
        if got[0] != want[0] and shown < options.errors:
            shown += 1
            print(f"want {row['message'].splitlines()[0]}\n got {message.splitlines()[0]}\n")

    print("| project | rows | type | scope | ROUGE-L | valid | by the model |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    share = lambda part, whole: f"{part / whole:.3f}" if whole else "-"
    for name in sorted(scores, key=lambda k: (k == "all", k)):
        s = scores[name]
        n = s["rows"]
        print(f"| {name} | {n} | {share(s['type'], n)} | {share(s['scope'], s['scopes'])} | {share(s['rouge'], n)} | {share(s['valid'], n)} | {share(s['model'], n)} |")
    if options.confusion:
        for (want, got), count in confusion.most_common():
            print(f"{count:5} {want} as {got}")


main()
