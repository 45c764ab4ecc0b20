#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes more training rows for pico-pii: new frames from templates/, fresh values, re-filled and disturbed rows of a labelled file.

    augment.py --train train.jsonl --out augment.jsonl --rows 60000 --seed 1
    augment.py --check FILE...      checks offsets, order and overlap of the spans of any such file

A template is one line (\\n and \\t are escapes) below a `== style` heading. `{PERSON}`, `{EMAIL2}` ... are labelled values, the digit says
whose; `{date}`, `{hex40}`, `{word1}` ... are unlabelled fillers; `[[a|b|c]]` is one of several wordings. `{{` and `}}` need no escape: only
known slots are replaced. Unknown slot-like words are refused.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from rows import LABELS, change_case, faults, masked, merge, read_jsonl, strange_words, to_row, to_segments, truncated, typos  # noqa: E402
from sources import HERE, book_rows, clean_lines, harvest, read_sections, read_words  # noqa: E402
from values import ALNUM, DAYS, HEX, MONTHS, USER_WORDS, Values, fold  # noqa: E402

# Slot -> label. The value comes from the method of Fill of the same name in small letters.
SLOTS = {
    "PERSON": "PERSON", "FIRST": "PERSON", "LAST": "PERSON", "LASTFIRST": "PERSON", "INITIAL": "PERSON", "NAME": "PERSON", "STAR": "PERSON", "EMAIL": "EMAIL",
    "USER": "USERNAME", "HANDLE": "USERNAME", "PHONE": "PHONE", "ADDRESS": "ADDRESS", "BLOCK": "ADDRESS", "STREET": "ADDRESS", "CITY": "ADDRESS", "ZIP": "ADDRESS",
    "ZIPCITY": "ADDRESS", "DOB": "DATE_OF_BIRTH", "SSN": "SSN", "PASSPORT": "PASSPORT", "DL": "DRIVER_LICENSE", "CARD": "CREDIT_CARD", "IBAN": "IBAN",
    "ACCOUNT": "ACCOUNT_NUMBER", "SORTCODE": "ACCOUNT_NUMBER", "ROUTING": "ACCOUNT_NUMBER", "PASS": "PASSWORD", "TOKEN": "PASSWORD", "PIN": "PASSWORD",
    "CVV": "PASSWORD", "IP": "IP_ADDRESS", "INET": "IP_ADDRESS", "INETSIX": "IP_ADDRESS", "MAC": "MAC_ADDRESS", "URL": "URL", "IMEI": "IMEI", "VIN": "VEHICLE",
    "PLATE": "VEHICLE", "CRYPTO": "CRYPTO", "GPS": "GPS",
}
SLOT = re.compile(r"\{([A-Z]+|[a-z]+)(\d*)\}")
CHOICE = re.compile(r"\[\[([^\[\]]*\|[^\[\]]*)\]\]")


