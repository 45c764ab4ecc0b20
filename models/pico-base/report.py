#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables and the picture of the card of pico-base.

  report.py bits MODEL DEV.tokens BASELINES.jsonl   bits a byte of each source beside those of baselines.py
  report.py experts MODEL TASK=ROWS.jsonl...        how tokens are spread over the experts, by task and layer
  report.py without MODEL ROWS.jsonl                the loss without each expert, and without many
  report.py samples MODEL                           how it goes on, always with the likeliest token
  report.py curve LOG PICTURE.png                   the learning curve, by gnuplot
"""
import json
import subprocess
import sys


def evaluated(model, *options):
    command = ["eve-train", "eval", "--model", model, "--math", "bf16", *options]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def bits(model, dev, baselines):
    beside = {row["source"]: row for row in map(json.loads, open(baselines, encoding="utf-8"))}
    print("| source | pico-base | 5-gram | gzip -9 | xz -9 | answers: loss | tokens right |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, score in evaluated(model, "--data", dev)["corpus"].items():
        others = [f"{beside[name][k]:.3f}" if name in beside else "" for k in ("5-gram", "gzip -9", "xz -9")]
        is_text = name in beside
        print("|", " | ".join([name, f"{score['bits_per_byte']:.3f}", *others, "" if is_text else f"{score['loss']:.3f}", f"{score['accuracy']:.3f}"]), "|")


def experts(model, *sources):
    print("Share of the busiest expert, and how many of the experts take 90 % of the tokens, layer by layer:\n")
    rows = []
    for source in sources:
        task, path = source.split("=", 1)
        rows.append((task, evaluated(model, "--task", task, "--data", path)["experts"]))
    print("| task |", " | ".join(f"layer {i + 1}" for i in range(len(rows[0][1]))), "|\n| --- |" + " --- |" * len(rows[0][1]))
    for task, layers in rows:
        cells = []
        for counts in layers:
            shares = sorted((c / sum(counts) for c in counts), reverse=True)
            enough = next(n for n in range(1, len(shares) + 1) if sum(shares[:n]) >= 0.9)
            cells.append(f"{100 * shares[0]:.0f} %, {enough}")
        print("|", " | ".join([task, *cells]), "|")


def without(model, rows):
    """Experts are left out one by one; then those together without which the loss was least."""

    def loss(left_out):
        return evaluated(model, "--data", rows, *(word for at in left_out for word in ("--without", f"{at[0]}:{at[1]}")))["loss"]

    whole = evaluated(model, "--data", rows)
    size = len(whole["experts"]), len(whole["experts"][0])
    alone = {(layer, expert): loss([(layer, expert)]) for layer in range(1, size[0] + 1) for expert in range(1, size[1] + 1)}
    print(f"Loss {whole['loss']:.4f} with all {len(alone)} experts. Without one, layer by layer:\n")
    print("| layer | least | most |\n| --- | ---: | ---: |")
    for layer in range(1, size[0] + 1):
        of_layer = [alone[layer, expert] for expert in range(1, size[1] + 1)]
        print(f"| {layer} | {min(of_layer):.4f} | {max(of_layer):.4f} |")
    order = sorted(alone, key=alone.get)
    print("\n| without the least missed | loss |\n| ---: | ---: |")
    for share in (0.125, 0.25, 0.5, 0.75, 1):
        few = order[: round(share * len(order))]
        print(f"| {len(few)} | {loss(few):.4f} |")


PROMPTS = ("The history of the town begins", "def read_config(path):\n", "To install the package, run", "SELECT name, COUNT(*) FROM",
           "A: Shall we meet on Friday?\nB:")


def samples(model):
    for prompt in PROMPTS:
        text = subprocess.run(["eve-model", "generate", model, "--max-tokens", "48", prompt], stdout=subprocess.PIPE, check=True, text=True).stdout
        print("```\n" + prompt + "[…]" + text.rstrip("\n") + "\n```")


def curve(log, picture):
    # A resumed run may log a step again: the last counts.
    steps = list({line["step"]: line for line in map(json.loads, open(log, encoding="utf-8")) if "loss" in line}.values())
    width = 25
    points = [(steps[i]["tokens_seen"] / 1e6, sum(s["loss"] for s in steps[i - width:i]) / width) for i in range(width, len(steps), 5)]
    script = f"""set terminal pngcairo size 900,420 font "sans,11"
set output "{picture}"
set xlabel "million tokens"
set ylabel "training loss (nats a token)"
set grid
set yrange [*:5]
plot "-" using 1:2 with lines lw 2 lc rgb "#3366aa" title "mean of {width} steps"
""" + "".join(f"{x} {y}\n" for x, y in points) + "e\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


if __name__ == "__main__":
    {"bits": bits, "experts": experts, "without": without, "samples": samples, "curve": curve}[sys.argv[1]](*sys.argv[2:])
