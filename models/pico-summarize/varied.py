#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of eve-summarize said again: names, numbers, days and things of a talk and of its summary changed for others, what the summary does not speak of left
out, long talks cut to what a window of the tool shows, and summaries in the form that the tool's grammar can write.

  varied.py TRAIN.jsonl --rows N --seed S --out FILE

A value is changed wherever it stands, in the talk and in the summary, so that a row stays right by construction. Sentences that name what the talk does not
are left out: the tool could not write them.
"""
import collections
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "rows"))
import swap  # noqa: E402

WINDOW = 2600  # bytes that the tool shows at once
# Of so many rows: what is hardly learnt has most.
SHARES = {"sgd": 2500, "synthetic": 1500, "crd3": 3500, "mts-dialog": 2000, "qmsum": 2500}

MOST = 0.4  # of a summary must be left
WHOLE = ("sgd", "synthetic")  # whose summaries say all that happened: none of their sentences may be left out

NAMED = ("synthetic", "crd3")  # whose people have names

HEAD = re.compile(r"(?P<before>(?:\[[^\]]*\] )?<?)(?P<name>[^:<>\[\]]{1,40})(?P<after>: |> )")
ABOUT = re.compile(
    r"flight|hotel|house|apartment|restaurant|dentist|stylist|movie|song|music|event|ticket|attraction|bus|car|cab|weather|train|doctor|therapist|table")
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
ALIKE = {  # what may stand for each other; where "he" and "she" are said, a name only for one of the same
    "month": [m for m in MONTHS if m != "May"], "day": DAYS,
    "illness": "asthma diabetes hypertension arthritis pneumonia depression anxiety anemia glaucoma gout hepatitis epilepsy bronchitis".split(),
    "complaint": "cough fever nausea vomiting fatigue dizziness chills diarrhea constipation weakness numbness itching".split(),
    "joint": "knee shoulder ankle elbow wrist hip".split(), "side": ["left", "right"],
    "she": "mother sister aunt grandmother daughter".split(), "he": "father brother uncle grandfather son".split(),
    "drug": "aspirin Coumadin Lipitor metformin ibuprofen Tylenol lisinopril penicillin insulin Advil Motrin Plavix Lasix prednisone".split(),
    "food": "eggs peanuts shellfish milk wheat soy strawberries".split(),
}
ALIKE_OF = {word: words for words in ALIKE.values() for word in words}
SPEAKERS = {  # by speaker: who may stand there instead
    **dict.fromkeys(("User", "Customer"), "User Customer Client Caller Guest Visitor".split()),
    **dict.fromkeys(("Assistant", "Agent"), "Assistant Agent Operator Clerk Advisor".split()),
    **dict.fromkeys(("Project Manager", "Marketing", "User Interface", "Industrial Designer"),
                    ["Project Manager", "Marketing", "User Interface", "Industrial Designer", "Team Leader", "Sales", "Engineering", "Quality Control",
                     "Product Owner", "Software Developer", "Finance", "Customer Support"]),
    "Doctor": "Doctor Physician Clinician".split(),
}
LETTERED = re.compile(r"(PhD|Grad|Professor|Postdoc|Undergrad) [A-Z]")
LETTERS = [f"{kind} {letter}" for kind in ("PhD", "Grad", "Professor", "Postdoc") for letter in "ABCDEFGH"]
PARTING = re.compile(r"thank|thx|bye|goodbye|have a|you're welcome|my pleasure|glad to|that's all|that is all|(?:is there )?anything else|enjoy", re.IGNORECASE)
VALUE = re.compile(
    r"(?P<phone>\+?\d[\d-]{6,}\d)|(?P<money>[$£€]\d[\d,]*)|(?P<clock>(?<![\d:])\d{1,2}:\d\d(?![\d:]))|(?P<nth>(?<![\w.,])\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<number>(?<![\w.,:$#/-])\d{1,4}(?! ?[ap]\.?m|[\w/%]|[.,:]\d))|(?P<spelled>\b(?:" + "|".join(swap.NUMBERS[2:10]) + r")\b)", re.IGNORECASE)
FILLERS = re.compile(r"\b(?:you know|I mean|uh|um|mm|hmm|sort of|kind of|basically|actually)\b,? ?|\b(\w+)(?: \1\b)+", re.IGNORECASE)
SPELLED = {w: i for i, w in enumerate(swap.NUMBERS)} | {
    w: i + 13 for i, w in enumerate("thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split())} | {
    w: 20 + 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
STOP = set("about after again also because been before being could does doing from have having into just like made more need only over said says should some "
           "such than that their them then there these they this those very want wants well were what when where which while will with would your".split())
LEANING = re.compile(r"(?:He|She|They|It|This|That|His|Her|Their|Then|However|But|And|So|Also|Next|Therefore|Furthermore|Finally|In addition)\b")


def pieces(text):
    """Sentences of a turn or summary."""
    return re.split(r"(?<=[.!?])(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!\b[A-Z]\.)\s+(?=[\"'(\[]?[A-Z0-9])", text)


def content(text):
    """What its words begin with, but for the commonest."""
    return {w[:5] for w in re.findall(r"[a-z0-9][a-z0-9']+", text.lower()) if w not in STOP and (len(w) > 3 or w[0].isdigit())}


def named_words(text, ordinary):
    """Words that look like names or numbers; the first of a sentence only if it is no ordinary word."""
    words = []
    for i, token in enumerate(text.split()):
        parts = [p for p in re.findall(r"[^\W_]+", token) if p != "I"]
        words += [p.lower() for p in parts if any(c.isdigit() for c in p) or (p[0].isupper() and (i > 0 or p.lower() not in ordinary))]
    return words


def figures(words):
    """Numbers that a text spells, up to ninety-nine, as figures."""
    found, tens = set(), None
    for word in words:
        value = SPELLED.get(word)
        if value is not None:
            found.add(str(value))
            if tens and value < 10:
                found.add(str(tens + value))
        tens = value if value and value >= 20 else None
    return found


def written(summary, dialogue, ordinary):
    """The sentences of a summary as the grammar writes them: words, commas and full stops, and no name or number that the talk does not have."""
    tokens = {t.strip("\"'([{<*_#)]}>.,;:!?") for t in dialogue.split()}
    spoken = [w.lower() for w in re.findall(r"[^\W_]+", dialogue)]
    have = set(spoken) | figures(spoken)
    have |= {w for i, w in enumerate(swap.NUMBERS) if str(i) in have}
    sentences = []
    for sentence in pieces(summary.strip()):
        out, colon = [], False
        sentence = re.sub(r"^[A-Z][A-Z ]{3,}: ", "", sentence)  # the heading of a note
        for token in sentence.split():
            end = "," if token.rstrip("\"')]")[-1:] in (",", ";", ":") else ""
            if colon and re.match("[A-Z][a-z]+", token) and token.lower().strip(".,;") in ordinary:
                token = token.lower()
            colon = token.endswith(":")
            token = token.strip("\"'([{<*_)]}>.,;:!?“”")
            if token.lstrip("#") not in tokens and not re.fullmatch(r"[$£€]?\d[\d.,:]*", token):
                token = re.sub(r"[^\w']+", " ", token).strip()
            if token and token != "_":
                out.append(token + end)
        text = " ".join(out).rstrip(",")
        if text and set(named_words(text, ordinary)) <= have:
            sentences.append(text[0].upper() + text[1:] + ".")
    return sentences


def ordinal(n):
    return f"{n}{'th' if 10 < n < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def other_value(kind, text, rng):
    if kind == "nth":
        return ordinal(rng.randint(1, 28))
    if kind == "clock":
        return f"{rng.randint(1, 12):0{2 if text[0] == '0' else 1}d}:{rng.choice((0, 10, 15, 20, 30, 40, 45, 50)):02d}"
    if kind == "number" and re.fullmatch(r"(19|20)\d\d", text):  # a year
        return str(rng.randint(1985, 2024))
    digits = iter(range(99))
    return re.sub(r"\d", lambda m: str(rng.randint(2 if len(text) == 1 else 1 if next(digits) == 0 else 0, 9)), text)


class Varied:
    def __init__(self, rows, rng):
        self.rng, self.rows, self.cues = rng, collections.defaultdict(list), collections.defaultdict(set)
        self.names = collections.defaultdict(set)  # by source and "he" or "she", or None: not known
        said = {"he": collections.Counter(), "she": collections.Counter()}
        lower = self.lower = {w for row in rows for w in re.findall(r"(?<!\S)[a-z]+", row["dialogue"] + " " + row["summary"])}
        for row in rows:
            source = row["source"].split("/")[0]
            sentences = written(row["summary"], row["dialogue"], lower)
            if len(" ".join(sentences)) >= (1 if source in WHOLE else MOST) * 0.97 * len(row["summary"]) - 4:
                self.rows[source].append((row["dialogue"].split("\n"), sentences, row["source"]))
        for source, parts in self.rows.items():
            for dialogue, sentences, _ in parts:
                text = "\n".join(dialogue)
                for sentence in sentences:
                    for cue, run in self.runs(sentence) if source == "sgd" else ():
                        if stands_whole(run, text):
                            self.cues[cue].add(run)
                    names = set(self.single_names(sentence))
                    for gender, words in (("he", r"\b(he|his|him)\b"), ("she", r"\b(she|her|hers)\b")):
                        if len(names) == 1 and re.search(words, sentence):
                            said[gender].update(names)
        self.gender = {}
        for name in said["he"] | said["she"]:
            he, she = said["he"][name], said["she"][name]
            if max(he, she) > 3 * min(he, she):
                self.gender[name] = "he" if he > she else "she"
        for source, parts in self.rows.items():
            for dialogue, sentences, _ in parts:
                speakers = {m["name"] for m in map(HEAD.match, dialogue) if m} - set(SPEAKERS)
                # Who does something, "Vera opens" or "Vera and Tom open", has a name.
                doers = {n for s in sentences for n in re.findall(r"\b([A-Z]\w+)(?= (?:and [A-Z]\w+ )?[a-z]+s\b)", s)}
                for name in speakers | doers & {n for s in sentences for n in self.single_names(s)} if source in NAMED else ():
                    if re.fullmatch(r"[A-Z][a-zéïöü]+", name) and name.lower() not in lower:
                        self.names[source, self.gender.get(name)].add(name)
        self.cues = {key: sorted(runs) for key, runs in self.cues.items() if len(runs) > 3}
        self.names = {key: sorted(names) for key, names in self.names.items()}
        self.people = {source: {n for key, names in self.names.items() if key[0] == source for n in names} for source in NAMED}
        self.turn = {source: [] for source in self.rows}

    def runs(self, sentence):
        """((what the sentence is about, the word before), capitalised words beside each other)"""
        about = ABOUT.search(sentence)
        for m in re.finditer(r"\b([a-z]+) ((?:[A-Z][\w'&-]+ ){0,3}[A-Z][\w'&-]+)", sentence if about else ""):
            if m[1] not in ("a", "an", "the") and m[2].split()[0] not in MONTHS + DAYS and not m[2].isupper() and not m[2].endswith("'s"):
                yield (about[0], m[1]), m[2]

    def single_names(self, sentence):
        for word in re.findall(r"[A-Z][a-z'éïöü]+", sentence):
            word = word.removesuffix("'s")
            if word.lower() not in self.lower and word not in MONTHS and word not in DAYS:
                yield word

    def changes(self, source, dialogue, summary):
        """What stands there, and what will: speakers, names and things."""
        rng, changes = self.rng, {}
        text, heads = "\n".join(dialogue), {m["name"] for m in map(HEAD.match, dialogue) if m}

        def change(old, others):
            others = [o for o in others if o not in text and o not in changes.values()]
            if others:
                changes[old] = rng.choice(others)

        gendered = re.search(r"\b(he|she|his|her|him|hers|himself|herself)\b", summary + text, re.IGNORECASE)
        keep = 0.5 if source == "crd3" else 0.2
        for name in sorted(heads | set(self.single_names(summary))) if source in NAMED else ():
            if name in self.people[source] and rng.random() >= keep:
                gender = self.gender.get(name)
                pool = self.names.get((source, gender), []) if gender or not gendered else []
                change(name, pool if gendered else pool + self.names.get((source, None), []))
        for cue, run in self.runs(summary) if source == "sgd" else ():
            if run not in changes and stands_whole(run, text) and not any(w in heads or w in changes for w in (run, *run.split())) and rng.random() < 0.7:
                change(run, self.cues.get(cue, []))
        for word in sorted(set(re.findall(r"\w+", summary)) & set(ALIKE_OF)):
            # "right" says much else, "he" and "she" follow a relative, "of March" a month.
            if re.search(rf"\b{word}\b", text) and rng.random() < 0.7 and not (word in ALIKE["side"] and source != "mts-dialog"):
                change(word, ALIKE_OF[word])
        return changes

    def speakers(self, dialogue, summary):
        """Speakers under other names, where the summary names them as their lines do."""
        names, taken = {}, {m["name"] for m in map(HEAD.match, dialogue) if m}
        for name in sorted(n for n in taken if n in SPEAKERS or LETTERED.fullmatch(n)):
            form = name if name in summary else "[Tt]he " + name.lower()
            rest = re.sub(form, "", summary)
            others = SPEAKERS.get(name, LETTERS)
            others = [o for o in others if o not in taken and o.lower() not in summary.lower()]
            said = any(re.search(rf"\b{w}\b", rest) if len(w) == 1 else w.lower() in rest.lower() for w in name.split())
            if others and self.rng.random() < 0.5 and not said:
                names[name] = self.rng.choice(others)
                taken.add(names[name])
        lines = []
        for line in dialogue:
            m = HEAD.match(line)
            lines.append(m["before"] + names[m["name"]] + line[m.end("name"):] if m and m["name"] in names else line)
        for old, new in names.items():
            summary = re.sub(rf"\b{old}\b", new, summary)
            summary = re.sub(rf"\b([Tt]he) {old.lower()}\b", rf"\1 {new.lower()}", summary)
        return lines, summary

    def values(self, dialogue, summary):
        """Numbers, times, days of a month, sums and telephone numbers that both have."""
        text, changed = "\n".join(dialogue), {}
        here = {number_of(m) for m in VALUE.finditer(text)}
        for m in VALUE.finditer(summary):
            kind, old = number_of(m)
            if (kind, old) in here and old not in ("1", "0") and self.rng.random() < 0.8:
                new = other_value(kind, old, self.rng)
                if (kind, new) not in here and (kind, new) not in changed.values() and new not in text:
                    changed[kind, old] = (kind, new)

        def put(m):
            new = changed.get(number_of(m))
            if new is None:
                return m[0]
            word = swap.NUMBERS[int(new[1])] if m["spelled"] else new[1]
            return word.capitalize() if m[0][0].isupper() else word

        return [VALUE.sub(put, line) for line in dialogue], VALUE.sub(put, summary)

    def part(self, dialogue, sentences):
        """Some sentences that lean on none before them, and the turns from the first that they speak of to the last."""
        begin = self.rng.randrange(len(sentences))
        end = self.rng.randint(begin + 1, len(sentences))
        chosen = sentences[begin:end]
        if (begin > 0 and LEANING.match(chosen[0])) or end - begin == len(sentences):
            return dialogue, sentences
        want = content(" ".join(chosen))
        shared = [len(content(line) & want) for line in dialogue]
        at = [i for i, n in enumerate(shared) if n >= max(2, max(shared) / 3)]
        if not at:
            return dialogue, sentences
        return dialogue[max(0, at[0] - self.rng.randint(0, 3)) : at[-1] + 1 + self.rng.randint(0, 3)], chosen

    def shortened(self, dialogue, sentences, whole):
        """Without much that the summary does not speak of, and within a window."""
        want, drop = content(" ".join(sentences)), self.rng.choice((0, 0.2, 0.4, 0.7))
        while True:
            lines, answers = [], False
            for line in dialogue:
                head = HEAD.match(line)
                front = line[: head.end()] if head else ""
                said = pieces(line[len(front):])
                if whole:  # how a matter ends is said in any words, but not as a farewell
                    wanted = [not PARTING.match(p) for p in said]
                else:
                    wanted = [answers and i == 0 or bool(content(p) & want) for i, p in enumerate(said)]
                # What answers a question is understood with it alone.
                answers = wanted[-1] and said[-1].endswith("?")
                said = [p for p, w in zip(said, wanted) if w or self.rng.random() >= drop]
                if said:
                    lines.append(front + " ".join(said))
            if len("\n".join(lines).encode()) <= WINDOW or drop > 2:
                break
            drop += 0.3
        while len("\n".join(lines).encode()) > WINDOW and len(lines) > 1:
            # Then the end of the talk goes that shares less with the summary.
            front, back = (len(content(lines[i]) & want) / (1 + len(lines[i])) for i in (0, -1))
            lines.pop(0 if front < back else -1)
        return lines

    def source(self):
        return self.rng.choices([s for s in SHARES if s in self.rows], [n for s, n in SHARES.items() if s in self.rows])[0]

    def __call__(self):
        source = self.source()
        while True:
            if not self.turn[source]:  # each row as often as any
                self.turn[source] = self.rng.sample(self.rows[source], len(self.rows[source]))
            original, sentences, name = self.turn[source].pop()
            dialogue = original
            if source in ("crd3", "qmsum") and self.rng.random() < 0.15:
                dialogue, sentences = self.part(dialogue, sentences)
            dialogue = self.shortened(dialogue, sentences, source in WHOLE)
            text = "\n".join(dialogue)
            speakers = {m["name"] for m in map(HEAD.match, original) if m}
            sentences = [s for s in sentences if all(name in text for name in speakers if name in s)]
            if source == "qmsum" and self.rng.random() < 0.6:
                dialogue = [FILLERS.sub(lambda m: m[1] or "", line) for line in dialogue]
            summary = " ".join(sentences)
            changes = self.changes(source, dialogue, summary)
            dialogue, summary = self.speakers(dialogue, summary)
            if changes:
                pattern = re.compile("|".join(rf"(?<!\w){re.escape(old)}(?!\w)" for old in sorted(changes, key=len, reverse=True)))
                *dialogue, summary = (pattern.sub(lambda m: changes[m[0]], text) for text in (*dialogue, summary))
            dialogue, summary = self.values(dialogue, summary)
            # What long talks lost may have had what a sentence says.
            kept = written(summary, "\n".join(dialogue), self.lower)
            if dialogue != original and kept and (source not in WHOLE or len(kept) == len(sentences)):
                return {"dialogue": "\n".join(dialogue), "summary": " ".join(kept), "source": name + ":varied"}


def number_of(m):
    if m["spelled"]:
        return "number", str(swap.NUMBERS.index(m[0].lower()))
    return m.lastgroup, m[0]


def stands_whole(run, text):
    """Whether a name stands in a text, and nowhere a part of it alone."""
    without = text.replace(run, "")
    return run in text and not any(re.search(rf"\b{re.escape(w)}\b", without) for w in run.split())


if __name__ == "__main__":
    swap.write_rows(__doc__, Varied)
