# SPDX-License-Identifier: Apache-2.0
"""Questions about several tables, along foreign keys."""

from made_said import Those, joined, table_name


class ManyTables:
    """Shapes that join: each makes (question, query, tables), or None where the database has nothing for it."""

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
            return (
                self.say("count", NP=those.text),
                those.select(f"COUNT(DISTINCT {those.ref(those.root, those.root.key)})"),
                those.path,
            )
        return self.say("count", NP=those.text), those.select("COUNT(*)"), those.path

    def related_aggregate(self, db):
        those = self.related(db, up_only=True)
        return those and self.aggregate(db, those)

    def related_order(self, db):
        those = self.related(db, up_only=True)
        return those and self.order(db, those)

    def related_top(self, db):
        """The parent of the child with most or least of something."""
        edge = self.edge(db.tables.values())
        by = edge and self.number(edge[0])
        if not by:
            return None
        child, link, column, parent = edge
        those, most = Those(parent), self.chance(0.7)
        those.join(child, parent.key, column, parent)
        verb = "has" if link.past == "have" else link.past
        phrase = f"the {parent.noun} {parent.who} {verb} {self.top_phrase(child, by, most)}"
        tail = f" ORDER BY {those.ref(child, by)} {'DESC' if most else 'ASC'} LIMIT 1"
        columns = self.some_columns(parent, 2)
        return (
            self.say("top", parent.entity.is_person, top=phrase, **self.names(columns)),
            those.select(*(those.ref(parent, c) for c in columns)) + tail,
            those.path,
        )

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
        slots = {
            "pcs": joined([c.many for c in theirs]),
            "pc": joined([c.said for c in theirs]),
            "Ps": parent.nouns,
            "p": parent.noun,
        }
        sql = those.select(*(those.ref(child, c) for c in mine), *(those.ref(parent, c) for c in theirs))
        if limited:
            return (
                self.say("pairs_where", child.entity.is_person, NP=those.text, **slots, **self.names(mine)),
                sql,
                those.path,
            )
        return (
            self.say("pairs", child.entity.is_person, t=child.noun, Ts=child.nouns, **slots, **self.names(mine)),
            sql,
            those.path,
        )

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
        slots = {
            "NP": those.text,
            "p": parent.noun,
            "Ps": parent.nouns,
            "who": parent.who,
            "owho": "who" if parent.who == "who" else "that",
            "past": has,
            "base": link.base,
            "participle": link.participle,
        } | self.names(columns)
        form = self.v.rng.random()
        if form < 0.25:
            return self.say("owner_count", person, **slots), those.select(*items, "COUNT(*)") + by, those.path
        if form < 0.55:
            most = self.chance(0.85)
            tail = f"{by} ORDER BY COUNT(*) {'DESC' if most else 'ASC'} LIMIT 1"
            if most and self.chance(0.2):
                return (
                    self.say("owner_who", person, **slots),
                    those.select(those.ref(parent, table_name(parent))) + tail,
                    those.path,
                )
            return (
                self.say("owner_top" if most else "owner_bottom", person, **slots),
                those.select(*items) + tail,
                those.path,
            )
        if form < 0.78:
            n, having = self.how_many()
            return (
                self.say("owner_having", person, n=n, **(slots | {"past": link.past})),
                those.select(*items) + f"{by} HAVING {having}",
                those.path,
            )
        number = self.number(child)
        if not number:
            return None
        agg, words = self.agg(("AVG", "AVG", "SUM", "MAX", "MIN"))
        value = f"{agg}({those.ref(child, number)})"
        if form < 0.9:
            return (
                self.say("owner_aggregate", person, n=number.said, agg=words, **slots),
                those.select(*items, value) + by,
                those.path,
            )
        agg, words = self.pick((("AVG", "average"), ("SUM", "total")))
        most = self.chance(0.75)
        tail = f"{by} ORDER BY {agg}({those.ref(child, number)}) {'DESC' if most else 'ASC'} LIMIT 1"
        return (
            self.say(
                "owner_aggregate_top", person, n=number.said, agg=words, most="highest" if most else "lowest", **slots
            ),
            those.select(*items) + tail,
            those.path,
        )

    def existence(self, db):
        """Parents with or without children: IN and NOT IN, EXCEPT where it matters which children."""
        edge = self.edge(db.tables.values())
        if not edge:
            return None
        child, link, column, parent = edge
        those = Those(child)
        base = f"did not {link.base}" if link.past != "have" else "do not have"
        no = self.chance(0.75)
        limited = no and self.chance(0.3)  # with some that are limited is a join
        if limited:
            self.limit(those, child, double=0)
        inner = those.select(column.sql)
        if "!=" in inner:  # not without those that are not: nobody asks this
            return None
        slots = {"Ps": parent.nouns, "p": parent.noun, "who": parent.who, "didnot": base, "past": link.past}
        slots |= {"participle": link.participle, "Cs": those.text, "C": those.text if limited else child.noun}

        def said(shape, columns=()):
            text = self.say(shape, **slots, **(self.names(columns) if columns else {}))
            return text.replace("a single " + those.text, "any " + those.text)

        name, tables = table_name(parent), [parent, child]
        source = f" FROM {parent.sql} WHERE {parent.key.sql} {'NOT IN' if no else 'IN'} ({inner})"
        if limited and self.chance(0.5):
            some_of = Those(parent)
            some_of.join(child, parent.key, column, parent)
            some_of.conditions = those.conditions
            except_ = some_of.select(some_of.ref(parent, name))
            return said("without", [name]), f"SELECT {name.sql} FROM {parent.sql} EXCEPT {except_}", tables
        if self.chance(0.25):
            return said("without_count" if no else "with_some_count"), "SELECT COUNT(*)" + source, tables
        if no and self.chance(0.25):
            return said("without_who"), f"SELECT {name.sql}" + source, tables
        columns = self.some_columns(parent, 2)
        return (
            said("without" if no else "with_some", columns),
            f"SELECT {', '.join(c.sql for c in columns)}" + source,
            tables,
        )

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
        slots = {
            "gs": name.many,
            "ps": parent.nouns,
            "who": parent.who,
            "past": link.past,
            "A": A.text,
            "B": B.text,
            "no": "but no" if but else "and also",
        }
        text = self.pick(
            (
                "which {ps} {past} {A} {no} {B}? give their {gs}",
                "show the {gs} of {ps} {who} {past} {A} {no} {B}",
                "what are the {gs} of the {ps} with {A} {no} {B}?",
                "find the {gs} of {ps} {who} have {A} {no} {B}",
                "{gs} of {ps} with {A} {no} {B}",
                "list the {gs} of all {ps} {who} {past} {A} {no} {B}",
                "return the {gs} for {ps} {who} have {A} {no} {B}",
                "give me the {gs} of {ps} that have {A} {no} {B}",
            )
        ).format(**slots)
        select = [s.select(s.ref(parent, name)) for s in sides]
        return text, f"{select[0]} {'EXCEPT' if but else 'INTERSECT'} {select[1]}", A.path
