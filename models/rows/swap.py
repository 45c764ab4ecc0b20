# SPDX-License-Identifier: Apache-2.0
"""Values of a text changed for others, where they stand there once: a row stays right by construction, and what there is to copy changes."""
import argparse
import json
import random
import re

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


def said_once(value, text):
    """Where a value stands, if it stands there once and as whole words."""
    found = [m.span() for m in re.finditer(re.escape(value), text)]
    if len(found) != 1 or not value.strip():
        return None
    begin, end = found[0]
    inside = (begin > 0 and text[begin - 1].isalnum() and value[0].isalnum()) or (end < len(text) and text[end].isalnum() and value[-1].isalnum())
    return None if inside else found[0]


def other_number(value, text, rng):
    """(where it stands, what will stand there, the number), in words or digits as it is there; or None."""
    if 0 <= value <= 12:
        found = said_once(NUMBERS[value], text)
        if found and not said_once(str(value), text):
            other = rng.randint(1, 9)
            return found, NUMBERS[other], other
    found = said_once(str(value), text)
    if found and value >= 0:
        digits = len(str(value))
        other = rng.randint(10 ** (digits - 1), 10**digits - 1)
        return found, str(other), other
    return None


def swapped(text, slots, rng, keep=0.3):
    """The text with other values, and those values by slot. slots: (name, value, values to take instead); with the chance `keep` one stays."""
    changes, values = [], {}  # (span, text)
    for name, value, others in slots:
        if rng.random() < keep:
            continue
        change = None
        if isinstance(value, int):
            change = other_number(value, text, rng)
        elif others:
            other, found = rng.choice(others), said_once(value, text)
            # What is new may not stand there already.
            if found and other not in text:
                change = found, other, other
        if change and not any(change[0][0] < end and begin < change[0][1] for (begin, end), _ in changes):
            changes.append(change[:2])
            values[name] = change[2]
    for (begin, end), new in sorted(changes, reverse=True):
        text = text[:begin] + new + text[end:]
    return text, values


def write_rows(doc, make):
    """The program around it: make(rows, rng) gives a function that gives a row."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--without", nargs="*", default=[], metavar="SOURCE")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    with open(options.train, encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["source"] not in options.without]
    varied = make(rows, random.Random(options.seed))
    with open(options.out, "w", encoding="utf-8") as out:
        for _ in range(options.rows):
            out.write(json.dumps(varied(), ensure_ascii=False) + "\n")
