#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills in a model's card: figures are measured, not typed.

  card.py models/pico-extract/CARD.md --data DIR --made DIR [--bin build/bin]

Between "<!-- facts FILE -->" and "<!-- end -->" stands what the model file says of itself; between "<!-- run COMMAND -->" and "<!-- end -->" what the command
prints ($data is the folder of rows and texts, $made the one in which the recipe worked, $here that of the card; programs of this project are those in --bin). The rest is left as it is.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys


def facts(name, binaries):
    path = pathlib.Path(name)
    shown = subprocess.run([binaries / "eve-model", "inspect", "--json", path], capture_output=True, check=True, text=True).stdout
    model = json.loads(shown)
    shape, training = model["shape"], model.get("training", {})
    rows = [
        ("file", f"`{name}`, {path.stat().st_size:,} bytes, SHA-256 `{hashlib.sha256(path.read_bytes()).hexdigest()}`"),
        ("network", f"{shape['n_layer']} layers of width {shape['n_embd']}, {shape['n_head']} heads of {shape['head_dim']}; {shape['n_expert']} experts of width "
                    f"{shape['expert_ff']} ({shape['top_k']} used) and a shared one of {shape['shared_ff']}"
                    + (f"; causal convolutions of {shape['conv_attention']} and {shape['conv_experts']} taps" if shape["conv_attention"] else "")
                    + (f"; pointer head of width {shape['pointer']}" if shape["pointer"] else "")
                    + ("; the tokens of a prompt see each other" if shape["prefix"] else "")),
        ("parameters", f"{model['parameters']['total']:,} in all, {model['parameters']['active']:,} for one token"),
        ("vocabulary", f"{model['tokens']:,} tokens ({model['tokenizer']})"),
        ("context", f"{shape['context']} tokens"),
    ] + [(key, value) for key, value in training.items()]
    return "| | |\n| --- | --- |\n" + "".join(f"| {key} | {value} |\n" for key, value in rows)


def output(command, card, options):
    words = [w.replace("$data", str(options.data)).replace("$made", str(options.made)).replace("$here", str(card.parent)) for w in command.split()]
    environment = dict(os.environ, PATH=f"{options.bin.resolve()}:{os.environ['PATH']}")
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{command}: status {done.returncode}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--made", type=pathlib.Path, required=True)
    parser.add_argument("--bin", type=pathlib.Path, default=pathlib.Path("build/bin"))
    options = parser.parse_args()

    def fill(match):
        kind, what = match[1], match[2]
        text = facts(what, options.bin) if kind == "facts" else output(what, options.card, options)
        return f"<!-- {kind} {what} -->\n{text.rstrip()}\n<!-- end -->"

    old = options.card.read_text(encoding="utf-8")
    options.card.write_text(re.sub(r"<!-- (facts|run) (.*?) -->\n.*?<!-- end -->", fill, old, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
