#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ours and a peer in turns, A B A B, and the ratio of the medians as a Markdown table.

    compare.py --bin build/bin --shapes tests/shapes --work DIR [--rounds 5] [--llama PYTHON] [--torch PYTHON]
               [--tokenizer FOLDER] [--only PATTERN] [--list]

DIR receives the models (made when missing: eve-model new, and eve-model convert --llama-cpp). PYTHON is an interpreter
that has llama_cpp or torch; a peer without one is left out. --tokenizer gives eve2 models GPT-2's vocabulary, so that a
start reads it. Every command that ran stands below the table. Where others use the machine, `chrt -f 1 compare.py ...`
gives both sides the CPU before them; memory bandwidth and caches stay shared.
"""
import argparse
import fnmatch
import json
import os
import shlex
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LLAMA = ["prefill64", "prefill512", "decode128", "first_token", "peak_bytes"]


def run(command, log):
    line = shlex.join(command)
    if line not in log:
        log.append(line)
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"{line}: status {done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None


def eve_model_figures(result):
    (bench,) = result["runs"]
    figures = {f"{f['name']}{f['tokens']}": f["tokens_per_second"] for f in bench["figures"] if f["sequences"] == 1}
    shares = {f"{f['name']}{f['tokens']}": f.get("share") for f in bench["figures"] if f["sequences"] == 1}
    figures["first_token"], figures["peak_bytes"] = bench["first_token_seconds"], bench["peak_bytes"]
    return figures, shares


def comparisons(options, log):
    eve_model, eve_train = (os.path.join(options.bin, name) for name in ("eve-model", "eve-train"))
    threads = str(options.threads)

    def model(shape, kind):
        path = os.path.join(options.work, f"{shape}-{kind}.gguf")
        if not os.path.exists(path):
            words = ["--tokenizer", options.tokenizer] if options.tokenizer and shape == "eve2" else []
            run([eve_model, "new", f"{options.shapes}/{shape}.json", path, "--type", kind] + words, log)
        return path

    def llama(shape, kind):
        path = model(shape, kind)
        peer = path.replace(".gguf", ".llama.gguf")
        if not os.path.exists(peer):
            run([eve_model, "convert", path, peer, "--type", kind, "--llama-cpp"], log)
        ours = [eve_model, "bench", path, "--json", "--threads", threads, "--repetitions", "1"]
        theirs = [options.llama, f"{HERE}/llama_bench.py", peer, "--threads", threads, "--repetitions", "1"]
        return lambda: eve_model_figures(run(ours, log)), lambda: run(theirs, log)

    def torch(shape, *arguments):
        return lambda: run([options.torch, f"{HERE}/torch_bench.py", f"{options.shapes}/{shape}.json", *arguments, "--threads", threads, "--repetitions", "2"], log)

    def prefill(shape, kind):
        path = model(shape, kind)
        return lambda: eve_model_figures(run([eve_model, "bench", path, "--json", "--threads", threads, "--repetitions", "1"], log))

    def train(shape, math, sequences, *more):
        command = [eve_train, "bench", f"{options.shapes}/{shape}.json", "--json", "--math", math, "--sequences", str(sequences), "--length", "256", "--threads", threads, "--repetitions", "2", *more]

        def figures():
            result = run(command, log)
            return result, {"tokens_per_second": result["share"]}

        return figures

    for shape in ("nano", "eve2"):
        for kind in ("q8_0", "q4_0", "bf16"):
            if options.llama:
                yield f"{shape} {kind} llama.cpp", LLAMA, lambda s=shape, k=kind: llama(s, k)
    if not options.torch:
        return
    for shape in ("nano", "eve2"):
        for kind, math in (("bf16", "bf16"), ("f32", "f32")):
            yield f"{shape} {kind} prefill512 PyTorch", ["prefill512"], lambda s=shape, k=kind, m=math: (
                prefill(s, k), lambda: {"prefill512": torch(s, "prefill", "--math", m)()["tokens_per_second"]})
    for shape, math, sequences in (("nano", "bf16", 8), ("nano", "f32", 8), ("nano", "bf16", 32), ("nano", "f32", 32), ("eve2", "bf16", 8)):
        yield f"{shape} {math} train {sequences}x256 PyTorch", ["tokens_per_second", "peak_bytes"], lambda s=shape, m=math, n=sequences: (
            train(s, m, n), torch(s, "train", "--math", m, "--sequences", str(n)))
    yield "nano bf16 train 8x256 targets 0.33 PyTorch", ["tokens_per_second", "peak_bytes"], lambda: (
        train("nano", "bf16", 8, "--targets", "0.33"), torch("nano", "train"))


def shown(name, value):
    if name == "first_token":
        return f"{1000 * value:.1f} ms"
    if name == "peak_bytes":
        return f"{value / 2**20:.0f} MiB"
    return f"{value:,.0f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--bin", "--shapes", "--work"):
        parser.add_argument(name, required=True)
    for name in ("--llama", "--torch", "--tokenizer"):
        parser.add_argument(name)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="*", help="pattern of names, as --list prints them")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    log = []
    print("| what | eve | peer | eve / peer | share of the limit |\n| --- | ---: | ---: | ---: | ---: |")
    for name, figures, make in comparisons(options, log):
        if not fnmatch.fnmatch(name, options.only):
            continue
        if options.list:
            print(name)
            continue
        ours, theirs = make()
        a, b, shares = {f: [] for f in figures}, {f: [] for f in figures}, {f: [] for f in figures}
        for _ in range(options.rounds):
            mine, share = ours()
            peer = theirs()
            for f in figures:
                a[f].append(mine[f])
                b[f].append(peer[f])
                if share.get(f):
                    shares[f].append(share[f])
        for f in figures:
            x, y = statistics.median(a[f]), statistics.median(b[f])
            share = f"{100 * statistics.median(shares[f]):.0f} %" if shares[f] else ""
            print(f"| {name.replace(' prefill512', '')}: {f} | {shown(f, x)} | {shown(f, y)} | {x / y:.2f} | {share} |", flush=True)
    if log:
        print(f"\nMedians of {options.rounds} rounds in turns; the commands:\n\n```")
        print("\n".join(log) + "\n```")


main()
