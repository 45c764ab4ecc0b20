# SPDX-License-Identifier: Apache-2.0
"""Short questions as people ask them aloud: "what did Ann buy?", "who never ordered?", "who ordered twice in May?"."""

from made_said import AGGREGATES, NUMBERS, Those, table_name

# What people do with rows that stand for it: (did not ..., have ...).
DEEDS = {
    "order": ("order", "ordered"), "purchase": ("buy", "bought"), "sale": ("sell", "sold"), "booking": ("book", "booked"),
    "reservation": ("reserve", "reserved"), "visit": ("visit", "visited"), "donation": ("donate", "donated"),
    "payment": ("pay", "paid"), "rental": ("rent", "rented"), "loan": ("borrow", "borrowed"), "call": ("call", "called"),
    "vote": ("vote", "voted"), "bid": ("bid", "bid"), "comment": ("comment", "commented"), "post": ("post", "posted"),
    "review": ("review", "reviewed"), "enrollment": ("enroll", "enrolled"), "registration": ("register", "registered"),
    "game": ("play", "played"), "match": ("play", "played"), "race": ("race", "raced"),
    "delivery": ("deliver", "delivered"), "repair": ("repair", "repaired"), "trip": ("travel", "travelled"),
    "performance": ("perform", "performed"), "claim": ("claim", "claimed"), "complaint": ("complain", "complained"),
}  # fmt: skip


class Spoken:
    """Shapes of one person, named or not, and what the person did: each makes (question, query, tables), or None."""

    def spoken(self, db):
        edges = [(t, *t.links[p]) for t in db.tables.values() for p in t.links]
        edges = [e for e in edges if e[3].entity.is_person and (e[1].past != "have" or e[0].noun in DEEDS)]
        if not edges:
            return None
        dated = [e for e in edges if any(c.column.kind == "date" for c in e[0].columns)]
        child, link, column, parent = self.pick(dated if dated and self.chance(0.6) else edges)
        return self.pick((self.named, self.named, self.never, self.often))(child, link, column, parent)

    def slots(self, child, link, parent):
        return {
            "Ps": parent.nouns,
            "p": parent.noun,
            "Cs": child.nouns,
            "C": child.noun,
            "base": link.base,
            "past": link.past,
            "participle": link.participle,
        }

    def named(self, child, link, column, parent):
        """What is asked about one person's rows."""
        those = Those(child)
        those.join(parent, column, parent.key, child)
        name = table_name(parent)
        literal, whom = self.value(name)
        those.where(parent, lambda ref: f"{ref(name)} = {literal}")
        slots = self.slots(child, link, parent) | {"whom": whom.strip("'\"")}
        deed = DEEDS.get(child.noun)
        if deed:
            slots |= {"base": deed[0], "past": deed[1], "participle": deed[1]}
        dates = [c for c in child.columns if c.column.kind == "date"]
        number, what = self.number(child), table_name(child)
        form = self.v.rng.random()
        if form < 0.2 and dates and deed:
            last, date = self.chance(0.7), self.pick(dates)
            value = f"{'MAX' if last else 'MIN'}({those.ref(child, date)})"
            return self.say("spoken_when", last="last" if last else "first", **slots), those.select(value), those.path
        if form < 0.4:
            if dates and self.chance(0.5):
                said, pattern = self.period()
                those.where(child, lambda ref: f"{ref(dates[0])} LIKE '{pattern}'")
                slots["in"] = " " + said
            text = self.say("spoken_count", **({"in": ""} | slots))
            return text, those.select("COUNT(*)"), those.path
        if form < 0.6 and number:
            agg, words = self.pick((("SUM", AGGREGATES["SUM"]), ("AVG", AGGREGATES["AVG"]), ("MAX", AGGREGATES["MAX"])))
            text = self.say("spoken_aggregate", agg=self.pick(words[:2]), n=number.said, **slots)
            return text, those.select(f"{agg}({those.ref(child, number)})"), those.path
        columns = [c for c in child.columns if c.column.kind == "choice"] if self.chance(0.3) else []
        shown = self.pick(columns) if columns else what
        if shown is not what:
            return (
                self.say("spoken_column", cs=shown.many, **slots),
                those.select(those.ref(child, shown)),
                those.path,
            )
        return self.say("spoken_what", **slots), those.select(those.ref(child, what)), those.path

    def never(self, child, link, column, parent):
        """Who has no such row."""
        slots, deed = self.slots(child, link, parent), DEEDS.get(child.noun)
        inner, period = f"SELECT {column.sql} FROM {child.sql}", ""
        dates = [c for c in child.columns if c.column.kind == "date"]
        if dates and self.chance(0.4):
            said, pattern = self.period()
            inner, period = inner + f" WHERE {dates[0].sql} LIKE '{pattern}'", " " + said
        name = table_name(parent)
        if deed and self.chance(0.7):
            text = self.say("spoken_never", **(slots | {"base": deed[0], "past": deed[1], "in": period}))
        else:
            base = link.base if link.past != "have" else "have"
            text = self.say("spoken_without", **(slots | {"base": base, "in": period}))
        return text, f"SELECT {name.sql} FROM {parent.sql} WHERE {parent.key.sql} NOT IN ({inner})", [parent, child]

    def often(self, child, link, column, parent):
        """Who has how many such rows, or any, of a time."""
        those = Those(parent)
        those.join(child, parent.key, column, parent)
        slots, deed = self.slots(child, link, parent), DEEDS.get(child.noun)
        if deed:
            slots |= {"past": deed[1], "participle": deed[1]}
        elif link.past == "have":
            return None
        else:
            slots |= {"past": f"{link.past} {child.nouns}", "participle": f"{link.participle} {child.nouns}"}
        dates, period = [c for c in child.columns if c.column.kind == "date"], ""
        if dates and self.chance(0.8):
            said, pattern = self.period()
            those.where(child, lambda ref: f"{ref(dates[0])} LIKE '{pattern}'")
            period = " " + said
        name, key = those.ref(parent, table_name(parent)), those.ref(parent, parent.key)
        form = self.v.rng.random()
        if form < 0.25 and period:
            return self.say("spoken_did", **(slots | {"in": period})), those.select(f"DISTINCT {name}"), those.path
        if form < 0.5:
            most = self.chance(0.8)
            text = self.say("spoken_most", often="most" if most else "least", **(slots | {"in": period}))
            tail = f" GROUP BY {key} ORDER BY COUNT(*) {'DESC' if most else 'ASC'} LIMIT 1"
            return text, those.select(name) + tail, those.path
        times, condition = self.times()
        text = self.say("spoken_times", times=times, **(slots | {"in": period}))
        return text, those.select(name) + f" GROUP BY {key} HAVING {condition}", those.path

    def times(self):
        """(words, HAVING condition): "more than twice"."""
        n, (words, op) = self.pick((1, 2, 2, 2, 3, 3, 4, 5)), self.pick(
            (("more than ", ">"), ("more than ", ">"), ("at least ", ">="), ("exactly ", "="), ("", "="))
        )
        if op == ">=" and n == 1:
            n = 2
        said = {1: "once", 2: "twice"}.get(n) or f"{NUMBERS[n] if self.chance(0.6) else n} times"
        return words + said, f"COUNT(*) {op} {n}"
