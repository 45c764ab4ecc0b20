#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows {"question", "schema", "sql", "source"[, "db"]} for eve-sql: questions about the databases of domains.txt in the wordings of wordings.txt.

  made.py --rows N --seed S --out FILE

The query is made first and the question says it, so a row is right by construction: what a question does not say is not in its query.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from made_schema import Database, Values, WikiTable, is_plural, kinds, plural, read_domains  # noqa: E402

# How columns compare: more, less, most, least.
COMPARED = {
    "old": ("older", "younger", "oldest", "youngest"), "dear": ("more expensive", "cheaper", "most expensive", "cheapest"),
    "paid": ("better paid", "worse paid", "best paid", "worst paid"), "tall": ("taller", "shorter", "tallest", "shortest"),
    "long": ("longer", "shorter", "longest", "shortest"), "heavy": ("heavier", "lighter", "heaviest", "lightest"),
    "big": ("larger", "smaller", "largest", "smallest"), "high": ("higher", "lower", "highest", "lowest"),
    "new": ("newer", "older", "most recent", "earliest"), "far": ("farther", "nearer", "farthest", "nearest"),
    "strong": ("stronger", "weaker", "strongest", "weakest"), "good": ("better", "worse", "best", "worst"),
    "fast": ("faster", "slower", "fastest", "slowest"), "hot": ("hotter", "colder", "hottest", "coldest"), "rich": ("richer", "poorer", "richest", "poorest")}
# Those that say the column without naming it: one table may hold only one column that is, say, dear.
PLAIN = {"old", "dear", "paid", "tall", "long", "heavy", "fast", "rich", "strong"}
AGGREGATES = {"AVG": ("average", "average", "mean"), "MAX": ("maximum", "highest", "largest"), "MIN": ("minimum", "lowest", "smallest"),
              "SUM": ("total", "sum of the", "combined")}
MORE = {">": ("more than", "over", "above", "greater than"), "<": ("less than", "under", "below", "smaller than"),
        ">=": ("at least",), "<=": ("at most", "no more than"), "=": ("", "", "exactly")}
AFTER = {">": ("after", "after", "later than"), "<": ("before", "before", "earlier than"), "=": ("",)}
SHOW = "show show show list list find give return display get".split() + ["show me", "give me", "please list", "tell me", "give me a list of", "fetch"]
WHAT_ARE = ["what are"] * 6 + ["what were", "list", "show me", "which are"]
# Kinds whose values say what they are.
SAID_ALONE = ("person", "work", "team", "place", "product", "racename", "first_name", "schoolname", "mountain", "code")
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


class Those:
    """Rows of a table, with what is said of them and of the rows that they belong to: the FROM and WHERE of a query and a plural noun phrase."""

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


