#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows {"tools", "facts"?, "request", "calls", "source"} for eve-func: requests for the tools of tools.txt under many names and schemas.

  rows.py --rows N --seed S --out FILE

Calls are made first, so a row is right by construction. Some rows want two calls, some none of the tools that are there; in some a required argument is
not said (the call then goes without it: the tool reports it), in some it is one of the facts.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rows"))
import kinds  # noqa: E402

SMALL_TALK = """hello there|how are you?|thanks, that was all|tell me a joke|who made you?|good morning|that's nice|never mind|I had a long day|what do you think about cats?|
you are great|sing something|what is the meaning of life?|I am bored|ok|why is the sky blue?|my head hurts|I like the colour of your voice|see you tomorrow|
the train was late again|are you a robot?|nothing to do today|who won the match?|I'm hungry""".replace("\n", "").split("|")
POLITE = ("please ", "could you ", "can you ", "hey, ", "I want you to ", "would you ", "ok now ", "")
JOINTS = (" and ", ". Also, ", ", and then ", ". ", " Then ", "; ")


class Argument:
    def __init__(self, line):
        head, names, self.description = (p.strip() for p in line.split("|"))
        self.key, kind = head.split(" ", 1)
        self.is_required = "!" in self.key
        self.is_list = "[]" in self.key
        self.key = self.key.rstrip("![]")
        self.names, self.kind, self.options = names.split(", "), kind, None
        if kind.startswith("{"):
            self.kind, self.options = "choice", kind.strip("{}").split(",")
        elif kind.startswith("bool:"):
            self.kind, self.options = "bool", kind[5:].split("/")


class Tool:
    def __init__(self, block):
        head, *lines = block.strip("\n").split("\n")
        names, about = head.split(" | ")
        self.names, self.about = names.split(", "), about.split("; ")
        self.arguments, self.requests = [], []
        for line in filter(None, lines):
            if line.startswith("> "):
                self.requests.append(line[2:])
            else:
                self.arguments.append(Argument(line))


def read_tools(path=HERE / "tools.txt"):
    return [Tool(block) for block in re.split(r"^= ", path.read_text(encoding="utf-8"), flags=re.M)[1:]]


def draw(values, argument):
    """(text, JSON value)"""
    if argument.is_list:
        n = values.pick((1, 2, 2, 3))
        drawn = values.rng.sample(argument.options, n) if argument.options else list(dict.fromkeys(getattr(values, argument.kind)()[0] for _ in range(n)))
        return (drawn[0] if len(drawn) == 1 else ", ".join(drawn[:-1]) + values.pick((" and ", ", ")) + drawn[-1]), drawn
    if argument.kind == "bool":
        yes = values.chance(0.6)
        return argument.options[0 if yes else 1], yes
    if argument.options:
        option = values.pick(argument.options)
        return option, option
    text, value = getattr(values, argument.kind)()
    return text, (text if argument.kind == "date" else value)


class Shown:
    """A tool as one list shows it: its names, types and which arguments it has."""

    def __init__(self, values, tool, keep=()):
        self.tool = tool
        name, self.described = values.pick(tool.names), values.chance(0.5)
        style = values.rng.random()
        self.camel = style > 0.75
        if style < 0.12:
            name = values.pick(("calendar", "app", "api", "home", "tools", "shop", "assistant", "v1")) + "." + name
        elif self.camel:
            name = "".join(w.capitalize() for w in name.split("_"))
            name = name if style > 0.88 else name[0].lower() + name[1:]
        self.name = name
        self.arguments = [a for a in tool.arguments if a.is_required or a.key in keep or values.chance(0.85)]
        if values.chance(0.3):
            values.rng.shuffle(self.arguments)
        self.keys, self.schemas = {}, {}
        for a in self.arguments:
            free = [n for n in a.names if self.case(n) not in self.keys.values()]
            self.keys[a.key] = self.case(values.pick(free)) if free else a.key + "_"
            self.schemas[a.key] = self.schema(values, a)
        self.about = values.pick(tool.about).capitalize()
        self.nested = values.chance(0.06) and len(self.arguments) > 1

    def case(self, name):
        words = name.split("_")
        return words[0] + "".join(w.capitalize() for w in words[1:]) if self.camel else name

    def schema(self, values, a):
        if a.is_list:
            schema = {"type": "array", "items": {"type": "string"}}
        elif a.kind == "bool":
            schema = {"type": "boolean"}
        elif a.options:
            schema = {"type": "string"} | ({"enum": a.options} if values.chance(0.6) else {})
        else:
            schema = {"type": kinds.json_type(a.kind)}
        return schema | ({"description": a.description} if self.described else {})

    def object(self, members, required):
        return {"type": "object", "properties": members, "required": required}

    def json(self):
        members = {self.keys[a.key]: self.schemas[a.key] for a in self.arguments}
        required = [self.keys[a.key] for a in self.arguments if a.is_required]
        parameters = self.object(members, required)
        if self.nested:
            parameters = self.object({"options": parameters}, ["options"])
        return {"type": "function", "function": {"name": self.name, "description": self.about, "parameters": parameters}}

    def call(self, said):
        arguments = {self.keys[a.key]: said[a.key] for a in self.arguments if a.key in said}
        return {"name": self.name, "arguments": {"options": arguments} if self.nested else arguments}


