#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What pico-base is measured beside: bits a byte of gzip -9, xz -9 and a 5-gram model on each source of a token file: one JSON object a source.

  baselines.py --train base.tokens --dev dev.tokens --vocab base.spm --tokens N --out baselines.jsonl [--sources books,meetings,code]

The 5-gram model has the vocabulary of the model and N tokens of its corpus, in documents drawn with a seed; interpolated Kneser-Ney with one discount of
0.75 (Chen and Goodman, 1998). gzip and xz compress a source as a whole. Needs numpy and sentencepiece.
"""
import argparse
import gzip
import json
import lzma

import numpy as np
import sentencepiece

ORDER, DISCOUNT = 5, 0.75
SOURCE = np.dtype([("name", "S56"), ("rows", "<u8")])
DOCUMENT = np.dtype([("begin", "<u8"), ("length", "<u4"), ("source", "<u4")])


def read_tokens(path):
    """(names of the sources, document records, tokens); the layout is libeve/train/corpus.h's."""
    data = np.memmap(path, np.uint8, "r")
    assert bytes(data[:8]) == b"EVETOKS1", path
    _, size, sources, documents, tokens, _ = (int(n) for n in data[8:56].view("<u8"))
    at = 56 + 64 * sources
    names = [n.decode() for n in data[56:at].view(SOURCE)["name"]]
    end = at + 16 * documents
    return names, data[at:end].view(DOCUMENT), data[end:end + 2 * tokens].view("<u2"), size


def text_of(tokens, begin, length):
    return tokens[begin:begin + length] & 0x7FFF


class KneserNey:
    def __init__(self, tokens, size):
        """keys[n]: sorted (n-1)-gram id * size + token of each n-gram; counts of it (in the highest order) or of what precedes it (below)."""
        self.size = size
        self.keys, self.counts, self.totals, self.followers = [], [], [], []
        prefix = np.zeros(len(tokens), np.int64)  # id of the n-1 tokens before each position
        ids = []
        for n in range(1, ORDER + 1):
            keys, first, inverse, counts = np.unique(prefix * size + tokens, return_index=True, return_inverse=True, return_counts=True)
            if n > 1:
                self.counts[-1] = np.bincount(ids[-1][first], minlength=len(self.keys[-1]))
            self.keys.append(keys)
            self.counts.append(counts)
            ids.append(inverse)
            prefix = np.concatenate(([0], inverse[:-1]))
        for n in range(ORDER):
            context = self.keys[n] // size
            self.totals.append(np.bincount(context, weights=self.counts[n]))
            self.followers.append(np.bincount(context))

    def bits(self, tokens):
        """Sum of -log2 of the probabilities of the tokens, each after the four before it."""
        p = np.full(len(tokens), 1 / self.size)
        prefix = np.zeros(len(tokens), np.int64)
        known = np.ones(len(tokens), bool)
        for n in range(ORDER):
            total = np.where(known, np.append(self.totals[n], 0)[np.minimum(prefix, len(self.totals[n]))], 0)
            fans = np.append(self.followers[n], 0)[np.minimum(prefix, len(self.totals[n]))]
            key = prefix * self.size + tokens
            at = np.minimum(np.searchsorted(self.keys[n], key), len(self.keys[n]) - 1)
            found = known & (self.keys[n][at] == key)
            count = np.where(found, self.counts[n][at], 0)
            seen = total > 0
            p = np.where(seen, (np.maximum(count - DISCOUNT, 0) + DISCOUNT * fans * p) / np.maximum(total, 1), p)
            prefix = np.concatenate(([0], at[:-1]))
            known = np.concatenate(([False], found[:-1]))
        return -np.log2(p).sum()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True)
    parser.add_argument("--dev", required=True)
    parser.add_argument("--vocab", required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--sources", default="books,meetings,code")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    _, documents, tokens, size = read_tokens(options.train)
    parts, have = [], 0
    for i in np.random.default_rng(options.seed).permutation(len(documents)):
        parts.append(text_of(tokens, int(documents["begin"][i]), int(documents["length"][i])))
        have += len(parts[-1])
        if have >= options.tokens:
            break
    model = KneserNey(np.concatenate(parts)[:options.tokens].astype(np.int64), size)

    pieces = sentencepiece.SentencePieceProcessor(model_file=options.vocab)
    names, documents, tokens, _ = read_tokens(options.dev)
    lines = []
    for wanted in options.sources.split(","):
        bits, raw = 0.0, b""
        for document in documents[documents["source"] == names.index(wanted)]:
            part = text_of(tokens, int(document["begin"]), int(document["length"]))
            bits += model.bits(part.astype(np.int64))
            raw += b"".join(bytes([int(piece[3:5], 16)]) if pieces.is_byte(int(t)) else piece.replace("\u2581", " ").encode()
                            for t in part for piece in [pieces.id_to_piece(int(t))] if not pieces.is_control(int(t)))
        per_byte = {"5-gram": bits / len(raw), "gzip -9": 8 * len(gzip.compress(raw, 9)) / len(raw), "xz -9": 8 * len(lzma.compress(raw, preset=9)) / len(raw)}
        lines.append(json.dumps({"source": wanted, "bytes": len(raw)} | {k: round(v, 4) for k, v in per_byte.items()}) + "\n")
    with open(options.out, "w", encoding="utf-8") as out:
        out.writelines(lines)


if __name__ == "__main__":
    main()
