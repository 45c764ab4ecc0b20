# SPDX-License-Identifier: Apache-2.0
"""Claims about models/pico-base/copy_rows.py."""
import collections
import pathlib
import random
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "models" / "pico-base"))
import copy_rows  # noqa: E402


class CopyRows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.bench = list(copy_rows.bench(random.Random(1), 2))
        cls.train = list(copy_rows.train(random.Random(1), 800))

    def test_a_seed_gives_the_same_rows(self):
        self.assertEqual(self.bench, list(copy_rows.bench(random.Random(1), 2)))
        self.assertEqual(self.train, list(copy_rows.train(random.Random(1), 800)))
        self.assertNotEqual(self.train, list(copy_rows.train(random.Random(2), 800)))

    def test_the_benchmark_has_rows_of_every_form_rarity_and_distance(self):
        counts = collections.Counter((r["form"], r["rarity"], r["distance"]) for r in self.bench)
        self.assertEqual(set(counts.values()), {2})
        self.assertEqual(len(counts), 4 * 4 * len(copy_rows.DISTANCES))

    def test_an_answer_of_the_benchmark_stands_once_in_its_prompt_as_far_away_as_it_says(self):
        for row in self.bench:
            self.assertEqual(row["prompt"].count(row["answer"]), 1)
            low, high = map(int, row["distance"].split("-"))
            distance = len(row["prompt"]) - row["prompt"].index(row["answer"]) - len(row["answer"])
            self.assertTrue(low <= distance <= high, row)

    def test_what_is_learnt_from_is_not_what_is_measured(self):
        self.assertFalse(set(copy_rows.TRAIN_WORDS) & set(copy_rows.BENCH_WORDS))
        self.assertFalse(set(copy_rows.TRAIN_SYLLABLES) & set(copy_rows.BENCH_SYLLABLES))
        for row in self.train:
            self.assertFalse(row["prompt"].startswith(("RECORD\n", "LOG\n", "SQL\n", "FUNC\n")))

    def test_words_of_a_training_answer_come_from_its_prompt(self):
        sources = {r["source"] for r in self.train}
        self.assertEqual(sources, {"synthetic/copy/" + kind for kind in copy_rows.TRAINING})
        for row in self.train:
            if row["source"].endswith(("repeat", "induction", "look_up", "column", "quote", "cells")):
                for word in row["answer"].split():
                    self.assertIn(word, row["prompt"])


if __name__ == "__main__":
    unittest.main()