class Fill:
    """Values of one row: the same slot with the same digit gives the same value."""

    def __init__(self, values, words):
        self.v, self.words, self.seen = values, words, {}

    def person(self, who):
        return self.keep(("who", who), self.v.person)

    def keep(self, key, make):
        if key not in self.seen:
            self.seen[key] = make()
        return self.seen[key]

    def label_value(self, slot, digit):
        who, v = digit or "1", self.v
        if slot == "PERSON":
            return self.keep(("PERSON", who), lambda: v.full(self.person(who)))
        if slot == "FIRST":
            return self.person(who)[0]
        if slot == "LAST":
            return self.person(who)[2]
        if slot == "LASTFIRST":
            first, middle, last = self.person(who)
            return f"{last}, {first}" + (f" {middle}" if middle and v.chance(0.5) else "")
        if slot == "INITIAL":
            return f"{self.person(who)[0][0]}. {self.person(who)[2]}"
        if slot == "NAME":
            first, _, last = self.person(who)
            r = v.rng.random()
            return first if r < 0.45 else f"{first} {last}" if r < 0.85 else last if r < 0.95 else f"{first} {last[0]}."
        if slot == "STAR":
            return self.keep(("STAR", who), lambda: v.pool("star") if v.chance(0.35) else v.pool("tweet") if v.chance(0.5) else v.full(v.person()))
        if slot == "EMAIL":
            return self.keep(("EMAIL", who), lambda: v.email(self.person(who)))
        if slot == "USER":
            return self.keep(("USER", who), lambda: v.username(self.person(who)))
        if slot == "HANDLE":
            return self.keep(("HANDLE", who), lambda: v.handle(self.person(who)))
        if slot == "URL":
            return v.url(self.person(who))
        make = {
            "PHONE": v.phone, "ADDRESS": v.address, "BLOCK": lambda: v.address(newline=True), "STREET": v.street, "CITY": v.city, "ZIP": v.zip, "ZIPCITY": v.zip_city,
            "DOB": v.birth_date, "SSN": v.ssn, "PASSPORT": v.passport, "DL": v.driver_license, "CARD": v.card, "IBAN": v.iban, "ACCOUNT": v.account, "SORTCODE": v.sort_code,
            "ROUTING": v.routing, "PASS": v.password, "TOKEN": v.token, "PIN": v.pin, "CVV": v.cvv, "IP": v.ip, "INET": v.ip4, "INETSIX": v.ip6, "MAC": v.mac, "IMEI": v.imei,
            "VIN": v.vin, "PLATE": v.plate, "CRYPTO": v.crypto, "GPS": v.gps,
        }[slot]
        return self.keep((slot, digit), make) if digit else make()

    def filler(self, kind, digit):
        v, rng = self.v, self.v.rng
        if kind in ("d", "hex", "cap", "alnum"):
            size = int(digit or 4)
            sets = {"d": "0123456789", "hex": HEX, "cap": "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "alnum": ALNUM}
            return v.chars(sets[kind], size)
        make = {
            "date": v.date, "time": v.time, "stamp": v.stamp, "syslog": v.syslog_stamp, "clf": v.clf_stamp, "maildate": v.mail_date, "n": lambda: str(v.number(1, 99) if v.chance(0.7) else v.number(100, 999)),
            "small": lambda: str(v.number(1, 12)), "year": lambda: str(v.number(1900, 2026)), "month": lambda: rng.choice(MONTHS), "weekday": lambda: rng.choice(DAYS),
            "port": lambda: str(v.pick(22, 80, 443, 8080, 3306, 5432, 6379, v.number(1024, 65535))), "pid": lambda: str(v.number(100, 99999)), "host": self.host,
            "word": lambda: rng.choice(self.words["tech"] if v.chance(0.5) else USER_WORDS), "uuid": self.uuid, "ver": self.version, "quad": self.quad, "amount": self.amount,
            "company": self.company, "order": self.order, "float": lambda: f"{rng.uniform(0, 999):.{v.number(1, 6)}f}", "path": self.path, "isbn": self.isbn, "place": v.city,
            "unix": lambda: str(v.number(1_300_000_000, 1_790_000_000)), "size": lambda: f"{v.number(1, 999)}{v.pick('K', 'M', 'G', ' kB', ' MB', ' GB', 'MiB', ' bytes')}",
            "sentence": lambda: rng.choice(self.words["sentence"]), "agent": lambda: rng.choice(self.words["agent"]), "long": lambda: v.digits(v.number(8, 19)),
        }.get(kind)
        if make is None:
            if kind not in self.words:
                raise KeyError(kind)

            def make():
                return rng.choice(self.words[kind])
        return self.keep((kind, digit), make) if digit else make()

    def host(self):
        v, a = self.v, self.v.rng.choice(USER_WORDS)
        n = v.number(1, 40)
        return v.pick(a, f"{a}-{n}", f"{a}{n:02}", f"{a}-{n}.internal", f"{a}.lan", f"{a}.svc.cluster.local", f"{a}-{n}.corp.example", f"{v.pick('web', 'db', 'app', 'mx', 'node', 'worker', 'cache')}-{n}",
                      f"{a}-{v.chars(ALNUM.lower(), 9)}-{v.chars(ALNUM.lower(), 5)}", f"{a}.{v.pick('prod', 'stage', 'dev')}.example.net", f"{v.pick('web', 'db', 'api')}{n:02}.{a}.local")

    def uuid(self):
        v = self.v
        return "-".join(v.chars(HEX, n) for n in (8, 4, 4, 4, 12))

    def version(self):
        v = self.v
        text = f"{v.number(0, 29)}.{v.number(0, 40)}" + (f".{v.number(0, 30)}" if v.chance(0.85) else "")
        return v.pick("", "", "v") + text + v.pick("", "", "", f"-rc.{v.number(1, 5)}", f"+build.{v.number(1, 999)}", "-beta", f"-{v.number(1, 9)}ubuntu{v.number(1, 4)}", f"-{v.number(1, 5)}~deb12u1")

    def quad(self):
        """A four-part version, which looks like an IPv4 address."""
        v = self.v
        return f"{v.number(1, 130)}.{v.number(0, 40)}.{v.number(0, 6800)}.{v.number(0, 200)}" if v.chance(0.6) else f"{v.number(1, 30)}.{v.number(0, 30)}.{v.number(0, 30)}.{v.number(0, 30)}"

    def amount(self):
        v, n = self.v, self.v.rng.uniform(1, 90000)
        return v.pick(f"${n:,.2f}", f"€{n:,.2f}", f"£{n:.0f}", f"{n:.2f} EUR", f"{n:.0f} CHF", f"USD {n:,.2f}", f"{n:.0f} kr", f"{n:,.0f} USD", f"{n:.2f}", f"${n:.0f}", f"{n / 1000:.1f}k", f"₹{n:,.0f}", f"${n / 1000:.1f} million")

    def company(self):
        v = self.v
        a = v.rng.choice(USER_WORDS).title()
        base = v.pick(a, a, a + v.rng.choice(USER_WORDS), f"{a} {v.rng.choice(USER_WORDS).title()}", v.city_model.draw(v.rng), v.rng.choice(self.words["brand"]), v.rng.choice(self.words["brand"]))
        return base + v.pick("", "", " Ltd", " Inc", " Inc.", " GmbH", " LLC", " Group", " AG", " plc", " BV", " Labs", " Systems", " & Co", " Bank", " Media", " Travel", " Holdings", " S.p.A.", " SARL", " Insurance", " Foods")

    def order(self):
        v = self.v
        return v.pick("#", "", "ORD-", "INV-", "REF", "PO", "A-", "T-", "SO", "RMA-", "CASE-", "INC", "TKT-", "JIRA-", "PROJ-", "BR-") + v.digits(v.number(4, 10))

    def path(self):
        v = self.v
        a, b = v.rng.choice(USER_WORDS), v.rng.choice(USER_WORDS)
        return v.pick(f"/var/log/{a}/{b}.log", f"/usr/lib/{a}/{b}.so", f"/etc/{a}/{b}.conf", f"/opt/{a}/bin/{b}", f"src/{a}/{b}.cpp", f"lib/{a}.py", f"C:\\Program Files\\{a.title()}\\{b}.dll", f"/srv/{a}/{b}", f"/tmp/{a}.{v.chars(ALNUM, 6)}",
                      f"/usr/share/{a}/{b}.png", f"./{a}/{b}.ts", f"{a}/{b}/README.md", f"/proc/{v.number(1, 9999)}/{a}", f"/dev/disk/by-id/{a}-{v.number(1, 9)}")

    def isbn(self):
        v = self.v
        return v.pick(f"978-{v.number(0, 9)}-{v.digits(2)}-{v.digits(6)}-{v.number(0, 9)}", f"978{v.digits(10)}", f"ISBN {v.number(0, 9)}-{v.digits(3)}-{v.digits(5)}-{v.pick('X', '4', '7')}")

    def expand(self, template):
        rng = self.v.rng
        while True:
            expanded = CHOICE.sub(lambda m: rng.choice(m.group(1).split("|")), template)
            if expanded == template:
                break
            template = expanded
        template = template.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        out, at, before = [], 0, None
        for m in SLOT.finditer(template):
            word, digit = m.groups()
            if before == ("FIRST", digit) and word == "LAST" and template[at:m.start()] == " ":
                out[-1][0] += " " + self.label_value(word, digit)  # a whole name is one span
                at, before = m.end(), None
                continue
            before = (word, digit)
            if word in SLOTS:
                value, label = self.label_value(word, digit), SLOTS[word]
            elif word.islower():
                value, label = self.filler(word, digit), None
            else:
                continue
            out.append([template[at:m.start()], None])
            out.append([value, label])
            at = m.end()
        out.append([template[at:], None])
        return merge(out)


# -- fresh values in labelled rows
def same_case(new, old):
    return new.lower() if old == old.lower() else new.upper() if old == old.upper() and len(old) > 2 else new


class Refill:
    """Replaces every value of a labelled row, the same value by the same new one; names keep their shape, mail and log-ins follow the names."""

    def __init__(self, fill):
        self.fill, self.v = fill, fill.v

    def row(self, segments, tweet):
        self.tokens, self.values, people = {}, {}, []
        for value, label in segments:
            if label == "PERSON":
                for i, token in enumerate(value.replace(",", "").split()):
                    people.append(fold(token))
        out = []
        for value, label in segments:
            if label is None:
                out.append([value, None])
                continue
            key = (value.lower(), label)
            if key not in self.values:
                self.values[key] = self.new(value, label, people, tweet)
            new = self.values[key]
            out.append([new if label in ("PASSWORD", "CRYPTO", "URL") else same_case(new, value), label])
        return out

    def token(self, token, first):
        if re.fullmatch(r"[A-Za-z]\.?", token):
            return self.v.chars("ABCDEFGHIJKLMNOPRSTVWY", 1) + ("." if token.endswith(".") else "")
        key = token.lower()
        if key not in self.tokens:
            self.tokens[key] = self.v.first() if first else self.v.last()
        return self.tokens[key]

    def new(self, value, label, people, tweet):
        v = self.v
        if label == "PERSON":
            if tweet and v.chance(0.5):
                shape = len(value.split())
                for _ in range(20):
                    name = v.pool("star" if v.chance(0.4) else "tweet")
                    if len(name.split()) == shape:
                        return name
            if "," in value:
                last, _, rest = value.partition(",")
                return " ".join(self.token(t, False) for t in last.split()) + ", " + " ".join(self.token(t, True) for t in rest.split())
            tokens = value.split()
            if not all(re.match(r"[^\W\d_]", t) for t in tokens):
                return value
            return " ".join(self.token(t, i < max(1, len(tokens) - 1)) for i, t in enumerate(tokens))
        if label in ("EMAIL", "USERNAME"):
            linked = any(len(p) > 2 and p in fold(value) for p in people) and self.tokens
            person = None
            if linked:
                names = list(self.tokens.values())
                person = (names[0], "", names[-1] if len(names) > 1 else v.last())
            return v.email(person) if label == "EMAIL" else v.handle(person) if tweet else v.username(person)
        if label == "PASSWORD":
            if value.isdigit() and len(value) <= 6:
                return v.digits(len(value))
            return v.token() if len(value) >= 20 else v.password()
        if label == "ADDRESS":
            if not re.search(r"\d", value):
                return v.city()
            if re.fullmatch(r"[\dA-Za-z -]{4,9}", value) and not re.search(r"[A-Za-z]{3}", value):
                return v.zip()
            if "\n" in value:
                return v.address(newline=True)
            return v.address() if len(re.findall(r"\d+", value)) > 1 else v.zip_city() if re.match(r"\d{4,}", value) else v.street()
        if label == "VEHICLE":
            return v.vin() if len(value) == 17 and " " not in value else v.plate()
        if label == "ACCOUNT_NUMBER":
            return v.sort_code() if re.fullmatch(r"\d\d-\d\d-\d\d", value) else v.account()
        make = {"PHONE": v.phone, "DATE_OF_BIRTH": v.birth_date, "SSN": v.ssn, "PASSPORT": v.passport, "DRIVER_LICENSE": v.driver_license, "CREDIT_CARD": v.card, "IBAN": v.iban,
                "IP_ADDRESS": v.ip, "MAC_ADDRESS": v.mac, "URL": v.url, "IMEI": v.imei, "CRYPTO": v.crypto, "GPS": v.gps}[label]
        return make()


SPARSE = {"secret", "account", "document", "place", "vehicle", "wallet", "rare", "social", "mention"}
MASKED = 0.12  # share of rows in which values are masked already
STRICT = {"json", "csv", "tsv", "xml", "yaml", "vcard", "ical"}


class Maker:
    def __init__(self, rows, seed, clean=(), books=(), count=0):
        self.rng = random.Random(seed)
        self.words = read_words()
        pools = harvest(rows, self.words)
        self.values = Values(self.rng, pools)
        self.templates = collections.defaultdict(list)
        for path in sorted((HERE / "templates").glob("*.txt")):
            if path.name != "words.txt":
                for style, lines in read_sections(path).items():
                    self.templates[style] += lines
        self.check_templates()
        self.train = [r for r in rows if r["source"].startswith("synthetic")]
        self.tweets = [r for r in rows if r["source"].startswith("wnut")]
        self.people_tweets = [r for r in self.tweets if any(s["label"] == "PERSON" for s in r["spans"])]
        self.real = [r for r in rows if r["source"].startswith("real-lines")]
        if clean:
            names = {w for kind in ("first", "last", "common_first", "common_last", "tweet", "star") for name in pools[kind] for w in re.split(r"[\s'-]", name)}
            self.real += clean_lines(clean, names, self.rng, count)
        self.books = book_rows(books, set(pools["first"]) | set(pools["common_first"]), self.rng, count) if books else self.people_tweets
        counts = collections.Counter(re.findall(r"[a-z]{4,}", " ".join(r["text"] for r in self.real + self.tweets)))
        self.vocabulary = [w for w, n in counts.items() if n > 3] or USER_WORDS
        # A style with many templates is drawn more often, but not in proportion; what the labelled file has little of, twice as often.
        self.styles = sorted(self.templates)
        self.weights = [len(self.templates[s]) ** 0.8 * (2 if s in SPARSE else 1) for s in self.styles]

    def check_templates(self):
        fill = Fill(self.values, self.words)
        for style, lines in self.templates.items():
            for line in lines:
                for word, digit in SLOT.findall(line):
                    if word not in SLOTS:
                        try:
                            if word.isupper():
                                raise KeyError(word)
                            fill.filler(word, digit)
                        except KeyError:
                            raise SystemExit(f"unknown slot {{{word}{digit}}} in style {style}: {line[:100]}") from None

    def from_template(self, style):
        fill = Fill(self.values, self.words)
        line = self.rng.choice(self.templates[style])
        segments = fill.expand(line)
        if style.startswith("log") or style in ("net", "csvline"):
            for _ in range(self.rng.choice((0, 0, 0, 1, 1, 2, 3))):
                other = self.rng.choice(self.templates[style])
                segments = merge(segments + [["\n", None]] + Fill(self.values, self.words).expand(other))
        return segments

    def noisy(self, segments, style):
        rng = self.rng
        loose = style not in STRICT
        if loose and rng.random() < 0.10:
            sentence = Fill(self.values, self.words).expand(rng.choice(self.words["sentence"]))
            segments = segments + [[rng.choice((" ", "\n", " ")), None]] + sentence if rng.random() < 0.7 else sentence + [[" ", None]] + segments
        if loose and rng.random() < 0.04:
            segments = typos(segments, rng)
        if rng.random() < 0.06:
            segments = strange_words(segments, rng, self.vocabulary)
        if rng.random() < 0.05:
            segments = truncated(segments, rng)
        r = rng.random()
        if r < 0.07:
            segments = change_case(segments, str.lower)
        elif r < 0.09:
            segments = change_case(segments, str.upper)
        return merge(segments)

    def draw(self):
        rng, r = self.rng, self.rng.random()
        if r < 0.62:
            style = rng.choices(self.styles, weights=self.weights)[0]
            return self.noisy(self.from_template(style), style), style
        if r < 0.73:
            row = rng.choice(self.train)
            segments = Refill(Fill(self.values, self.words)).row(to_segments(row), False)
            if rng.random() < 0.3:
                segments = strange_words(segments, rng, self.vocabulary)
            return self.noisy(segments, row["source"].rsplit("/", 1)[1]), "refill"
        if r < 0.82:
            row = rng.choice(self.books)
            segments = Refill(Fill(self.values, self.words)).row(to_segments(row), False)
            return self.noisy(segments, "book") if rng.random() < 0.5 else segments, "book"
        if r < 0.90:
            row = rng.choice(self.people_tweets if rng.random() < 0.6 else self.tweets)
            segments = Refill(Fill(self.values, self.words)).row(to_segments(row), True)
            if rng.random() < 0.15:
                segments = change_case(segments, str.lower)
            return segments, "tweet"
        if r < 0.95:
            segments = to_segments(rng.choice(self.real))
            if rng.random() < 0.2:
                segments = strange_words(segments, rng, self.vocabulary)
            return segments, "real"
        a, _ = self.draw()
        b, _ = self.draw()
        return merge(a + [[rng.choice(("\n", "\n", "\n\n", " ")), None]] + b), "join"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", help="labelled rows to harvest values from and to re-fill")
    parser.add_argument("--out", help="where to write the new rows")
    parser.add_argument("--clean", nargs="*", default=[], metavar="FILE", help="plain text whose lines without names serve as rows with nothing to mask")
    parser.add_argument("--books", nargs="*", default=[], metavar="FILE", help="narrative text whose sentences get other names")
    parser.add_argument("--rows", type=int, default=60000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", nargs="+", metavar="FILE", help="only check these files")
    args = parser.parse_args()
    if args.check:
        for path in args.check:
            for number, row in enumerate(read_jsonl(path), 1):
                if faults(row):
                    raise SystemExit(f"{path}:{number}: {faults(row)}")
        return
    if not args.train or not args.out:
        parser.error("--train and --out are needed")
    maker = Maker(read_jsonl(args.train), args.seed, args.clean, args.books, args.rows // 10)
    seen, labels, styles = set(), collections.Counter(), collections.Counter()
    with open(args.out, "w", encoding="utf-8") as out:
        while sum(styles.values()) < args.rows:
            segments, kind = maker.draw()
            if maker.rng.random() < MASKED and any(label for _, label in segments):
                segments, kind = masked(segments, maker.rng), "masked"
            row = to_row(merge(segments), f"augment/{kind}")
            if len(row["text"].encode()) > 1500 or not row["text"].strip() or row["text"] in seen:
                continue
            if faults(row):
                raise SystemExit(f"made a bad row ({faults(row)}): {row['text'][:200]!r}")
            seen.add(row["text"])
            labels.update(s["label"] for s in row["spans"])
            styles[kind] += 1
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"templates {sum(map(len, maker.templates.values()))} in {len(maker.templates)} styles", file=sys.stderr)
    for name, counts in (("labels", labels), ("styles", styles)):
        print(name, " ".join(f"{k}={n}" for k, n in counts.most_common()), file=sys.stderr)


if __name__ == "__main__":
    main()
