# SPDX-License-Identifier: Apache-2.0
"""Kinds of values for made-up rows. Each kind is a function of a Values: it gives (text as people write it, JSON value).

Names are built from syllables and short lists, so that a model reads what stands there instead of knowing it by heart.
"""
import argparse
import json
import pathlib
import random
import string

FIRST = """Aisha Alan Alma Amir Ana Anil Arthur Ben Bianca Boris Carla Carlos Chloe Dario David Diana Elena Eli Emma Erik Fatima Felix Finn Grace Hana
Hugo Ida Igor Iris Ivan Jack Jana Jonas Julia Kai Karim Kate Lars Leila Leo Lucia Maria Marta Max Mia Milan Nadia Nina Noah Olga Omar Oscar Paul Petra
Priya Rosa Ruth Sam Sara Sofia Stefan Tara Theo Tim Uma Vera Victor Wei Yara Yusuf Zoe""".split()
SYLLABLES = """an ar bel ber bor bra cal car chen cor dal dan del dor ek el en er fal fen ger gor hal han hol in jan ka kal kel kov kow lan lev lin lor
man mar mer mil mon nak nor ol or os pen pol qui ram ren rich rin ros sal san sen ski son stein tan tor ul van ver vil wal wen wood yam zan""".split()
NOUNS = """adapter battery blanket blender book bottle bracket brush bulb cable camera candle carpet chair charger clamp clock coat cup curtain cushion desk
door drill engine fan filter folder frame fridge glove guitar hammer hanger headset helmet hinge hose jacket kettle keyboard knife ladder lamp laptop
lens lock mat mattress microphone mirror monitor motor mouse mug oven paint pan pen phone pillow plate printer pump racket radio router ruler saddle
scarf screen shelf shirt shoe sink sofa speaker spoon stapler stool stove strap table tablet tent tile toaster towel tray tripod trolley valve vase
wallet watch wheel window""".split()
ADJECTIVES = """black blue brown compact cordless cotton double electric foldable glass green grey heavy large leather light long mini new oak old orange
outdoor plastic portable red round short silver small soft solar spare square steel travel used waterproof white wide wireless wooden yellow""".split()
THINGS = """annual annual autumn backup budget client data design engineering field first garden harbour health holiday kitchen launch legal marketing
monthly morning new office online open payment product project quarterly regional release roof safety sales school security server site spring staff
storage summer supplier team test tour training user vendor warehouse web winter""".split()
EVENTS = "audit call check class concert demo dinner exam fair interview lecture lesson lunch meeting migration party planning presentation race rehearsal repair report review session talk training upgrade visit walk workshop".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
WORD_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
COUNTRIES = "Austria Belgium Brazil Canada Chile Denmark Egypt Finland France Germany Greece India Ireland Italy Japan Kenya Mexico Morocco Norway Peru Poland Portugal Spain Sweden Turkey Vietnam".split()
CURRENCIES = {"USD": "$", "EUR": "€", "GBP": "£", "CHF": "CHF ", "JPY": "¥"}


