#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows {"prompt", "answer"} whose answers are copies: to learn copying from (train), and to measure it (bench).

  copy_rows.py train --rows N --seed S --out FILE   look-ups, repetitions, quotations and records, in many forms
  copy_rows.py bench --seed S --out FILE            four forms like the tools' own, by rarity and distance

The two share neither templates nor names. Every row of the benchmark tells "form" (sql, json, log, func), "rarity" (word, name, random, number)
and "distance", the bytes between the value in the prompt and the answer.
"""
import argparse
import json
import random
import string

TRAIN_WORDS = """apple bridge candle danger engine forest garden hammer island jacket kitchen ladder market number orange pencil quarter river
silver table uncle valley window yellow animal basket castle doctor eagle finger guitar honey iron jungle king lemon mirror needle ocean paper queen
rabbit school ticket umbrella village water young zebra account balance credit delivery email folder group history invoice journal key language
message network order payment query report status team update version weight address budget city date event file goal hotel item job kind level
month name owner price quality region score time unit value week year answer beauty color driver energy failure growth health idea journey knife
library machine nature office person question reason season teacher user voice winter bank camera dinner example family hospital image lake memory
news opinion plant result station train""".split()
BENCH_WORDS = """arrow blanket copper dragon elbow feather glass harbor insect jewel kettle lantern meadow nest onion pepper quilt ribbon shadow
tunnel urchin velvet walnut yarn anchor bottle cotton drawer emperor flower glove helmet ivory jelly kitten leather marble napkin olive pillow
quarry rocket saddle temple union vessel whistle amber barrel circle desert engineer farmer giant hunter iceberg judge keeper lawyer merchant
nurse orchard painter quiver ranger sailor tailor usher victim wizard agency border council district election factory guard hearing import junior
kernel license mission notice outcome partner quota receipt session transfer upgrade vendor warning""".split()
TRAIN_SYLLABLES = ("bal bran cor dal dor el fen gar hal ing jor kal lan mar mir nor ost pal quin ran sel tor ul var wen yar zan ash bec chi del "
                   "fir gos hib jan kes lu mon nad ori pet ros san tib us vor wil xen").split()
BENCH_SYLLABLES = ("thae bru kvo zim plo dre gna shu vle cho fru ska twi pha gli smo tre wro sni kle bor dax feq gup hoz jik lum nyx pav qes rud "
                   "syl tev vug wob yez zof").split()


class Values:
    """Things to copy, of four rarities."""

    def __init__(self, rng, words, syllables):
        self.rng, self.words, self.syllables = rng, words, syllables

    def word(self):
        return " ".join(self.rng.sample(self.words, self.rng.choice((1, 1, 2))))

    def simple_name(self):
        return "".join(self.rng.choices(self.syllables, k=self.rng.choice((2, 2, 3)))).capitalize()

    def name(self):
        return " ".join(self.simple_name() for _ in range(self.rng.choice((1, 2, 2))))

    def random(self):
        r = self.rng
        letters = r.choice((string.ascii_letters + string.digits, string.ascii_lowercase + string.digits, "0123456789abcdef", string.ascii_uppercase + string.digits))
        return "".join(r.choices(letters, k=r.randint(5, 12)))

    def number(self):
        r = self.rng
        text = str(r.randint(10, 10 ** r.randint(2, 8)))
        return text + r.choice(("", "", "", "." + str(r.randint(1, 99))))

    def draw(self, rarity=None):
        return getattr(self, rarity or self.rng.choice(("word", "name", "random", "number")))()

    def identifier(self, rarity=None):
        """A name as code spells it, and as people say it."""
        r = self.rng
        rarity = rarity or r.choice(("word", "name"))
        parts = {"word": lambda: r.sample(self.words, 2), "name": lambda: [self.simple_name().lower(), r.choice(self.words)],
                 "random": lambda: [self.random().lower(), self.random().lower()], "number": lambda: [r.choice(self.words), str(r.randint(10, 9999))]}[rarity]()
        return "_".join(parts), " ".join(parts)

    def distinct(self, make, count):
        seen = {}
        while len(seen) < count:
            seen.setdefault(make())
        return list(seen)


# ------------------------------------------------------------------------------------------------------------------------- training

CUES = ("\nA:\n", "\nA:\n", "\nAnswer: ", "\n> ", "\n=> ", "\n")


def repeat(v):
    r = v.rng
    text = r.choice((" ", ", ", "\n", " | ")).join(v.draw() for _ in range(r.randint(1, 12)))
    return r.choice(("Repeat: {}", "Copy this.\n{}", "Say again: {}", "{}\nThe same once more:", "echo {}")).format(text) + r.choice(CUES), text


def induction(v):
    r = v.rng
    items = [v.draw() for _ in range(r.randint(4, 24))]
    start = r.randrange(len(items) - 2)
    glue = r.choice((" ", "; ", ", ", "\n"))
    return glue.join(items) + r.choice(("\n\n", "\n...\n", "\n--\n")) + items[start] + glue, glue.join(items[start + 1:start + 1 + r.randint(1, 8)])


def look_up(v):
    r = v.rng
    rarity = r.choice(("word", "name", "random", "number"))
    keys = v.distinct(lambda: v.draw(rarity), r.randint(2, 20))
    pairs = {k: v.draw() for k in keys}
    form = r.choice(("{} -> {}", "{}: {}", "{} is {}", "{}\t{}", "{} = {}", "- {} ({})"))
    lines = r.choice(("\n", "\n", "; ")).join(form.format(k, x) for k, x in pairs.items())
    key = r.choice(keys)
    if r.random() < 0.25:  # the other way round, where that is clear
        backward = [k for k, x in pairs.items() if list(pairs.values()).count(x) == 1]
        if backward:
            key = r.choice(backward)
            return lines + r.choice(("\nWhich one has {}?", "\nWhose is {}?", "\nFind the key of {}.")).format(pairs[key]) + r.choice(CUES), key
    return lines + r.choice(("\n{}?", "\nWhat is {}?", "\nLook up {}.", "\nvalue of {}")).format(key) + r.choice(CUES), pairs[key]


def fill(v):
    r = v.rng
    fields = v.distinct(lambda: r.choice(v.words), r.randint(2, 9))
    record = {f: v.draw() for f in fields}
    chosen = r.sample(fields, r.randint(1, len(fields)))
    lines = list(record.items())
    shown = "\n".join(r.choice(("{}: {}", "{}: {}", "{} = {}")).format(*pair) for pair in lines)
    style = r.randrange(4)
    if style == 0:
        return shown + "\nTemplate: " + ", ".join("{%s}" % f for f in chosen) + r.choice(CUES), ", ".join(record[f] for f in chosen)
    if style == 1:
        return shown + "\nJSON of " + ", ".join(chosen) + r.choice(CUES), json.dumps({f: record[f] for f in chosen}, separators=(",", ":"))
    if style == 2:
        sentence = r.choice(("The {} is {}.", "We took {} to be {}.", "Its {}: {}."))
        return shown + "\nIn sentences: " + ", ".join(chosen) + r.choice(CUES), " ".join(sentence.format(f, record[f]) for f in chosen)
    return shown + "\nAs one line: " + " ".join(chosen) + r.choice(CUES), " ".join("%s=%s" % (f, record[f]) for f in chosen)


def column(v):
    r = v.rng
    names = v.distinct(lambda: v.identifier(r.choice(("word", "name", "name", "number"))), r.randint(2, 14))
    code, spoken = r.choice(names)
    style = r.randrange(3)
    if style == 1:
        parts = [n[1].split() for n in names]
        names = [(p[0] + "".join(w.capitalize() for w in p[1:]), " ".join(p)) for p in parts]
        code, spoken = r.choice(names)
    elif style == 2:
        names = [('"%s"' % n[1].title(), n[1]) for n in names]
        code, spoken = r.choice(names)
    head = r.choice(("columns: ", "Table %s has " % v.simple_name().lower(), "header: ", "fields of %s: " % r.choice(v.words)))
    ask = r.choice(("\nselect the {}", "\nhow many different {}?", "\nsort by {}", "\nWhere is the {}?", "\nthe largest {}"))
    return head + r.choice((", ", " | ", "; ")).join(n[0] for n in names) + ask.format(spoken) + r.choice(CUES), code


def quote(v):
    r = v.rng
    words = [r.choice(v.words) if r.random() < 0.7 else v.draw() for _ in range(r.randint(6, 60))]
    begin = r.randrange(len(words))
    end = min(len(words), begin + r.randint(1, 8))
    left, right = r.choice((("<<", ">>"), ("[", "]"), ("*", "*"), ('"', '"'), ("«", "»")))
    text = " ".join(words[:begin] + [left + " ".join(words[begin:end]) + right] + words[end:])
    return r.choice(("Quote the marked part: {}", "{}\nWhat is marked?", "{}\nThe part in %s%s:" % (left, right))).format(text) + r.choice(CUES), " ".join(words[begin:end])


def sentence(v):
    r = v.rng
    verbs = v.distinct(lambda: r.choice("sold bought lost found sent repaired returned painted counted moved borrowed opened".split()), r.randint(2, 6))
    facts = [(v.name(), verb, v.number().split(".")[0], r.choice(v.words)) for verb in verbs]
    lines = [r.choice(("{} {} {} {}s.", "{} {} {} {}s yesterday.")).format(*f) for f in facts]
    who, verb, count, what = fact = r.choice(facts)
    ask, answer = r.choice((("Who %s something?" % verb, who), ("How many %ss were %s?" % (what, verb), count), ("What did %s do?" % who, "%s %s %ss" % (verb, count, what)),
                            ("Which sentence has %s?" % who, lines[facts.index(fact)])))
    return " ".join(lines) + "\n" + ask + r.choice(CUES), answer


def cells(v):
    r = v.rng
    columns = v.distinct(lambda: r.choice(v.words), r.randint(2, 5))
    keys = v.distinct(lambda: v.draw(), r.randint(2, 8))
    glue = r.choice((",", " | ", "\t", ";"))
    rows = {k: [v.draw() for _ in columns] for k in keys}
    text = glue.join(["id"] + columns) + "\n" + "\n".join(glue.join([k] + cells) for k, cells in rows.items())
    key, at = r.choice(keys), r.randrange(len(columns))
    if r.random() < 0.2:
        return text + r.choice(("\nthe row of {}", "\nall of {}")).format(key) + r.choice(CUES), glue.join([key] + rows[key])
    return text + r.choice(("\n{} of {}", "\nWhat is the {} of {}?", "\ncell {}, {}")).format(columns[at], key) + r.choice(CUES), rows[key][at]


TRAINING = {"repeat": repeat, "induction": induction, "look_up": look_up, "fill": fill, "column": column, "quote": quote, "sentence": sentence, "cells": cells}


def train(rng, count):
    values = Values(rng, TRAIN_WORDS, TRAIN_SYLLABLES)
    kinds = list(TRAINING)
    for i in range(count):
        kind = kinds[i % len(kinds)]
        prompt, answer = TRAINING[kind](values)
        yield {"prompt": prompt, "answer": answer, "source": "synthetic/copy/" + kind}


# ------------------------------------------------------------------------------------------------------------------------ benchmark

DISTANCES = ((0, 64), (64, 256), (256, 768), (768, 1536))


def bench_json(v, rarity, fillers):
    """A JSON record; the value of one member."""
    names = v.distinct(lambda: v.identifier("word")[0], fillers + 1)
    record = {n: v.draw(rarity) for n in names}
    return lambda at: ("RECORD\n" + json.dumps(record, separators=(",", ":")) + "\nQ: " + names[at] + "\nA:\n", record[names[at]])


def bench_log(v, rarity, fillers):
    """Lines of a log; what one request says."""
    ids = v.distinct(lambda: "".join(v.rng.choices("0123456789abcdef", k=6)), fillers + 1)
    key = v.rng.choice(v.words)
    values = [v.draw(rarity) for _ in ids]
    lines = "".join('req=%s %s="%s"\n' % (i, key, x) for i, x in zip(ids, values))
    return lambda at: ("LOG\n" + lines + "Q: " + key + " of " + ids[at] + "\nA:\n", values[at])


def bench_sql(v, rarity, fillers):
    """Tables; a column as the schema spells it."""
    names = v.distinct(lambda: v.identifier(rarity), fillers + 1)
    table = v.simple_name().lower()
    types = [v.rng.choice(("TEXT", "INTEGER", "REAL")) for _ in names]
    schema = table + "(" + ", ".join(n[0] + " " + t for n, t in zip(names, types)) + ")\n"
    return lambda at: ("SQL\n" + schema + "Q: Show the " + names[at][1] + " of every " + table + ".\nA:\nSELECT ", names[at][0])


def bench_func(v, rarity, fillers):
    """A request; one argument of the call."""
    keys = v.distinct(lambda: v.identifier("word")[0], fillers + 1)
    values = [v.draw(rarity) for _ in keys]
    name = "set_" + v.rng.choice(v.words)
    request = ", ".join("%s %s" % (k.replace("_", " "), x) for k, x in zip(keys, values))
    return lambda at: ("FUNC\n" + name + "(" + ", ".join(keys) + ")\nQ: Please set " + request + '.\nA:\n[{"name":"' + name + '","arguments":{"' + keys[at] + '":"', values[at])


BENCHMARK = {"json": bench_json, "log": bench_log, "sql": bench_sql, "func": bench_func}


def bench(rng, count):
    values = Values(rng, BENCH_WORDS, BENCH_SYLLABLES)
    for form, make in BENCHMARK.items():
        for rarity in ("word", "name", "random", "number"):
            for low, high in DISTANCES:
                found = tries = 0
                while found < count and tries < 4000:
                    tries += 1
                    # About 30 bytes a filler, on both sides of the value.
                    ask = make(values, rarity, rng.randint(max(1, low // 40), max(3, high // 25)))
                    options = []
                    for at in range(200):
                        try:
                            prompt, answer = ask(at)
                        except IndexError:
                            break
                        if prompt.count(answer) != 1:  # the value itself must tell the place
                            continue
                        distance = len(prompt) - prompt.index(answer) - len(answer)
                        if low <= distance < high:
                            options.append((prompt, answer))
                    if not options:
                        continue
                    prompt, answer = rng.choice(options)
                    found += 1
                    yield {"prompt": prompt, "answer": answer, "form": form, "rarity": rarity, "distance": "%d-%d" % (low, high - 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "bench"))
    parser.add_argument("--rows", type=int, default=40000, help="rows to learn from; rows of the benchmark for each form, rarity and distance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    # The benchmark's values never come from a training seed.
    rng = random.Random("%s %d" % (arguments.what, arguments.seed))
    rows = train(rng, arguments.rows) if arguments.what == "train" else bench(rng, min(arguments.rows, 12))
    with open(arguments.out, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
