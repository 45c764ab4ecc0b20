#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the weights by which eve-commit tells types of changes (tools/commit/weights.inc): a softmax regression over the
features that stand in at least --least commits and --sources projects, with L2 decay, by stochastic gradient steps.

  build/tests/bin/commit_features train.jsonl >train.tsv; build/tests/bin/commit_features dev.jsonl >dev.tsv
  type_weights.py train.tsv --dev dev.tsv >tools/commit/weights.inc

--shares FILE writes how often each type is by the kinds of files (tools/commit/shares.inc). --leave-out PROJECT fits without a project and reports on it: what a repository that nobody has seen gets.
"""
import argparse
import collections
import math
import random
import sys

TYPES = ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "style", "test"]


def read(path):
    for line in open(path, encoding="utf-8"):
        source, kind, *features = line.rstrip("\n").split("\t")
        if kind in TYPES:
            yield source.split("@")[0], TYPES.index(kind), features


def is_word(feature):
    return feature.split(": ")[0] in ("adds", "removes", "path", "file") and ": " in feature


def probabilities(weights, features):
    sums = list(weights[""])
    for feature in features:
        row = weights.get(feature)
        if row:
            for i, w in enumerate(row):
                sums[i] += w
    top = max(sums)
    odds = [math.exp(s - top) for s in sums]
    whole = sum(odds)
    return [o / whole for o in odds]


def fit(rows, names, options):
    weights = {name: [0.0] * len(TYPES) for name in names}
    weights[""] = [0.0] * len(TYPES)
    counts = collections.Counter(kind for _, kind, _ in rows)
    cost = [(len(rows) / len(TYPES) / max(counts[k], 1)) ** options.balance for k in range(len(TYPES))]
    rows = [(kind, [f for f in features if f in weights]) for _, kind, features in rows]
    order = random.Random(1)
    for step in range(options.passes):
        rate = options.rate * (1 - step / options.passes)
        order.shuffle(rows)
        for kind, features in rows:
            share = rate * cost[kind] / math.sqrt(len(features) + 1)
            gradient = [(k == kind) - p for k, p in enumerate(probabilities(weights, features))]
            for feature in ["", *features]:
                row = weights[feature]
                for k in range(len(TYPES)):
                    row[k] += share * gradient[k] - rate * options.decay * row[k]
    return weights


def report(weights, rows, title):
    right, by_type, log = 0, collections.defaultdict(collections.Counter), 0.0
    for _, kind, features in rows:
        p = probabilities(weights, features)
        best = max(range(len(TYPES)), key=p.__getitem__)
        right += best == kind
        log -= math.log(max(p[kind], 1e-9))
        by_type[kind].update(rows=1, right=best == kind)
    recalls = " ".join(f"{TYPES[k]} {c['right']}/{c['rows']}" for k, c in sorted(by_type.items()))
    print(f"{title}: {len(rows)} rows, right {right / max(len(rows), 1):.3f}, nats {log / max(len(rows), 1):.3f}; {recalls}", file=sys.stderr)


def kinds_of(features):  # as tools/commit/habits.cc
    kinds = sorted(f.removeprefix("some ") for f in features if f.startswith("some "))
    return "many" if len(kinds) > 2 else "+".join(kinds)


def write_shares(rows, least, path):
    counts = collections.defaultdict(lambda: [0] * len(TYPES))
    for _, kind, features in rows:
        for kinds in ("", kinds_of(features)):
            counts[kinds][kind] += 1
    with open(path, "w", encoding="utf-8") as out:
        for kinds in sorted(k for k in counts if sum(counts[k]) >= least):
            print(f"{{\"{kinds}\", {{{', '.join(map(str, counts[kinds]))}}}}},", file=out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("--dev")
    parser.add_argument("--shares")
    parser.add_argument("--leave-out", action="append", default=[])
    parser.add_argument("--least", type=int, default=40)
    parser.add_argument("--sources", type=int, default=6)
    parser.add_argument("--words", type=int, default=1000, help="of the features that are words, those that tell most")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.1)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--balance", type=float, default=0.0, help="0: types as frequent as they are, 1: all alike")
    options = parser.parse_args()

    rows = [row for row in read(options.train) if row[0] not in options.leave_out]
    if options.shares:
        write_shares(rows, options.least, options.shares)
    commits, projects, kinds = collections.Counter(), collections.defaultdict(set), collections.defaultdict(collections.Counter)
    for project, kind, features in rows:
        for feature in features:
            commits[feature] += 1
            projects[feature].add(project)
            kinds[feature][kind] += 1
    base = collections.Counter(kind for _, kind, _ in rows)

    def tells(feature):  # mutual information of the feature and the type, in nats
        n, total = commits[feature], 0.0
        for k in range(len(TYPES)):
            for here, whole in ((kinds[feature][k], n), (base[k] - kinds[feature][k], len(rows) - n)):
                if here:
                    total += here / len(rows) * math.log(here * len(rows) / (whole * base[k]))
        return total

    known = [f for f in commits if commits[f] >= options.least and len(projects[f]) >= options.sources]
    words = sorted(filter(is_word, known), key=lambda f: (-tells(f), f))[: options.words]
    names = [f for f in known if not is_word(f)] + words
    weights = fit(rows, names, options)
    report(weights, rows, "train")
    if options.dev:
        dev = list(read(options.dev))
        report(weights, dev, "dev")
        for project in options.leave_out:
            report(weights, [r for r in [*read(options.train), *dev] if r[0] == project], project)
    for name in sorted(weights, key=lambda n: n.encode()):
        row = [round(100 * w) for w in weights[name]]
        if any(row):
            print(f"{{\"{name}\", {{{', '.join(map(str, row))}}}}},")


main()