class Values:
    def __init__(self, rng: random.Random):
        self.rng = rng

    def pick(self, options):
        return self.rng.choice(options)

    def chance(self, p):
        return self.rng.random() < p

    def chars(self, alphabet, low, high=None):
        return "".join(self.rng.choices(alphabet, k=self.rng.randint(low, high or low)))

    def name(self, low=2, high=3):
        return "".join(self.rng.choices(SYLLABLES, k=self.rng.randint(low, high))).capitalize()

    def digits(self, n):
        return self.chars(string.digits, n)

    # ----------------------------------------------------------------------------------------------- strings

    def first_name(self):
        return self.same(self.pick(FIRST) if self.chance(0.7) else self.name())

    def last_name(self):
        return self.same(self.name())

    def person(self):
        first, last = self.first_name()[0], self.name()
        return self.same(self.pick((f"{first} {last}", f"{first} {last}", f"{first} {last}", f"{first} {self.chars(string.ascii_uppercase, 1)}. {last}",
                                    f"Dr. {first} {last}", f"{last}, {first}", f"{first} {last}-{self.name()}")))

    def company(self):
        return self.same(self.name() + self.pick((" GmbH", " Ltd", " Inc.", " & Sons", " AG", " Corp", " Foods", " Logistics", " Systems", " Bank", " Labs",
                                                  " Media", "", " Partners", " Energy", " S.A.", " Motors", f" {self.name()}")))

    def city(self):
        return self.same(self.pick(("", "", "", "", "New ", "Port ", "San ", "Bad ", "North ")) + self.name() + self.pick(("", "", "", "ton", "burg", "ville", " City", "stadt", "field")))

    def country(self):
        return self.same(self.pick(COUNTRIES))

    def street(self):
        n = str(self.rng.randint(1, 400)) + self.pick(("", "", "", "", "a", "B"))
        return self.same(self.pick((f"{n} {self.name()} {self.pick(('Street', 'Road', 'Ave', 'Lane', 'St', 'Drive'))}", f"{self.name()}{self.pick(('straße', 'weg', 'gasse'))} {n}",
                                    f"{n} Rue {self.name()}")))

    def product(self):
        words = [self.pick(ADJECTIVES)] * self.chance(0.6) + [self.pick(ADJECTIVES)] * self.chance(0.15) + [self.pick(NOUNS)]
        text = " ".join(dict.fromkeys(words))
        if self.chance(0.25):
            text = f"{self.name()} {text}"
        if self.chance(0.15):
            text += f" {self.chars(string.ascii_uppercase, 1, 2)}{self.digits(self.rng.randint(1, 3))}"
        return self.same(text)

    def title(self):
        text = f"{self.pick(THINGS)} {self.pick(EVENTS)}"
        if self.chance(0.2):
            text = f"{text} with {self.first_name()[0]}"
        return self.same(self.pick((text, text, text.capitalize(), text.title())))

    def job(self):
        return self.same(self.pick(("", "", "Senior ", "Junior ", "Lead ", "Head of ")) + self.pick(
            ("Accountant", "Baker", "Buyer", "Chemist", "Cook", "Data Engineer", "Designer", "Driver", "Editor", "Electrician", "Gardener", "Marketing", "Nurse",
             "Product Manager", "Quality Tester", "Receptionist", "Sales Agent", "Software Engineer", "Support Specialist", "Translator", "Welder")))

    def code(self):
        r = self.rng
        return self.same(self.pick((f"{self.chars(string.ascii_uppercase, 2, 4)}-{self.digits(r.randint(3, 6))}", self.digits(r.randint(4, 9)), f"#{self.digits(r.randint(3, 6))}",
                                    f"{self.chars(string.ascii_uppercase, 1, 2)}{self.digits(r.randint(3, 7))}", f"{r.randint(2019, 2027)}-{self.digits(4)}", self.chars("0123456789abcdef", 7, 12),
                                    f"{self.chars(string.ascii_uppercase, 3)}/{self.digits(2)}/{self.digits(3)}")))

    def email(self):
        user = self.pick((self.first_name()[0], f"{self.first_name()[0]}.{self.name()}", self.name() + self.digits(2), self.pick(("info", "sales", "office", "support"))))
        return self.same(f"{user}@{self.name()}{self.pick(('.com', '.org', '.net', '.de', '.io', '.co.uk'))}".lower())

    def phone(self):
        d = self.digits
        return self.same(self.pick((f"+{self.rng.randint(1, 98)} {d(3)} {d(7)}", f"({d(3)}) {d(3)}-{d(4)}", f"0{d(3)} {d(6)}", f"{d(3)}-{d(3)}-{d(4)}", f"+{d(2)}-{d(2)}-{d(4)}-{d(4)}")))

    def url(self):
        return self.same(f"{self.pick(('https://', 'https://', 'http://', 'https://www.'))}{self.name().lower()}.{self.pick(('com', 'org', 'io', 'dev'))}/{self.pick(('', self.pick(NOUNS), self.pick(NOUNS) + '/' + self.digits(3)))}")

    def host(self):
        return self.same(self.pick((f"{self.pick(('web', 'db', 'app', 'mail', 'node', 'cache', 'build'))}{self.pick(('-', ''))}{self.rng.randint(1, 40):02}", f"{self.name().lower()}.example.org", f"{self.name().lower()}")))

    def ip(self):
        return self.same(".".join(str(self.rng.randint(1, 254)) for _ in range(4)))

    def path(self):
        return self.same("/" + "/".join(self.pick(("etc", "var", "srv", "home", "data", "usr", self.name().lower(), self.pick(NOUNS))) for _ in range(self.rng.randint(1, 3))) + "/" + self.pick(NOUNS) + self.pick((".log", ".conf", ".csv", ".txt", "", ".json", ".pdf")))

    def user(self):
        return self.same(self.pick((self.first_name()[0].lower(), self.name().lower() + self.digits(2), self.pick(("root", "admin", "deploy", "www-data", "backup")))))

    def time(self):
        h, m = self.rng.randint(0, 23), self.rng.choice((0, 0, 15, 30, 45, self.rng.randint(0, 59)))
        half = "am" if h < 12 else "pm"
        return self.same(self.pick((f"{h:02}:{m:02}", f"{h}:{m:02}", f"{(h + 11) % 12 + 1}:{m:02} {half}", f"{(h + 11) % 12 + 1} {half}", f"{(h + 11) % 12 + 1}{half}")))

    def day(self):
        """A day as people say it."""
        return self.same(self.pick((self.pick(DAYS), "tomorrow", "next " + self.pick(DAYS), "today", f"{self.pick(MONTHS)} {self.rng.randint(1, 28)}", f"the {self.rng.randint(4, 20)}th", f"this {self.pick(DAYS)}", "next week")))

    def period(self):
        n = self.rng.randint(2, 12)
        return self.same(self.pick((f"{n} {self.pick(('days', 'weeks', 'hours', 'minutes', 'months', 'years'))}", "a week", "half an hour", f"{n * 5} minutes", "overnight")))

    def note(self):
        return self.same(self.pick((f"please {self.pick(('call', 'ring the bell', 'leave it at the door', 'handle with care', 'use the back entrance'))}", f"the {self.product()[0]} is {self.pick(('broken', 'missing', 'late', 'too small', 'scratched', 'noisy'))}",
                                    f"no {self.pick(NOUNS)} needed", f"bring a {self.product()[0]}", f"check the {self.pick(NOUNS)} first")))

    # ------------------------------------------------------------------------------------ typed and normalised

    def same(self, text):
        return text, text

    def date(self):
        """(text, ISO 8601): only texts that say one day."""
        y, m, d = self.rng.randint(2018, 2027), self.rng.randint(1, 12), self.rng.randint(1, 28)
        month = MONTHS[m - 1]
        text = self.pick((f"{y}-{m:02}-{d:02}", f"{y}-{m:02}-{d:02}", f"{d} {month} {y}", f"{month} {d}, {y}", f"{d} {month[:3]} {y}", f"{d:02}.{m:02}.{y}", f"{month[:3]} {d}, {y}"))
        return text, f"{y}-{m:02}-{d:02}"

    def count(self):
        n = self.pick((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, self.rng.randint(1, 60), self.rng.randint(10, 500)))
        return (WORD_NUMBERS[n] if 1 < n <= 12 and self.chance(0.2) else str(n)), n

    def big(self):
        n = self.rng.randint(100, 10 ** self.rng.randint(4, 7))
        return (f"{n:,}" if self.chance(0.4) else str(n)), n

    def decimal(self):
        n = round(self.rng.uniform(0, 10 ** self.rng.randint(0, 3)), self.rng.randint(1, 2))
        return str(n), n

    def money(self):
        n = self.rng.choice((self.rng.randint(1, 2000), round(self.rng.uniform(1, 900), 2), round(self.rng.uniform(1, 9000), 2)))
        plain = f"{n:,.2f}" if isinstance(n, float) or self.chance(0.2) else f"{n:,}" if self.chance(0.5) else str(n)
        sign = self.pick(list(CURRENCIES.values()))
        return self.pick((sign + plain, sign + plain, f"{plain} {self.pick(list(CURRENCIES))}", f"{self.pick(list(CURRENCIES))} {plain}", f"{plain} {self.pick(('euros', 'dollars', 'pounds'))}", plain)), n

    def percent(self):
        n = self.pick((self.rng.randint(1, 100), round(self.rng.uniform(0, 100), 1)))
        return f"{n}{self.pick(('%', '%', ' %', ' percent'))}", n

    def year(self):
        n = self.rng.randint(1900, 2026)
        return str(n), n


STRINGS = {"first_name", "last_name", "person", "company", "city", "country", "street", "product", "title", "job", "code", "email", "phone", "url", "host", "ip", "path", "user", "time", "day", "period", "note", "date"}
INTEGERS = {"count", "big", "year"}
NUMBERS = {"decimal", "money", "percent"}
FORMATS = {"email": "email", "url": "uri", "ip": "ipv4", "date": "date"}


def json_type(kind):
    return "integer" if kind in INTEGERS else "number" if kind in NUMBERS else "string"


def run(description, rows):
    """The program of a rows.py: rows(rng, count) to JSON Lines."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with open(options.out, "w", encoding="utf-8") as out:
        for row in rows(random.Random(options.seed), options.rows):
            print(json.dumps(row, ensure_ascii=False), file=out)
