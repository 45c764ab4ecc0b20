#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows {"text", "schema", "json", "source"} for eve-extract: records of domains.txt, written in many layouts and asked for by many schemas.

  rows.py --rows N --seed S --out FILE

The record is made first, so a row is right by construction. What a schema asks and the text does not say is null where the schema allows null, [] for
a list, else left out.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rows"))
import kinds  # noqa: E402


class Role:
    def __init__(self, line):
        head, names, description, label = ([p.strip() for p in line.split("|")] + [""])[:4]
        self.key, _, kind = head.partition(" ")
        self.list = self.key.endswith("[]")
        self.key = self.key.removesuffix("[]")
        self.names, self.description, self.label = names.split(", "), description, label
        self.members, self.kind, self.options, self.is_integer = [], kind, None, False
        if kind.startswith("bool:"):
            self.kind, self.options = "bool", kind[5:].split("/")
        elif kind.startswith("{"):
            options, _, kind = kind[1:].partition("}")
            self.kind, self.options, self.is_integer = "choice", options.split(","), kind.strip() == "int"


class Domain:
    def __init__(self, block):
        self.name, *lines = block.strip("\n").split("\n")
        self.roles, self.texts, self.item_texts = {}, [], []
        for line in lines:
            if line.startswith("> "):
                self.texts.append(line[2:].replace("\\n", "\n"))
            elif line.startswith("+ "):
                self.item_texts.append(line[2:])
            elif line.startswith("  "):
                list(self.roles.values())[-1].members.append(Role(line.strip()))
            elif line:
                role = Role(line)
                self.roles[role.key] = role


def read_domains(path=HERE / "domains.txt"):
    text = path.read_text(encoding="utf-8")
    return [Domain(block) for block in re.split(r"^= ", text, flags=re.M)[1:]]


class Said:
    """A value of a role: how the text writes it, the JSON of it, and the ISO date where it is one."""

    def __init__(self, text, value, iso=None):
        self.text, self.value, self.iso = text, value, iso


def draw(values, role):
    if role.members:
        return [{m.key: draw(values, m) for m in role.members} for _ in range(values.pick((1, 2, 2, 3, 3, 4)))]
    if role.list:
        n = values.pick((1, 2, 2, 3, 3, 4))
        drawn = values.rng.sample(role.options, n) if role.options else list(dict.fromkeys(getattr(values, role.kind)()[0] for _ in range(n)))
        return Said(values.pick((", ", ", ", " and ")).join(drawn) if n < 3 else ", ".join(drawn[:-1]) + values.pick((", ", " and ", ", and ")) + drawn[-1], drawn)
    if role.kind == "bool":
        yes = values.chance(0.5)
        return Said(role.options[0 if yes else 1], yes)
    if role.options:
        option = values.pick(role.options)
        return Said(option, int(option) if role.is_integer else option)
    text, value = getattr(values, role.kind)()
    if role.kind == "date":
        return Said(text, text, value)
    return Said(text, value)


# --------------------------------------------------------------------------------------------------------------- texts


def fill(values, domain, pattern, record):
    """The text of a pattern and the roles that it tells."""
    told = set()
    pattern = re.sub(r"\[([^\[\]]*\{[^\[\]]*)\]", lambda m: m[1] if values.chance(0.6) else "", pattern)

    def put(match):
        key = match[1]
        told.add(key)
        said = record[key]
        if isinstance(said, list):
            item = values.pick(domain.item_texts)
            joint = "\n" if "\n" in pattern else values.pick((", ", "; "))
            return joint.join(re.sub(r"\{(\w+)\}", lambda m: one[m[1]].text, item) for one in said)
        return said.text

    return re.sub(r"\{(\w+)\}", put, pattern), told


def labelled(values, domain, record):
    """Lines or a row of label and value."""
    keys = [k for k, role in domain.roles.items() if not role.members]
    keys = [k for k in keys if values.chance(0.75)] or keys[:2]
    if values.chance(0.3):
        values.rng.shuffle(keys)
    style = values.rng.randrange(5)
    if style == 0:
        return "\n".join(f"{domain.roles[k].label}: {record[k].text}" for k in keys), set(keys)
    if style == 1:
        return "; ".join(f"{domain.roles[k].label.lower()} = {record[k].text}" for k in keys), set(keys)
    if style == 2:
        name = {k: values.pick(domain.roles[k].names) for k in keys}
        quote = {k: f'"{record[k].text}"' if " " in record[k].text else record[k].text for k in keys}
        return " ".join(f"{name[k]}={quote[k]}" for k in keys), set(keys)
    if style == 3:
        return " | ".join(f"{domain.roles[k].label} {record[k].text}" for k in keys), set(keys)
    return "\n".join(f"{domain.roles[k].label.upper():<16} {record[k].text}" for k in keys), set(keys)


def noise(values, text):
    """What stands around a record, and how people type."""
    if values.chance(0.12):
        text = values.pick(("Hello,\n", "FYI: ", "Fwd: ", "note to self: ", "Hi all, ", "> ", "PS: ")) + text
    if values.chance(0.1):
        text += values.pick((" Thanks!", "\nRegards", "\nSent from my phone", " ok?", " :)", "\n--\nconfidential"))
    if values.chance(0.05) and "\n" not in text:
        text = " ".join(text.split(" "))
    return text


