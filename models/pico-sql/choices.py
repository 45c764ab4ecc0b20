#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the weights of tools/sql/choices.cc on rows with known statements.

  build/tests/bin/sql_choices ROWS.jsonl | choices.py [--held N] >tools/sql/choices.inc

Of each choice the softmax over the alternatives' sums of weights should be high for the one that was made: the largest sum of logarithms, less a square
penalty (L-BFGS). Phrases that are seen in fewer than --least choices have no weight; of the others those with a small one are left out, and the rest is
fitted again. --held keeps one row in N out and reports on those. Needs NumPy and SciPy.
"""
import argparse
import collections
import json
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

KINDS = ("border", "column", "aggregate")


def matrix(choices, phrases):
    """Rows are alternatives; with where each choice begins, and the rows that were made."""
    columns, ends, starts, made = [], [0], [], []
    for chosen, seen in choices:
        starts.append(len(ends) - 1)
        made.append(starts[-1] + chosen)
        for alternative in seen:
            columns += [phrases[p] for p in set(alternative) if p in phrases]
            ends.append(len(columns))
    shape = (len(ends) - 1, len(phrases))
    return csr_matrix((np.ones(len(columns)), np.array(columns, dtype=np.int32), np.array(ends)), shape=shape), np.array(starts), np.array(made)


def logs(x, starts, made, w):
    """Log share of what was made, and all shares."""
    sums = x @ w
    sizes = np.diff(np.append(starts, len(sums)))
    shifted = sums - np.repeat(np.maximum.reduceat(sums, starts), sizes)
    whole = np.add.reduceat(np.exp(shifted), starts)
    return shifted[made] - np.log(whole), np.exp(shifted) / np.repeat(whole, sizes)


def fit(choices, names, penalty):
    x, starts, made = matrix(choices, {name: i for i, name in enumerate(names)})

    def loss(w):
        log, shares = logs(x, starts, made, w)
        shares[made] -= 1
        return penalty / 2 * w @ w - log.sum(), penalty * w + x.T @ shares

    return minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 100}).x


def report(title, choices, names, w):
    x, starts, made = matrix(choices, {name: i for i, name in enumerate(names)})
    log, _ = logs(x, starts, made, w)
    sums = x @ w
    best = np.maximum.reduceat(sums, starts)
    print(f"{title}: {len(choices)} choices, made is best {np.mean(sums[made] == best):.3f}, nats {-log.mean():.3f}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held", type=int, default=0)
    parser.add_argument("--least", type=int, default=25)
    parser.add_argument("--penalty", type=float, default=2.0)
    parser.add_argument("--small", type=float, default=0.2)
    options = parser.parse_args()

    train, held = collections.defaultdict(list), collections.defaultdict(list)
    for line in sys.stdin:
        number, kind, made, seen = json.loads(line)
        (held if options.held and int(number) % options.held == 0 else train)[int(kind)].append((int(made), seen))
    weights = {}
    for kind, title in enumerate(KINDS):
        counts = collections.Counter()
        for _, seen in train[kind]:
            counts.update({phrase for alternative in seen for phrase in alternative})
        names = [phrase for phrase, count in counts.items() if count >= options.least]
        w = fit(train[kind], names, options.penalty)
        names = [name for name, weight in zip(names, w) if abs(weight) >= options.small]
        w = fit(train[kind], names, options.penalty)
        report(f"{title}, {len(names)} phrases", train[kind], names, w)
        if held[kind]:
            report(f"{title}, held", held[kind], names, w)
        weights |= dict(zip(names, w))
    for name in sorted(weights, key=lambda n: n.encode()):
        if hundredths := round(100 * weights[name]):
            print(f"{{{json.dumps(name, ensure_ascii=False)}, {hundredths}}},")


main()
