# SPDX-License-Identifier: Apache-2.0
"""Claims about models/pico-pii/augment.py, on a labelled file of a dozen made-up rows."""
import json
import pathlib
import random
import re
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "models" / "pico-pii"))
import augment  # noqa: E402
import rows as labelled  # noqa: E402
import sources  # noqa: E402
import values  # noqa: E402


def row(source, *segments):
    return labelled.to_row([[s, None] if isinstance(s, str) else list(s) for s in segments], source)


ROWS = [
    row("synthetic/train/chat", "ask ", ("Zoë Tanaka", "PERSON"), ", mail ", ("zoe.tanaka@kite.example", "EMAIL"), " or ", ("zoe.tanaka@kite.example", "EMAIL")),
    row("synthetic/train/form", "Name: ", ("Ivo Marsh", "PERSON"), "\nTel: ", ("+44 20 7946 0012", "PHONE"), "\nBorn: ", ("1970-02-03", "DATE_OF_BIRTH")),
    row("synthetic/train/form", ("12 Elm Road, 4051 Basel", "ADDRESS"), " ", ("Basel", "ADDRESS"), " ", ("4051", "ADDRESS")),
    row("synthetic/train/form", ("Am Hang 3\n80331 Olten", "ADDRESS"), " ", ("Uma Berg", "PERSON"), " ", ("Olten", "ADDRESS")),
    row("synthetic/train/kv", "user=", ("ivo7", "USERNAME"), " ip=", ("10.1.2.3", "IP_ADDRESS"), " pw=", ("Kite77!", "PASSWORD")),
    row("wnut17/train", "RT @", ("kitefan", "USERNAME"), ": go ", ("Uma", "PERSON"), " !"),
    row("wnut17/train", "so tired of this rainy week"),
    row("real-lines/docs+code", "returns the number of bytes that were written"),
]


def values_of(rows, label):
    return [r["text"].encode()[s["start"]:s["end"]].decode() for r in rows for s in r["spans"] if s["label"] == label]


class Augment(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        maker = augment.Maker(ROWS, 7)
        cls.maker, cls.rows = maker, []
        for _ in range(1500):
            segments, kind = maker.draw()
            made = labelled.to_row(labelled.merge(segments), kind)
            if made["text"].strip():
                cls.rows.append(made)

    def test_every_row_has_sound_spans(self):
        self.assertEqual([labelled.faults(r) for r in self.rows if labelled.faults(r)], [])

    def test_faults_sees_overlap_split_characters_and_blanks(self):
        bad = [{"start": 0, "end": 4, "label": "PERSON"}, {"start": 2, "end": 5, "label": "PERSON"}]
        self.assertIn("overlapping", labelled.faults({"text": "Anna B", "spans": bad}))
        self.assertIn("character", labelled.faults({"text": "Zoë", "spans": [{"start": 0, "end": 3, "label": "PERSON"}]}))
        self.assertIn("blank", labelled.faults({"text": "Ann B", "spans": [{"start": 0, "end": 4, "label": "PERSON"}]}))

    def test_every_label_is_made(self):
        self.assertEqual({s["label"] for r in self.rows for s in r["spans"]}, set(labelled.LABELS))

    def test_the_same_seed_gives_the_same_rows(self):
        first, second = augment.Maker(ROWS, 3), augment.Maker(ROWS, 3)
        self.assertEqual([first.draw() for _ in range(50)], [second.draw() for _ in range(50)])

    def test_a_refilled_row_keeps_equal_values_equal_and_the_words_around_them(self):
        fill = augment.Fill(self.maker.values, self.maker.words)
        made = labelled.to_row(augment.Refill(fill).row(labelled.to_segments(ROWS[0]), False), "refill")
        self.assertRegex(made["text"], "^ask .*, mail .* or ")
        first, second = values_of([made], "EMAIL")
        self.assertEqual(first, second)
        self.assertNotIn("Tanaka", made["text"])

    def test_unknown_slots_are_refused(self):
        with self.assertRaises(SystemExit):
            maker = augment.Maker(ROWS, 1)
            maker.templates = {"chat": ["call {PERSONN}"]}
            maker.check_templates()

    def test_check_digits_are_right(self):
        made = values.Values(random.Random(5), self.maker.values.pools)
        for _ in range(200):
            card = re.sub(r"\D", "", made.card())
            self.assertEqual(values.luhn_digit(card[:-1]), card[-1])
            iban = made.iban().replace(" ", "")
            self.assertEqual(values.mod97(iban[4:] + iban[:4]), 1)
        self.assertEqual(values.verhoeff_digit("236"), "3")
        self.assertEqual(values.luhn_digit("7992739871"), "3")

    def test_sentences_with_an_unknown_capitalised_word_are_left_out(self):
        text = ("The maid went to Zoltana and the cook with the letter. Then Benvolio met the cook near the garden gate. "
                "They said that Mrs. Dashwood had not answered the maid yet.\n")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "book.txt")
            path.write_text((text + "then they went home, and then they slept; they said so then and the others said the same\n") * 3)
            rows = sources.book_rows([str(path)], {"Benvolio"}, random.Random(1), 10)
        self.assertEqual(set(values_of(rows, "PERSON")), {"Benvolio", "Dashwood"})
        self.assertNotIn("Zoltana", " ".join(r["text"] for r in rows))


if __name__ == "__main__":
    unittest.main()
