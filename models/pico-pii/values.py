# SPDX-License-Identifier: Apache-2.0
"""Made-up values for each label: names, addresses, numbers with right check digits, and look-alikes that are no personal data.

Names, streets, towns and telephone shapes are drawn from pools that the caller harvests from labelled rows; everything else is made here.
"""
import collections
import re
import string
import unicodedata

DIGITS = string.digits
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MONTHS = ("January February March April May June July August September October November December").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def fold(text):
    """ASCII letters and digits of a name, lower case, as they appear in mail addresses."""
    text = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("ł", "l").replace("Ł", "L")
    text = text.replace("đ", "d").replace("Đ", "D").replace("æ", "ae").replace("Æ", "Ae").replace("ı", "i").replace("þ", "th")
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", text.lower())


class Markov:
    """Character model of order 3 over a list of names; gives words of the same sound that are in no list."""

    def __init__(self, words, order=3):
        self.order = order
        self.next = collections.defaultdict(list)
        self.known = set(words)
        self.words = list(words)
        for word in words:
            padded = "^" * order + word + "$"
            for i in range(order, len(padded)):
                self.next[padded[i - order:i]].append(padded[i])

    def draw(self, rng):
        for _ in range(30):
            context, out = "^" * self.order, ""
            while len(out) < 16:
                c = rng.choice(self.next[context])
                if c == "$":
                    break
                out += c
                context = context[1:] + c
            if 3 <= len(out) <= 13 and out not in self.known:
                return out
        return rng.choice(self.words)


def luhn_digit(digits):
    total = 0
    for i, d in enumerate(reversed(digits)):
        n = int(d)
        if i % 2 == 0:
            n *= 2
            n -= 9 * (n > 9)
        total += n
    return str(-total % 10)


def mod97(text):
    return int("".join(str(int(c, 36)) for c in text)) % 97


VERHOEFF_P = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def verhoeff_digit(digits):
    """Check digit over the dihedral group of order 10 (J. Verhoeff, 1969)."""

    def mul(a, b):
        if a < 5:
            return (a + b) % 5 + (5 if b >= 5 else 0)
        return (a - b) % 5 if b >= 5 else (a - b) % 5 + 5

    def permute(d, times):
        for _ in range(times):
            d = VERHOEFF_P[d]
        return d

    check = 0
    for i, d in enumerate(reversed(digits)):
        check = mul(check, permute(int(d), (i + 1) % 8))
    return next(str(d) for d in range(10) if mul(check, d) == 0)


# Country -> account part: n digits, a letters, c letters or digits.
IBAN_FORMS = {
    "DE": "18n", "AT": "16n", "CH": "5n12c", "FR": "10n11c2n", "ES": "20n", "IT": "1a10n12c", "NL": "4a10n", "BE": "12n", "PT": "21n",
    "GB": "4a14n", "IE": "4a14n", "PL": "24n", "CZ": "20n", "SK": "20n", "SE": "20n", "NO": "11n", "DK": "14n", "FI": "14n", "HU": "24n",
    "RO": "4a16c", "BG": "4a6n8c", "GR": "7n16c", "HR": "17n", "SI": "15n", "LV": "4a13c", "LT": "16n", "EE": "16n", "LU": "3n13c",
    "TR": "6n16c", "MT": "4a5n18c", "CY": "8n16c", "IS": "22n", "UA": "6n19c", "SA": "2n18c", "AE": "19n", "IL": "19n",
}
CARD_FORMS = (("4", 16, 30), ("51", 16, 8), ("52", 16, 6), ("53", 16, 6), ("54", 16, 6), ("55", 16, 8), ("2221", 16, 4), ("2720", 16, 2),
              ("2345", 16, 2), ("34", 15, 6), ("37", 15, 8), ("6011", 16, 7), ("65", 16, 3), ("3566", 16, 4), ("3528", 16, 2), ("36", 14, 6),
              ("38", 14, 2), ("6304", 16, 2), ("62", 16, 3), ("4", 13, 1))
PLATES = ("{L}{L}{d}{d} {L}{L}{L}", "{L}{L}{d}{d}{L}{L}{L}", "{L}{L}-{d}{d}{d}-{L}{L}", "{L}-{L}{L} {d}{d}{d}{d}", "{L}{L}-{L}{L} {d}{d}{d}", "{L}{L}-{L} {d}{d}",
          "{L}{L}{L}-{d}{d}{d}{d}", "{d}{L}{L}{L}{d}{d}{d}", "{L}{L}{L} {d}{d}{d}", "{L}{L}{L}{d}{L}{d}{d}", "{d}{d}{d}{d} {L}{L}{L}", "{L}{L} {d}{d}{d} {L}{L}",
          "{L}{L} {d}{d} {d}{d}{d}", "{L}{L} {d}{d} {L}{L} {d}{d}{d}{d}", "{L}{L} {d}{d}{d}{d}{d}", "{d}-{L}{L}{L}-{d}{d}{d}", "{L}{L}-{d}{d}-{L}{L}", "{L}-{d}{d}{d}-{L}{L}",
          "{L}{L}{L} {d}{d}{L}", "{L}{L}{L}-{d}{d}{d}", "{d}{d} {L}{L} {d}{d}{d}")
