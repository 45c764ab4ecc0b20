# SPDX-License-Identifier: Apache-2.0
"""The databases of domains.txt, and how one is shown: names, types and keys in the styles of the training data."""

import re

from made_values import HERE

# Words that SQLite does not read as a bare name.
RESERVED = set("""add all alter and as between by case check collate commit constraint create default deferrable delete
desc distinct drop else escape except exists foreign from group having if in index insert intersect into
is isnull join limit not notnull null on or order primary references select set table then to transaction
union unique update using values when where with to""".split())
TYPES = (
    {"text": "TEXT", "int": "INTEGER", "real": "REAL", "date": "TEXT"},
    {"text": "VARCHAR", "int": "INTEGER", "real": "INTEGER", "date": "DATETIME"},
    {"text": "VARCHAR(255)", "int": "INT", "real": "NUMERIC", "date": "TIMESTAMP"},
    {"text": "TEXT", "int": "INTEGER", "real": "NUMERIC", "date": "DATETIME"},
)
PAST = {
    "given": "gave",
    "taken": "took",
    "written": "wrote",
    "driven": "drove",
    "flown": "flew",
    "grown": "grew",
    "seen": "saw",
    "undergone": "underwent",
    "done": "did",
    "gotten": "got",
    "shown": "showed",
}
# Columns that nothing asks for.
SPARE = """notes other_details remarks created_at updated_at is_active external_ref details version source_code
last_modified flag sort_order description_text legacy_id""".split()
# Names that a schema has and a sentence does not: "the built of a bridge".
UNSAID = re.compile(
    r"^((year )?first )?(?!speed)\w*(ed|built|lit|born|died)$|.* (by|into)$|^(taken|lost|won|elevation served)$"
)
# "Years built", "dates of birth": what is behind the noun that becomes plural.
BEHIND = re.compile(r" (of|per|in|at|for|on|built|born|made|sold|bought|flown|down|late|working|active|spoken|\w+ed)\b")


def is_plural(words):
    head = BEHIND.split(words)[0]
    return re.search(r"[^sui]s$", head) is not None or head == "series"


def plural(noun):
    if "/" in noun:
        return noun.split("/")[1]
    match = BEHIND.search(noun)
    if match and match.start() > 0:
        return plural(noun[: match.start()]) + noun[match.start() :]
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    if re.search(r"[^p]sis$", noun):
        return noun[:-2] + "es"
    if re.search(r"(ss|us|x|ch|sh)$", noun):
        return noun + "es"
    return noun if noun.endswith("s") else noun + "s"


def singular(noun):
    return noun.split("/")[0]


class Column:
    def __init__(self, line):
        head, kind, *more = (p.strip() for p in line.split("|"))
        spoken, _, ids = head.partition(" / ")
        self.names = spoken.split(", ")
        self.ids = [n.replace(" ", "_") for n in self.names] + [i.strip() for i in ids.split(",") if i]
        self.phrases, self.questions, self.compared, self.units, self.options = [], [], "", "", None
        self.kind, *self.range = kind.split() if kind[0] != "{" else ("choice",)
        if self.kind == "choice":
            self.options = kind.strip("{}").split(",")
        for part in more:
            if part[0] == "=":
                self.phrases = [p.strip() for p in part[1:].split(";")]
            elif part[0] == "?":
                self.questions = [p.strip() for p in part[1:].split(";")]
            else:
                self.compared, _, self.units = part[1:].strip().partition(" ")
        self.is_number = self.kind in ("int", "real")
        self.is_name = False  # what a row is called by
        self.is_group = self.kind in ("choice", "city", "country", "job", "company", "year")
        self.type = "int" if self.kind == "year" else self.kind if self.kind in ("int", "real", "date") else "text"

    def draw(self, values, is_iso=True):
        """A value, as a question says it."""
        if self.options:
            return values.pick(self.options)
        if self.kind == "int":
            low, high, step = (int(r) for r in self.range + ["1"] * (3 - len(self.range)))
            low += step if high - low > 3 * step else 0
            return str(values.rng.randrange(low, high + 1, step if high - low > step else 1))
        if self.kind == "real":
            low, high = (int(r) for r in self.range)
            return str(round(values.rng.uniform(low, high), values.pick((0, 1, 1, 2)) or None))
        text, iso = getattr(values, self.kind)()
        return iso if self.kind == "date" and is_iso else text


class Link:
    """A foreign key: the rows of its table stand `rel` a row of `parent`, which `verb` them."""

    def __init__(self, line):
        self.parent, self.rel, verb = (p.strip() for p in line.split("|"))
        self.rels, self.verb = self.rel.split("; "), verb
        words = verb.split()
        half = len(words) // 2
        self.base, self.participle = (
            ("have", "had") if verb == "-" else (" ".join(words[:half]), " ".join(words[half:]))
        )
        self.past = "have" if self.base == "have" else PAST.get(self.participle, self.participle)


