"""Rollups by the real binary: made, filled, verified and rebuilt, while other programs write to the same file; and
answers, which are the same with and without them."""

import contextlib
import json
import pathlib
import random
import sqlite3
import subprocess
import tempfile
import time
import unittest

from notes_app import Server, run

SCHEMA = """CREATE TABLE sales (
  id INTEGER PRIMARY KEY, day TEXT NOT NULL, product TEXT NOT NULL, cents INTEGER NOT NULL,
  ticket TEXT UNIQUE, cancelled BOOLEAN NOT NULL DEFAULT FALSE);
CREATE INDEX sales_by_day ON sales (day, product, cents);
"""
CONFIG = """name = "shop"
[[rollup]]
name = "daily"
source = "sales"
group_by = ["day", "product"]
filter = "cancelled = FALSE"
sum = ["cents"]
max = ["cents"]
"""
ENDPOINT = """-- @param day text required
SELECT product, count(*) AS sales, sum(cents) AS cents, max(cents) AS most
FROM sales WHERE cancelled = FALSE AND day = :day GROUP BY product ORDER BY product
"""


class Rollup(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="freshet-rollup-")
        self.addCleanup(scratch.cleanup)
        self.app = pathlib.Path(scratch.name) / "shop"
        self.write("freshet.toml", CONFIG)
        self.write("migrations/0001_sales.sql", SCHEMA)
        self.write("endpoints/days/[day].sql", ENDPOINT)
        self.assertEqual(run("migrate", self.app).returncode, 0)
        self.database = self.app / "data" / "shop.db"

    def write(self, name, text):
        path = self.app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def rollup(self, command, *more):
        return run("rollup", command, self.app, *more)

    def write_from_outside(self, draw, count):
        connection = sqlite3.connect(self.database, isolation_level=None, timeout=10)
        connection.execute(f"PRAGMA recursive_triggers = {draw.choice(['ON', 'OFF'])}")
        for _ in range(count):
            values = (draw.randrange(1, 60), f"2025-01-{draw.randrange(1, 6):02}", draw.choice(["tea", "milk", "rice"]),
                      draw.randrange(-50, 50), draw.choice([None, "a", "b", "c", "d"]), draw.random() < 0.2)
            verb = draw.choice(["INSERT OR IGNORE", "REPLACE", "INSERT OR REPLACE"])
            connection.execute(f"{verb} INTO sales VALUES (?, ?, ?, ?, ?, ?)", values)
            connection.execute("UPDATE OR REPLACE sales SET ticket = ?, cancelled = NOT cancelled WHERE id = ?",
                               (draw.choice(["a", "b", "e"]), draw.randrange(1, 60)))
            connection.execute("DELETE FROM sales WHERE id = ?", (draw.randrange(1, 200),))
        connection.close()
        shell = ["sqlite3", str(self.database), "INSERT INTO sales (day, product, cents, ticket) VALUES ('2025-01-01', 'tea', 7, 'z') "
                 "ON CONFLICT (ticket) DO UPDATE SET cents = cents + 1, day = '2025-01-02'"]
        subprocess.run(shell, check=True, capture_output=True)

    def test_filled_and_kept_true_whoever_writes(self):
        draw = random.Random(3)
        self.write_from_outside(draw, 100)
        made = self.rollup("enable", "--quiet")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        self.assertIn("wrote ", made.stdout)
        for _ in range(5):
            self.write_from_outside(draw, 60)
            verified = self.rollup("verify")
            self.assertEqual(verified.returncode, 0, verified.stdout)
        self.assertIn("ok daily: equals sales in all", verified.stdout)
        self.assertIn("complete", self.rollup("ls").stdout)
        explained = json.loads(run("explain", self.app, "/days/{day}", "--json").stdout)
        self.assertEqual(explained["statements"][0]["rollups"], ["daily"])

    def test_what_was_changed_behind_its_back_is_found_and_repaired(self):
        self.write_from_outside(random.Random(4), 50)
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        with sqlite3.connect(self.database) as connection:
            connection.execute("UPDATE daily SET n = n + 1 WHERE product = 'tea'")
            connection.execute("DELETE FROM daily WHERE product = 'rice'")
        wrong = self.rollup("verify")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("no such group", wrong.stdout)
        self.assertEqual(self.rollup("rebuild", "--quiet").returncode, 0)
        self.assertEqual(self.rollup("verify").returncode, 0)

    def test_answers_kept_of_a_wrong_rollup_end_with_its_rebuild(self):
        def prepare(server):
            server.cli("migrate", server.copy)
            server.cli("cache", "enable", server.copy)
            with sqlite3.connect(server.database) as connection:
                connection.execute("INSERT INTO sales (day, product, cents) VALUES ('2025-01-01', 'tea', 5)")
            server.cli("rollup", "enable", server.copy, "--quiet")

        with Server(self.app, prepare=prepare) as server:
            def ask():
                answer = server.get("/days/2025-01-01")
                return answer.headers["X-Cache"], answer.json()[0]["sales"]

            explained = json.loads(server.cli("explain", server.copy, "/days/2025-01-01", "--json").stdout)
            self.assertEqual((explained["changes_seen_by"], explained["statements"][0]["rollups"]), ("pieces", ["daily"]))
            with sqlite3.connect(server.database) as connection:
                connection.execute("UPDATE daily SET n = 7")
            self.assertEqual([ask(), ask()], [("MISS", 7), ("HIT", 7)])
            server.cli("rollup", "rebuild", server.copy, "--quiet")
            self.assertEqual([ask(), ask()], [("MISS", 1), ("HIT", 1)])

    def serve_rollup(self, watched, toml="", arguments=()):
        """With one sale in it; trails of what the server answers come from `ask`."""
        def prepare(server):
            server.cli("migrate", server.copy)
            if watched:
                server.cli("cache", "enable", server.copy)
            server.cli("rollup", "enable", server.copy, "--quiet")

        self.write("freshet.toml", CONFIG + toml)
        server = Server(self.app, prepare=prepare, arguments=arguments)
        server.start()
        self.addCleanup(server.stop)
        self.sell(server)
        return server

    def sell(self, server):
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
            connection.execute("INSERT INTO sales (day, product, cents) VALUES ('2025-01-01', 'tea', 5)")

    def sales(self, server):
        answer = server.get("/days/2025-01-01")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()[0]["sales"]

    def test_a_rollup_that_lost_its_triggers_is_not_asked_any_more(self):
        for watched, toml in [(True, ""), (False, ""), (False, "\n[cache]\nenabled = false\n")]:
            with self.subTest(watched=watched, toml=toml):
                server = self.serve_rollup(watched, toml)
                for said in (1, 1):
                    self.assertEqual(self.sales(server), said)
                with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
                    for name, in connection.execute(
                            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%daily%'").fetchall():
                        connection.execute(f'DROP TRIGGER "{name}"')
                for said in (2, 3):  # at once, long before the app is read again
                    self.sell(server)
                    self.assertEqual([self.sales(server), self.sales(server)], [said, said])

    def test_a_rollup_may_go_while_it_is_asked(self):
        server = self.serve_rollup(True, arguments=["--no-reload"])
        self.assertEqual(self.sales(server), 1)
        server.cli("rollup", "disable", server.copy, "daily")
        self.sell(server)
        self.assertEqual(self.sales(server), 2)
        deadline = time.monotonic() + 20
        while "reloaded" not in "".join(server.output):
            self.assertLess(time.monotonic(), deadline)
            self.assertEqual(self.sales(server), 2)
        self.sell(server)
        self.assertEqual(self.sales(server), 3)

    def test_the_first_of_rows_in_no_order_is_not_asked_of_a_rollup(self):
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        select = "SELECT {} AS it FROM sales WHERE cancelled = FALSE GROUP BY product{}"
        for shape, what, order, rollups in [
                ("object", "product", "", []), ("value", "sum(cents)", "", []),
                ("object", "product", " ORDER BY sum(cents)", []), ("object", "product", " ORDER BY product", ["daily"]),
                ("list", "product", "", ["daily"])]:
            with self.subTest(shape=shape, order=order):
                self.write("endpoints/first.sql", f"-- @shape {shape}\n" + select.format(what, order))
                told = json.loads(run("explain", self.app, "/first", "--json").stdout)
                self.assertEqual(told["statements"][0]["rollups"], rollups)

    def test_the_index_on_the_source_goes_with_its_rollup(self):
        self.write("migrations/0001_sales.sql",
                   SCHEMA.replace("TABLE sales", 'TABLE "all sales"').replace("CREATE INDEX sales_by_day ON sales (day, product, cents);", ""))
        self.write("freshet.toml", CONFIG.replace('"sales"', '"all sales"'))
        self.write("endpoints/days/[day].sql", ENDPOINT.replace("FROM sales", 'FROM "all sales"'))
        self.database.unlink()
        of_source = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'all sales' AND sql IS NOT NULL"

        def columns():
            with sqlite3.connect(self.database) as connection:
                return [sql.rsplit("(", 1)[1] for sql, in connection.execute(of_source)]

        made = self.rollup("enable", "--quiet")
        self.assertEqual((made.returncode, made.stderr), (0, ""))
        self.assertEqual(columns(), ['"day", "product")'])
        self.assertIn("complete", self.rollup("ls").stdout)
        self.write("freshet.toml", CONFIG.replace('"sales"', '"all sales"').replace('["day", "product"]', '["product", "day"]'))
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        self.assertEqual(columns(), ['"product", "day")'])
        self.assertEqual(run("migrate", self.app, "down").returncode, 0)
        self.assertEqual(columns(), ['"day", "product")'])
        self.assertEqual(run("migrate", self.app).returncode, 0)
        gone = self.rollup("disable", "DAILY")
        self.assertEqual((gone.returncode, gone.stderr), (0, ""))
        self.assertEqual(columns(), [])
        self.assertEqual(run("migrate", self.app, "down").returncode, 0)
        self.assertEqual(columns(), ['"product", "day")'])
        self.assertIn("complete", self.rollup("ls").stdout)

    def test_what_is_no_rollup_cannot_be_taken_away(self):
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        for more in [[], ["--print"], ["--no-apply"]]:
            refused = self.rollup("disable", "dayly", *more)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""))
            self.assertIn("there is no rollup `dayly`", refused.stderr)
            self.assertIn("did you mean `daily`?", refused.stderr)
        self.write("freshet.toml", 'name = "shop"\n')
        self.assertEqual(self.rollup("disable", "daily").returncode, 0, "it is in the database still")
        self.assertEqual(self.rollup("disable", "daily").returncode, 2)

    def test_the_way_back_and_the_way_out(self):
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        self.assertIn("complete", self.rollup("ls").stdout, "of an empty table there is nothing to count")
        self.assertEqual(run("migrate", self.app, "down").returncode, 0)
        self.assertIn("absent", self.rollup("ls").stdout)
        self.assertEqual(run("migrate", self.app).returncode, 0)
        self.assertEqual(self.rollup("disable", "daily").returncode, 0)
        self.assertIn("absent", self.rollup("ls").stdout)
        self.assertEqual(run("check", self.app).returncode, 0)

    def test_a_new_definition_is_another_migration(self):
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        self.write_from_outside(random.Random(5), 30)
        self.write("freshet.toml", CONFIG.replace('max = ["cents"]', 'min = ["cents"]'))
        self.assertIn("outdated", self.rollup("ls").stdout)
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        self.assertEqual(self.rollup("verify").returncode, 0)
        self.assertEqual(run("migrate", self.app, "down").returncode, 0)

    def test_what_cannot_be_kept_exact_is_refused_with_the_reason(self):
        for change, reason in [(("cents INTEGER", "cents REAL"), "keep money in integer cents"),
                               (("day TEXT NOT NULL", "day_of TEXT NOT NULL"), "has no column `day`")]:
            self.write("migrations/0001_sales.sql", SCHEMA.replace(*change).replace("(day, ", "(product, "))
            refused = self.rollup("enable", "--print")
            self.assertEqual(refused.returncode, 3)
            self.assertIn(reason, refused.stderr)
        self.write("freshet.toml", CONFIG.replace("cancelled = FALSE", "product LIKE 'a%'"))
        self.write("migrations/0001_sales.sql", SCHEMA)
        self.assertIn("like may mean something else", self.rollup("enable", "--print").stderr)

    def test_a_sum_that_would_be_none_is_refused_to_the_writer(self):
        self.assertEqual(self.rollup("enable", "--quiet").returncode, 0)
        with sqlite3.connect(self.database) as connection:
            for value in ["many", 1.5]:
                with self.assertRaisesRegex(sqlite3.IntegrityError, "rollup daily: cents must be an integer"):
                    connection.execute("INSERT OR IGNORE INTO sales (day, product, cents) VALUES ('2025-01-01', 'tea', ?)", (value,))


if __name__ == "__main__":
    unittest.main()