VIN_MAKERS = "WVW WBA WDB WAU 1HG 1FT 1G1 2HG 3VW 5YJ JTD JHM KMH KNA SAL TMB VF1 VF3 VSS YV1 ZFA ZAR LRW NMT WF0 W0L TRU UU1".split()
USER_WORDS = ("amber anchor arrow aspen atlas basil birch blaze bramble breeze brook cactus canyon captain cedar chess cinder cloud clover comet copper coral "
              "crow crystal dagger dawn delta disco dragon drift dusk eagle echo ember fable fern finch flame flint forest fox frost galaxy ghost ginger "
              "glacier granite hawk hazel honey ink iron ivy jade jazz juniper kite lemon lime lion lotus lucky lunar magic mango maple marble meadow mint "
              "misty monkey moon moss muffin nebula ninja nova oak ocean olive onyx orbit otter owl panda pearl pepper phoenix pilot pine pixel plum polar "
              "puma quartz queen rabbit rain raven retro river robin rocket ruby rusty sage salt scout shadow shark silver sky snow solar spark star storm "
              "sugar sunny swift tango tiger toast tulip turbo velvet violet walnut wave whale willow wizard wolf yarrow zebra zen").split()
TLDS = "com com com com org net io dev de fr it es nl pl se co.uk eu info app me ch at be dk no fi cz ca com.au co.za in br us biz tech cloud xyz".split()
MAIL_HOSTS = ("gmail.com gmail.com yahoo.com hotmail.com outlook.com icloud.com proton.me protonmail.com aol.com live.com mail.com gmx.de gmx.net web.de "
              "t-online.de orange.fr free.fr laposte.net libero.it wp.pl o2.pl seznam.cz uol.com.br btinternet.com yahoo.co.uk ymail.com fastmail.com zoho.com "
              "example.com example.org example.net mail.example corp.example posteo.de hey.com tutanota.com me.com msn.com telenet.be ziggo.nl centrum.cz").split()
AGENT_PREFIXES = ("sk-", "ghp_", "glpat-", "gho_", "xoxb-", "xoxp-", "AKIA", "hf_", "npm_", "AIza", "SG.", "rk_live_", "sk_live_", "sk_test_", "whsec_",
                  "dop_v1_", "shpat_", "key-", "pypi-", "tok_", "api_", "ya29.")
PASS_BASES = ("summer winter spring autumn welcome password passw0rd changeme letmein qwerty admin secret monkey dragon football baseball sunshine iloveyou "
              "princess shadow master superman hunter trustno1 starwars pokemon cheese banana coffee purple liverpool chelsea arsenal barcelona london paris "
              "berlin madrid freedom whatever buster charlie ginger pepper cookie snoopy").split()
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx", "1q2w3e4r", "zaq12wsx", "qazwsx", "asdf1234", "qwerty123", "1234567890", "abc123", "987654321")


