#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-summarize on JSON Lines {"dialogue", "summary", "source"}: ROUGE-1, -2 and -L (F1 of lower-case words without
stemming; L over the summary as a whole) by source, beside what the first turn, the first three and the longest say; words a
summary; names and numbers that the dialogue does not have (any word with a capital letter inside a sentence or a digit whose
letters do not occur in the dialogue as a word, whatever its case; "thirty four" is 34, "M R I" and "M_R_I_" are MRI);
limits broken.

  summarize_score.py [--limit 50] [--max-words 60] dev.jsonl [-- eve-summarize --model my.gguf]
"""
import argparse
import collections
import json
import re
import subprocess
import sys

WORD = re.compile(r"[a-z0-9]+")


def words(text):
    return WORD.findall(text.lower())


def f1(hits, got, want):
    return 2 * hits / (got + want) if hits else 0.0


def rouge_n(got, want, n):
    a = collections.Counter(zip(*[got[i:] for i in range(n)]))
    b = collections.Counter(zip(*[want[i:] for i in range(n)]))
    return f1(sum((a & b).values()), sum(a.values()), sum(b.values()))


def rouge_l(got, want):
    row = [0] * (len(want) + 1)
    for a in got:
        last = 0
        for j, b in enumerate(want):
            keep = row[j + 1]
            row[j + 1] = last + 1 if a == b else max(row[j + 1], row[j])
            last = keep
    return f1(row[-1], len(got), len(want))


def rouge(got, want):
    got, want = words(got), words(want)
    return rouge_n(got, want, 1), rouge_n(got, want, 2), rouge_l(got, want)


SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
SPELLED = {w: str(i) for i, w in enumerate(SMALL)} | {w: str(20 + 10 * i) for i, w in enumerate(TENS)}


def said(source):
    """Words of a source, the numbers that it spells and the letters that it says one by one."""
    spoken = WORD.findall(source.lower())
    have = set(spoken) | {SPELLED[w] for w in spoken if w in SPELLED}
    have |= {str(int(SPELLED[a]) + int(SPELLED[b])) for a, b in zip(spoken, spoken[1:]) if a in TENS and SPELLED.get(b, "0") in "123456789"}
    return have | {re.sub(r"[ _]", "", letters).lower() for letters in re.findall(r"\b[A-Z](?:[ _][A-Z])+(?:\b|_)", source)}


def foreign(text, source):
    """Words of the text that look like names or numbers and do not stand in the source."""
    have = said(source)
    found = []
    for sentence in re.split(r"(?<=[.!?:])\s+|\n", text):
        for i, token in enumerate(sentence.split()):
            for part in re.findall(r"[^\W_]+", token):
                # The first word has a capital letter whatever it is; so has "I".
                named = part[0].isupper() and i > 0 and not re.fullmatch("I", part)
                if (named or any(c.isdigit() for c in part)) and not set(words(part)) <= have:
                    found.append(part)
    return found


def text_of(turn):
    return re.sub(r"^(\[[^\]]*\]\s*)?(<[^>]+>|[^:<]{1,40}:)\s*", "", turn)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--limit", type=int, help="the first N rows of each source alone")
    parser.add_argument("--max-words", type=int, help="a limit that the command was given, to be checked")
    parser.add_argument("--max-sentences", type=int, help="the same of sentences or bullets")
    parser.add_argument("--show", type=int, default=0, help="print the first N answers (this prints the data)")
    parser.add_argument("command", nargs="*", default=["eve-summarize"])
    options = parser.parse_args()

    rows, of_source = [], collections.Counter()
    for line in open(options.data, encoding="utf-8"):
        row = json.loads(line)
        source = row["source"].split("/")[0]
        of_source[source] += 1
        if not options.limit or of_source[source] <= options.limit:
            rows.append((source, row))
    done = subprocess.run([*options.command, "-0", "--json"], input=b"".join(r["dialogue"].encode() + b"\0" for _, r in rows), stdout=subprocess.PIPE, check=False)
    answers = [json.loads(part) for part in done.stdout.split(b"\0") if part]
    if done.returncode > 1 or len(answers) != len(rows):
        sys.exit(f"{options.command}: status {done.returncode}, {len(rows)} records, {len(answers)} answers")

    scores = collections.defaultdict(lambda: collections.defaultdict(float))
    for i, ((source, row), answer) in enumerate(zip(rows, answers)):
        turns, got = row["dialogue"].split("\n"), answer["summary"] or ""
        strangers = foreign(got, row["dialogue"])
        if i < options.show or (strangers and options.show):
            print(f"{row['dialogue'][:600]}\n  want {row['summary']}\n  got  {got}\n  foreign {strangers}\n")
        spoken = [text_of(turn) for turn in turns]
        systems = {"": got, "first": spoken[0], "three": " ".join(spoken[:3]), "longest": max(spoken, key=len)}
        for name in (source, "all"):
            s = scores[name]
            s["rows"] += 1
            s["empty"] += not got
            s["words"] += len(got.split())
            s["foreign"] += len(strangers)
            s["content"] += answer["coverage"]["content"]
            count = len([w for w in got.split() if re.search(r"[^\W_]", w)])
            s["broken"] += bool((options.max_words and count > options.max_words) or (options.max_sentences and len(answer["cites"]) > options.max_sentences))
            for system, text in systems.items():
                for k, v in zip("12L", rouge(text, row["summary"])):
                    s[system + k] += v

    print("| source | rows | R-1 | R-2 | R-L | first turn R-L | first three R-L | longest R-L | words | foreign | limits broken | empty |")
    print("| --- |" + " ---: |" * 11)
    for name in sorted(scores, key=lambda k: (k == "all", k)):
        s, n = scores[name], scores[name]["rows"]
        mean = [f"{s[k] / n:.3f}" for k in ("1", "2", "L", "firstL", "threeL", "longestL")]
        print(f"| {name} | {n:.0f} | {' | '.join(mean)} | {s['words'] / n:.1f} | {s['foreign']:.0f} | {s['broken']:.0f} | {s['empty']:.0f} |")


main()
