"""How precisely writes to the household end what is kept of it, and what that leaves of the hits."""

import contextlib
import json
import random
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from freshet_server import ServedApp, app, binary  # noqa: E402

MONTHS = [f"{year}-{month:02}" for year in range(2021, 2026) for month in range(1, 13)]
ROUTES = ["/dashboard/summary?month={}", "/dashboard/summary/slim?month={}", "/dashboard/expenses?month={}",
          "/dashboard/provisions/details?month={}", "/dashboard/drill-down/Eating%20out?month={}",
          "/transactions?month={}", "/summary/enhanced?month={}"]
LINE = {"label": "LUNCH", "category": "Eating out", "account": "Joint account", "amount_cents": -1250}


def only_readers_fill(server):
    with open(server.copy / "freshet.toml", "a") as file:
        file.write("\n[cache.warm]\nenabled = false\n")


class Precision(ServedApp):
    folder = app("household")
    options = {"seed_rows": 2000, "prepare": only_readers_fill}

    def warm(self):
        for month in MONTHS:
            for route in ROUTES:
                self.assertEqual(self.server.get(route.format(month)).status, 200)

    def alive(self):
        """Months of what is kept and true, one for each answer."""
        self.ok("/transactions/categories")  # brings the tags up to date
        listed = subprocess.run([binary(), "cache", "ls", str(self.server.copy), "--json", "--limit", "10000"],
                                capture_output=True, text=True, check=True, timeout=60)
        keys = [entry["key"] for entry in json.loads(listed.stdout)["entries"] if entry["alive"]]
        return [month for month in MONTHS for key in keys if f"month={month}" in key]

    def others_left(self, month, write):
        self.warm()
        before = [m for m in self.alive() if m != month]
        self.assertEqual(len(before), (len(MONTHS) - 1) * len(ROUTES), "all of it is kept")
        write()
        after = self.alive()
        self.assertNotIn(month, after, "all that shows the month has ended")
        return sum(m != month for m in after) / len(before)

    def execute(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.server.database, isolation_level=None)) as connection:
            connection.execute(sql, values)

    def test_a_write_to_one_month_leaves_the_others(self):
        line = self.send("POST", "/transactions", {**LINE, "date_op": "2023-04-09"}, 201)
        writes = {
            "POST": lambda: self.send("POST", "/transactions", {**LINE, "date_op": "2023-04-10"}, 201),
            "PATCH": lambda: self.send("PATCH", f"/transactions/{line['id']}", {"amount_cents": -7}),
            "another program's INSERT": lambda: self.execute(
                "INSERT INTO transactions (date_op, month, label, category, account, amount_cents) "
                "VALUES ('2023-04-11', '2023-04', 'x', 'Eating out', 'z', -5)"),
            "another program's REPLACE": lambda: self.execute(
                "REPLACE INTO transactions (id, date_op, month, label, category, account, amount_cents) "
                "VALUES (?, '2023-04-12', '2023-04', 'x', 'Eating out', 'z', -6)", line["id"]),
            "DELETE": lambda: self.send("DELETE", f"/transactions/{line['id']}"),
        }
        for name, write in writes.items():
            left = self.others_left("2023-04", write)
            print(f"{name} in one month leaves {100 * left:.2f} % of what is kept of the others", file=sys.stderr)
            self.assertGreaterEqual(left, 0.98, name)

    def hits(self, requests, writes_each):
        """The share of hits; dashboards of recent months are read more, and the current one is written most."""
        draw = random.Random(20250101)
        weights = [1 / (1 + age) for age in range(len(MONTHS))]
        recent = MONTHS[::-1]
        hits = 0
        for i in range(requests):
            if writes_each and i % writes_each == 0:
                month = draw.choices(recent[:12], weights[:12])[0]
                self.send("POST", "/transactions", {**LINE, "date_op": f"{month}-15"}, 201)
            route = draw.choice(ROUTES).format(draw.choices(recent, weights)[0])
            hits += self.server.get(route).headers["X-Cache"] == "HIT"
        return hits / requests

    def test_hits_with_a_write_each_hundred_requests(self):
        """50 writes a second among 5,000 requests."""
        self.warm()
        quiet, busy = self.hits(1000, 0), self.hits(3000, 100)
        print(f"hits: {100 * quiet:.1f} % without writes, {100 * busy:.1f} % with one each hundred requests", file=sys.stderr)
        self.assertGreaterEqual(busy, 0.9 * quiet)


if __name__ == "__main__":
    unittest.main()
