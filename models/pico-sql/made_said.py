# SPDX-License-Identifier: Apache-2.0
"""How made.py says rows of tables: "customers living in Bonn", with the FROM and WHERE of the same meaning."""

import re

from made_schema import is_plural
from made_values import HERE, kinds

# How columns compare: more, less, most, least.
COMPARED = {
    "old": ("older", "younger", "oldest", "youngest"),
    "dear": ("more expensive", "cheaper", "most expensive", "cheapest"),
    "paid": ("better paid", "worse paid", "best paid", "worst paid"),
    "tall": ("taller", "shorter", "tallest", "shortest"),
    "long": ("longer", "shorter", "longest", "shortest"),
    "heavy": ("heavier", "lighter", "heaviest", "lightest"),
    "big": ("larger", "smaller", "largest", "smallest"),
    "high": ("higher", "lower", "highest", "lowest"),
    "new": ("newer", "older", "most recent", "earliest"),
    "far": ("farther", "nearer", "farthest", "nearest"),
    "strong": ("stronger", "weaker", "strongest", "weakest"),
    "good": ("better", "worse", "best", "worst"),
    "fast": ("faster", "slower", "fastest", "slowest"),
    "hot": ("hotter", "colder", "hottest", "coldest"),
    "rich": ("richer", "poorer", "richest", "poorest"),
}
# Those that say the column without naming it: one table may hold only one column that is, say, dear.
PLAIN = {"old", "dear", "paid", "tall", "long", "heavy", "fast", "rich", "strong"}
AGGREGATES = {
    "AVG": ("average", "average", "mean"),
    "MAX": ("maximum", "highest", "largest"),
    "MIN": ("minimum", "lowest", "smallest"),
    "SUM": ("total", "sum of the", "combined"),
}
MORE = {
    ">": ("more than", "over", "above", "greater than"),
    "<": ("less than", "under", "below", "smaller than"),
    ">=": ("at least",),
    "<=": ("at most", "no more than"),
    "=": ("", "", "exactly"),
}
AFTER = {">": ("after", "after", "later than"), "<": ("before", "before", "earlier than"), "=": ("",)}
SHOW = "show show show list list find give return display get".split() + [
    "show me",
    "give me",
    "please list",
    "tell me",
    "give me a list of",
    "fetch",
]
WHAT_ARE = ["what are"] * 6 + ["what were", "list", "show me", "which are"]
# Kinds whose values say what they are.
SAID_ALONE = ("person", "work", "team", "place", "product", "racename", "first_name", "schoolname", "mountain", "code")
# Kinds of a first column that is no name.
UNNAMED = ("code", "date", "note", "int", "year", "choice")
NUMBERS = dict(zip(range(1, 11), kinds.WORD_NUMBERS[1:]))


def read_wordings(path=HERE / "wordings.txt"):
    blocks = re.split(r"^= ", path.read_text(encoding="utf-8"), flags=re.M)[1:]
    return {name: lines for name, *lines in (b.strip().split("\n") for b in blocks)}


def marked(text):
    """A literal in a question under way: what changes the words around it leaves it alone."""
    return "\x01" + text.replace("#", "\x03") + "\x02"


def be(words):
    return "are" if is_plural(words) else "is"


def article(words):
    if is_plural(words):
        return words
    return f"{'an' if words[0] in 'aeiouAEIOU' and not words.startswith(('uni', 'one', 'us', 'eu')) else 'a'} {words}"


def joined(words):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def behind_preposition(phrase):
    """In "grade %" after "in" a value can stand, but no "more than 5"."""
    return re.match(r"(in|on|at|of|from|for|over|by|with pick|with lane|as)( [a-z]+){0,2} %", phrase) is not None


def table_name(table):
    return next((c for c in table.columns if c.column.is_name), None)


