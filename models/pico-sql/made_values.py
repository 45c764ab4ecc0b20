# SPDX-License-Identifier: Apache-2.0
"""Kinds of values that databases have and texts rarely, beside those of kinds.py."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "rows"))
import kinds  # noqa: E402


class Values(kinds.Values):
    """Kinds of values that databases have and texts rarely."""

    def work(self):
        adjective = self.pick(
            "Silent Golden Broken Blue Last Distant Hidden Burning Empty Winter Electric Paper Crimson".split()
        )
        noun = self.pick(
            "Harbor River Garden Road Mirror Letter City Night Summer Machine Ocean House Promise Shadow".split()
        )
        return self.same(
            self.pick(
                (
                    f"The {adjective} {noun}",
                    f"{adjective} {noun}",
                    f"{noun} of {self.name()}",
                    f"{adjective} {self.pick(kinds.DAYS)}",
                    f"A {noun} for {self.pick(kinds.FIRST)}",
                    f"{self.name()}",
                    f"{noun}s and {self.pick(kinds.NOUNS).capitalize()}s",
                )
            )
        )

    def named(self, *ends):
        return self.same(f"{self.name()} {self.pick(ends)}")

    def place(self):
        return self.named(
            "Park", "Hill", "Square", "Hall", "Street", "Center", "Bridge", "North", "Fields", "Road", "Arena", "Gate"
        )

    def team(self):
        return self.named(
            "Tigers",
            "United",
            "Rovers",
            "Eagles",
            "City",
            "Wolves",
            "FC",
            "Athletic",
            "Bears",
            "Hornets",
            "Rangers",
            "Sharks",
        )

    def nicknames(self):
        return self.same(
            self.pick(("", "", "Fighting ", "Golden ", "Blue "))
            + self.pick(
                "Tigers Eagles Wolves Bears Hornets Sharks Falcons Pirates Knights Bulldogs Panthers Comets".split()
            )
        )

    def subject(self):
        return self.same(
            self.pick(("Introduction to ", "Advanced ", "Applied ", "", "Modern ", "Topics in "))
            + self.pick(
                "Algebra Databases Chemistry Painting Ethics Robotics Geology Grammar Statistics Biology Drama".split()
            )
        )

    def project(self):
        return self.same(
            self.pick(("Project ", "Operation ", "", ""))
            + self.name()
            + self.pick(("", "", " 2", " Plan", " Launch", " Rebuild", " Fund"))
        )

    def farm(self):
        return self.named("Farm", "Acres", "Ranch", "Meadows", "Orchard")

    def starname(self):
        return self.same(
            self.pick(
                (
                    f"{self.name()} {self.rng.randint(2, 900)}",
                    self.name(),
                    f"{self.name()}-{self.rng.randint(1, 99)}b",
                    f"HD {self.digits(5)}",
                )
            )
        )

    def restaurant(self):
        return self.same(
            self.pick(
                (
                    f"{self.pick(kinds.FIRST)}'s Place",
                    f"Cafe {self.name()}",
                    f"The {self.name()}",
                    f"{self.name()} Grill",
                    f"Little {self.name()}",
                )
            )
        )

    def hotelname(self):
        return self.same(
            self.pick((f"Hotel {self.name()}", f"{self.name()} Inn", f"Grand {self.name()}", f"{self.name()} Palace"))
        )

    def museumname(self):
        return self.named("Museum", "Gallery", "Collection", "Museum of Art")

    def mountain(self):
        return self.same(
            self.pick((f"Mount {self.name()}", f"{self.name()} Peak", self.name(), f"Monte {self.name()}"))
        )

    def sea(self):
        return self.same(
            self.pick(
                (
                    f"Lake {self.name()}",
                    f"{self.name()} Bay",
                    f"{self.name()} Sea",
                    "Atlantic Ocean",
                    "Black Sea",
                    "North Sea",
                )
            )
        )

    def river(self):
        return self.same(self.name() + self.pick((" River", "", " Creek")))

    def racename(self):
        return self.named("Open", "Cup", "Classic", "Tour", "Trophy", "Festival", "Days", "Masters")

    def gamename(self):
        return self.same(
            self.pick(
                (
                    f"{self.name()} Quest",
                    f"{self.name()} {self.rng.randint(2, 9)}",
                    f"Super {self.name()}",
                    f"{self.name()} Racer",
                    f"Legends of {self.name()}",
                )
            )
        )

    def party(self):
        return self.same(
            self.pick("Progress Unity Green Labour Freedom Centre Reform Citizen People's National".split())
            + self.pick((" Party", " Alliance", " Union", " Front"))
        )

    def bridgename(self):
        return self.named("Bridge", "Crossing", "Viaduct")

    def shipname(self):
        return self.same(self.pick(("HMS ", "SS ", "MV ", "", "Queen ", "Star of ")) + self.name())

    def orchestraname(self):
        return self.named("Philharmonic", "Symphony", "Chamber Orchestra", "Radio Orchestra")

    def bandname(self):
        return self.same(
            self.pick(
                (
                    f"The {self.name()}s",
                    f"{self.pick(kinds.ADJECTIVES).capitalize()} {self.pick(kinds.NOUNS).capitalize()}s",
                    self.name(),
                )
            )
        )

    def schoolname(self):
        return self.named("High School", "College", "University", "Academy", "State", "Tech")

    def callsign(self):
        return self.same(self.pick("KW") + self.chars("ABCDEFGHKLMNOPRSTVXY", 3) + self.pick(("", "", "-FM")))

    def carmodel(self):
        return self.same(self.name() + self.pick(("", " GT", " 200", " Sport", " X", " Classic")))

    def iata(self):
        return self.same(self.chars("ABCDEFGHIJKLMNOPRSTUVZ", 3))

    def score(self):
        return self.same(f"{self.rng.randint(0, 9)}{self.pick('-–:')}{self.rng.randint(0, 9)}")

    def clock(self):
        return self.same(
            f"{self.rng.randint(1, 9)}:{self.rng.randint(10, 59)}"
            + self.pick(("", "." + self.digits(1), f":{self.rng.randint(10, 59)}"))
        )