class Entity:
    """A table of a domain."""

    def __init__(self, head):
        self.is_person = "*" in head
        self.nouns = head.replace("*", "").split(", ")
        self.key = singular(self.nouns[0])
        self.columns, self.links = [], []


class Domain:
    def __init__(self, block):
        self.name, *lines = block.strip("\n").split("\n")
        self.entities = {}
        for line in filter(None, lines):
            if line.startswith(": "):
                entity = Entity(line[2:])
                self.entities[entity.key] = entity
            elif line.startswith("> "):
                entity.links.append(Link(line[2:]))
            else:
                entity.columns.append(Column(line))
                entity.columns[0].is_name = True


def read_domains(path=HERE / "domains.txt"):
    return [Domain(block) for block in re.split(r"^= ", path.read_text(encoding="utf-8"), flags=re.M)[1:]]


# -------------------------------------------------------------------------------------------------------------- shown


def styled(style, words):
    if style == "title":
        return "_".join(w[:1].upper() + w[1:] for w in words)
    if style == "pascal":
        return "".join(w[:1].upper() + w[1:] for w in words)
    if style == "camel":
        return words[0] + "".join(w[:1].upper() + w[1:] for w in words[1:])
    if style == "headers":
        return (" ".join(words))[:1].upper() + " ".join(words)[1:]
    return {"snake": "_".join(words), "upper": "_".join(words).upper(), "glued": "".join(words)}[style]


def quoted(name):
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) and name.lower() not in RESERVED else f'"{name}"'


class Shown:
    """A column of a table as a schema shows it, and the words that this question has for it."""

    def __init__(self, column, sql, said, type_name):
        self.column, self.sql, self.said, self.type_name = column, sql, said, type_name
        self.is_text = not type_name.startswith(("INT", "REAL", "NUM"))

    @property
    def many(self):
        return plural(self.said)

    def literal(self, text):
        return "'" + text.replace("'", "''") + "'" if self.is_text else text


class Table:
    def __init__(self, values, entity, style):
        self.entity, self.values, self.style = entity, values, style
        noun = values.pick(entity.nouns)
        said = noun if values.chance(0.6) else values.pick(entity.nouns)
        self.noun, self.nouns = singular(said), plural(said)
        words = (plural(noun) if style.plural_tables else singular(noun)).split()
        self.words = singular(noun).replace("-", "_").split()
        self.sql = quoted(styled(style.tables, [w.replace("-", "_") for w in words]))
        self.who = "who" if entity.is_person and values.chance(0.8) else "that"
        self.columns, self.links, self.taken = [], {}, set()
        self.key = None

    def add(self, column):
        v, style = self.values, self.style
        for ident in column.ids if v.chance(0.5) else v.rng.sample(column.ids, len(column.ids)):
            sql = self.name(ident)
            if sql.lower() not in self.taken:
                break
        else:
            return None
        self.taken.add(sql.lower())
        spoken = ident.replace("_", " ")
        names = [n for n in column.names if not UNSAID.match(n)] or column.names
        said = spoken if spoken in names and v.chance(0.55) else v.pick(names)
        type_name = style.types[column.type]
        if style.is_wiki and column.type == "int" and v.chance(0.12):
            type_name = style.types["text"]
        elif style.is_wiki and column.type == "date":
            type_name = style.types["text"]
        shown = Shown(column, sql, said, type_name)
        self.columns.append(shown)
        return shown

    def name(self, ident):
        words = ident.split("_")
        if (
            self.style.prefixed
            and len(words) == 1
            and ident in ("name", "title", "type", "date", "status", "number", "code", "kind")
        ):
            words = self.words + words
        elif self.style.names == "headers":
            words = ident.replace("num_", "no. of ").split("_")
        return quoted(
            styled(self.style.names, [w.replace("-", "_") if self.style.names != "headers" else w for w in words])
        )

    def definition(self, keys):
        parts = [
            f"{c.sql} {c.type_name}" + (" PRIMARY KEY" if keys is not None and c is self.key else "")
            for c in self.columns
        ]
        for link, column, parent in self.links.values():
            if keys and parent.sql in keys:
                parts.append(f"FOREIGN KEY ({column.sql}) REFERENCES {parent.sql}({parent.key.sql})")
        return f"CREATE TABLE {self.sql} ({', '.join(parts)});"


