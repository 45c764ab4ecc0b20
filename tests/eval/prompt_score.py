#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores eve-prompt on JSON Lines {"description", "prompt", "source"}: descriptions kept byte for byte, with syntax put into them
too; prompts over the budget; tokens; distinct-2 (different pairs of words among all pairs that were added); prompts that say a
word of more than three letters twice among the words added; additions that are empty.

  prompt_score.py [--limit 100] [--count 1] dev.jsonl [-- eve-prompt --model my.gguf]
"""
import argparse
import json
import random
import re
import subprocess
import sys

SYNTAX = ["(glow:1.3)", "((moss))", "[fog]", "[dawn:dusk:0.5]", "<lora:ink:0.7>", "\\(ref\\)", "(sky)++", "(sea)1.1", "BREAK"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--limit", type=int, help="the first N rows alone")
    parser.add_argument("--count", type=int, default=1, help="variants of each")
    parser.add_argument("--budget", type=int, default=75)
    parser.add_argument("--show", type=int, default=0, help="print the first N prompts (this prints the data)")
    parser.add_argument("command", nargs="*", default=["eve-prompt"])
    options = parser.parse_args()

    rng = random.Random(1)
    descriptions = []
    for line in list(open(options.data, encoding="utf-8"))[: options.limit]:
        text = " ".join(json.loads(line)["description"].split())
        # Every other description carries syntax.
        descriptions.append(text + ", " + rng.choice(SYNTAX) if len(descriptions) % 2 else text)
    command = [*options.command, "-q", "--json", "--no-templates", "-n", str(options.count), "--budget", str(options.budget)]
    done = subprocess.run(command, input="\n".join(descriptions).encode() + b"\n", stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode > 1:
        sys.exit(f"{command}: status {done.returncode}")

    kept = over = repeating = empty = tokens = at = 0
    pairs = []
    for answer in answers:
        # Variants follow each other; fewer may have been found than were asked for.
        while at < len(descriptions) - 1 and not answer["prompt"].startswith(descriptions[at]):
            at += 1
        description = descriptions[at]
        kept += answer["prompt"].startswith(description)
        over += answer["tokens"] > options.budget
        tokens += answer["tokens"]
        words = re.findall(r"\w+", answer["prompt"][len(description) :].lower())
        pairs += zip(words, words[1:])
        long = [w for w in words if len(w) > 3]
        repeating += len(long) != len(set(long))
        empty += not words
        if options.show > 0:
            options.show -= 1
            print(answer["prompt"])
    n = max(len(answers), 1)
    print(f"prompts {len(answers)} of {options.count * len(descriptions)}, description kept {kept / n:.4f}, over budget {over}, tokens {tokens / n:.1f}")
    print(f"distinct-2 {len(set(pairs)) / max(len(pairs), 1):.3f}, a word twice {repeating / n:.3f}, nothing added {empty / n:.3f}")


main()
