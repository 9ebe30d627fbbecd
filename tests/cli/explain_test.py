"""freshet explain: what answers depend on, whether they are kept, how statements are run."""

import contextlib
import json
import sqlite3
import unittest

from notes_app import NotesApp, run


class Explain(NotesApp):
    def setUp(self):
        super().setUp()
        self.write("migrations/0009_ledger.sql",
                   "CREATE TABLE entries (id INTEGER PRIMARY KEY, month TEXT NOT NULL, kind TEXT, cents INTEGER);\n"
                   "CREATE INDEX entries_by_month ON entries (month, kind);\n")
        self.write("endpoints/ledger/[id].sql", "-- One.\n-- @param id int\n-- @shape object\nSELECT * FROM entries WHERE id = :id\n")
        self.write("endpoints/ledger.sql",
                   "-- A month.\n-- @param month month\n-- @param kind text\n-- @cache 10m stale 30s\n-- @tags books\n"
                   "SELECT kind, cents FROM entries\n"
                   "WHERE month = coalesce(:month, month_of(now())) AND (:kind IS NULL OR kind = :kind)\n")
        self.write("endpoints/all.sql", "-- All.\n-- @shape rows\nSELECT * FROM entries\n")

    def explain(self, *arguments):
        asked = run("explain", self.folder, *arguments)
        self.assertEqual((asked.returncode, asked.stderr), (0, ""))
        return asked.stdout

    def explain_json(self, *arguments):
        return json.loads(self.explain(*arguments, "--json"))

    def refused(self, *arguments):
        asked = run("explain", self.folder, *arguments)
        self.assertEqual((asked.returncode, asked.stdout), (2, ""))
        return asked.stderr

    def test_a_route_without_values_shows_patterns(self):
        text = self.explain("/ledger")
        self.assertIn("GET /ledger", text)
        self.assertIn("  cached     yes, with month, until something it depends on changes, 10m at most; 30s longer while "
                      "a new one is made\n", text)
        self.assertIn("  depends on entries[kind=:kind?,month=:month?]\n", text)
        self.assertIn("  plan       SEARCH entries USING INDEX entries_by_month (month=?)\n", text)
        self.assertIn("  indexes    entries_by_month (month, kind)\n", text)
        self.assertNotIn("  key ", text)
        self.assertNotIn("\x1b", text, "no colours off a terminal")
        self.assertIn("the app's own is not there yet", text)
        self.assertFalse((self.folder / "data").exists(), "nothing is made")

    def test_a_database_that_is_behind_is_called_so(self):
        (self.folder / "data").mkdir()
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "notes.db")) as connection:
            connection.execute("CREATE TABLE unrelated (a)")
        text = self.explain("/ledger")
        self.assertIn(f"the app's database is not up to date: freshet migrate {self.folder}\n", text)

    def test_a_call_shows_its_key_and_tags(self):
        for asked in (["/ledger?month=2025-01"], ["ledger", "--param", "month=2025-01"]):
            told = self.explain_json(*asked)
            self.assertEqual((told["cached"], told["key"]), (True, "ledger:month=2025-01"))
            self.assertEqual(told["tags"], ["entries[month=2025-01]", "books"])
            self.assertEqual((told["ttl_ms"], told["stale_ms"]), (600000, 30000))
        one = self.explain_json("/ledger/{id}", "--param", "id=5")
        self.assertEqual((one["key"], one["tags"]), ("ledger:id=5:{id}", ["entries[id=5]"]))
        self.assertEqual(self.explain_json("/ledger/5"), one)

    def test_without_the_month_the_answer_is_of_this_moment(self):
        self.assertIn("  cached     no: without month it is of this moment\n", self.explain("/ledger", "--param", "kind=a"))

    def test_the_apps_own_database_tells_rows_and_is_only_read(self):
        self.assertEqual(run("migrate", self.folder).returncode, 0)
        self.run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                     "INSERT INTO entries SELECT i, '2025-0' || (i % 5), 'k' || i, i FROM n; ANALYZE;")
        told = self.explain_json("/ledger?month=2025-01")
        self.assertEqual([(step["index"], step["rows"]) for step in told["statements"][0]["plan"]],
                         [("entries_by_month", 100)])
        self.assertEqual(told["rows_from"], {"analyzed": ["entries"], "counted": []})
        self.assertEqual(told["changes_seen_by"], "database")
        self.assertEqual(told["tags"], ["entries", "books"], "pieces are not seen yet")
        self.assertIn("100 rows", self.explain("/ledger"))

    def run_sql(self, script):
        with sqlite3.connect(next((self.folder / "data").glob("*.db"))) as connection:
            connection.executescript(script)

    def test_all_routes_a_line_each(self):
        lines = self.explain().splitlines()
        self.assertIn("GET    /ledger", "\n".join(lines))
        row = next(line for line in lines if line.startswith("GET    /all "))
        self.assertTrue(row.endswith("its rows are streamed"), row)
        row = next(line for line in lines if line.startswith("GET    /ledger/{id}"))
        self.assertTrue(row.endswith("cached  entries[id=:id]"), row)
        told = {(each["method"], each["route"]): each for each in self.explain_json()}
        self.assertEqual(told["GET", "/ledger"]["depends_on"], ["entries[kind=:kind?,month=:month?]"])
        self.assertFalse(told["GET", "/all"]["cached"])

    def test_what_is_not_there_is_told_with_what_may_be_meant(self):
        self.assertIn("there is no route /legder\n      hint: near it: /ledger", self.refused("/legder"))
        self.assertIn("/ledger has no parameter `mnth`\n      hint: did you mean `month`?",
                      self.refused("/ledger", "--param", "mnth=1"))
        self.assertIn("month must be a month like 2025-01", self.refused("/ledger?month=1"))
        self.assertIn("`month` is no parameter", self.refused("/ledger", "--param", "month"))
        self.assertIn("/ledger does not answer POST\n      hint: it answers GET", self.refused("/ledger", "--method", "POST"))

    def test_a_broken_app_is_told_as_check_tells_it(self):
        self.write("endpoints/broken.sql", "SELECT nme FROM entries")
        asked = run("explain", self.folder)
        self.assertEqual(asked.returncode, 3)
        self.assertIn("broken.sql:1:8: no such column: nme", asked.stderr)


if __name__ == "__main__":
    unittest.main()