class Asker:
    """One row under way."""

    def __init__(self, values, wordings):
        self.v, self.wordings = values, wordings
        self.pick, self.chance = values.pick, values.chance

    # ------------------------------------------------------------------------------------------------------- words

    def say(self, shape, person=False, **slots):
        text = self.pick(self.wordings[shape])
        slots |= {"show": self.pick(SHOW), "whatare": self.pick(WHAT_ARE), "whatis": self.pick(("what is", "what's", "find", "show"))}
        if " " in slots["show"] and not text.startswith("{show}"):
            slots["show"] = self.pick(("show", "list", "give"))
        text = re.sub(r"\{(\w+)\}", lambda m: slots[m[1]], text)
        if text.endswith("?") and re.match("(" + "|".join(SHOW) + r")\b", text):
            text = text[:-1]
        return re.sub(r"\bits\b", "their", text) if person else text

    def some_columns(self, table, most=3, told=()):
        named = [c for c in table.columns if c.column.is_name and c not in told]
        n = min(self.pick((1, 1, 1, 1, 1, 2, 2, 3)), most)
        if n == 1:
            usual = [c for c in table.columns if c is not table.key and "id" not in c.said.split() and c not in told] or table.columns
            return [table.key] if self.chance(0.08) else named if named and self.chance(0.5) else [self.pick(usual)]
        others = [c for c in table.columns if c not in named and c not in told and (c is table.key or "id" not in c.said.split())]
        chosen = named + self.v.rng.sample(others, min(len(others), n - 1))
        if self.chance(0.25):
            self.v.rng.shuffle(chosen)
        return chosen

    def names(self, columns):
        return {"cs": joined([c.many for c in columns]), "c": joined([c.said for c in columns])}

    def value(self, column, is_iso=True):
        """(literal of SQL, how the question says it)"""
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
        return f"{self.pick(MORE[op][:3] if wordy else MORE[op])} {said}".strip()

    def compared(self, column, op):
        """A phrase like "older than", or none."""
        family = column.column.compared
        if family in PLAIN and op in "<>":
            return f"# {COMPARED[family][op == '<']} than %"
        return None

    def condition(self, table, column, ops=None):
        """(words with "#" for the noun, SQL of a column's name to its condition)"""
        spec = column.column
        is_ordered = spec.is_number or spec.kind in ("year", "date")
        if not column.is_text or spec.type == "date":
            ops = ops or (">", ">", "<", "<", ">=", "<=", "=", "=", "between") if is_ordered else ops
            op = self.pick(ops or ("=",))
            if spec.type == "date" or spec.kind == "year":
                op = {">=": ">", "<=": "<"}.get(op, op)
        elif spec.is_name or spec.kind in ("person", "work", "place", "company", "title", "subject", "note", "email", "street"):
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
            return self.pick((f"# whose {column.said} {be(column.said)} not {said}", f"# with {article(column.said)} other than {said}",
                              f"# that do not have {said} as {column.said}", f"# with any {column.said} but {said}")), sql
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
            return (f"# named {said}", f"# called {said}", f"# with the {c} {said}", f"# whose {c} {be(c)} {said}")
        if op == "=":
            return (f"# whose {c} {be(c)} {said}", f"# with {c} {said}", f"# with {article(c)} of {said}", f"# {who} have {said} as {c}",
                    f"# where the {c} {be(c)} {said}", f"# having {said} as their {c}", f"# {who} have {article(c)} of {said}")
        amount = self.amount(column, op, said, wordy=False)
        if column.column.compared == "many":
            return (f"# with {amount} {column.column.units}", f"# whose {c} {be(c)} {amount}", f"# {who} have {amount} {column.column.units}")
        return (f"# whose {c} {be(c)} {amount}", f"# with {article(c)} {amount}" if column.column.is_number else f"# with {c} {amount}",
                f"# where the {c} {be(c)} {amount}", f"# {who} have {article(c)} {amount}")

    def between(self, column):
        (low, said_low), (high, said_high) = sorted((self.value(column) for _ in range(2)),
                                                    key=lambda x: x[0] if column.column.kind == "date" else float(x[0].strip("'")))
        words = f"between {said_low} and {said_high}"
        phrases = [p for p in column.column.phrases if not behind_preposition(p)]
        wrap = self.pick((f"# whose {column.said} {be(column.said)} {words}", f"# with {article(column.said)} {words}",
                          f"# with {article(column.said)} from {said_low} to {said_high}")
                         + tuple(f"# {p.replace('%', words)}" for p in phrases if "#" not in p) * 2)
        return wrap, lambda ref: f"{ref(column)} BETWEEN {low} AND {high}"

    def like(self, table, column):
        words = [w for w in re.findall(r"[A-Za-z]{2,}", column.column.draw(self.v)) if w not in ("The", "of", "and", "for")] or ["an"]
        part, c = self.pick(words), column.said
        form = self.pick(("word", "word", "part", "start", "end"))
        if form == "start":
            part = part[:self.pick((1, 1, 2))]
            pattern = f"{part}%"
        elif form == "end":
            part = part[-2:]
            pattern = f"%{part}"
        else:
            pattern = f"%{part}%"
        said = marked(part)
        said = self.pick((f"'{said}'", f'"{said}"', said if form == "word" else f"'{said}'"))
        wraps = {"word": ("# whose {c} contains the word {x}", "# with the word {x} in their {c}", "# whose {c} includes the word {x}", "# that have {x} somewhere in the {c}"),
                 "part": ("# whose {c} contains {x}", "# with the substring {x} in their {c}", "# whose {c} includes {x}", "# with {c} containing {x}"),
                 "start": ("# whose {c} starts with {x}", "# whose {c} begins with {x}", "# with {c} starting with {x}"),
                 "end": ("# whose {c} ends with {x}", "# with {c} ending in {x}")}[form]
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
            wrap2, sql2 = self.condition(table, other, ("=", ">", "<") if other.column.is_number or other.column.kind == "year" else ("=",))
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
                return those.say(self.pick((f"# whose {column.said} {be(column.said)} {said} or {said2}", f"# with {column.said} {said} or {said2}",
                                            f"# whose {column.said} {be(column.said)} either {said} or {said2}")))
        those.where(table, sql)
        return those.say(wrap)

    def entity_named(self, those, table):
        """The phrase of one row by its name: "the customer Ann"."""
        column = next(c for c in table.columns if c.column.is_name)
        literal, said = self.value(column)
        those.where(table, lambda ref: f"{ref(column)} = {literal}")
        return self.pick((f"the {table.noun} {said}", f"the {table.noun} named {said}", f"the {table.noun} with the {column.said} {said}", said,
                          f"{table.noun} {said}"))

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
        found = [c for c in table.columns if c.column.is_number and c is not table.key and not c.is_text and "id" not in c.said.split()]
        return self.pick(found) if found else None

    def group(self, table, told=()):
        found = [c for c in table.columns if c.column.is_group and c not in told]
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
        if spec.compared in PLAIN | {"new"} and not (spec.compared == "new" and spec.kind not in ("year", "date")):
            word = COMPARED[spec.compared][2 if most else 3]
            forms += [f"the {number}{word} {plain}", f"the {word} {noun}" if not n else f"the {number}{word} {plain}"]
        if spec.compared == "many":
            forms += [f"the {noun} with the {'most' if most else 'fewest'} {spec.units}"] * 2
        if spec.kind in ("year", "date"):
            forms += [f"the {noun} with the {'latest' if most else 'earliest'} {column.said}"]
        else:
            forms += [f"the {noun} with the {self.pick(('highest', 'largest', 'greatest') if most else ('lowest', 'smallest'))} {column.said}",
                      f"the {noun} with the {'maximum' if most else 'minimum'} {column.said}"]
        if n:
            forms += [f"the {'top' if most else 'bottom'} {n} {table.nouns} by {column.said}"]
        return self.pick(forms)

    def ordered(self, those, table, column):
        """(words, ORDER BY)"""
        c, ref = column.said, those.ref(table, column)
        if column.column.is_number or column.column.kind in ("year", "date"):
            up = (f"in ascending order of {c}", f"ordered by {c} ascending", f"by increasing {c}", f"sorted by {c}, lowest first")
            down = (f"in descending order of {c}", f"ordered by {c} descending", f"by decreasing {c}", f"sorted by {c}, highest first")
            if column.column.kind in ("year", "date"):
                up, down = up[:3] + (f"sorted by {c}, oldest first",), down[:3] + (f"sorted by {c}, newest first",)
            plain = (f"sorted by {c}", f"ordered by {c}", f"in order of {c}")
        else:
            up = (f"in ascending alphabetical order of {c}", f"ordered by {c} ascending")
            down = (f"in descending alphabetical order of {c}", f"in reverse alphabetical order of {c}", f"sorted by {c} from Z to A")
            plain = (f"in alphabetical order of {c}", f"sorted alphabetically by {c}", f"ordered by {c}", f"sorted by {c}")
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

    # ------------------------------------------------------------------------------------------- shapes, one table

    def select(self, db):
        table = self.table(db)
        those = Those(table)
        if self.chance(0.22):
            columns = self.some_columns(table)
            return self.say("select_all", Ts=table.nouns, t=table.noun, **self.names(columns)), those.select(*(c.sql for c in columns)), [table]
        self.limit(those, table)
        if table.entity.is_person and self.chance(0.15):
            return self.say("who", NP=those.text), those.select(table_name(table).sql), [table]
        return self.selected(those)

    def selected(self, those):
        table = those.root
        columns = self.some_columns(table, told=those.told)
        return self.say("select", NP=those.text, **self.names(columns)), those.select(*(those.ref(table, c) for c in columns)), those.path

    def star(self, db):
        those = self.some(self.table(db), 1)
        return self.say("star", NP=those.text), those.select("*"), those.path

    def asked(self, db):
        table = self.table(db)
        return self.ask(table, table_name(table))

    def ask(self, table, name):
        columns = [c for c in table.columns if c.column.questions]
        if not columns or not name:
            return None
        column = self.pick(columns)
        literal, said = self.value(name)
        those = Those(table)
        those.where(table, lambda ref: f"{ref(name)} = {literal}")
        return self.pick(column.column.questions).replace("*", said) + "?", those.select(column.sql), [table]

    def count(self, db):
        those = self.some(self.table(db), 0.55)
        return self.say("count", NP=those.text), those.select("COUNT(*)"), those.path

    def count_distinct(self, db):
        those = self.some(self.table(db), 0.2)
        column = self.group(those.root, those.told)
        return column and (self.say("count_distinct", NP=those.text, cs=column.many), those.select(f"COUNT(DISTINCT {column.sql})"), those.path)

    def distinct(self, db, those=None):
        those = those or self.some(self.table(db), 0.35)
        column = self.group(those.root, those.told) if not those.joins else self.pick(self.some_columns(those.root, 1, those.told))
        return column and (self.say("distinct", NP=those.text, cs=column.many, c=column.said),
                           f"SELECT DISTINCT {those.ref(those.root, column)} {those.source()}", those.path)

    def aggregate(self, db, those=None):
        those = those or self.some(self.table(db), 0.45)
        column = self.number(those.root)
        if not column:
            return None
        agg, words = self.agg()
        ref = those.ref(those.root, column)
        if self.chance(0.25):
            chosen = self.v.rng.sample(list(AGGREGATES), self.pick((2, 2, 3)))
            words = joined([AGGREGATES[a][0] for a in chosen])
            return self.say("aggregates", NP=those.text, aggs=words, c=column.said), those.select(*(f"{a}({ref})" for a in chosen)), those.path
        return self.say("aggregate", NP=those.text, agg=words, c=column.said), those.select(f"{agg}({ref})"), those.path

    def agg(self, names=("AVG", "AVG", "MAX", "MIN", "SUM")):
        agg = self.pick(names)
        return agg, self.pick(AGGREGATES[agg]).replace("sum of the", "total")

    def order(self, db, those=None):
        those = those or self.some(self.table(db), 0.3)
        table = those.root
        columns = self.some_columns(table, told=those.told)
        by = self.pick([c for c in table.columns if c is not table.key and c not in those.told and "id" not in c.said.split()])
        words, tail = self.ordered(those, table, by)
        return (self.say("order", NP=those.text, order=words, **self.names(columns)), those.select(*(those.ref(table, c) for c in columns)) + tail, those.path)

    def top(self, db):
        table = self.table(db)
        by = self.pick([c for c in table.columns if c is not table.key and not c.is_text and (c.column.is_number or c.column.kind == "year")
                        and "id" not in c.said.split()] or [None])
        if not by:
            return None
        most, those = self.chance(0.7), Those(table)
        tail = f" ORDER BY {by.sql} {'DESC' if most else 'ASC'} LIMIT "
        if self.chance(0.15):
            n = self.pick((2, 3, 3, 5, 5, 10))
            columns = self.some_columns(table)
            phrase = self.top_phrase(table, by, most, NUMBERS[n] if self.chance(0.4) else n)
            return self.say("top_n", topn=phrase, **self.names(columns)), those.select(*(c.sql for c in columns)) + f"{tail}{n}", [table]
        phrase = self.top_phrase(table, by, most)
        if self.chance(0.2):
            shape = "top_who" if table.entity.is_person else "top_which"
            return self.say(shape, top=phrase, t=table.noun, Ts=table.nouns), those.select(table_name(table).sql) + f"{tail}1", [table]
        columns = [c for c in self.some_columns(table) if c is not by] or [table_name(table)]
        return (self.say("top", table.entity.is_person, top=phrase, **self.names(columns)), those.select(*(c.sql for c in columns)) + f"{tail}1", [table])

    # --------------------------------------------------------------------------------------------- groups, nested

    def grouped(self, db, those=None, group_table=None):
        """Counts and aggregates by a column."""
        those = those or self.some(self.table(db), 0.15)
        table = group_table or those.root
        g = self.group(table, those.told)
        if not g:
            return None
        ref = those.ref(table, g)
        said = f"{table.noun} {g.said}" if table is not those.root and table.noun not in g.said else g.said
        slots = {"NP": those.text, "g": said, "gs": plural(said)}
        form = self.v.rng.random()
        by = f" GROUP BY {ref}"
        if form < 0.27:
            items = (ref, "COUNT(*)") if self.chance(0.8) else ("COUNT(*)", ref)
            return self.say("group_count", **slots), those.select(*items) + by, those.path
        if form < 0.45:
            column = self.number(those.root)
            if not column or column is g:
                return None
            agg, words = self.agg()
            return (self.say("group_aggregate", agg=words, c=column.said, **slots), those.select(ref, f"{agg}({those.ref(those.root, column)})") + by,
                    those.path)
        if form < 0.72:
            most = self.chance(0.85)
            tail = f"{by} ORDER BY COUNT(*) {'DESC' if most else 'ASC'} LIMIT 1"
            if most and self.chance(0.15):
                return self.say("group_top_count", **slots), those.select(ref, "COUNT(*)") + tail, those.path
            return self.say("group_top" if most else "group_bottom", **slots), those.select(ref) + tail, those.path
        if form < 0.82:
            words, tail = self.pick((("most first", "DESC"), ("in descending order of the count", "DESC"), ("from most to fewest", "DESC"),
                                     ("fewest first", "ASC"), ("in ascending order of the count", "ASC")))
            return self.say("group_count_order", byn=words, **slots), those.select(ref, "COUNT(*)") + f"{by} ORDER BY COUNT(*) {tail}", those.path
        n, having = self.how_many()
        return self.say("group_having", n=n, **slots), those.select(ref) + f"{by} HAVING {having}", those.path

    def nested(self, db):
        """Compared with an average, or with another row."""
        table = self.table(db)
        column = self.number(table)
        if not column:
            return None
        op = self.pick(">><")
        family = column.column.compared
        more = COMPARED[family][op == "<"] if family in PLAIN and self.chance(0.6) else None
        if self.chance(0.65):
            inner = f"SELECT AVG({column.sql}) FROM {table.sql}"
            words = f"{more} than average" if more else self.pick((
                f"whose {column.said} {be(column.said)} {'above' if op == '>' else 'below'} the average", f"with {'above' if op == '>' else 'below'}-average {column.said}",
                f"whose {column.said} {be(column.said)} {'higher' if op == '>' else 'lower'} than the average {column.said}",
                f"with {article(column.said)} {'greater' if op == '>' else 'less'} than the average"))
        elif self.chance(0.5):
            other = Those(table)
            name = self.entity_named(other, table)
            inner = other.select(column.sql)
            words = f"{more} than {name}" if more else f"with a {'higher' if op == '>' else 'lower'} {column.said} than {name}"
        else:
            other = self.limit(Those(table), table, ops=("=",), double=0)
            agg, word, every = ("MAX", "highest", "all") if op == ">" else ("MIN", "lowest", "all")
            inner = other.select(f"{agg}({column.sql})")
            words = self.pick((f"whose {column.said} {be(column.said)} {'above' if op == '>' else 'below'} the {word} {column.said} of {other.text}",
                               f"with a {'higher' if op == '>' else 'lower'} {column.said} than {every} {other.text}"))
        condition = f" FROM {table.sql} WHERE {column.sql} {op} ({inner})"
        if self.chance(0.2):
            return self.say("count_than", Ts=table.nouns, than=words), "SELECT COUNT(*)" + condition, [table]
        columns = self.some_columns(table)
        return (self.say("above_average", Ts=table.nouns, t=table.noun, than=words, **self.names(columns)),
                f"SELECT {', '.join(c.sql for c in columns)}" + condition, [table])

    def sets(self, db):
        """INTERSECT, UNION and EXCEPT of the values of one column."""
        one, two = self.table(db), None
        g = self.group(one)
        if not g:
            return None
        if self.chance(0.25):  # the same kind of column of another table
            pairs = [(t, c) for t in db.tables.values() if t is not one for c in t.columns
                     if c.column.kind == g.column.kind and c.column.kind in ("city", "country", "year") and c.said == g.said]
            if not pairs:
                return None
            two, h = self.pick(pairs)
            A, B = Those(one), Those(two)
        else:
            usable = [c for c in one.columns if c is not one.key and c is not g and "id" not in c.said.split()
                      and (c.column.is_group or (c.column.is_number and not c.is_text))]
            if not usable:
                return None
            column = self.pick(usable)
            A, B, h = Those(one), Those(one), g
            is_number = column.column.is_number
            self.limit(A, one, (">",) if is_number else ("=",), column, double=0)
            self.limit(B, one, ("<",) if is_number else ("=",), column, double=0)
            if A.filter() == B.filter() or " OR " in A.filter() + B.filter():
                return None
        shape, word = self.pick((("both", "INTERSECT"),) * 3 + (("but_not", "EXCEPT"),) * 2 + (("either", "UNION"),))
        return self.say(shape, A=A.text, B=B.text, g=g.said, gs=g.many), f"{A.select(g.sql)} {word} {B.select(h.sql)}", list({id(t): t for t in A.path + B.path}.values())

    # ------------------------------------------------------------------------------------------ shapes, more tables

    def related_select(self, db):
        those = self.related(db)
        if not those:
            return None
        if self.chance(0.15):
            return self.distinct(db, those)
        return self.selected(those)

    def related_count(self, db):
        those = self.related(db)
        if not those:
            return None
        if those.joins[0][3] is not those.path[1].key:  # a row of the root may come more than once
            return self.say("count", NP=those.text), those.select(f"COUNT(DISTINCT {those.ref(those.root, those.root.key)})"), those.path
        return self.say("count", NP=those.text), those.select("COUNT(*)"), those.path

    def related_aggregate(self, db):
        those = self.related(db, up_only=True)
        return those and self.aggregate(db, those)

    def related_order(self, db):
        those = self.related(db, up_only=True)
        return those and self.order(db, those)

    def related_group(self, db):
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        those = Those(child)
        those.join(parent, column, parent.key, child)
        return self.grouped(db, those, parent)

    def pairs(self, db):
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        those = Those(child)
        those.join(parent, column, parent.key, child)
        mine, theirs = self.some_columns(child, 2), self.some_columns(parent, 1)
        limited = self.chance(0.35)
        if limited:
            self.limit(those, child, double=0)
        slots = {"pcs": joined([c.many for c in theirs]), "pc": joined([c.said for c in theirs]), "Ps": parent.nouns, "p": parent.noun}
        sql = those.select(*(those.ref(child, c) for c in mine), *(those.ref(parent, c) for c in theirs))
        if limited:
            return self.say("pairs_where", child.entity.is_person, NP=those.text, **slots, **self.names(mine)), sql, those.path
        return self.say("pairs", child.entity.is_person, t=child.noun, Ts=child.nouns, **slots, **self.names(mine)), sql, those.path

    def owners(self, db):
        """What a parent has of its children: counts, most, least, thresholds, aggregates."""
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        those = Those(parent)
        those.join(child, parent.key, column, parent)
        those.text = child.nouns
        if self.chance(0.15):
            self.limit(those, child, double=0)
        columns = self.some_columns(parent, 2)
        items = [those.ref(parent, c) for c in columns]
        by = f" GROUP BY {those.ref(parent, parent.key)}"
        person = parent.entity.is_person
        has = "has" if link.past == "have" else link.past
        slots = {"NP": those.text, "p": parent.noun, "Ps": parent.nouns, "who": parent.who, "owho": "who" if parent.who == "who" else "that", "past": has,
                 "base": link.base, "participle": link.participle} | self.names(columns)
        form = self.v.rng.random()
        if form < 0.25:
            return self.say("owner_count", person, **slots), those.select(*items, "COUNT(*)") + by, those.path
        if form < 0.55:
            most = self.chance(0.85)
            tail = f"{by} ORDER BY COUNT(*) {'DESC' if most else 'ASC'} LIMIT 1"
            if most and self.chance(0.2):
                return self.say("owner_who", person, **slots), those.select(those.ref(parent, table_name(parent))) + tail, those.path
            return self.say("owner_top" if most else "owner_bottom", person, **slots), those.select(*items) + tail, those.path
        if form < 0.78:
            n, having = self.how_many()
            return self.say("owner_having", person, n=n, **(slots | {"past": link.past})), those.select(*items) + f"{by} HAVING {having}", those.path
        number = self.number(child)
        if not number:
            return None
        agg, words = self.agg(("AVG", "AVG", "SUM", "MAX", "MIN"))
        value = f"{agg}({those.ref(child, number)})"
        if form < 0.9:
            return self.say("owner_aggregate", person, n=number.said, agg=words, **slots), those.select(*items, value) + by, those.path
        agg, words = self.pick((("AVG", "average"), ("SUM", "total")))
        most = self.chance(0.75)
        tail = f"{by} ORDER BY {agg}({those.ref(child, number)}) {'DESC' if most else 'ASC'} LIMIT 1"
        return (self.say("owner_aggregate_top", person, n=number.said, agg=words, most="highest" if most else "lowest", **slots),
                those.select(*items) + tail, those.path)

    def existence(self, db):
        """Parents with or without children: IN and NOT IN, EXCEPT where it matters which children."""
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        those = Those(child)
        base = f"did not {link.base}" if link.past != "have" else "do not have"
        limited, no = self.chance(0.25), self.chance(0.75)
        if limited:
            self.limit(those, child, double=0)
        inner = those.select(column.sql)
        slots = {"Ps": parent.nouns, "p": parent.noun, "who": parent.who, "didnot": base, "past": link.past, "participle": link.participle}
        slots |= {"Cs": those.text, "C": those.text if limited else child.noun}
        if limited:
            slots = {k: v for k, v in slots.items()}
        source = f" FROM {parent.sql} WHERE {parent.key.sql} {'NOT IN' if no else 'IN'} ({inner})"
        if limited and no and self.chance(0.5):
            name = table_name(parent)
            all_of, some_of = Those(parent), Those(parent)
            some_of.join(child, parent.key, column, parent)
            some_of.conditions = those.conditions
            text = self.say("without", **slots, **self.names([name]))
            return text, f"{all_of.select(name.sql)} EXCEPT {some_of.select(some_of.ref(parent, name))}", [parent, child]
        if self.chance(0.25):
            return self.say("without_count" if no else "with_some_count", **slots), "SELECT COUNT(*)" + source, [parent, child]
        if no and self.chance(0.25):
            return self.say("without_who", **slots), f"SELECT {table_name(parent).sql}" + source, [parent, child]
        columns = self.some_columns(parent, 2)
        return (self.say("without" if no else "with_some", **slots, **self.names(columns)), f"SELECT {', '.join(c.sql for c in columns)}" + source,
                [parent, child])

    def related_sets(self, db):
        """INTERSECT and EXCEPT of parents by what their children are."""
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        usable = [c for c in child.columns if c.column.kind == "choice" and not c.column.is_name]
        if not usable:
            return None
        what, name, sides = self.pick(usable), table_name(parent), []
        for _ in range(2):
            side = Those(parent)
            side.join(child, parent.key, column, parent)
            side.text = child.nouns
            self.limit(side, child, ("=",), what, double=0)
            sides.append(side)
        A, B = sides
        if A.filter() == B.filter() or " OR " in A.filter() + B.filter():
            return None
        but = self.chance(0.35)
        slots = {"gs": name.many, "ps": parent.nouns, "who": parent.who, "past": link.past, "A": A.text, "B": B.text, "no": "but no" if but else "and also"}
        text = self.pick(("which {ps} {past} {A} {no} {B}? give their {gs}", "show the {gs} of {ps} {who} {past} {A} {no} {B}",
                          "what are the {gs} of the {ps} with {A} {no} {B}?", "find the {gs} of {ps} {who} have {A} {no} {B}",
                          "{gs} of {ps} with {A} {no} {B}", "list the {gs} of all {ps} {who} {past} {A} {no} {B}",
                          "return the {gs} for {ps} {who} have {A} {no} {B}", "give me the {gs} of {ps} that have {A} {no} {B}")).format(**slots)
        select = [s.select(s.ref(parent, name)) for s in sides]
        return text, f"{select[0]} {'EXCEPT' if but else 'INTERSECT'} {select[1]}", A.path

    # ---------------------------------------------------------------------------------------------------- WikiSQL

    def wiki_conditions(self, table, columns):
        """(as clauses "x is 3", as nouns "an x of 3", SQL)"""
        is_, has, sql = [], [], []
        for column in columns:
            literal, said = self.value(column, is_iso=False)
            ordered = not column.is_text and self.chance(0.55)
            op = self.pick("<>") if ordered else "="
            c = column.said
            word = {"=": "", "<": self.pick(("less than ", "smaller than ", "under ", "below ")),
                    ">": self.pick(("more than ", "larger than ", "over ", "greater than "))}[op]
            if ordered and column.column.kind == "year":
                word = "before " if op == "<" else "after "
            is_.append(f"{self.pick(('the ', ''))}{c} {self.pick((be(c), be(c), 'was' if be(c) == 'is' else 'were'))} {word}{said}")
            has.append(self.pick((f"{article(c)} {'of ' if not ordered else ''}{word}{said}", f"{c} {word}{said}")))
            sql.append(f"{column.sql} {op} {literal}")
        return self.pick((" and ", ", and ", " and ")).join(is_), self.pick((" and ", ", and ")).join(has), " AND ".join(sql)

    def wiki(self, _):
        domain = self.pick(self.domains)
        shown = WikiTable(self.v, domain)
        table = shown.table
        asked, *rest = self.v.rng.sample(table.columns, min(len(table.columns), 1 + self.pick((1, 1, 1, 1, 2, 2, 3))))
        form, name = self.v.rng.random(), table_name(table)
        if form < 0.12 and name:
            made = self.ask(table, name)
            return made and (made[0], made[1], shown)
        is_, has, where = self.wiki_conditions(table, rest)
        where = f" FROM {table.sql} WHERE {where}"
        slots = {"is": is_, "has": has, "t": table.noun, "NP": f"the {table.nouns} with {has}", "c": asked.said, "cs": asked.many}
        if form < 0.3 and len(rest) == 1 and (rest[0].column.is_group or rest[0].column.kind in SAID_ALONE) and rest[0].is_text:
            literal, said = self.value(rest[0], is_iso=False)
            return self.say("wiki_value", v=said, c=asked.said), f"SELECT {asked.sql} FROM {table.sql} WHERE {rest[0].sql} = {literal}", shown
        if form < 0.38:
            those = Those(table)
            for column in rest[:2]:
                wrap, sql = self.condition(table, column, ("=", ">", "<") if not column.is_text else ("=",))
                those.say(wrap if not those.conditions or not wrap.startswith("#") else "# and" + wrap[1:])
                those.where(table, sql)
            return self.say("select", NP=those.text, c=asked.said, cs=asked.many), those.select(asked.sql), shown
        if form < 0.68:
            person = asked.column.kind == "person" and self.chance(0.7)
            return self.say("wiki_who" if person else "wiki", **slots), f"SELECT {asked.sql}{where}", shown
        if form < 0.8 or asked.is_text:
            if asked.column.is_number and asked.is_text:
                return None
            return self.say("wiki_count", **slots), f"SELECT COUNT({asked.sql}){where}", shown
        agg, words = self.agg(("AVG", "MAX", "MAX", "MIN", "MIN", "SUM"))
        if asked.column.kind == "year":
            agg, words = self.pick((("MAX", "latest"), ("MIN", "earliest"), ("MAX", "highest"), ("MIN", "lowest")))
        return self.say("wiki_aggregate", agg=words, **slots), f"SELECT {agg}({asked.sql}){where}", shown