class Those:
    """Rows of a table, with what is said of them and of rows beside them: a plural noun phrase, and FROM and WHERE."""

    def __init__(self, table):
        self.root, self.path, self.joins, self.conditions = table, [table], [], []
        self.text = table.nouns
        self.told = []  # columns that have one value in these rows

    def ref(self, table, column):
        return f"T{self.path.index(table) + 1}.{column.sql}" if self.joins else column.sql

    def say(self, wrap):
        """Adds words; "#" stands for the noun."""
        self.text = wrap.replace("#", self.text)
        return self

    def where(self, table, condition):
        self.conditions.append((table, condition))

    def join(self, table, here, there, at):
        """Joins `table` on its column `there` to the column `here` of `at`."""
        self.joins.append((at, here, table, there))
        self.path.append(table)

    def source(self):
        text = f"FROM {self.root.sql}" + (" AS T1" if self.joins else "")
        for i, (at, here, table, there) in enumerate(self.joins):
            text += f" JOIN {table.sql} AS T{i + 2} ON {self.ref(at, here)} = {self.ref(table, there)}"
        return text + self.filter()

    def filter(self):
        parts = [condition(lambda column, t=table: self.ref(t, column)) for table, condition in self.conditions]
        if len(parts) > 1:
            parts = [f"({p})" if " OR " in p else p for p in parts]
        return " WHERE " + " AND ".join(parts) if parts else ""

    def select(self, *items):
        return f"SELECT {', '.join(items)} {self.source()}"


