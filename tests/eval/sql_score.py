#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-sql on JSON Lines {"question", "schema", "sql", "source"}: a table by source, and by whether the known
answer reads one table or more, of questions answered, of answers that prepare, of answers that give the same rows as the
known one (as multisets, on each of three databases with made-up rows), and of equal texts.

  sql_score.py [--errors 10] dev.jsonl [-- eve-sql --model my.gguf]

The tool sees the schema alone; with --rows a fourth such database for each question, so that it can try statements out. The
rows are made from the schema, the values of the known answer and those near them.
"""
import argparse
import collections
import json
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

DATABASES, ROWS, SECONDS = 3, 24, 2.0
WORDS = "alpha bravo carol delta echo foxtrot golf hotel".split()


def literals(sql):
    texts = [t.replace("''", "'") for t in re.findall(r"'((?:[^']|'')*)'", sql)]
    rest = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", " ", sql)
    return texts, [float(n) if "." in n else int(n) for n in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", rest)]


def database(schema, sql, seed):
    """A database in memory. Columns of one name and keys share small numbers, so that joins find something."""
    rng = random.Random(f"{seed} {schema} {sql}")
    texts, numbers = literals(sql)
    texts = [t.replace("%", rng.choice(["", " x"])) for t in texts] + rng.sample(WORDS, 4)
    numbers = [n + d for n in numbers for d in (-1, 0, 1)] + [rng.randrange(1, 40) for _ in range(4)]
    db = sqlite3.connect(":memory:")
    db.executescript(schema)
    for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        quoted = '"' + table.replace('"', '""') + '"'
        columns = db.execute(f"PRAGMA table_info({quoted})").fetchall()
        links = {row[3].lower() for row in db.execute(f"PRAGMA foreign_key_list({quoted})")}
        for number in range(1, ROWS + 1):
            row = []
            for _, name, kind, _, _, key in columns:
                small = key or name.lower() in links or re.search(r"(^|_|\b)(id|code|number)$|[a-z]I[dD]$", name)
                of_text = re.search("CHAR|TEXT|CLOB|^$", kind.upper())
                chance = rng.random()
                if key == 1 and sum(1 for c in columns if c[5]) == 1:
                    row.append(number if chance < 0.9 or not of_text else rng.choice(texts))
                elif chance < 0.05:
                    row.append(None)
                elif small and chance < 0.6:
                    row.append(rng.randrange(1, 9))
                elif of_text or (re.search("DATE|TIME", kind.upper()) and texts[:-4] and chance < 0.8):
                    row.append(rng.choice(texts))
                else:
                    row.append(rng.choice(numbers))
            db.execute(f"INSERT OR IGNORE INTO {quoted} VALUES ({', '.join('?' * len(row))})", row)
    return db


def result(db, sql):
    until = time.monotonic() + SECONDS
    db.set_progress_handler(lambda: time.monotonic() > until, 10000)
    try:
        return collections.Counter(map(tuple, db.execute(sql).fetchmany(20000)))
    except sqlite3.Error:
        return None


def same_rows(schema, want, got):
    for seed in range(DATABASES):
        db = database(schema, want, seed)
        expected, found = result(db, want), result(db, got)
        if expected is None or expected != found:
            return False
    return True


def prepares(schema, sql):
    db = sqlite3.connect(":memory:")
    try:
        db.executescript(schema)
        db.execute("EXPLAIN " + sql)
        return True
    except sqlite3.Error:
        return False


def ask(command, schema, questions, known):
    """One answer of the tool for each question; with a known answer, on a database with rows."""
    with tempfile.NamedTemporaryFile("w", suffix=".db" if known else ".sql") as file:
        if known:
            with sqlite3.connect(file.name) as target:
                rows = database(schema, known, DATABASES)
                rows.commit()
                rows.backup(target)
            target.close()
        else:
            file.write(schema)
            file.flush()
        text = b"".join(" ".join(q.split()).encode() + b"\0" for q in questions)
        command = [*command, "--db" if known else "--schema", file.name, "-0", "-q", "--json"]
        done = subprocess.run(command, input=text, stdout=subprocess.PIPE, check=False)
    answers = [json.loads(part) for part in done.stdout.split(b"\0") if part]
    if done.returncode > 1 or len(answers) != len(questions):
        sys.exit(f"{command}: status {done.returncode}, {len(questions)} questions, {len(answers)} answers")
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--errors", type=int, default=0, help="show the first N wrong answers (this prints the data)")
    parser.add_argument("--limit", type=int, help="the first N rows alone")
    parser.add_argument("--every", type=int, default=1, help="every Nth row alone")
    parser.add_argument("--rows", action="store_true", help="the tool sees a database with rows")
    parser.add_argument("command", nargs="*", default=["eve-sql"])
    options = parser.parse_args()

    rows = [json.loads(line) for line in open(options.data, encoding="utf-8")][:: options.every][: options.limit]
    groups = collections.defaultdict(list)
    for row in rows:
        groups[row["schema"]].append(row)
    scores, shown = collections.defaultdict(collections.Counter), 0
    for schema, group in groups.items():
        if options.rows:
            answers = [ask(options.command, schema, [r["question"]], r["sql"])[0] for r in group]
        else:
            answers = ask(options.command, schema, [r["question"] for r in group], None)
        for row, answer in zip(group, answers):
            want, got = row["sql"], answer["sql"]
            right = got is not None and (got == want or same_rows(schema, want, got))
            several = len(re.findall(r"\b(?:FROM|JOIN) (?!\()", want)) > 1
            for name in (row.get("source", "-"), "several tables" if several else "one table", "all"):
                scores[name].update(rows=1, answered=got is not None, right=right, equal=got == want)
                scores[name].update(prepares=got is not None and prepares(schema, got))
            if not right and shown < options.errors:
                shown += 1
                print(f"{row['question']}\n  want {want}\n  got  {got} ({answer.get('reason', '')})")

    print("| rows of | rows | answered | prepare | same rows | equal |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in sorted(scores, key=lambda k: (k == "all", k.endswith("table") or k.endswith("tables"), k)):
        s = scores[name]
        print(f"| {name} | {s['rows']} | {s['answered'] / s['rows']:.3f} | {s['prepares'] / max(s['answered'], 1):.3f} | "
              f"{s['right'] / s['rows']:.3f} | {s['equal'] / s['rows']:.3f} |")


if __name__ == "__main__":
    main()