def table_name(table):
    return next((c for c in table.columns if c.column.is_name), None)


SHAPES = {"wiki": 28, "select": 8, "asked": 3, "star": 0.7, "count": 3.5, "count_distinct": 1.8, "distinct": 1.5, "aggregate": 3, "order": 3, "top": 5,
          "grouped": 9, "nested": 2.5, "sets": 2.5, "related_select": 8, "related_count": 3, "related_aggregate": 1.8, "related_order": 1.2,
          "related_group": 2.2, "pairs": 2.5, "owners": 10, "existence": 4.5, "related_sets": 1.5}


def typed(values, question, sql, is_wiki):
    """The question as people type it, and the query with its texts as the question has them."""
    def outside(text, change):
        return re.sub(r"(?:^|(?<=\x02))[^\x01]*", lambda m: change(m[0]), text)

    question = re.sub(r" +", " ", question).strip()
    style = values.rng.random()
    if style < 0.12:
        question = outside(question, str.lower)
    elif question[0] != "\x01" and style < 0.93:
        question = question[0].upper() + question[1:]
    if question[-1] != "?" and values.chance(0.65):
        question += "."
    elif question[-1] == "?" and values.chance(0.08):
        question = question[:-1] + ("" if values.chance(0.7) else " ?")
    if is_wiki and values.chance(0.12):  # everything in small letters, the values too
        question, sql = question.lower(), re.sub(r"'(?:[^']|'')*'", lambda m: m[0].lower(), sql)
    return question.replace("\x01", "").replace("\x02", "").replace("\x03", "#"), sql


def rows(rng, count):
    values, domains = Values(rng), read_domains()
    asker = Asker(values, read_wordings())
    asker.domains = domains
    shapes, weights = list(SHAPES), list(SHAPES.values())
    seen = set()
    made = 0
    while made < count:
        shape = rng.choices(shapes, weights)[0]
        found, is_wiki = None, shape == "wiki"
        while not found:
            domain = values.pick(domains)
            db = None if is_wiki else Database(values, domain)
            found = getattr(asker, shape)(db)
        text, sql, used = found
        question, sql = typed(values, text, sql, is_wiki)
        if is_wiki:
            schema = used.schema()
        else:
            others = list(Database(values, values.pick(domains)).tables.values()) if values.chance(0.25) else []
            schema = db.schema(list(dict.fromkeys(used)), others)
        if (question, sql) in seen or len(question) + len(schema) + len(sql) > 1500:
            continue
        seen.add((question, sql))
        row = {"question": question, "schema": schema, "sql": sql, "source": "made"}
        yield row if is_wiki else row | {"db": "made_" + domain.name.replace(" ", "_")}
        made += 1


if __name__ == "__main__":
    kinds.run(__doc__, rows)
