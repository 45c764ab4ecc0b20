# SPDX-License-Identifier: Apache-2.0
"""What augment.py draws from: word lists, values of labelled rows, clean lines, sentences of books."""
import collections
import lzma
import pathlib
import re

from rows import merge, to_row, to_segments
from values import DAYS, MONTHS

HERE = pathlib.Path(__file__).resolve().parent


def read_sections(path):
    sections, current = collections.defaultdict(list), None
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("== "):
            current = sections[line[3:].strip()]
        elif line.strip() and not line.startswith("//"):
            if current is None:
                raise SystemExit(f"{path}:{number}: a line before the first heading")
            current.append(line)
    return sections


def read_words():
    return {kind: [w.strip() for line in lines for w in line.split(";") if w.strip()] for kind, lines in read_sections(HERE / "templates" / "words.txt").items()}


def harvest(rows, words):
    """Value pools from the labelled spans: names, towns, postcodes, streets, telephone shapes."""
    pools = collections.defaultdict(dict)
    for row in rows:
        tweet = row["source"].startswith("wnut")
        for value, label in to_segments(row):
            if label == "PERSON":
                tokens = value.split()
                if tweet:
                    if len(tokens) <= 3 and all(re.fullmatch(r"[^\W\d_][\w'.-]*", t) for t in tokens):
                        pools["tweet"][value] = 1
                elif len(tokens) == 2 and value.title() == value and "," not in value and "." not in value:
                    pools["first"][tokens[0]] = pools["last"][tokens[1]] = 1
            elif label == "ADDRESS" and value.title() == value and not re.search(r"\d", value) and "\n" not in value:
                pools["city"][value] = 1
            elif label == "ADDRESS" and re.fullmatch(r"[\dA-Z -]{4,9}", value) and re.search(r"\d", value):
                pools["zip"][value] = 1
            elif label == "ADDRESS" and re.search(r"\d", value) and value != value.lower() and value != value.upper():
                lines = re.split(r"\n|, (?=\d{4}|[A-Z][a-z])", value, maxsplit=1)
                if len(lines) == 2 and re.search(r"\d", lines[0]) and re.search(r"\d", lines[1]):
                    pools["street"][lines[0].strip()] = pools["tail"][re.sub(r"\s*\n\s*", ", ", lines[1])] = 1
                elif len(lines) == 1:
                    pools["street"][value] = 1
            elif label == "PHONE":
                pools["phone"][value] = 1
    out = {kind: list(found) for kind, found in pools.items()}
    for kind in ("common_first", "common_last", "country", "star"):
        out[kind] = words[kind]
    out["city"] += words["place"]
    return out


NOT_CLEAN = re.compile(r"@|://|www\.|\d{1,3}(\.\d{1,3}){3}|\d{7}|[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}|::|\+\d\d|/home/|\\Users\\|[Aa]uthor|[Cc]opyright|[Tt]hanks|"
                       r"[Pp]assword|[Mm]aintain|\b(Mr|Mrs|Ms|Dr|Prof|St)\.? [A-Z]|\b[A-Z]\. [A-Z]")


def clean_lines(paths, names, rng, count):
    """Lines of plain text (.txt or .txt.xz) that hold no personal data as far as patterns and lists of names can tell."""
    lines = []
    for path in paths:
        with (lzma.open if path.endswith(".xz") else open)(path, "rt", encoding="utf-8") as file:
            lines += [line.strip() for line in file if 15 <= len(line.strip()) <= 240]
    rng.shuffle(lines)
    out = []
    for line in lines:
        words = re.findall(r"[^\W\d_]+", line)
        if len(words) >= 3 and line != "<|endoftext|>" and not NOT_CLEAN.search(line) and not any(w in names for w in words if w[0].isupper()):
            out.append({"text": line, "spans": [], "source": "clean"})
            if len(out) == count:
                break
    return out


TITLES = "Mr Mrs Ms Miss Dr Sir Lady Lord Captain Colonel Professor Aunt Uncle Madame Monsieur Major Father Sister Brother Judge Doctor".split()
NEUTRAL = set(TITLES) | set(MONTHS) | set(DAYS) | {"I", "God", "Heaven", "Lord", "O", "Oh", "English", "French", "German", "London", "Paris", "England", "France", "America", "Christmas",
                                                   "Sunday", "York", "Europe", "Italy", "Rome", "Germany", "Spain", "Russia", "Boston", "Street"}


def book_rows(paths, first_names, rng, count):
    """Sentences of narrative text, their names marked. A sentence with a capitalised word that is neither a known first name (alone or with a
    surname), nor a name after a title, nor a word also written small, is left out: what is kept is marked completely."""
    paragraphs = []
    for path in paths:
        with (lzma.open if path.endswith(".xz") else open)(path, "rt", encoding="utf-8") as file:
            paragraphs += [p.strip() for p in file if 40 <= len(p) <= 2000 and not re.search(r"[*_#|\[\]<>\d]", p)]
    rng.shuffle(paragraphs)
    del paragraphs[12 * count:]
    small = collections.Counter(w for p in paragraphs for w in re.findall(r"(?<![\w'])[a-z]+(?!\w)", p))
    first_names = {n for n in first_names if small[n.lower()] < 2}
    out = []
    for paragraph in paragraphs:
        for sentence in re.split(r"(?<!Mr\.)(?<!Mrs\.)(?<!Dr\.)(?<!St\.)(?<=[.!?])[\"”']? +(?=[\"“'A-Z])", paragraph):
            if not 25 <= len(sentence) <= 260:
                continue
            segments, at, names, sound = [], 0, 0, True
            words = list(re.finditer(r"[^\W\d_]+(?:[-’'][A-Z][^\W\d_]+)*", sentence))
            i = 0
            while i < len(words) and sound:
                word = words[i].group()
                if not word[0].isupper():
                    i += 1
                    continue
                before = words[i - 1].group() if i else ""
                titled = before in TITLES and sentence[words[i - 1].end():words[i].start()] in (" ", ". ")
                if titled or word in first_names:
                    j = i + 1
                    while j < len(words) and j < i + 3 and sentence[words[j - 1].end():words[j].start()] == " " and words[j].group()[0].isupper() and len(words[j].group()) > 1:
                        sound = sound and small[words[j].group().lower()] < 2 and words[j].group() not in NEUTRAL
                        j += 1
                    sound = sound and word not in NEUTRAL and (titled or len(word) > 2)
                    segments += [[sentence[at:words[i].start()], None], [sentence[words[i].start():words[j - 1].end()], "PERSON"]]
                    at = words[j - 1].end()
                    names += 1
                    i = j
                else:
                    sound = word in NEUTRAL or (small[word.lower()] > 1 and (i == 0 or sentence[words[i].start() - 1] in "\"“'"))
                    i += 1
            if sound and (names or rng.random() < 0.1):
                out.append(to_row(merge(segments + [[sentence[at:], None]]), "book"))
        if len(out) >= count:
            break
    return out
