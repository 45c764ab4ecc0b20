#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the weights of tools/sql/ranking.cc.

  ranking.py candidates --out FILE [--rows N] ROWS.jsonl [-- eve-sql --model M]   what eve-sql would answer, right or wrong
  ranking.py fit FILE [--features build/tests/bin/sql_features]                   the weights, and what they are worth

Of each question with a right and a wrong candidate the right ones together should be likely: the weights w are those of the largest
sum of log(sum of exp(w f) over right candidates / over all), less a square penalty; what is unsaid, lost or cut can only count against. The rows must not be those the model was trained on.
Needs NumPy. Candidates are judged as tests/eval/sql_score.py judges answers.
"""
import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PENALTY, STEPS, RATE, FOLDS = 6.0, 400, 0.5, 5


def scorer():
    spec = importlib.util.spec_from_file_location("sql_score", HERE.parent.parent / "tests" / "eval" / "sql_score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def candidates(options):
    score = scorer()
    rows = [json.loads(line) for line in open(options.rows_file, encoding="utf-8")][: options.rows]
    with open(options.out, "w", encoding="utf-8") as out:
        for row in rows:
            with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
                file.write(row["schema"])
                file.flush()
                command = [*options.command, "--schema", file.name, "-0", "-q", "--json", "-n", str(options.count), "--beams", str(options.count)]
                done = subprocess.run(command, input=" ".join(row["question"].split()).encode() + b"\0", stdout=subprocess.PIPE, check=False)
            answer = json.loads(done.stdout.split(b"\0")[0])
            found = [answer, *answer.get("others", [])] if answer["sql"] else []
            statements = [{"sql": one["sql"], "log_probability": one["log_probability"],
                           "right": one["sql"] == row["sql"] or score.same_rows(row["schema"], row["sql"], one["sql"])} for one in found]
            out.write(json.dumps(row | {"statements": statements}) + "\n")


def fitted(lists, names):
    """Weights by gradient ascent on standardised features; the penalty does not touch the log probability's."""
    import numpy as np
    useful = [(f, right) for f, right in lists if right.any() and not right.all()]
    scale = np.concatenate([f for f, _ in useful]).std(axis=0) + 1e-9
    w, velocity = np.zeros(len(names)), np.zeros(len(names))
    w[0] = scale[0]
    for _ in range(STEPS):
        gradient = -PENALTY * w
        gradient[0] = 0
        for f, right in useful:
            x = f / scale
            s = x @ w
            p = np.exp(s - s.max())
            gradient += (p * right) @ x / (p * right).sum() - p @ x / p.sum()
        velocity = 0.9 * velocity + RATE / len(useful) * gradient
        w = w + velocity
        w[1:] = np.minimum(w[1:], 0)
    return w / scale


def fit(options):
    import numpy as np
    rows = [json.loads(line) for line in open(options.file, encoding="utf-8")]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for row in rows:
            file.write(json.dumps({k: row[k] for k in ("question", "schema", "statements")}) + "\n")
        file.flush()
        names, *features = map(json.loads, subprocess.run([options.features, file.name], stdout=subprocess.PIPE, check=True).stdout.splitlines())
    lists = [(np.array(f, dtype=float), np.array([s["right"] for s in row["statements"]])) for f, row in zip(features, rows) if f]

    def share(some, w):
        return sum(right[(f @ w).argmax()] for f, right in some)

    plain = np.zeros(len(names))
    plain[0] = 1
    n = len(rows)
    held = sum(share(lists[i::FOLDS], fitted([l for j, l in enumerate(lists) if j % FOLDS != i], names)) for i in range(FOLDS))
    first = sum(right[0] for _, right in lists)
    print(f"{n} questions: first {first / n:.3f}, likeliest {share(lists, plain) / n:.3f}, any {sum(r.any() for _, r in lists) / n:.3f}, "
          f"ranked (weights of other folds) {held / n:.3f}", file=sys.stderr)
    w = fitted(lists, names)
    for name, weight in zip(names, w):
        print(f'    {{"{name}", {weight:.2f}}},')
    print("constant, share and model's part of the confidence: {:.2f} {:.2f} {:.2f}".format(*confidence(lists, w)))


def confidence(lists, w):
    """Logistic regression, by Newton's method, of whether the best is right: on a constant, the log of its share, and its log probability."""
    import numpy as np
    x, y = [], []
    for f, right in lists:
        s = f @ w
        best = s.argmax()
        x.append([1, -np.log(np.exp(s - s[best]).sum()), f[best][0]])
        y.append(right[best])
    x, y, v = np.array(x), np.array(y, dtype=float), np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ v))
        v += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3), x.T @ (y - p))
    p = 1 / (1 + np.exp(-x @ v))
    order = np.array_split(np.argsort(p), 10)
    print(f"calibration error {sum(abs(p[i].mean() - y[i].mean()) * len(i) for i in order) / len(y):.3f}", file=sys.stderr)
    return v


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("candidates")
    one.add_argument("rows_file")
    one.add_argument("--out", required=True)
    one.add_argument("--rows", type=int)
    one.add_argument("--count", type=int, default=6)
    one.add_argument("command", nargs="*", default=["eve-sql"])
    one.set_defaults(run=candidates)
    two = commands.add_parser("fit")
    two.add_argument("file")
    two.add_argument("--features", default="build/tests/bin/sql_features")
    two.set_defaults(run=fit)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