def wish(values, tool):
    """(request, what it says by argument)"""
    said = {}
    pattern = re.sub(r"\[([^\[\]]*)\]", lambda m: m[1] if values.chance(0.6) else "", values.pick(tool.requests))
    by_key = {a.key: a for a in tool.arguments}

    def put(match):
        text, said[match[1]] = draw(values, by_key[match[1]])
        return text

    text = re.sub(r" +", " ", re.sub(r"\{(\w+)\}", put, pattern)).strip()
    return text, said


def say(values, text):
    if values.chance(0.35) and not text[:4].lower() in ("what", "how ", "wher"):
        text = values.pick(POLITE) + text
    if values.chance(0.3):
        text = text[0].upper() + text[1:]
    if values.chance(0.25) and text[-1].isalnum():
        text += values.pick((".", "!", " please", ", thanks", " :)"))
    return text


def row(values, tools):
    kind = values.rng.random()
    tool = values.pick(tools)
    request, said = wish(values, tool)
    facts = {}
    shown = Shown(values, tool, said)
    lists, calls, source = [shown], [shown.call(said)], "made"
    if kind < 0.16:  # two wishes
        other = values.pick([t for t in tools if t is not tool])
        request2, said2 = wish(values, other)
        shown2 = Shown(values, other, said2)
        if shown2.name != shown.name:
            lists, source = lists + [shown2], "made+made"
            request, calls = request + values.pick(JOINTS) + request2, calls + [shown2.call(said2)]
    elif kind < 0.22:  # the same tool twice
        for _ in range(5):
            request2, said2 = wish(values, tool)
            if set(said2) <= {a.key for a in shown.arguments} and shown.call(said2) != calls[0]:
                request, calls, source = request + values.pick(JOINTS) + request2, calls + [shown.call(said2)], "made+made"
                break
    elif kind < 0.34:  # nothing fits
        lists, calls, source = [], [], "made-none"
        if values.chance(0.3):
            request = values.pick(SMALL_TALK)
    elif kind < 0.44:  # a required argument is a fact
        for a in shown.arguments:
            if a.is_required and a.key not in said and not a.is_list and a.kind not in ("bool", "choice"):
                text, value = draw(values, a)
                facts["user_" + shown.keys[a.key] if values.chance(0.4) else shown.keys[a.key]] = text
                said[a.key] = value
        calls = [shown.call(said)]
    if facts or values.chance(0.05):
        for key, text in (("date", values.date()[1]), ("user", values.user()[0]), ("language", "en"), ("home", values.city()[0])):
            if values.chance(0.3):
                facts.setdefault(key, text)
    names = {s.name for s in lists}
    for _ in range(values.pick((0, 0, 1, 1, 2, 3)) if lists else values.pick((1, 1, 2, 3, 4))):
        other = Shown(values, values.pick([t for t in tools if t is not tool]))
        if other.name not in names and not any(other.tool is s.tool for s in lists):
            names.add(other.name)
            lists.append(other)
    values.rng.shuffle(lists)
    result = {"tools": [s.json() for s in lists], "request": say(values, request), "calls": calls, "source": source}
    return result | ({"facts": facts} if facts else {})


def rows(rng, count):
    tools, values = read_tools(), kinds.Values(rng)
    made = 0
    while made < count:
        one = row(values, tools)
        if one["tools"]:
            made += 1
            yield one


if __name__ == "__main__":
    kinds.run(__doc__, rows)
