#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A yardstick, not part of the build: how fast is llama.cpp on a model?

    eve-model convert IN.gguf OUT.gguf --type q8_0 --llama-cpp
    llama_bench.py OUT.gguf [--threads 2] [--repetitions 5]

Prints one JSON object: tokens a second of prefill 64 and 512 and of decoding 128 tokens after 16 (medians), through
llama.h itself; then the time of a process from its start to its end after one token, without Python's own start and
imports (which a C program does not have), and the most memory it held, less what Python alone holds.

Build the peer for the machine it runs on: CMAKE_ARGS="-DGGML_NATIVE=ON" pip install --no-binary llama-cpp-python llama-cpp-python.
With g++ 12 and AMX add -DCMAKE_CXX_FLAGS="-include .../ldtilecfg.h" (beside this file), else its AMX path ends in SIGILL.
"""
import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import time

sys.path = [p for p in sys.path if not p.endswith("tests/peers")]
try:
    import llama_cpp as L
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)

PROMPT, DECODED = 16, 128


class Peer:
    def __init__(self, path, threads, context=1024):
        L.llama_backend_init()
        L.llama_log_set(QUIET, ctypes.c_void_p(0))
        self.model = L.llama_model_load_from_file(path.encode(), L.llama_model_default_params())
        if not self.model:
            sys.exit(f"{path}: llama.cpp does not load it")
        params = L.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = context, 512, 512
        params.n_threads = params.n_threads_batch = threads
        self.context = L.llama_init_from_model(self.model, params)
        self.rows = L.llama_vocab_n_tokens(L.llama_model_get_vocab(self.model))

    def forget(self):
        L.llama_memory_clear(L.llama_get_memory(self.context), True)

    def feed(self, first, count):
        tokens = (L.llama_token * count)(*[(7 + 31 * (first + i)) % self.rows for i in range(count)])
        if L.llama_decode(self.context, L.llama_batch_get_one(tokens, count)) != 0:
            sys.exit("llama_decode failed")
        L.llama_get_logits_ith(self.context, -1)

    def prefill(self, count):
        self.forget()
        start = time.perf_counter()
        self.feed(0, count)
        return count / (time.perf_counter() - start)

    def decode(self):
        self.forget()
        self.feed(0, PROMPT)
        start = time.perf_counter()
        for i in range(DECODED):
            self.feed(PROMPT + i, 1)
        return DECODED / (time.perf_counter() - start)


QUIET = L.llama_log_callback(lambda *_: None)


def peak_bytes():
    with open("/proc/self/status") as status:  # getrusage() knows the peak of the parent as well
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def first_token(path, threads):
    """In a process of its own: seconds from before the model is opened to after the first token, and memory."""
    before, start = peak_bytes(), time.perf_counter()
    peer = Peer(path, threads)
    vocabulary = L.llama_model_get_vocab(peer.model)
    text, room = b"the quick brown fox jumps over a lazy dog and runs away into the dark forest", (L.llama_token * 256)()
    count = -1
    if L.llama_vocab_type(vocabulary) != 0:  # LLAMA_VOCAB_TYPE_NONE
        count = L.llama_tokenize(vocabulary, text, len(text), room, 256, False, False)
    peer.feed(0, count if count > 0 else PROMPT)
    print(json.dumps([time.perf_counter() - start, peak_bytes() - before]), flush=True)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--only", default="prefill64,prefill512,decode128,first_token")
    parser.add_argument("--child", action="store_true")
    options = parser.parse_args()
    if options.child:
        first_token(options.model, options.threads)
    wanted, result = options.only.split(","), {}
    if set(wanted) - {"first_token"}:
        peer = Peer(options.model, options.threads)
        works = {"prefill64": lambda: peer.prefill(64), "prefill512": lambda: peer.prefill(512), "decode128": peer.decode}
        samples = {name: [] for name in works if name in wanted}
        for name in samples:
            works[name]()
        for _ in range(options.repetitions):
            for name, values in samples.items():
                values.append(works[name]())
        result.update({name: statistics.median(values) for name, values in samples.items()})
    if "first_token" in wanted:
        command = [sys.executable, __file__, "--child", "--threads", str(options.threads), options.model]
        runs = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(options.repetitions)]
        result["first_token"] = statistics.median(run[0] for run in runs)
        result["peak_bytes"] = max(run[1] for run in runs)
    print(json.dumps(result))


main()