class Style:
    def __init__(self, values, is_wiki=False):
        pick, chance = values.pick, values.chance
        self.is_wiki = is_wiki
        self.types = pick(TYPES[:2] if is_wiki else TYPES) | ({"real": "REAL"} if is_wiki else {})
        self.names = pick(("snake",) * 9 + ("title",) * 5 + ("pascal", "pascal", "camel", "camel", "upper", "glued"))
        if is_wiki:
            self.names = pick(("snake",) * 7 + ("headers",) * 2 + ("pascal",))
        self.tables = {
            "snake": pick(("snake", "snake", "title", "glued")),
            "camel": pick(("camel", "pascal")),
            "upper": "upper",
            "glued": pick(("glued", "title")),
        }.get(self.names, pick(("snake", "title", "pascal")))
        self.plural_tables, self.prefixed, self.bare_key = chance(0.5), not is_wiki and chance(0.3), chance(0.35)


class Database:
    """A domain in one style. Every table may be asked for; what a schema shows is chosen when the question is known."""

    def __init__(self, values, domain):
        self.values, self.domain = values, domain
        self.style = Style(values)
        self.tables = {}
        for entity in domain.entities.values():
            self.tables[entity.key] = self.table(entity)
        for table in self.tables.values():
            for link in table.entity.links:
                self.link(table, link)

    def table(self, entity):
        v, table = self.values, Table(self.values, entity, self.style)
        column = Column("id | int 1 900")
        column.ids = ["id" if self.style.bare_key else "_".join(table.words) + "_id"]
        table.key = table.add(column)
        for column in entity.columns:
            if column.is_name or v.chance(0.85):
                table.add(column)
        if v.chance(0.2):
            rest = table.columns[1:]
            v.rng.shuffle(rest)
            table.columns[1:] = rest
        return table

    def link(self, table, link):
        parent = self.tables[link.parent]
        column = Column(f"{parent.noun} id | int 1 900")
        column.ids = ["_".join(parent.words) + "_id"]
        shown = table.add(column)
        if shown:
            shown.type_name = parent.key.type_name
            table.links[link.parent] = (link, shown, parent)

    def schema(self, used, others, longest=950):
        """Definitions of the used tables, among others of this and another domain as far as there is room."""
        v = self.values
        shown = list(used)
        rest = [t for t in self.tables.values() if t not in used]
        v.rng.shuffle(rest)
        take = v.pick((0, 1, 2, 9))
        nouns = {singular(n) for t in self.tables.values() for n in t.entity.nouns} | {
            t.sql.lower() for t in self.tables.values()
        }
        extra = [t for t in others if t.sql.lower() not in nouns and not nouns & {singular(n) for n in t.entity.nouns}]
        candidates = rest[:take] + extra[:1]
        for table in used:
            if v.chance(0.2):
                spare = self.values.pick(SPARE)
                column = Column(f"{spare} | code")
                shown_column = Shown(column, table.name(spare), spare, self.style.types["text"])
                if shown_column.sql.lower() not in table.taken:
                    table.columns.append(shown_column)
        keys = v.chance(0.5)
        text = ""
        for table in [None] + candidates:
            tables = [*shown, table] if table else shown
            order = [t for t in self.tables.values() if t in tables] + [
                t for t in tables if t not in self.tables.values()
            ]
            longer = "\n".join(t.definition({t.sql for t in tables} if keys else None) for t in order)
            if not table or len(longer) <= longest:
                shown, text = tables, longer
        if len(shown) > 1 and v.chance(0.3):
            lines = text.split("\n")
            v.rng.shuffle(lines)
            text = "\n".join(lines)
        return text


class WikiTable:
    """One table with a headline, as WikiSQL has them: no keys, other tables only by the names of their rows."""

    def __init__(self, values, domain):
        self.values = values
        style = Style(values, is_wiki=True)
        entity = values.pick(
            [e for e in domain.entities.values() if len(e.columns) > 3] or list(domain.entities.values())
        )
        self.table = Table(values, entity, style)
        self.table.key = None
        columns = list(entity.columns)
        for link in entity.links:
            parent = domain.entities[link.parent]
            column = Column(f"{parent.key} | code")
            name = parent.columns[0]
            column.kind, column.range, column.options, column.is_group = name.kind, name.range, name.options, True
            columns.append(column)
        if values.chance(0.6):
            values.rng.shuffle(columns)
        for column in columns[: values.pick((4, 5, 5, 6, 6, 7, 8))]:
            self.table.add(column)
        n = values.rng.randint
        self.table.sql = values.pick(
            (f"table_{n(10000, 29999999)}_{n(1, 20)}",) * 16 + (f"table_name_{n(1, 99)}", "data", "records", "t")
        )

    def schema(self):
        return self.table.definition(None)
