#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What small networks with the fields beyond Eve-2 compute, in double precision, written from the definitions alone.

extensions.py > extensions.json     makes the numbers that tests/{convolution,pointer,prefix}_test.cc compare
extensions.py --check FILE          says whether FILE holds them
"""
import json
import math
import sys

BASE = dict(vocab=13, layers=2, d=8, heads=2, head_dim=4, experts=3, top_k=2, ff=6, shared=5, theta=10000.0, eps=1e-5,
            conv_attention=0, conv_experts=0, labels=0, pointer=0, prompt=0)
IDS = [1, 5, 12, 0, 7, 3, 5, 12, 9, 7]


def weights(name, count, part=0):
    """Numbers in (-1, 1) from a linear congruence that starts at the tensor's name (tests/models.h)."""
    h = (2166136261 + part) & 0xFFFFFFFF
    for c in name.encode():
        h = ((h ^ c) * 16777619) & 0xFFFFFFFF
    out = []
    for _ in range(count):
        h = (h * 1664525 + 1013904223) & 0xFFFFFFFF
        out.append(((h >> 8) - 8388608) / 8388608)
    return out


def matrix(name, rows, cols, part=0):
    flat = weights(name, rows * cols, part)
    return [flat[r * cols:(r + 1) * cols] for r in range(rows)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def times(w, x):
    return [dot(row, x) for row in w]


def softmax(x):
    top = max(x)
    e = [math.exp(v - top) for v in x]
    return [v / sum(e) for v in e]


def norm(x, gain, eps):
    root = math.sqrt(dot(x, x) / len(x) + eps)
    return [v / root * g for v, g in zip(x, gain)]


def convolve(rows, taps):
    """y[t] = x[t] + sum_j w[j] x[t - j], channel by channel."""
    out = []
    for t, row in enumerate(rows):
        y = list(row)
        for j, w in enumerate(taps):
            if t >= j:
                y = [a + b * c for a, b, c in zip(y, w, rows[t - j])]
        out.append(y)
    return out


def rotate(x, position, c):
    out = list(x)
    for head in range(c["heads"]):
        for i in range(c["head_dim"] // 2):
            at = head * c["head_dim"] + 2 * i
            angle = position * c["theta"] ** (-2 * i / c["head_dim"])
            even, odd = x[at], x[at + 1]
            out[at] = even * math.cos(angle) - odd * math.sin(angle)
            out[at + 1] = even * math.sin(angle) + odd * math.cos(angle)
    return out


def ffn(x, w1, w2, down):
    act = [g / (1 + math.exp(-g)) * u for g, u in zip(times(w1, x), times(w2, x))]
    return times(down, act)


def hidden(c, ids):
    d, a, causal = c["d"], c["heads"] * c["head_dim"], c["labels"] == 0
    embedding = matrix("token_embd.weight", c["vocab"], d)
    x = [embedding[i] for i in ids]
    for l in range(c["layers"]):
        b = f"blk.{l}."
        n = [norm(row, weights(b + "attn_norm.weight", d), c["eps"]) for row in x]
        if c["conv_attention"]:
            n = convolve(n, matrix(b + "attn_conv.weight", c["conv_attention"], d))
        q, k, v = ([times(matrix(f"{b}attn_{s}.weight", a, d, 7 * part), row) for row in n]
                   for part, s in enumerate("qkv"))
        q, k = ([rotate(row, t, c) for t, row in enumerate(rows)] for rows in (q, k))
        out = matrix(b + "attn_output.weight", d, a)
        mid = []
        for t in range(len(ids)):
            seen = range(max(t + 1, c["prompt"]) if causal else len(ids))
            attended = []
            for head in range(c["heads"]):
                part = slice(head * c["head_dim"], (head + 1) * c["head_dim"])
                p = softmax([dot(q[t][part], k[s][part]) / math.sqrt(c["head_dim"]) for s in seen])
                attended += [sum(p[s] * v[s][i] for s in seen) for i in range(part.start, part.stop)]
            mid.append([m + y for m, y in zip(x[t], times(out, attended))])
        n = [norm(row, weights(b + "ffn_norm.weight", d), c["eps"]) for row in mid]
        if c["conv_experts"]:
            n = convolve(n, matrix(b + "ffn_conv.weight", c["conv_experts"], d))
        shapes = (("gate", "ff", c["ff"], d), ("up", "ff", c["ff"], d), ("down", "ff", d, c["ff"]))
        experts = [[matrix(f"{b}ffn_{s}_exps.weight", rows, cols, e) for s, _, rows, cols in shapes]
                   for e in range(c["experts"])]
        shared = [matrix(f"{b}ffn_{s}_shexp.weight", *(c["shared"] if size == c["ff"] else size for size in (rows, cols)))
                  for s, _, rows, cols in shapes]
        router = matrix(b + "ffn_gate_inp.weight", c["experts"], d)
        x = []
        for t, row in enumerate(n):
            p = softmax(times(router, row))
            best = sorted(range(c["experts"]), key=lambda e: (-p[e], e))[:c["top_k"]]
            total = sum(p[e] for e in best)
            y = [m + s for m, s in zip(mid[t], ffn(row, *shared))]
            for e in best:
                y = [a + p[e] / total * b for a, b in zip(y, ffn(row, *experts[e]))]
            x.append(y)
    return [norm(row, weights("output_norm.weight", d), c["eps"]) for row in x]


def scores(c, ids):
    rows = hidden(c, ids)
    if c["labels"]:
        bias = weights("cls.output.bias", c["labels"])
        return [[s + b for s, b in zip(times(matrix("cls.output.weight", c["labels"], c["d"]), row), bias)] for row in rows]
    return [times(matrix("token_embd.weight", c["vocab"], c["d"]), row) for row in rows]


def pointed(c, ids):
    """log p of each token after each place, with the pointer head."""
    rows = hidden(c, ids)
    q = [times(matrix("pointer.query.weight", c["pointer"], c["d"]), row) for row in rows]
    k = [times(matrix("pointer.key.weight", c["pointer"], c["d"]), row) for row in rows]
    gate, bias = weights("pointer.gate.weight", c["d"]), weights("pointer.gate.bias", 1)[0]
    out = []
    for t, logits in enumerate(scores(c, ids)):
        p = softmax(logits)
        if t > 0:
            g = 1 / (1 + math.exp(-dot(gate, rows[t]) - bias))
            attended = softmax([dot(q[t], k[s]) / math.sqrt(c["pointer"]) for s in range(t)])
            p = [(1 - g) * v for v in p]
            for s in range(t):
                p[ids[s + 1]] += g * attended[s]
        out.append([math.log(v) for v in p])
    return out


def unpointed(c, ids):
    return [[math.log(p) for p in softmax(row)] for row in scores(c, ids)]


def all_cases():
    cases = []
    for change in ({"conv_attention": 4}, {"conv_experts": 2}, {"conv_attention": 3, "conv_experts": 4},
                   {"conv_attention": 8, "conv_experts": 8, "labels": 4}, {"conv_attention": 4, "labels": 4}):
        c = {**BASE, **change}
        cases.append({"config": {key: c[key] for key in ("conv_attention", "conv_experts", "labels")},
                      "scores": [[round(v, 9) for v in row] for row in scores(c, IDS)]})
    pointers = []
    for change in ({"pointer": 1}, {"pointer": 6}, {"conv_attention": 4, "conv_experts": 3, "pointer": 5}):
        c = {**BASE, **change}
        pointers.append({"config": {key: c[key] for key in ("conv_attention", "conv_experts", "pointer")},
                         "log_probabilities": [[round(v, 9) for v in row] for row in pointed(c, IDS)]})
    prefixes = []
    for change in ({"prompt": 1}, {"prompt": 6}, {"prompt": 10}, {"prompt": 7, "conv_attention": 4, "pointer": 5}):
        c = {**BASE, **change}
        prefixes.append({"config": {key: c[key] for key in ("prompt", "conv_attention", "pointer")},
                         "log_probabilities": [[round(v, 9) for v in row] for row in
                                               (pointed(c, IDS) if c["pointer"] else unpointed(c, IDS))]})
    return {"ids": IDS, "cases": cases, "pointers": pointers, "prefixes": prefixes}


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return abs(a - b) <= 2e-9 * (1 + abs(a))


if sys.argv[1:2] == ["--check"]:
    with open(sys.argv[2], encoding="utf-8") as file:
        sys.exit(0 if same(all_cases(), json.load(file)) else "the numbers are others; make them again")
made = all_cases()
lists = (f'"{key}": [\n' + ",\n".join(map(json.dumps, made[key])) + "\n]" for key in ("cases", "pointers", "prefixes"))
print(f'{{"ids": {json.dumps(made["ids"])}, ' + ", ".join(lists) + "}")
