#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/outputs.md: what the programs on PATH make of the inputs in docs/outputs.jsonl.

  PATH=$PWD/build/bin:$PATH EVE_MODEL_PATH=$PWD/models docs/outputs.py

A row has the tool, its arguments, the files they name, the input (or a commit of this repository, for its diff) and the known answer, if any.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/eval"))
import extract_score  # noqa: E402
import sql_score  # noqa: E402

HEAD = """# Outputs

Twenty outputs of each tool as they came, not chosen for beauty: the first 20 inputs count, and wrong answers are left in. `right` and `wrong` are by a
known answer; `known` is that answer where the tool gave another one. Those of eve-prompt stand on [its card](../models/pico-prompt/CARD.md), scores on
more data on the cards of all models.

The inputs were there before any tool had read them, and were not changed afterwards. Names, addresses and numbers are invented. Where rows come from one
of our generators, a model has learnt from rows of the same kind. Long lines are wrapped here. Made by [outputs.py](outputs.py) from
[outputs.jsonl](outputs.jsonl).
"""
MADE = "\n\nThe first 20 rows of `models/{} --seed 777` with less than 700 bytes of {}; no recipe uses that seed. "
SECTIONS = {  # tool: (what is above its outputs, names of an input and of an answer)
    "eve-pii": ("All personal data found, with the expected labels, and nothing else: {} of {}.\n\nLog lines, mails and chat lines.", "text", "answer"),
    "eve-extract": ("The whole record right: {} of {}." + MADE.format("pico-extract/rows.py", "text and schema")
                    + "Schemas\nare shown in short, `?` for what may be null or left out.", "text", "answer"),
    "eve-func": ("All calls right, with all arguments: {} of {}." + MADE.format("pico-func/rows.py", "request and tools")
                 + "Tools are\nshown in short, `?` for what may be left out. A call that lacks a required argument must not be printed; `note` is what "
                 "the tool says of it\non stderr.", "request", "answer"),
    "eve-sql": ("The same rows as the known answer, columns in its order, on three made-up databases: {} of {}."
                + MADE.format("pico-sql/made.py", "question and schema") + "The tool\nsees the schema alone, no rows.", "question", "answer"),
    "eve-summarize": ("No known answers.\n\nChats, without options.", "chat", "summary"),
    "eve-commit": ("The type of the real message: {} of {}. Subjects are not judged.\n\nEvery tenth of this repository's commits that are no merges and "
                   "change less than 200 lines, the newest first. The tool sees the diff\nalone; `real` is the subject that the commit has.", "commit", "answer"),
    "eve-route": ("The intended label, or none for the four that are out of scope: {} of {}.\n\nMessages for the bundled intents. An answer is the label "
                  "and its probability.", "message", "answer"),
}  # fmt: skip


def members(schema):
    """The members of an object as the short form of eve-extract has them."""
    said = []
    for name, one in schema.get("properties", {}).items():
        may_be_null = "anyOf" in one or "null" in one["type"]
        kind = short(one["anyOf"][0] if "anyOf" in one else one)
        said.append(name + ("?" if may_be_null or name not in schema.get("required", []) else "") + (" " + kind if kind != "string" else ""))
    return ", ".join(said)


def short(schema):
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if "enum" in schema:
        return "|".join(map(str, schema["enum"]))
    if kind == "object":
        return "{" + members(schema) + "}"
    return "[" + short(schema["items"]) + "]" if kind == "array" else schema.get("format", {"integer": "int"}.get(kind, kind))


def run(command, text=None, **options):
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False, **options)
    if done.returncode > 1 or done.returncode < 0:
        sys.exit(f"{' '.join(command)}: status {done.returncode}\n{done.stderr}")
    return done


def git(*words):
    return run(["git", "-C", str(HERE), *words]).stdout


def as_set(calls):
    return sorted(json.dumps(json.loads(json.dumps(call), parse_int=float), sort_keys=True) for call in calls)


def answered(row):
    """What the tool prints, without the last line feed, and what it says on stderr."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in row.get("files", {}).items():
            (pathlib.Path(folder) / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        text = row["input"] if "input" in row else git("show", "--format=", row["commit"])
        done = run([row["tool"], *row["arguments"]], text, cwd=folder)
    return done.stdout.removesuffix("\n"), done.stderr.strip()


def judged(row, answer):
    """The known answer, and whether this one is right; None for what is not judged."""
    tool, known = row["tool"], row.get("known")
    if tool == "eve-commit":
        known = git("show", "-s", "--format=%s", row["commit"]).strip()
        return known, answer.split(":")[0].split("(")[0] == known.split(":")[0].split("(")[0]
    if tool == "eve-extract":
        return known, answer != "" and sorted(map(repr, extract_score.fields(known))) == sorted(map(repr, extract_score.fields(json.loads(answer))))
    if tool == "eve-func":
        required = {t["function"]["name"]: t["function"]["parameters"].get("required", []) for t in row["files"]["tools.json"]}
        known = [call for call in known if set(required[call["name"]]) <= set(call["arguments"])]
        return known, answer != "" and as_set(known) == as_set(json.loads(answer))
    if tool == "eve-sql":
        return known, answer == known or (answer != "" and sql_score.same_rows(row["files"]["schema.sql"], known, answer))
    return known, None if known is None else answer.split("\t")[0] == known


def wrapped(text):
    wrap = textwrap.TextWrapper(118, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False).wrap
    return [part for line in text.strip("\n").split("\n") for part in wrap(line) or [""]]


def section(tool, rows):
    head, asked, replied = SECTIONS[tool]
    blocks, count = [], 0
    for number, row in enumerate(rows, 1):
        answer, note = answered(row)
        known, right = judged(row, answer)
        count += right or 0
        parts = [(asked, row.get("input") or " ".join([row["commit"][:9], *git("show", "--format=", "--name-only", row["commit"]).split()]))]
        for content in row.get("files", {}).values():
            if isinstance(content, list):
                parts.append(("tools", "\n".join(f"{t['function']['name']}({members(t['function']['parameters'])})" for t in content)))
                parts += [("facts", " ".join(row["arguments"][2:]))] if row["arguments"][2:] else []
            else:
                parts.append(("schema", content if isinstance(content, str) else members(content)))
        shown = "\t".join(answer.split("\t")[:2]).expandtabs(1) if tool == "eve-route" else answer
        parts.append((replied if right is None or tool == "eve-commit" else "right" if right else "wrong", shown or "(none)"))
        parts += [("note", note)] if note else []
        if tool == "eve-commit":
            parts.append(("real", known))
        elif right is False:
            parts.append(("known", (known or "(none)") if isinstance(known, str) else json.dumps(known, ensure_ascii=False, separators=(",", ":"))))
        lines = [f"{'' if place else name:9} {line}" for name, text in parts for place, line in enumerate(wrapped(text))]
        blocks.append("\n".join(f"{'' if place else number:<3}{line}".rstrip() for place, line in enumerate(lines)))
    command = " ".join([tool, *rows[0]["arguments"]])
    return f"\n## {tool}\n\n{head.format(count, len(rows))} The command is `{command}`.\n\n```text\n" + "\n\n".join(blocks) + "\n```\n"


def main():
    rows = [json.loads(line) for line in (HERE / "outputs.jsonl").read_text(encoding="utf-8").split("\n") if line]
    page = HEAD + "".join(section(tool, [row for row in rows if row["tool"] == tool]) for tool in SECTIONS)
    (HERE / "outputs.md").write_text(page, encoding="utf-8")


main()
