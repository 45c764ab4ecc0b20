# SPDX-License-Identifier: Apache-2.0
"""Labelled rows: their form on disk, as lists of [text, label or None] in memory, and noise on them."""
import json
import re

LABELS = ("PERSON EMAIL PHONE ADDRESS DATE_OF_BIRTH SSN PASSPORT DRIVER_LICENSE CREDIT_CARD IBAN ACCOUNT_NUMBER USERNAME PASSWORD IP_ADDRESS MAC_ADDRESS URL "
          "IMEI VEHICLE CRYPTO GPS").split()


def to_segments(row):
    data, out, at = row["text"].encode(), [], 0
    for span in row["spans"]:
        if span["start"] > at:
            out.append([data[at:span["start"]].decode(), None])
        out.append([data[span["start"]:span["end"]].decode(), span["label"]])
        at = span["end"]
    if at < len(data):
        out.append([data[at:].decode(), None])
    return out


def to_row(segments, source):
    text, spans, at = "", [], 0
    for part, label in segments:
        size = len(part.encode())
        if label and part:
            spans.append({"start": at, "end": at + size, "label": label})
        at += size
        text += part
    return {"text": text, "spans": spans, "source": source}


def masked(segments, rng):
    """The row as eve-pii leaves it, all or most of it masked: there a second reading must find nothing new."""
    share, stars = (1.0 if rng.random() < 0.7 else 0.6), rng.random() < 0.25
    numbers, out = {}, []
    for text, label in segments:
        if label and rng.random() < share:
            number = numbers.setdefault(label, {}).setdefault(text, len(numbers.get(label, ())) + rng.choice((1, 1, 1, 7, 120)))
            out.append(["*" * len(text) if stars else f"[{label}_{number}]", None])
        else:
            out.append([text, label])
    return out


def faults(row):
    """Why a row must not be used; empty if it is sound."""
    data, at = row["text"].encode(), 0
    if not row["text"].strip():
        return "empty text"
    for span in row["spans"]:
        if span["label"] not in LABELS:
            return f"unknown label {span['label']}"
        if not at <= span["start"] < span["end"] <= len(data):
            return "spans out of order, overlapping or outside the text"
        at = span["end"]
        try:
            value = data[span["start"]:span["end"]].decode()
        except UnicodeDecodeError:
            return "span cuts a character"
        if value != value.strip():
            return "span with a blank at its edge"
    return ""


def merge(segments):
    """Joins what is outside the spans, drops what is empty and moves blanks at the edges of a value outside."""
    parts, out = [], []
    for text, label in segments:
        bare = text.strip()
        if label is None or bare == text:
            parts.append([text, label])
        else:
            at = text.index(bare)
            parts += [[text[:at], None], [bare, label], [text[at + len(bare):], None]]
    for text, label in parts:
        if not text:
            continue
        if out and label is None and out[-1][1] is None:
            out[-1][0] += text
        else:
            out.append([text, label])
    return out


def change_case(segments, how):
    return [[how(text), label] for text, label in segments]


def truncated(segments, rng):
    """Cuts at a blank outside the spans, somewhere in the last two thirds."""
    total, at, places = sum(len(t) for t, _ in segments), 0, []
    for i, (text, label) in enumerate(segments):
        if label is None:
            places += [(i, m.start()) for m in re.finditer(r"\s", text) if total / 3 < at + m.start() < total - 1]
        at += len(text)
    if not places:
        return segments
    i, cut = rng.choice(places)
    return merge(segments[:i] + [[segments[i][0][:cut], None]])


def typos(segments, rng):
    """A few letters outside the spans dropped, doubled or swapped."""
    out = []
    for text, label in segments:
        if label is None:
            chars = list(text)
            for i in range(1, len(chars) - 1):
                if rng.random() < 0.02 and chars[i].isalpha() and chars[i + 1].isalpha():
                    r = rng.random()
                    if r < 0.35:
                        chars[i] = ""
                    elif r < 0.7:
                        chars[i], chars[i + 1] = chars[i + 1], chars[i]
                    else:
                        chars[i] *= 2
            text = "".join(chars)
        out.append([text, label])
    return merge(out)


def strange_words(segments, rng, words):
    """Some words outside the spans replaced by other ones, so that no frame can be learnt by heart."""
    def other(m):
        if rng.random() > 0.12:
            return m.group()
        new = rng.choice(words)
        return new.title() if m.group()[0].isupper() else new

    return [[re.sub(r"(?<![\w/.@-])[A-Za-z]{4,}(?![\w/.@-])", other, text) if label is None else text, label] for text, label in segments]


def read_jsonl(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