class Speaker:
    """Says rows, columns and conditions; what it says is what the query that it makes means."""

    def __init__(self, values, wordings):
        self.v, self.wordings = values, wordings
        self.pick, self.chance = values.pick, values.chance

    # ------------------------------------------------------------------------------------------------------- words

    def say(self, shape, person=False, **slots):
        text = self.pick(self.wordings[shape])
        slots |= {
            "show": self.pick(SHOW),
            "whatare": self.pick(WHAT_ARE),
            "whatis": self.pick(("what is", "what's", "find", "show")),
        }
        if " " in slots["show"] and not text.startswith("{show} the {cs}"):
            slots["show"] = self.pick(("show", "list", "give"))
        text = re.sub(r"\{(\w+)\}", lambda m: slots[m[1]], text)
        if text.endswith("?") and re.match("(" + "|".join(SHOW) + r")\b", text):
            text = text[:-1]
        return re.sub(r"\bits\b", "their", text) if person else text

    def some_columns(self, table, most=3, told=()):
        named = [c for c in table.columns if c.column.is_name and c not in told]
        n = min(self.pick((1, 1, 1, 1, 1, 2, 2, 3)), most)
        if n == 1:
            usual = [
                c for c in table.columns if c is not table.key and "id" not in c.said.split() and c not in told
            ] or table.columns
            return [table.key] if self.chance(0.08) else named if named and self.chance(0.5) else [self.pick(usual)]
        others = [
            c
            for c in table.columns
            if c not in named and c not in told and (c is table.key or "id" not in c.said.split())
        ]
        chosen = named + self.v.rng.sample(others, min(len(others), n - 1))
        if self.chance(0.25):
            self.v.rng.shuffle(chosen)
        return chosen

    def names(self, columns):
        return {"cs": joined([c.many for c in columns]), "c": joined([c.said for c in columns])}

    def value(self, column, is_iso=True):
        """(literal of SQL, how the question says it)"""
        if column.column.kind == "date" and is_iso and self.chance(0.3):
            said, text = self.v.date()
            return column.literal(text), marked(said)
        text = column.column.draw(self.v, is_iso)
        often = 0.3 if column.column.kind not in ("choice", "country") else 0.15
        quote = self.pick("\"\"'") if column.is_text and self.chance(often) and "'" not in text else ""
        return column.literal(text), quote + marked(text) + quote

    # -------------------------------------------------------------------------------------------------- conditions

    def amount(self, column, op, said, wordy=True):
        if column.column.type == "date" or column.column.kind == "year":
            before = "on " if column.column.kind == "date" else "in "
            return (f"{self.pick(AFTER[op])} {said}" if op != "=" else before * wordy + said).strip()
        if op in (">=", "<=") and self.chance(0.3):
            return f"{said} or {'more' if op == '>=' else 'less'}"
        words = MORE[op][:2] if wordy and op != "=" else MORE[op]  # "above 3 seats" is what nobody says
        return f"{self.pick(words)} {said}".strip()

    def compared(self, column, op):
        """A phrase like "older than", or none."""
        family = column.column.compared
        if family in PLAIN and op in "<>":
            return f"# {COMPARED[family][op == '<']} than %"
        return None

    def condition(self, table, column, ops=None):
        """(words with "#" for the noun, SQL of a column's name to its condition)"""
        spec = column.column
        if spec.kind == "date" and (not ops or "=" in ops) and self.chance(0.5):
            return self.in_period(column)
        is_ordered = spec.is_number or spec.kind in ("year", "date")
        if not column.is_text or spec.type == "date":
            ops = ops or (">", ">", "<", "<", ">=", "<=", "=", "=", "between") if is_ordered else ops
            op = self.pick(ops or ("=",))
            if spec.type == "date" or spec.kind == "year":
                op = {">=": ">", "<=": "<"}.get(op, op)
        elif spec.is_name or spec.kind in (
            "person",
            "work",
            "place",
            "company",
            "title",
            "subject",
            "note",
            "email",
            "street",
        ):
            op = self.pick(ops or ("=",) * 5 + ("like", "like"))
        else:
            op = self.pick(ops or ("=",) * 8 + ("!=",))
        if op == "between":
            return self.between(column)
        if op == "like":
            return self.like(table, column)
        literal, said = self.value(column)
        sql = lambda ref: f"{ref(column)} {op} {literal}"  # noqa: E731
        if op == "!=":
            return (
                self.pick(
                    (
                        f"# whose {column.said} {be(column.said)} not {said}",
                        f"# with {article(column.said)} other than {said}",
                        f"# that do not have {said} as {column.said}",
                        f"# with any {column.said} but {said}",
                    )
                ),
                sql,
            )
        phrases = [p for p in spec.phrases if op == "=" or not behind_preposition(p)]
        if phrases and self.chance(0.55):
            phrase = self.pick(phrases)
            plain = behind_preposition(phrase) or not is_ordered
            words = (said if plain else self.amount(column, op, said)).strip()
            return (phrase if "#" in phrase else "# " + phrase).replace("%", words).strip(), sql
        than = self.compared(column, op)
        if than and self.chance(0.5):
            return than.replace("%", said), sql
        return self.pick(self.generic(table, column, op, said)), sql

    def generic(self, table, column, op, said):
        c, who = column.said, "who" if table.entity.is_person else "that"
        if op == "=" and column.column.is_name:
            called = () if column.column.kind in UNNAMED else (f"# named {said}", f"# called {said}")
            return (*called, f"# with the {c} {said}", f"# whose {c} {be(c)} {said}")
        if op == "=":
            return (
                f"# whose {c} {be(c)} {said}",
                f"# with {c} {said}",
                f"# with {article(c)} of {said}",
                f"# {who} have {said} as {c}",
                f"# where the {c} {be(c)} {said}",
                f"# having {said} as their {c}",
                f"# {who} have {article(c)} of {said}",
            )
        amount = self.amount(column, op, said, wordy=False)
        if column.column.compared == "many" or is_plural(c):
            pieces = f"{self.amount(column, op, said)} {column.column.units or c}"
            return (f"# with {pieces}", f"# whose {c} {be(c)} {amount}", f"# {who} have {pieces}")
        return (
            f"# whose {c} {be(c)} {amount}",
            f"# with {article(c)} {amount}" if column.column.is_number else f"# with {c} {amount}",
            f"# where the {c} {be(c)} {amount}",
            f"# {who} have {article(c)} {amount}",
        )

    def between(self, column):
        (low, said_low), (high, said_high) = sorted(
            (self.value(column) for _ in range(2)),
            key=lambda x: x[0] if column.column.kind == "date" else float(x[0].strip("'")),
        )
        words = f"between {said_low} and {said_high}"
        phrases = [p for p in column.column.phrases if not behind_preposition(p)]
        wrap = self.pick(
            (
                f"# whose {column.said} {be(column.said)} {words}",
                f"# with {article(column.said)} {words}",
                f"# with {article(column.said)} from {said_low} to {said_high}",
            )
            + tuple(f"# {p.replace('%', words)}" for p in phrases if "#" not in p) * 2
        )
        return wrap, lambda ref: f"{ref(column)} BETWEEN {low} AND {high}"

    def in_period(self, column):
        """A month or a year of days, which are texts such as 2026-05-01."""
        said, pattern = self.period()
        phrases = [f"# {p.replace('%', said)}" for p in column.column.phrases if not behind_preposition(p)]
        c = column.said
        wrap = self.pick(
            phrases * 3 + [f"# whose {c} {be(c)} {said}", f"# with {article(c)} {said}", f"# where the {c} {be(c)} {said}"]
        )
        return wrap, lambda ref: f"{ref(column)} LIKE '{pattern}'"

    def period(self):
        """("in May 2026", what days in it look like)"""
        year, month = self.v.rng.randint(1995, 2027), self.v.rng.randint(1, 12)
        name = kinds.MONTHS[month - 1] if self.chance(0.8) else kinds.MONTHS[month - 1][:3]
        said, pattern = self.pick(
            (
                (name, f"%-{month:02}-%"),
                (name, f"%-{month:02}-%"),
                (f"{name} {year}", f"{year}-{month:02}-%"),
                (f"{year}", f"{year}%"),
            )
        )
        return f"in {marked(said)}", pattern

    def like(self, table, column):
        words = [
            w for w in re.findall(r"[A-Za-z]{2,}", column.column.draw(self.v)) if w not in ("The", "of", "and", "for")
        ] or ["an"]
        part, c = self.pick(words), column.said
        form = self.pick(("word", "word", "part", "start", "end"))
        if form == "start":
            part = part[: self.pick((1, 1, 2))]
            pattern = f"{part}%"
        elif form == "end":
            part = part[-2:]
            pattern = f"%{part}"
        else:
            pattern = f"%{part}%"
        said = marked(part)
        said = self.pick((f"'{said}'", f'"{said}"', said if form == "word" else f"'{said}'"))
        wraps = {
            "word": (
                "# whose {c} contains the word {x}",
                "# with the word {x} in their {c}",
                "# whose {c} includes the word {x}",
                "# that have {x} somewhere in the {c}",
            ),
            "part": (
                "# whose {c} contains {x}",
                "# with the substring {x} in their {c}",
                "# whose {c} includes {x}",
                "# with {c} containing {x}",
            ),
            "start": ("# whose {c} starts with {x}", "# whose {c} begins with {x}", "# with {c} starting with {x}"),
            "end": ("# whose {c} ends with {x}", "# with {c} ending in {x}"),
        }[form]
        wrap = self.pick(wraps).format(c=c, x=said)
        return wrap, lambda ref: f"{ref(column)} LIKE '{pattern}'"

    def limit(self, those, table, ops=None, column=None, double=0.22):
        """Says one or two things of the rows of `table`, which the phrase `those.text` names last."""
        usable = [c for c in table.columns if c is not table.key and "id" not in c.said.split()]
        column = column or self.pick(usable)
        wrap, sql = self.condition(table, column, ops)
        if table is those.root and " = " in sql(lambda c: c.sql):
            those.told.append(column)
        other = self.pick(usable)
        if other is not column and self.chance(double):
            wrap2, sql2 = self.condition(
                table, other, ("=", ">", "<") if other.column.is_number or other.column.kind == "year" else ("=",)
            )
            if wrap2.startswith("#") and not wrap.endswith("#"):
                if column.is_text and column.column.type == "text" and self.chance(0.2) and wrap.startswith("#"):
                    both = lambda ref: f"{sql(ref)} OR {sql2(ref)}"  # noqa: E731
                    those.where(table, both)
                    return those.say(wrap + " or" + wrap2[1:])
                those.where(table, sql)
                those.where(table, sql2)
                return those.say(wrap + " and" + wrap2[1:])
            if wrap2.startswith("#"):
                those.where(table, sql)
                those.where(table, sql2)
                return those.say(wrap).say(wrap2)
        elif column.column.kind in ("choice", "city", "country", "job") and "=" in (ops or "=") and self.chance(0.08):
            (one, said), (two, said2) = self.value(column), self.value(column)
            if one != two:
                those.where(table, lambda ref: f"{ref(column)} = {one} OR {ref(column)} = {two}")
                return those.say(
                    self.pick(
                        (
                            f"# whose {column.said} {be(column.said)} {said} or {said2}",
                            f"# with {column.said} {said} or {said2}",
                            f"# whose {column.said} {be(column.said)} either {said} or {said2}",
                        )
                    )
                )
        those.where(table, sql)
        return those.say(wrap)

    def entity_named(self, those, table):
        """The phrase of one row by its name: "the customer Ann"."""
        column = next(c for c in table.columns if c.column.is_name)
        literal, said = self.value(column)
        those.where(table, lambda ref: f"{ref(column)} = {literal}")
        noun, c = table.noun, column.said
        forms = (f"the {noun} {said}", f"the {noun} with the {c} {said}", f"the {noun} whose {c} {be(c)} {said}")
        if column.column.kind not in UNNAMED:
            forms += (f"the {noun} named {said}", said, f"{noun} {said}")
        return self.pick(forms)

    # ------------------------------------------------------------------------------------------------------- paths

    def edge(self, tables):
        edges = [(t, *t.links[p]) for t in tables for p in t.links]
        return self.pick(edges) if edges else None

    def related(self, db, up_only=False):
        """Rows said by rows of one or two other tables, or None."""
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        others = [e for e in child.links.values() if e[2] is not parent]
        way = self.v.rng.random()
        if others and way < 0.35 and not up_only:  # parent, child and the other parent of it
            return self.bridge(child, (link, column, parent), self.pick(others))
        if parent.links and way < 0.5:  # child, parent and its parent
            those = Those(child)
            those.join(parent, column, parent.key, child)
            link2, column2, top = self.pick(list(parent.links.values()))
            those.join(top, column2, top.key, parent)
            if self.chance(0.4):
                last = self.entity_named(those, top)
            else:
                last = self.inner(those, top)
            those.text = f"{child.nouns} {self.pick(link.rels)} {parent.nouns} {self.pick(link2.rels)} {last}"
            return those
        if way < 0.75 or up_only:
            those = Those(child)
            those.join(parent, column, parent.key, child)
            front = child.nouns
            if self.chance(0.2):
                own = self.inner(those, child)
                front = own
            last = self.entity_named(those, parent) if self.chance(0.45) else self.inner(those, parent)
            those.text = f"{front} {self.pick(link.rels)} {last}"
            return those
        those = Those(parent)
        those.join(child, parent.key, column, parent)
        those.text = f"{parent.nouns} {parent.who} {link.past} {self.inner(those, child)}"
        return those

    def inner(self, those, table):
        """The phrase of limited rows of one table that is not the root."""
        text, those.text = those.text, table.nouns
        self.limit(those, table, double=0.12)
        text, those.text = those.text, text
        return text

    def bridge(self, child, near, far):
        (link, column, parent), (link2, column2, other) = near, far
        those = Those(parent)
        those.join(child, parent.key, column, parent)
        those.join(other, column2, other.key, child)
        last = self.entity_named(those, other) if self.chance(0.5) else self.inner(those, other)
        those.text = f"{parent.nouns} {parent.who} {link.past} {child.nouns} {self.pick(link2.rels)} {last}"
        return those

    def some(self, table, p=0.5):
        """Rows of one table, maybe limited."""
        those = Those(table)
        return self.limit(those, table) if self.chance(p) else those

    def number(self, table):
        found = [
            c
            for c in table.columns
            if c.column.is_number and c is not table.key and not c.is_text and "id" not in c.said.split()
        ]
        return self.pick(found) if found else None

    def group(self, table, told=()):
        found = [c for c in table.columns if c.column.is_group and not c.column.is_name and c not in told]
        return self.pick(found) if found else None

    def table(self, db):
        return self.pick(list(db.tables.values()))

    def top_phrase(self, table, column, most, n=None):
        """The rows with most (or least) of a column, as one or as n of them."""
        spec = column.column
        noun = table.noun if n is None else f"{n} {table.nouns}"
        plain = table.nouns if n else table.noun
        number = f"{n} " if n else ""
        forms = []
        if spec.compared in PLAIN or spec.compared == "new":
            forms += [f"the {number}{COMPARED[spec.compared][2 if most else 3]} {plain}"] * 2
        if spec.compared == "many" or is_plural(column.said):
            forms += [f"the {noun} with the {'most' if most else 'fewest'} {spec.units or column.said}"] * 2
        elif spec.kind in ("year", "date"):
            forms += [f"the {noun} with the {'latest' if most else 'earliest'} {column.said}"]
        if spec.kind not in ("year", "date") and not is_plural(column.said):
            words = ("highest", "largest", "maximum") if most else ("lowest", "smallest", "minimum")
            forms += [f"the {noun} with the {word} {column.said}" for word in words]
        if n:
            forms += [f"the {'top' if most else 'bottom'} {n} {table.nouns} by {column.said}"]
        return self.pick(forms)

    def ordered(self, those, table, column):
        """(words, ORDER BY)"""
        c, ref = column.said, those.ref(table, column)
        if column.column.is_number or column.column.kind in ("year", "date"):
            up = (
                f"in ascending order of {c}",
                f"ordered by {c} ascending",
                f"by increasing {c}",
                f"sorted by {c}, lowest first",
            )
            down = (
                f"in descending order of {c}",
                f"ordered by {c} descending",
                f"by decreasing {c}",
                f"sorted by {c}, highest first",
            )
            if column.column.kind in ("year", "date"):
                up, down = up[:3] + (f"sorted by {c}, oldest first",), down[:3] + (f"sorted by {c}, newest first",)
            plain = (f"sorted by {c}", f"ordered by {c}", f"in order of {c}")
        else:
            up = (f"in ascending alphabetical order of {c}", f"ordered by {c} ascending")
            down = (
                f"in descending alphabetical order of {c}",
                f"in reverse alphabetical order of {c}",
                f"sorted by {c} from Z to A",
            )
            plain = (
                f"in alphabetical order of {c}",
                f"sorted alphabetically by {c}",
                f"ordered by {c}",
                f"sorted by {c}",
            )
        words, tail = self.pick(((up, " ASC"), (down, " DESC"), (plain, "")))
        return self.pick(words), f" ORDER BY {ref}{tail}"

    def how_many(self):
        """(words, HAVING condition on a count)"""
        n, op = self.pick((1, 2, 2, 2, 3, 3, 4, 5, 10)), self.pick((">", ">=", ">=", "=", "<"))
        if op == ">=" and n == 1 or op == "<" and n == 1:
            n = 2
        said = NUMBERS[n] if self.chance(0.55) else str(n)
        words = {">": ("more than",), ">=": ("at least",), "=": ("exactly",), "<": ("fewer than", "less than")}[op]
        return f"{self.pick(words)} {said}", f"COUNT(*) {op} {n}"
