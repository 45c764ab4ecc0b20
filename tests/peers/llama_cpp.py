#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A yardstick, not part of the build: does stock llama.cpp compute the same function?

    eve-model convert HF_DIR model.gguf --type f32 --llama-cpp
    llama_cpp.py model.gguf EXPECTED.safetensors

EXPECTED holds `greedy` [1, n] (I32, a prompt and its greedy continuation), `greedy_prompt` [1, p] and, if it likes,
`tokens` [b, t] (I32) with their `logits` [b, t, vocabulary] (F32). Exit status: 0 equal, 1 different, 77 skipped because
llama-cpp-python is not installed.
"""
import json
import sys

sys.path = [p for p in sys.path if not p.endswith("tests/peers")]  # this file has the module's name
try:
    import numpy as np
    import llama_cpp
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def safetensors(path):
    types = {"F32": "<f4", "I32": "<i4"}
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    return {
        name: np.frombuffer(data[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"])
        for name, t in header.items()
        if name != "__metadata__"
    }


def main(model_path, expected_path):
    expected = safetensors(expected_path)
    # Keys and values in F32: rounded to F16, as is the default, they change which experts a token is sent to.
    model = llama_cpp.Llama(model_path, n_ctx=128, logits_all=True, verbose=False, type_k=0, type_v=0)

    difference = None
    if "tokens" in expected:
        difference = 0.0
        for tokens, logits in zip(expected["tokens"], expected["logits"]):
            model.reset()
            model.eval([int(t) for t in tokens])
            difference = max(difference, float(np.abs(model.scores[: len(tokens)] - logits).max()))

    sequence = [int(t) for t in expected["greedy_prompt"][0]]
    wanted = [int(t) for t in expected["greedy"][0]]
    model.reset()
    model.eval(sequence)
    while len(sequence) < len(wanted):
        sequence.append(int(np.argmax(model.scores[len(sequence) - 1])))
        model.eval(sequence[-1:])
    equal = sequence == wanted
    print(json.dumps({"llama_cpp": llama_cpp.__version__, "greedy_equal": equal, "tokens": len(wanted), "max_logit_difference": difference}))
    return 0 if equal and (difference is None or difference < 1e-4) else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: llama_cpp.py MODEL.gguf EXPECTED.safetensors")
    sys.exit(main(*sys.argv[1:]))
