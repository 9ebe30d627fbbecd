"""/provisions/calculate and its neighbours against exact fractions, under hundreds of random configurations."""

import random
import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, app, literal  # noqa: E402
from household_model import Key, fixed_line, provision  # noqa: E402

LIMIT = 1_000_000_000  # cents: the largest amount that the schema takes


def random_amount(random_, most=LIMIT):
    """Small, ordinary, huge, and the edges."""
    return random_.choice([0, 1, 2, 3, most, most - 1, random_.randint(0, 100), random_.randint(0, 500_000),
                           random_.randint(0, most)])


def random_bp(random_):
    return random_.choice([0, 1, 3333, 5000, 6667, 9999, 10000, random_.randint(0, 10000)])


def random_split(random_):
    mode = random_.choice(["key", "50/50", "custom", "100/0", "0/100"])
    first = random_bp(random_) if mode == "custom" else None
    return {"split_mode": mode, "split_member1_bp": first, "split_member2_bp": None if first is None else 10000 - first}


def random_config(random_, version):
    split = random_bp(random_)
    return {"version": version, "valid_from": "2020-01", "rev1_cents": random_amount(random_),
            "rev2_cents": random_amount(random_), "tax_rate1_bp": random_bp(random_), "tax_rate2_bp": random_bp(random_),
            "split_mode": random_.choice(["revenus", "revenus", "manuel"]), "split1_bp": split, "split2_bp": 10000 - split}


def random_provision(random_, number):
    base = random_.choice(["total", "member1", "member2", "fixed"])
    return {"name": f"provision {number}", "base_calculation": base,
            "percentage_bp": None if base == "fixed" else random_bp(random_),
            "fixed_cents": random_amount(random_) if base == "fixed" else None, **random_split(random_),
            "target_cents": random_.choice([None, 1, LIMIT, random_.randint(1, LIMIT)]),
            "current_cents": random_amount(random_), "is_active": random_.random() < 0.9,
            "display_order": random_.randint(0, 5)}


def random_fixed_line(random_, number):
    return {"label": f"line {number}", "category": "X", "amount_cents": random_amount(random_),
            "frequency": random_.choice(["monthly", "quarterly", "yearly"]), **random_split(random_)}


def insert(table, row):
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(map(literal, row.values()))})"


class Calculate(ServedApp):
    folder = app("household")
    rounds = 150

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(20251)

    def reset(self, config, provisions, lines):
        self.server.write(
            "DELETE FROM config_versions WHERE version > 1", "DELETE FROM custom_provisions", "DELETE FROM fixed_lines",
            insert("config_versions", config), *(insert("custom_provisions", p) for p in provisions),
            *(insert("fixed_lines", f) for f in lines))
        order = "ORDER BY display_order, id"
        return (self.server.rows(f"SELECT * FROM custom_provisions {order}"),
                self.server.rows(f"SELECT * FROM fixed_lines {order}"))

    def test_shares_follow_the_exact_key_and_always_add_up(self):
        for round_ in range(self.rounds):
            config = random_config(self.random, 2)
            provisions, lines = self.reset(config, [random_provision(self.random, n) for n in range(12)],
                                           [random_fixed_line(self.random, n) for n in range(8)])
            with self.subTest(round=round_, config=config):
                self.check_calculation(config, provisions)
                self.check_fixed_lines(config, lines)

    def check_calculation(self, config, provisions):
        key = Key(config)
        answer = self.ok("/provisions/calculate", month="2024-05")
        self.assertEqual({k: answer["config"][k] for k in ("net1_cents", "net2_cents", "net_cents", "ratio1", "ratio2")},
                         {"net1_cents": key.net1, "net2_cents": key.net2, "net_cents": key.net, "ratio1": key.ratio1,
                          "ratio2": key.ratio2})
        self.assertEqual(answer["config"]["ratio1"] + answer["config"]["ratio2"], 100)
        active = [p for p in provisions if p["is_active"]]
        self.assertEqual([a["id"] for a in answer["provisions"]], [p["id"] for p in active])
        for item, plan in zip(answer["provisions"], active):
            expected = provision(plan, key)
            self.assertEqual({k: item[k] for k in expected}, expected, plan)
            self.assertEqual(item["member1_cents"] + item["member2_cents"], item["monthly_cents"])
            self.assertGreaterEqual(min(item["member1_cents"], item["member2_cents"]), 0)
            self.assertTrue(all(isinstance(item[k], int) for k in item if k.endswith("_cents") and item[k] is not None))
        totals, items = answer["totals"], answer["provisions"]
        for column in ("monthly_cents", "member1_cents", "member2_cents", "current_cents"):
            self.assertEqual(totals[column], sum(item[column] for item in items))
        self.assertEqual(totals["target_cents"], sum(item["target_cents"] or 0 for item in items))
        self.assertEqual(totals["member1_cents"] + totals["member2_cents"], totals["monthly_cents"])
        self.assertEqual(totals["left1_cents"], key.net1 - totals["member1_cents"])
        self.assertEqual(totals["left2_cents"], key.net2 - totals["member2_cents"])
        self.assertEqual(totals["provision_count"], len(items))

    def check_fixed_lines(self, config, lines):
        items = self.ok("/fixed-lines", month="2024-05")["items"]
        self.assertEqual(len(items), len(lines))
        for item, line in zip(items, lines):
            expected = fixed_line(line, Key(config))
            self.assertEqual({k: item[k] for k in expected}, expected, line)

    def test_without_revenues_the_key_is_half_and_half(self):
        config = {**random_config(self.random, 2), "rev1_cents": 0, "rev2_cents": 0, "split_mode": "revenus"}
        self.reset(config, [{"name": "x", "base_calculation": "fixed", "fixed_cents": 101}], [])
        answer = self.ok("/provisions/calculate", month="2024-05")
        self.assertEqual((answer["config"]["ratio1"], answer["config"]["ratio2"]), (Decimal("50.00"), Decimal("50.00")))
        item = answer["provisions"][0]
        self.assertEqual((item["member1_cents"], item["member2_cents"]), (51, 50))

    def test_a_month_before_every_configuration_still_answers(self):
        answer = self.ok("/provisions/calculate", month="1999-12")
        self.assertEqual(answer["config"]["version"], 1)
        self.assertEqual(answer["config"]["net_cents"], 0)


if __name__ == "__main__":
    unittest.main()
