# SPDX-License-Identifier: Apache-2.0
"""Questions about one table, in the manners of Spider and of WikiSQL."""

from made_said import AGGREGATES, COMPARED, NUMBERS, PLAIN, SAID_ALONE, Speaker, Those, article, be, joined, table_name
from made_schema import WikiTable, is_plural, plural


class OneTable(Speaker):
    """Shapes of one table: each makes (question, query, tables), or None where the database has nothing for it."""

    domains = ()

    def select(self, db):
        table = self.table(db)
        those = Those(table)
        if self.chance(0.22):
            columns = self.some_columns(table)
            return (
                self.say("select_all", Ts=table.nouns, t=table.noun, **self.names(columns)),
                those.select(*(c.sql for c in columns)),
                [table],
            )
        self.limit(those, table)
        if table.entity.is_person and self.chance(0.15):
            return self.say("who", NP=those.text), those.select(table_name(table).sql), [table]
        return self.selected(those)

    def selected(self, those):
        table = those.root
        columns = self.some_columns(table, told=those.told)
        return (
            self.say("select", NP=those.text, **self.names(columns)),
            those.select(*(those.ref(table, c) for c in columns)),
            those.path,
        )

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
        return column and (
            self.say("count_distinct", NP=those.text, cs=column.many),
            those.select(f"COUNT(DISTINCT {column.sql})"),
            those.path,
        )

    def distinct(self, db, those=None):
        those = those or self.some(self.table(db), 0.35)
        column = (
            self.group(those.root, those.told)
            if not those.joins
            else self.pick(self.some_columns(those.root, 1, those.told))
        )
        return column and (
            self.say("distinct", NP=those.text, cs=column.many, c=column.said),
            f"SELECT DISTINCT {those.ref(those.root, column)} {those.source()}",
            those.path,
        )

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
            return (
                self.say("aggregates", NP=those.text, aggs=words, c=column.said),
                those.select(*(f"{a}({ref})" for a in chosen)),
                those.path,
            )
        return self.say("aggregate", NP=those.text, agg=words, c=column.said), those.select(f"{agg}({ref})"), those.path

    def agg(self, names=("AVG", "AVG", "MAX", "MIN", "SUM")):
        agg = self.pick(names)
        return agg, self.pick(AGGREGATES[agg]).replace("sum of the", "total")

    def order(self, db, those=None):
        those = those or self.some(self.table(db), 0.3)
        table = those.root
        columns = self.some_columns(table, told=those.told)
        usable = [c for c in table.columns if c is not table.key and c not in those.told and "id" not in c.said.split()]
        if not usable:
            return None
        by = self.pick(usable)
        words, tail = self.ordered(those, table, by)
        return (
            self.say("order", NP=those.text, order=words, **self.names(columns)),
            those.select(*(those.ref(table, c) for c in columns)) + tail,
            those.path,
        )

    def top(self, db):
        table = self.table(db)
        by = self.pick(
            [
                c
                for c in table.columns
                if c is not table.key
                and not c.is_text
                and (c.column.is_number or c.column.kind == "year")
                and "id" not in c.said.split()
            ]
            or [None]
        )
        if not by:
            return None
        most, those = self.chance(0.7), Those(table)
        tail = f" ORDER BY {by.sql} {'DESC' if most else 'ASC'} LIMIT "
        if self.chance(0.15):
            n = self.pick((2, 3, 3, 5, 5, 10))
            columns = self.some_columns(table)
            phrase = self.top_phrase(table, by, most, NUMBERS[n] if self.chance(0.4) else n)
            return (
                self.say("top_n", topn=phrase, **self.names(columns)),
                those.select(*(c.sql for c in columns)) + f"{tail}{n}",
                [table],
            )
        phrase = self.top_phrase(table, by, most)
        if self.chance(0.2):
            shape = "top_who" if table.entity.is_person else "top_which"
            return (
                self.say(shape, top=phrase, t=table.noun, Ts=table.nouns),
                those.select(table_name(table).sql) + f"{tail}1",
                [table],
            )
        columns = [c for c in self.some_columns(table) if c is not by]
        if not columns:
            return None
        return (
            self.say("top", table.entity.is_person, top=phrase, **self.names(columns)),
            those.select(*(c.sql for c in columns)) + f"{tail}1",
            [table],
        )

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
            return (
                self.say("group_aggregate", agg=words, c=column.said, **slots),
                those.select(ref, f"{agg}({those.ref(those.root, column)})") + by,
                those.path,
            )
        if form < 0.72:
            most = self.chance(0.85)
            tail = f"{by} ORDER BY COUNT(*) {'DESC' if most else 'ASC'} LIMIT 1"
            if most and self.chance(0.15):
                return self.say("group_top_count", **slots), those.select(ref, "COUNT(*)") + tail, those.path
            return self.say("group_top" if most else "group_bottom", **slots), those.select(ref) + tail, those.path
        if form < 0.82:
            words, tail = self.pick(
                (
                    ("most first", "DESC"),
                    ("in descending order of the count", "DESC"),
                    ("from most to fewest", "DESC"),
                    ("fewest first", "ASC"),
                    ("in ascending order of the count", "ASC"),
                )
            )
            return (
                self.say("group_count_order", byn=words, **slots),
                those.select(ref, "COUNT(*)") + f"{by} ORDER BY COUNT(*) {tail}",
                those.path,
            )
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
        higher, above = ("higher", "above") if op == ">" else ("lower", "below")
        comparative = f"a {higher} {column.said}"
        if is_plural(column.said):
            comparative = f"{'more' if op == '>' else 'fewer'} {column.said}"
        more = COMPARED[family][op == "<"] if family in PLAIN and self.chance(0.6) else None
        if self.chance(0.65):
            inner = f"SELECT AVG({column.sql}) FROM {table.sql}"
            words = (
                f"{more} than average"
                if more
                else self.pick(
                    (
                        f"whose {column.said} {be(column.said)} {above} the average",
                        f"with {above}-average {column.said}",
                        f"whose {column.said} {be(column.said)} {higher} than the average {column.said}",
                        f"with {article(column.said)} {'greater' if op == '>' else 'less'} than the average",
                    )
                )
            )
        elif self.chance(0.5):
            other = Those(table)
            name = self.entity_named(other, table)
            inner = other.select(column.sql)
            words = f"{more} than {name}" if more else f"with {comparative} than {name}"
        else:
            group = self.group(table)
            if not group:
                return None
            other = self.limit(Those(table), table, ("=",), group, double=0)
            agg, word, every = ("MAX", "highest", "all") if op == ">" else ("MIN", "lowest", "all")
            inner = other.select(f"{agg}({column.sql})")
            words = self.pick(
                (
                    f"whose {column.said} {be(column.said)} {above} the {word} {column.said} of {other.text}",
                    f"with {comparative} than {every} {other.text}",
                )
            )
        condition = f" FROM {table.sql} WHERE {column.sql} {op} ({inner})"
        if self.chance(0.2):
            return self.say("count_than", Ts=table.nouns, than=words), "SELECT COUNT(*)" + condition, [table]
        columns = self.some_columns(table)
        return (
            self.say("above_average", Ts=table.nouns, t=table.noun, than=words, **self.names(columns)),
            f"SELECT {', '.join(c.sql for c in columns)}" + condition,
            [table],
        )

    def sets(self, db):
        """INTERSECT, UNION and EXCEPT of the values of one column."""
        one, two = self.table(db), None
        g = self.group(one)
        if not g:
            return None
        if self.chance(0.25):  # the same kind of column of another table
            pairs = [
                (t, c)
                for t in db.tables.values()
                if t is not one
                for c in t.columns
                if c.column.kind == g.column.kind and c.column.kind in ("city", "country", "year") and c.said == g.said
            ]
            if not pairs:
                return None
            two, h = self.pick(pairs)
            A, B = Those(one), Those(two)
        else:
            usable = [
                c
                for c in one.columns
                if c is not one.key
                and c is not g
                and "id" not in c.said.split()
                and (c.column.is_group or (c.column.is_number and not c.is_text))
            ]
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
        return (
            self.say(shape, A=A.text, B=B.text, g=g.said, gs=g.many),
            f"{A.select(g.sql)} {word} {B.select(h.sql)}",
            list({id(t): t for t in A.path + B.path}.values()),
        )

    # ---------------------------------------------------------------------------------------------------- WikiSQL

    def wiki_conditions(self, table, columns):
        """(as clauses "x is 3", as nouns "an x of 3", SQL)"""
        is_, has, sql = [], [], []
        for column in columns:
            literal, said = self.value(column, is_iso=False)
            ordered = not column.is_text and self.chance(0.55)
            op = self.pick("<>") if ordered else "="
            c = column.said
            word = {
                "=": "",
                "<": self.pick(("less than ", "smaller than ", "under ", "below ")),
                ">": self.pick(("more than ", "larger than ", "over ", "greater than ")),
            }[op]
            if ordered and column.column.kind == "year":
                word = "before " if op == "<" else "after "
            verbs = ("are", "are", "were") if be(c) == "are" else ("is", "is", "was")
            is_.append(f"{self.pick(('the ', ''))}{c} {self.pick(verbs)} {word}{said}")
            has.append(self.pick((f"{article(c)} {'of ' if not ordered else ''}{word}{said}", f"{c} {word}{said}")))
            sql.append(f"{column.sql} {op} {literal}")
        return (
            self.pick((" and ", ", and ", " and ")).join(is_),
            self.pick((" and ", ", and ")).join(has),
            " AND ".join(sql),
        )

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
        slots = {
            "is": is_,
            "has": has,
            "t": table.noun,
            "NP": f"the {table.nouns} with {has}",
            "c": asked.said,
            "cs": asked.many,
        }
        if (
            form < 0.3
            and len(rest) == 1
            and (rest[0].column.is_group or rest[0].column.kind in SAID_ALONE)
            and rest[0].is_text
        ):
            literal, said = self.value(rest[0], is_iso=False)
            return (
                self.say("wiki_value", v=said, c=asked.said),
                f"SELECT {asked.sql} FROM {table.sql} WHERE {rest[0].sql} = {literal}",
                shown,
            )
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
        if asked.column.is_number and asked.is_text:
            return None
        if asked.is_text:  # "how many points" asks for a number that stands there
            return self.say("wiki_count", **slots), f"SELECT COUNT({asked.sql}){where}", shown
        agg, words = self.agg(("AVG", "MAX", "MAX", "MIN", "MIN", "SUM"))
        if asked.column.kind == "year":
            agg, words = self.pick((("MAX", "latest"), ("MIN", "earliest"), ("MAX", "highest"), ("MIN", "lowest")))
        return self.say("wiki_aggregate", agg=words, **slots), f"SELECT {agg}({asked.sql}){where}", shown