class Values:
    """Draws values. `pools` maps kinds ("first", "last", "city", "zip", "street", "tail", "phone", "word") to lists."""

    def __init__(self, rng, pools):
        self.rng = rng
        self.pools = pools
        self.first_model = Markov(pools["first"])
        self.last_model = Markov(pools["last"])
        self.city_model = Markov(pools["city"])

    # -- building blocks
    def pick(self, *options):
        return self.rng.choice(options)

    def chance(self, p):
        return self.rng.random() < p

    def chars(self, alphabet, n):
        return "".join(self.rng.choices(alphabet, k=n))

    def digits(self, n):
        return self.chars(DIGITS, n)

    def form(self, pattern):
        """Fills {d} with digits, {L} capitals, {l} small letters, {x} hex digits."""
        sets = {"d": DIGITS, "L": string.ascii_uppercase, "l": string.ascii_lowercase, "x": HEX}
        return re.sub(r"\{([dLlx])\}", lambda m: self.rng.choice(sets[m.group(1)]), pattern)

    def pool(self, kind):
        return self.rng.choice(self.pools[kind])

    def number(self, low, high):
        return self.rng.randint(low, high)

    # -- names
    def first(self):
        r = self.rng.random()
        name = self.pool("common_first") if r < 0.2 else self.first_model.draw(self.rng) if r < 0.5 else self.pool("first")
        if self.chance(0.02):
            name += "-" + self.pool("first")
        return name

    def last(self):
        r = self.rng.random()
        name = self.pool("common_last") if r < 0.18 else self.last_model.draw(self.rng) if r < 0.55 else self.pool("last")
        r = self.rng.random()
        if r < 0.025:
            name += "-" + self.pool("last")
        elif r < 0.04:
            name = self.pick("van ", "de ", "van der ", "von ", "di ", "da ", "del ", "de la ", "al-", "El ", "Le ", "dos ", "bin ", "ter ", "van den ") + name
        elif r < 0.05:
            name = self.pick("O'", "Mc", "D'", "O’", "Mac", "St. ") + name
        elif r < 0.055:
            name += " " + self.pick("Jr.", "III", "Sr.", "II")
        return name

    def person(self):
        """(first, middle, last) of one made-up person."""
        r = self.rng.random()
        middle = ""
        if r < 0.06:
            middle = self.rng.choice(string.ascii_uppercase) + "."
        elif r < 0.15:
            middle = self.pool("first")
        elif r < 0.18:
            middle = self.pool("last")
        return self.first(), middle, self.last()

    def full(self, person):
        first, middle, last = person
        r = self.rng.random()
        if r < 0.05:
            return f"{first[0]}. {last}"
        return " ".join(part for part in (first, middle, last) if part)

    # -- log-ins, mail, web
    def username(self, person=None):
        first, last = (fold(person[0]), fold(person[2])) if person else (fold(self.first()), fold(self.last()))
        first, last = first or "kim", last or "lee"
        word, n = self.rng.choice(USER_WORDS), self.number(0, 99)
        forms = (f"{first}.{last}", f"{first}_{last}", f"{first}-{last}", first[0] + last, first[0] + last, first + last[0], first + last, first, last,
                 f"{first}{n}", f"{first}{self.number(1950, 2010)}", f"{first}{word}", f"{first}_{word}", f"{word}_{first}", f"{word}{n}", f"svc_{first}", f"x{first}x",
                 first[:3] + last[:3], f"{last}.{first}", f"{last}{first[0]}", f"{word}{self.rng.choice(USER_WORDS)}", f"{first}{last[0]}{self.number(0, 999)}",
                 f"{word}.{self.rng.choice(USER_WORDS)}{n}", f"adm-{first[0]}{last}", f"{last}{n}", f"the_{first}", f"{first}_{n}", f"real{first}{last}", f"{first[0]}{last}{n}",
                 f"{first}{word}{n}", f"{first}_x", f"{first[0]}.{last}", f"{last}_{first[0]}", f"{first}__", f"its{first}", f"mr_{last}", f"{word}__{n}", f"u{self.digits(6)}",
                 f"{last[:6]}{first[:2]}")
        name = self.rng.choice(forms)
        r = self.rng.random()
        if r < 0.04:
            name = name.title().replace(".", "")
        elif r < 0.05:
            name = name.upper()
        return name

    def handle(self, person=None):
        """A name as people choose it on social networks: capitals, underscores, digits."""
        first, last = (person[0], person[2]) if person else (self.first(), self.last())
        first, last = fold(first) or "kim", fold(last) or "lee"
        word, n = self.rng.choice(USER_WORDS), self.number(0, 99)
        forms = (first.title() + last.title(), f"{first}_{last}", f"{word}_{first}", f"{first}{n}", f"{word.title()}{n}", f"xo_{first}", f"Its{first.title()}", f"{first}xx{n}",
                 f"_{first}_", f"{first.title()}_{word.title()}", f"i{word.title()}{first.title()}", f"The{last.title()}", f"{word}{self.rng.choice(USER_WORDS)}", f"{first.title()}{n}",
                 f"{word.upper()}{first[:2].upper()}", f"{first}Loves{word.title()}", f"team{word}", f"{first[0]}{last}", f"Miss{first.title()}", f"{last.title()}{self.number(1980, 2012)}",
                 f"{word}gal_{n}", f"{first}{self.chars('aeiou', 1) * 3}", self.username(person))
        return self.rng.choice(forms)

    def domain(self):
        a, b = self.rng.choice(USER_WORDS), self.rng.choice(USER_WORDS)
        name = self.pick(a + b, f"{a}-{b}", a, fold(self.last()) or a, f"{a}{self.pick('labs', 'soft', 'media', 'group', 'tech', 'works', 'shop', 'bank', 'hub', 'net')}",
                         fold(self.city_model.draw(self.rng)) or b)
        return f"{name}.{self.rng.choice(TLDS)}"

    def email(self, person=None):
        first, last = (fold(person[0]), fold(person[2])) if person else (fold(self.first()), fold(self.last()))
        first, last = first or "kim", last or "lee"
        word, n = self.rng.choice(USER_WORDS), self.number(0, 99)
        local = self.pick(f"{first}.{last}", f"{first}.{last}", f"{first}_{last}", f"{first[0]}.{last}", first[0] + last, first + last, first, last, f"{first}{n}", f"{first}.{last}{n}",
                          f"{last}.{first}", f"{first}+{word}", f"{first}-{last}", f"{last}{first[0]}", f"{word}{n}", f"{first}.{last}+{word}", f"{last}_{first}", f"{first}{last[0]}",
                          f"{first}{self.number(1950, 2009)}", f"{first[0]}{last}{n}")
        r = self.rng.random()
        host = self.rng.choice(MAIL_HOSTS) if r < 0.5 else self.domain()
        if r > 0.95:
            host = self.pick("mail.", "eu.", "corp.", "staff.", "dept.") + host
        elif r > 0.88:
            host = f"{last}.{self.rng.choice(TLDS)}"
        address = f"{local}@{host}"
        return address.title() if self.chance(0.03) else address.upper() if self.chance(0.01) else address

    def url(self, person=None):
        user = self.username(person)
        a, b, n = self.rng.choice(USER_WORDS), self.rng.choice(USER_WORDS), self.number(1, 99999)
        site = self.pick("twitter.com", "x.com", "github.com", "gitlab.com", "www.instagram.com", "instagram.com", "www.facebook.com", "www.linkedin.com/in", "medium.com", "t.me",
                         "www.youtube.com", "soundcloud.com", "www.tiktok.com", "mastodon.social", "bsky.app/profile", "www.flickr.com/photos", "www.strava.com/athletes")
        host = self.domain()
        path = self.pick("", "", f"/{a}", f"/{a}/{b}", f"/{a}/{n}", f"/{a}?id={n}", f"/~{user}", f"/users/{user}", f"/{b}.html", f"/{a}/{b}/?utm_source={b}", f"/p/{n}#{a}", f"/{a}-{b}-{n}",
                         f"/watch?v={self.chars(ALNUM, 11)}", f"/{self.number(2009, 2026)}/{self.number(1, 12):02}/{a}-{b}", f"/reset/{self.chars(HEX, 16)}", f":8443/{a}", f"/{a}.pdf")
        short = self.pick("bit.ly", "t.co", "ow.ly", "tinyurl.com", "goo.gl", "is.gd", "youtu.be", "fb.me", "dlvr.it", "lnkd.in") + "/" + self.chars(ALNUM, self.number(5, 10))
        r = self.rng.random()
        if r < 0.22:
            return f"https://{site}/{user}"
        if r < 0.32:
            return f"{self.pick('http', 'https')}://{short}"
        if r < 0.42:
            return f"www.{host}{path}"
        return f"{self.pick('https', 'https', 'http')}://{self.pick('', '', 'www.', 'blog.', 'app.', 'docs.', 'my.')}{host}{path}"

    def password(self):
        word, other = self.rng.choice(USER_WORDS), self.rng.choice(USER_WORDS)
        symbol = self.rng.choice("!!!?$%&*#@._-+")
        forms = (lambda: word.title() + self.digits(self.number(1, 4)) + symbol, lambda: f"{word}-{other}-{self.rng.choice(USER_WORDS)}",
                 lambda: self.rng.choice(PASS_BASES) + str(self.number(0, 2026)), lambda: self.rng.choice(PASS_BASES).title() + self.digits(2) + symbol,
                 lambda: self.chars(ALNUM, self.number(8, 16)), lambda: self.chars(ALNUM + "!#$%&*+?_-", self.number(8, 18)), lambda: self.chars(string.ascii_lowercase + DIGITS, self.number(8, 12)),
                 lambda: (fold(self.first()) or "kim") + self.pick("", ".", "_", "#") + str(self.number(1, 2020)), lambda: symbol + word.title() + symbol + other + self.digits(2),
                 lambda: self.rng.choice(PASS_BASES).replace("a", "4").replace("e", "3").replace("o", "0").replace("s", "$") + self.digits(2),
                 lambda: self.rng.choice(KEYBOARD) + self.pick("", "!", "99", "1"), lambda: f"{word}{other}{self.digits(2)}", lambda: f"{word.title()}{other.title()}{symbol}{self.digits(1)}",
                 lambda: self.digits(self.number(6, 8)), lambda: self.chars(ALNUM, 4) + "-" + self.chars(ALNUM, 4) + "-" + self.chars(ALNUM, 4))
        return self.rng.choice(forms)()

    def token(self):
        prefix = self.rng.choice(AGENT_PREFIXES)
        if self.chance(0.35):
            return self.pick(self.chars(HEX, 40), self.chars(HEX, 32), self.chars(ALNUM, 32), self.chars(ALNUM, self.number(24, 48)), self.chars(ALNUM + "+/", 43) + "=",
                             "eyJhbGciOiJIUzI1NiJ9." + self.chars(ALNUM, 24) + "." + self.chars(ALNUM, 30), self.chars(HEX, 64),
                             "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9." + self.chars(ALNUM, 32) + "." + self.chars(ALNUM + "-_", 40))
        body = {"AKIA": lambda: self.chars(string.ascii_uppercase + "234567", 16), "AIza": lambda: self.chars(ALNUM + "-_", 35), "glpat-": lambda: self.chars(ALNUM, 20),
                "SG.": lambda: self.chars(ALNUM, 22) + "." + self.chars(ALNUM, 43), "key-": lambda: self.chars(HEX, 32), "dop_v1_": lambda: self.chars(HEX, 64),
                "xoxb-": lambda: self.digits(11) + "-" + self.chars(ALNUM, 24), "xoxp-": lambda: self.digits(11) + "-" + self.digits(12) + "-" + self.chars(ALNUM, 24),
                "shpat_": lambda: self.chars(HEX, 32)}
        return prefix + body.get(prefix, lambda: self.chars(ALNUM, self.pick(24, 32, 36, 40)))()

    def pin(self):
        return self.digits(self.pick(4, 4, 4, 4, 5, 6))

    def cvv(self):
        return self.digits(self.pick(3, 3, 3, 4))

    # -- network
    def ip4(self):
        r = self.rng.random()
        if r < 0.25:
            return f"192.168.{self.number(0, 255)}.{self.number(1, 254)}"
        if r < 0.45:
            return f"10.{self.number(0, 255)}.{self.number(0, 255)}.{self.number(1, 254)}"
        if r < 0.5:
            return f"172.{self.number(16, 31)}.{self.number(0, 255)}.{self.number(1, 254)}"
        return f"{self.number(1, 223)}.{self.number(0, 255)}.{self.number(0, 255)}.{self.number(1, 254)}"

    def ip6(self):
        def group():
            return f"{self.number(0, 65535):x}"

        r = self.rng.random()
        if r < 0.25:
            return ":".join(group() for _ in range(8))
        if r < 0.35:
            return ":".join(f"{self.number(0, 65535):04x}" for _ in range(8))
        if r < 0.55:
            return f"2001:db8:{group()}::" + ":".join(group() for _ in range(self.number(1, 4)))
        if r < 0.7:
            return "fe80::" + ":".join(group() for _ in range(4))
        if r < 0.8:
            return f"fd{self.chars(HEX, 2)}:{group()}:{group()}::{group()}"
        if r < 0.85:
            return f"::ffff:{self.ip4()}"
        text = f"{self.pick('2a00', '2a02', '2600', '2607', '2003', '2400', '2804')}:{group()}:{group()}:{group()}::{self.number(1, 999):x}"
        return text.upper() if self.chance(0.1) else text

    def ip(self):
        return self.ip6() if self.chance(0.17) else self.ip4()

    def mac(self):
        groups = [self.chars(HEX, 2) for _ in range(6)]
        r = self.rng.random()
        text = "-".join(groups) if r < 0.2 else ":".join(groups)
        if r > 0.93:
            text = ".".join("".join(groups[i:i + 2]) for i in (0, 2, 4))
        return text.upper() if self.chance(0.45) else text

    # -- numbers of documents, money, devices
    def card(self):
        prefix, length, _ = self.rng.choices(CARD_FORMS, weights=[f[2] for f in CARD_FORMS])[0]
        body = prefix + self.digits(length - 1 - len(prefix))
        number = body + luhn_digit(body)
        separator = self.pick("", "", "", " ", " ", "-")
        if not separator:
            return number
        sizes = (4, 6, 5) if length == 15 else (4, 6, 4) if length == 14 else (4, 4, 4, 4)
        return self.grouped(number, sizes, separator)

    @staticmethod
    def grouped(text, sizes, separator):
        parts, at = [], 0
        for size in sizes:
            parts.append(text[at:at + size])
            at += size
        if at < len(text):
            parts.append(text[at:])
        return separator.join(part for part in parts if part)

    def iban(self):
        country = self.rng.choice(list(IBAN_FORMS)) if self.chance(0.5) else self.pick("DE", "FR", "GB", "NL", "ES", "IT", "PL", "AT", "CH", "BE", "SE", "DK")
        sets = {"n": DIGITS, "a": string.ascii_uppercase, "c": string.ascii_uppercase + DIGITS}
        account = "".join(self.chars(sets[kind], int(n)) for n, kind in re.findall(r"(\d+)([nac])", IBAN_FORMS[country]))
        check = 98 - mod97(account + country + "00")
        number = f"{country}{check:02}{account}"
        return number if self.chance(0.5) else self.grouped(number, (4,) * (len(number) // 4), " ")

    def ssn(self):
        r = self.rng.random()
        if r < 0.6:
            parts = [f"{self.pick(self.number(1, 665), self.number(667, 899)):03}", f"{self.number(1, 99):02}", f"{self.number(1, 9999):04}"]
            return ("-" if r < 0.5 else " " if r < 0.57 else "").join(parts)
        if r < 0.68:
            letters = self.rng.choice("ABCEGHJKLMNOPRSTWXYZ") + self.rng.choice("ABCEGHJKLMNPRSTWXYZ")
            pairs = [self.digits(2) for _ in range(3)]
            return (" " if self.chance(0.6) else "").join([letters, *pairs, self.rng.choice("ABCD")])
        if r < 0.76:
            n = self.number(10_000_000, 99_999_999)
            if self.chance(0.2):
                n = self.number(0, 9_999_999)
                return f"X{n:07}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}"
            return f"{n}{self.pick('', '', '-')}{'TRWAGMYFPDXBNJZSQVHLCKE'[n % 23]}"
        if r < 0.84:
            body = str(self.number(2, 9)) + self.digits(10)
            number = body + verhoeff_digit(body)
            return self.grouped(number, (4, 4, 4), self.pick(" ", " ", "-", ""))
        if r < 0.91:
            body = self.digits(9)
            for _ in range(2):
                total = sum(int(d) * w for d, w in zip(body, range(len(body) + 1, 1, -1)))
                body += str((total * 10 % 11) % 10)
            return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}" if self.chance(0.85) else body
        if r < 0.96:
            body = self.pick("1", "2") + f"{self.number(30, 99)}{self.number(1, 12):02}{self.number(1, 95):02}" + self.digits(6)
            number = body + f"{97 - int(body) % 97:02}"
            return number if self.chance(0.6) else self.grouped(number, (1, 2, 2, 2, 3, 3, 2), " ")
        birthday = f"{self.number(1, 28):02}{self.number(1, 12):02}{self.number(40, 99)}"
        return self.pick(birthday + "-" + self.digits(4), f"19{birthday[4:]}{birthday[2:4]}{birthday[:2]}-{self.digits(4)}", f"756.{self.digits(4)}.{self.digits(4)}.{self.digits(2)}",
                         self.digits(3) + "-" + self.digits(3) + "-" + self.digits(3), birthday[4:] + birthday[2:4] + birthday[:2] + self.digits(5))

    def passport(self):
        return self.form(self.rng.choices(("{d}{d}{d}{d}{d}{d}{d}{d}{d}", "{L}{d}{d}{d}{d}{d}{d}{d}{d}", "{L}{L}{d}{d}{d}{d}{d}{d}{d}", "german", "{d}{d}{L}{L}{d}{d}{d}{d}{d}",
                                           "{L}{d}{d}{d}{d}{d}{d}{d}", "{L}{L}{L}{d}{d}{d}{d}{d}{d}", "{L}{L} {d}{d}{d}{d}{d}{d}{d}"), (30, 20, 18, 20, 5, 4, 3, 1))[0].replace(
            "german", self.pick("C", "C", "C", "L", "F", "G") + self.chars("CFGHJKLMNPRTVWXYZ0123456789", 8)))

    def driver_license(self):
        surname = (fold(self.last()).upper() + "99999")[:5]
        return self.pick(lambda: self.form("{L}{d}{d}{d}-{d}{d}{d}{d}-{d}{d}{d}{d}"), lambda: self.form("{L}{d}{d}{d}{d}{d}{d}{d}"), lambda: self.digits(8), lambda: self.form("{L}{L}{d}{d}{d}{d}{d}{d}"),
                         lambda: self.form(surname + "{d}{d}{d}{d}{d}{d}{L}{L}{d}{L}{L}"), lambda: self.form("{L}{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}"), lambda: self.form("{L}{L}{L}{d}{d}{d}{d}{d}{d}{L}"),
                         lambda: self.form("{L}{d}{d}-{d}{d}-{d}{d}{d}{d}"), lambda: self.form("{L}{L}{d}{d} {d}{d}{d}{d}{d}{d}"))()

    def account(self):
        return self.pick(lambda: self.digits(8), lambda: self.digits(9), lambda: self.digits(10), lambda: self.digits(12), lambda: self.grouped(self.digits(10), (4, 4), " "),
                         lambda: self.form("{L}{L}{d}{d}{d}{d}{d}{d}{d}{d}"), lambda: self.form("{d}{d}{d}-{d}{d}{d}{d}{d}{d}"), lambda: self.digits(11), lambda: self.form("{L}{d}{d}{d}{d}{d}{d}{d}{d}"),
                         lambda: self.form("{L}{L}{L}-{d}{d}{d}{d}{d}{d}"), lambda: self.grouped(self.digits(12), (4, 4, 4), self.pick(" ", "-")))()

    def sort_code(self):
        return self.form("{d}{d}-{d}{d}-{d}{d}")

    def routing(self):
        return self.digits(9)

    def imei(self):
        body = "35" + self.digits(12) if self.chance(0.8) else self.pick("01", "86", "99", "49") + self.digits(12)
        number = body + luhn_digit(body)
        return number if self.chance(0.65) else self.grouped(number, (2, 6, 6, 1), self.pick("-", "-", " "))

    def vin(self):
        return self.rng.choice(VIN_MAKERS) + self.chars("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 14)

    def plate(self):
        return self.form(self.rng.choice(PLATES))

    def crypto(self):
        r = self.rng.random()
        if r < 0.28:
            return "bc1q" + self.chars(BECH32, 38)
        if r < 0.32:
            return "bc1p" + self.chars(BECH32, 58)
        if r < 0.5:
            return "1" + self.chars(BASE58, self.number(32, 33))
        if r < 0.58:
            return "3" + self.chars(BASE58, 33)
        if r < 0.68:
            return self.pick("L", "M", "L") + self.chars(BASE58, 33)
        if r < 0.71:
            return "ltc1q" + self.chars(BECH32, 38)
        return "0x" + (self.chars(HEX, 40) if self.chance(0.5) else self.chars(HEX + "ABCDEF", 40))

    def gps(self):
        lat, lon, places = self.rng.uniform(-75, 75), self.rng.uniform(-179, 179), self.number(4, 6)
        r = self.rng.random()
        if r < 0.45:
            return f"{lat:.{places}f}, {lon:.{places}f}"
        if r < 0.82:
            return f"{lat:.{places}f},{lon:.{places}f}"
        if r < 0.88:
            return f"{abs(lat):.{places}f}° {'N' if lat > 0 else 'S'}, {abs(lon):.{places}f}° {'E' if lon > 0 else 'W'}"
        if r < 0.95:
            def dms(x, sides):
                x, side = abs(x), sides[x < 0]
                return f"{int(x)}°{int(x * 60) % 60:02}'{int(x * 3600) % 60:02}\"{side}"

            return f"{dms(lat, 'NS')} {dms(lon, 'EW')}"
        return f"{lat:.{places}f} {lon:.{places}f}"

    # -- places
    def city(self):
        return self.city_model.draw(self.rng) if self.chance(0.25) else self.pool("city")

    def zip(self):
        return re.sub(r"\d", lambda m: self.rng.choice(DIGITS), self.pool("zip"))

    def redraw_digits(self, text):
        """New digits, first digit of a group never 0 where it was not."""
        return re.sub(r"\d", lambda m: "0" if m.group() == "0" and self.chance(0.5) else self.rng.choice("123456789" if m.group() != "0" else DIGITS), text)

    def street(self):
        r = self.rng.random()
        name = self.pick(self.pool("last"), self.last_model.draw(self.rng), self.pool("first"), self.rng.choice(USER_WORDS).title())
        n = str(self.number(1, 199) if self.chance(0.8) else self.number(200, 9999))
        if self.chance(0.06):
            n += self.rng.choice("abcdAB")
        if r < 0.6:
            return self.redraw_digits(self.pool("street"))
        if r < 0.75:
            unit = self.pick("", "", "", " Apt. " + str(self.number(1, 999)), ", Unit " + str(self.number(1, 40)), " #" + str(self.number(1, 400)), " Suite " + str(self.number(100, 999)), ", Apt 4B", ", 2nd Floor")
            return f"{n} {self.pick('', '', 'N ', 'W. ', 'East ', 'Old ')}{name} {self.pick('Street', 'St', 'St.', 'Road', 'Rd', 'Avenue', 'Ave', 'Ave.', 'Lane', 'Drive', 'Dr', 'Court', 'Way', 'Place', 'Blvd', 'Boulevard', 'Terrace', 'Close', 'Crescent', 'Square', 'Hill', 'Gardens', 'Mews', 'Parkway', 'Highway', 'Row', 'Walk', 'View', 'Grove')}{unit}"
        if r < 0.82:
            return f"{name}{self.pick('straße', 'str.', 'weg', 'gasse', 'platz', 'allee', 'ring', 'strasse', 'gade', 'vej', 'gatan', 'vägen', 'veien', 'straat', 'laan', 'plein', 'katu', 'tie')} {n}"
        if r < 0.88:
            return self.pick(f"{n} rue {name}", f"{n}, rue de {name}", f"{n} avenue {name}", f"{n} bis boulevard {name}", f"{n}, place {name}", f"{n} chemin de {name}")
        if r < 0.94:
            return self.pick(f"Calle {name} {n}", f"C/ {name}, {n}", f"Avenida {name} {n}", f"Av. {name}, {n}, 3º B", f"Paseo {name}, {n}", f"Rua {name}, {n}", f"Travessa {name}, nº {n}", f"Plaza {name} {n}")
        return self.pick(f"Via {name}, {n}", f"Via {name} {n}", f"Piazza {name} {n}", f"Corso {name}, {n}", f"Viale {name} {n}", f"ul. {name} {n}", f"ul. {name} {n}/{self.number(1, 60)}", f"al. {name} {n}",
                         f"Strada {name} nr. {n}", f"{name} utca {n}.", f"{name} Sokak No:{n}", f"{name} Cad. {n}", f"{name}ova {n}")

    def zip_city(self):
        if self.chance(0.5):
            return self.redraw_digits(self.pool("tail"))
        return f"{self.zip()} {self.city()}"

    def address(self, newline=False):
        separator = "\n" if newline else ", "
        text = self.street() + separator + self.zip_city()
        if self.chance(0.06):
            text += separator + self.pool("country")
        return text

    def phone(self):
        if self.chance(0.6):
            return self.redraw_digits(self.pool("phone"))
        pattern = self.pick("({d}{d}{d}) {d}{d}{d}-{d}{d}{d}{d}", "{d}{d}{d}-{d}{d}{d}-{d}{d}{d}{d}", "{d}{d}{d}.{d}{d}{d}.{d}{d}{d}{d}", "+1 {d}{d}{d} {d}{d}{d} {d}{d}{d}{d}", "+1-{d}{d}{d}-{d}{d}{d}-{d}{d}{d}{d}", "1-800-{d}{d}{d}-{d}{d}{d}{d}",
                            "+44 7{d}{d}{d} {d}{d}{d}{d}{d}{d}", "07{d}{d}{d} {d}{d}{d}{d}{d}{d}", "020 {d}{d}{d}{d} {d}{d}{d}{d}", "+44 (0)20 {d}{d}{d}{d} {d}{d}{d}{d}", "+49 1{d}{d} {d}{d}{d}{d}{d}{d}{d}", "01{d}{d}/{d}{d}{d}{d}{d}{d}{d}",
                            "+49 (0) {d}{d}{d} {d}{d}{d}{d}{d}{d}", "030 / {d}{d}{d} {d}{d} {d}{d}", "+33 6 {d}{d} {d}{d} {d}{d} {d}{d}", "06 {d}{d} {d}{d} {d}{d} {d}{d}", "01.{d}{d}.{d}{d}.{d}{d}.{d}{d}", "+34 6{d}{d} {d}{d}{d} {d}{d}{d}", "9{d} {d}{d}{d} {d}{d} {d}{d}",
                            "+39 3{d}{d} {d}{d}{d} {d}{d}{d}{d}", "+39 06 {d}{d}{d}{d}{d}{d}{d}", "+31 6 {d}{d}{d}{d}{d}{d}{d}{d}", "06-{d}{d}{d}{d}{d}{d}{d}{d}", "+48 {d}{d}{d} {d}{d}{d} {d}{d}{d}", "+46 70 {d}{d}{d} {d}{d} {d}{d}", "070-{d}{d}{d} {d}{d} {d}{d}",
                            "+45 {d}{d} {d}{d} {d}{d} {d}{d}", "+47 {d}{d}{d} {d}{d} {d}{d}{d}", "+41 79 {d}{d}{d} {d}{d} {d}{d}", "+43 664 {d}{d}{d}{d}{d}{d}{d}", "+55 11 9{d}{d}{d}{d}-{d}{d}{d}{d}", "(11) 9{d}{d}{d}{d}-{d}{d}{d}{d}", "+91 {d}{d}{d}{d}{d} {d}{d}{d}{d}{d}",
                            "+91-{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}", "+61 4{d}{d} {d}{d}{d} {d}{d}{d}", "(0{d}) {d}{d}{d}{d} {d}{d}{d}{d}", "+81 90-{d}{d}{d}{d}-{d}{d}{d}{d}", "+86 1{d}{d} {d}{d}{d}{d} {d}{d}{d}{d}", "00{d}{d} {d}{d}{d} {d}{d}{d}{d}{d}{d}",
                            "+{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}", "0{d}{d}{d}{d}{d}{d}{d}{d}{d}", "{d}{d}{d}{d}{d}{d}{d}{d}{d}{d}", "({d}{d}{d}) {d}{d}{d}-{d}{d}{d}{d} x{d}{d}{d}", "{d}{d}{d}-{d}{d}{d}-{d}{d}{d}{d} ext. {d}{d}{d}", "+27 82 {d}{d}{d} {d}{d}{d}{d}", "+234 80{d} {d}{d}{d} {d}{d}{d}{d}")
        return self.form(pattern)

    # -- dates
    def date_text(self, year):
        d, m = self.number(1, 28), self.number(1, 12)
        month = MONTHS[m - 1]
        return self.pick(f"{year}-{m:02}-{d:02}", f"{year}-{m:02}-{d:02}", f"{d:02}/{m:02}/{year}", f"{m}/{d}/{year}", f"{d:02}.{m:02}.{year}", f"{d} {month} {year}", f"{month} {d}, {year}", f"{d} {month[:3]} {year}",
                         f"{d:02}-{month[:3]}-{year}", f"{m:02}/{d:02}/{year}", f"{d}.{m}.{year}")

    def birth_date(self):
        year = self.number(1932, 2012)
        r = self.rng.random()
        d, m = self.number(1, 28), self.number(1, 12)
        if r < 0.06:
            return self.pick(f"{d:02}{m:02}{year}", f"{m:02}/{d:02}/{year % 100:02}", f"{d}. {MONTHS[m - 1]} {year}", f"{d}{'th' if 3 < d < 21 or d > 23 else ('st', 'nd', 'rd')[d % 10 - 1]} {MONTHS[m - 1]} {year}",
                             f"{year}{m:02}{d:02}", f"{year}/{m:02}/{d:02}", f"{MONTHS[m - 1][:3]} {d}, {year}", f"{d:02}-{m:02}-{year}", f"{d:02}.{m:02}.{year % 100:02}")
        return self.date_text(year)

    def date(self):
        return self.date_text(self.number(2012, 2027))

    def time(self):
        h, m, s = self.number(0, 23), self.number(0, 59), self.number(0, 59)
        return self.pick(f"{h}:{m:02}", f"{h:02}:{m:02}:{s:02}", f"{h % 12 + 1}:{m:02} {self.pick('am', 'pm', 'AM', 'PM')}", f"{h % 12 + 1}{self.pick('am', 'pm')}", f"{h:02}:{m:02}")

    def stamp(self):
        y, mo, d, h, m, s = self.number(2014, 2026), self.number(1, 12), self.number(1, 28), self.number(0, 23), self.number(0, 59), self.number(0, 59)
        return self.pick(f"{y}-{mo:02}-{d:02}T{h:02}:{m:02}:{s:02}Z", f"{y}-{mo:02}-{d:02} {h:02}:{m:02}:{s:02},{self.number(0, 999):03}", f"{y}/{mo:02}/{d:02} {h:02}:{m:02}:{s:02}", f"{y}-{mo:02}-{d:02} {h:02}:{m:02}:{s:02}",
                         f"{y}-{mo:02}-{d:02}T{h:02}:{m:02}:{s:02}.{self.digits(6)}+00:00", f"{y}-{mo:02}-{d:02}T{h:02}:{m:02}:{s:02}.{self.digits(3)}Z")

    def syslog_stamp(self):
        return f"{self.rng.choice(MONTHS)[:3]} {self.number(1, 28):2} {self.number(0, 23):02}:{self.number(0, 59):02}:{self.number(0, 59):02}"

    def clf_stamp(self):
        return f"{self.number(1, 28):02}/{self.rng.choice(MONTHS)[:3]}/{self.number(2015, 2026)}:{self.number(0, 23):02}:{self.number(0, 59):02}:{self.number(0, 59):02} {self.pick('+0000', '+0000', '+0200', '-0500', '+0100')}"

    def mail_date(self):
        return f"{self.rng.choice(DAYS)[:3]}, {self.number(1, 28)} {self.rng.choice(MONTHS)[:3]} {self.number(2014, 2026)} {self.number(0, 23):02}:{self.number(0, 59):02}:{self.number(0, 59):02} {self.pick('+0000', '+0200', '-0700', '+0100')}"