# ------------------------------------------------------------------------------------------------------------- schemas


def case(style, name):
    words = name.split("_")
    if style == "camel":
        return words[0] + "".join(w.capitalize() for w in words[1:])
    return {"snake": "_".join(words), "pascal": "".join(w.capitalize() for w in words), "kebab": "-".join(words)}[style]


def leaf(values, role, style):
    """Type of a role's value, and how the answer writes it."""
    if role.kind == "bool":
        return {"type": "boolean"}, lambda said: said.value
    if role.options and not role.list:
        schema = {"type": "integer" if role.is_integer else "string"}
        if values.chance(0.5):
            options = list(dict.fromkeys(role.options))
            schema["enum"] = [int(o) if role.is_integer else o for o in options]
        return schema, lambda said: said.value
    if role.kind == "date":
        if values.chance(0.4):
            return {"type": "string", "format": "date"}, lambda said: said.iso
        return {"type": "string"}, lambda said: said.text
    kind = kinds.json_type(role.kind)
    if kind != "string" and values.chance(0.12):
        return {"type": "string"}, lambda said: said.text
    schema = {"type": kind}
    if role.kind in kinds.FORMATS and values.chance(0.25):
        schema["format"] = kinds.FORMATS[role.kind]
    return schema, lambda said: said.value


def schema_of(values, role, style, described):
    if role.members:
        members = [m for m in role.members if values.chance(0.9)] or role.members[:1]
        names = {m.key: case(style, values.pick(m.names)) for m in members}
        leaves = {m.key: leaf(values, m, style) for m in members}
        item = {"type": "object", "properties": {names[m.key]: leaves[m.key][0] for m in members}, "required": list(names.values())}
        return {"type": "array", "items": item}, lambda said: [{names[k]: write(one[k]) for k, (_, write) in leaves.items()} for one in said]
    if role.list:
        return {"type": "array", "items": {"type": "string"}}, lambda said: said.value
    schema, write = leaf(values, role, style)
    return (schema | {"description": role.description} if described and role.description else schema), write


def row(values, domains):
    domain = values.pick(domains)
    record = {k: draw(values, role) for k, role in domain.roles.items()}
    text, told = fill(values, domain, values.pick(domain.texts), record) if values.chance(0.7) else labelled(values, domain, record)
    asked = [k for k in domain.roles if k in told and values.chance(0.8)] or sorted(told)[:1]
    absent = [k for k in domain.roles if k not in told]
    absent = values.rng.sample(absent, min(len(absent), values.pick((0, 0, 1, 1, 2, 3))))
    keys = asked + absent
    if values.chance(0.5):
        values.rng.shuffle(keys)
    else:
        keys.sort(key=list(domain.roles).index)
    style, described, nullable = values.pick(("snake", "snake", "snake", "camel", "pascal", "kebab")), values.chance(0.4), values.chance(0.6)
    properties, answer, required = {}, {}, []
    for key in keys:
        role = domain.roles[key]
        name = case(style, values.pick(role.names))
        if name in properties:
            continue
        schema, write = schema_of(values, role, style, described)
        is_list = schema["type"] == "array"
        if key in told:
            answer[name] = write(record[key])
        elif is_list and nullable:
            answer[name] = []
        elif nullable:
            answer[name] = None
        if nullable and not is_list and "enum" not in schema and (key not in told or values.chance(0.7)):
            schema["type"] = [schema["type"], "null"]
        elif nullable and not is_list and key not in told:
            schema = {"anyOf": [schema, {"type": "null"}]}
        if nullable or (key in told and values.chance(0.5)):
            required.append(name)
        properties[name] = schema
    if values.chance(0.12):
        nest(values, properties, answer, required, style)
    schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    return {"text": noise(values, text), "schema": schema, "json": answer, "source": "made-" + domain.name}


def nest(values, properties, answer, required, style):
    """Puts neighbouring members into an object of their own."""
    names = list(properties)
    if len(names) < 3:
        return
    first = values.rng.randrange(len(names) - 1)
    inner = names[first:first + values.rng.randint(2, 3)]
    name = case(style, values.pick(("details", "info", "data", "basic_data", "main", "record")))
    if name in properties:
        return
    group = {"type": "object", "properties": {n: properties[n] for n in inner}, "required": [n for n in inner if n in required]}
    inside = {n: answer[n] for n in inner if n in answer}
    replaced, kept = {}, {}
    for n in names:
        if n not in inner:
            replaced[n] = properties[n]
            if n in answer:
                kept[n] = answer[n]
        elif n == inner[0]:
            replaced[name] = group
            kept[name] = inside
    for target, source in ((properties, replaced), (answer, kept)):
        target.clear()
        target.update(source)
    required[:] = [name] + [n for n in required if n not in inner]


def rows(rng, count):
    domains, values = read_domains(), kinds.Values(rng)
    for _ in range(count):
        yield row(values, domains)


if __name__ == "__main__":
    kinds.run(__doc__, rows)
