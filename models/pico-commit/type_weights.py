#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the weights by which eve-commit tells types of changes (tools/commit/weights.inc): a softmax regression over the
features that stand in at least --least commits and --sources projects, with a square penalty, by L-BFGS. Needs NumPy and SciPy.

  build/tests/bin/commit_features train.jsonl >train.tsv; build/tests/bin/commit_features dev.jsonl >dev.tsv
  type_weights.py train.tsv --dev dev.tsv >tools/commit/weights.inc

--shares FILE writes how often each type is by the kinds of files (tools/commit/shares.inc). --leave-out PROJECT fits without a project and reports on it: what a repository that nobody has seen gets.
"""
import argparse
import collections
import math
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

TYPES = ["build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "style", "test"]


def read(path):
    for line in open(path, encoding="utf-8"):
        source, kind, *features = line.rstrip("\n").split("\t")
        if kind in TYPES:
            yield source.split("@")[0], TYPES.index(kind), features


def is_word(feature):
    return feature.split(": ")[0] in ("adds", "removes", "path", "file") and ": " in feature


def matrix(rows, names):
    places = {name: i for i, name in enumerate(names)}
    columns, ends = [], [0]
    for _, _, features in rows:
        columns += sorted({places[f] for f in features if f in places})
        ends.append(len(columns))
    return csr_matrix((np.ones(len(columns)), np.array(columns, dtype=np.int32), np.array(ends)), shape=(len(rows), len(names)))


def logs(x, weights, constants):
    """Logarithms of probabilities, [rows][types]."""
    sums = x @ weights + constants
    sums -= sums.max(axis=1, keepdims=True)
    return sums - np.log(np.exp(sums).sum(axis=1, keepdims=True))


def fit(rows, names, penalty):
    """Weights, [names][types], and a constant for each type, without a penalty."""
    x, kinds = matrix(rows, names), np.array([kind for _, kind, _ in rows])
    shape = (len(names) + 1, len(TYPES))

    def loss(flat):
        w = flat.reshape(shape)
        log = logs(x, w[1:], w[0])
        share = np.exp(log)
        share[np.arange(len(rows)), kinds] -= 1
        gradient = np.vstack([share.sum(axis=0), x.T @ share + penalty * w[1:]])
        return penalty / 2 * (w[1:] ** 2).sum() - log[np.arange(len(rows)), kinds].sum(), gradient.ravel()

    w = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x.reshape(shape)
    return w[1:], w[0]


def report(names, model, rows, title):
    log = logs(matrix(rows, names), *model)
    kinds = np.array([kind for _, kind, _ in rows])
    right = log.argmax(axis=1) == kinds
    recalls = " ".join(f"{name} {right[kinds == k].sum()}/{(kinds == k).sum()}" for k, name in enumerate(TYPES) if (kinds == k).any())
    print(f"{title}: {len(rows)} rows, right {right.mean():.3f}, nats {-log[np.arange(len(rows)), kinds].mean():.3f}; {recalls}", file=sys.stderr)


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
    parser.add_argument("--least", type=int, default=20)
    parser.add_argument("--sources", type=int, default=6)
    parser.add_argument("--words", type=int, default=1500, help="of the features that are words, those that tell most")
    parser.add_argument("--penalty", type=float, default=300.0)
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
    model = fit(rows, names, options.penalty)
    report(names, model, rows, "train")
    if options.dev:
        dev = list(read(options.dev))
        report(names, model, dev, "dev")
        for project in options.leave_out:
            report(names, model, [r for r in [*read(options.train), *dev] if r[0] == project], project)
    for name, row in sorted([("", model[1]), *zip(names, model[0])], key=lambda pair: pair[0].encode()):
        hundredths = [round(100 * w) for w in row]
        if any(hundredths):
            print(f"{{\"{name}\", {{{', '.join(map(str, hundredths))}}}}},")


main()
