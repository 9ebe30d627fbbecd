"""freshet cache enable, freshet cache disable: the migration that they write, and what it does to a server's hits."""

import contextlib
import sqlite3
import time
import unittest

from notes_app import NotesApp, run

HINT = "any write ends all kept answers"
OUT_OF_DATE = "the triggers that log writes are not up to date"


class CacheWatch(NotesApp):
    def cache(self, *arguments, code=0):
        done = run("cache", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def migrations(self):
        return sorted(file.name for file in (self.folder / "migrations").iterdir())

    def schema(self, database=None):
        with contextlib.closing(sqlite3.connect(database or self.folder / "data" / "notes.db")) as connection:
            return connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'freshet%' ORDER BY name").fetchall()

    def test_enable_writes_a_migration_and_applies_it_once(self):
        self.assertNotIn(HINT, run("check", self.folder).stdout)
        said = self.cache("enable", self.folder)
        self.assertRegex(said, r"notes +by done, topic_id +new\n")
        self.assertIn("applied 0002_watch_changes\n", said)
        self.assertEqual(self.migrations(), ["0001_notes.sql", "0002_watch_changes.sql"])
        self.assertIn(("freshet_watch_notes_after_update",), self.schema())
        self.assertNotIn(OUT_OF_DATE, run("check", self.folder).stdout)
        self.assertIn("nothing to do\n", self.cache("enable", self.folder))
        self.assertEqual(len(self.migrations()), 2)

    def test_print_shows_the_migration_and_does_nothing(self):
        said = self.cache("enable", self.folder, "--print")
        self.assertIn("CREATE TRIGGER freshet_watch_notes_after_insert AFTER INSERT ON notes BEGIN", said)
        self.assertIn("-- @down\n", said)
        self.assertEqual(self.migrations(), ["0001_notes.sql"])
        self.assertFalse((self.folder / "data").exists())
        self.cache("enable", self.folder, "--no-apply")
        self.assertFalse((self.folder / "data").exists())
        self.assertEqual((self.folder / "migrations/0002_watch_changes.sql").read_text(), said)

    def test_migrations_go_back_and_forth(self):
        self.cache("enable", self.folder)
        installed = self.schema()
        self.assertEqual(run("migrate", self.folder, "down").returncode, 0)
        self.assertEqual(self.schema(), [("freshet_migrations",)])
        self.assertEqual(run("migrate", self.folder).returncode, 0)
        self.assertEqual(self.schema(), installed)
        self.assertIn("applied 0003_stop_watching_changes", self.cache("disable", self.folder))
        self.assertEqual(self.schema(), [("freshet_migrations",)])
        self.assertIn("nothing to do", self.cache("disable", self.folder))

    def test_other_endpoints_and_other_tables_make_a_migration_of_the_difference(self):
        self.cache("enable", self.folder)
        self.write("endpoints/bodies.sql", "-- @param body text required\nSELECT id FROM notes WHERE body = :body")
        self.assertIn(OUT_OF_DATE, run("check", self.folder).stdout)
        said = self.cache("enable", self.folder)
        self.assertRegex(said, r"notes +by body, done, topic_id +changed\n")
        text = (self.folder / "migrations/0003_watch_changes.sql").read_text()
        self.assertNotIn("topics", text)
        self.assertIn("ALTER TABLE freshet_change ADD COLUMN p3;", text)
        self.write("migrations/0004_unique.sql", "CREATE UNIQUE INDEX one_body ON notes (body);")
        self.assertRegex(self.cache("enable", self.folder), r"notes +by body, done, topic_id +changed\n")
        self.assertIn("WHERE body = NEW.body", (self.folder / "migrations/0005_watch_changes.sql").read_text())

    def test_what_somebody_broke_by_hand_is_repaired(self):
        self.cache("enable", self.folder)
        installed = self.schema()
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "notes.db")) as connection:
            connection.execute("DROP TRIGGER freshet_watch_notes_after_update")
        self.assertIn("repaired", self.cache("enable", self.folder))
        self.assertEqual(self.schema(), installed)

    def test_an_app_without_migrations_gets_its_triggers_into_its_database(self):
        database = self.folder / "own.db"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.executescript((self.folder / "migrations/0001_notes.sql").read_text().split("-- @down")[0])
        (self.folder / "migrations/0001_notes.sql").unlink()
        url = f"sqlite:{database}"
        self.assertIn("applied to sqlite:", self.cache("enable", self.folder, "--database", url))
        self.assertEqual(self.migrations(), [])
        self.assertIn(("freshet_change",), self.schema(database))
        self.assertIn("nothing to do", self.cache("enable", self.folder, "--database", url))
        self.assertIn("applied to sqlite:", self.cache("disable", self.folder, "--database", url))
        self.assertEqual(self.schema(database), [])

    def test_a_write_ends_only_the_answers_that_it_concerns(self):
        self.cache("enable", self.folder)
        server = self.serve()
        self.assertNotIn(HINT, "".join(server.output))

        def words():
            return [server.get("/notes", topic=topic).headers["X-Cache"] for topic in (1, 2)]

        words()
        self.assertEqual(words(), ["HIT", "HIT"])
        self.assertEqual(server.request("POST", "/notes", body={"topic_id": 1, "body": "new"}).status, 201)
        self.assertEqual(words(), ["MISS", "HIT"])
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
            connection.execute("UPDATE notes SET topic_id = 2 WHERE id = (SELECT max(id) FROM notes WHERE topic_id = 1)")
            self.assertEqual(words(), ["MISS", "MISS"])
            connection.execute("REPLACE INTO notes (id, topic_id, body) SELECT id, 3, body FROM notes WHERE topic_id = 2 LIMIT 1")
            self.assertEqual(words(), ["HIT", "MISS"])

    def test_a_server_that_runs_takes_the_triggers_up_and_lets_them_go(self):
        server = self.serve()
        self.assertIn(HINT, "".join(server.output))
        self.assertEqual(run("cache", "enable", server.copy, "--database", f"sqlite:{server.database}").returncode, 0)

        def precise():
            server.get("/notes", topic=1)
            server.request("POST", "/notes", body={"topic_id": 2, "body": "new"})
            return server.get("/notes", topic=1).headers["X-Cache"] == "HIT"

        self.until(precise)
        self.assertEqual(run("cache", "disable", server.copy, "--database", f"sqlite:{server.database}").returncode, 0)
        self.until(lambda: not precise())

    def until(self, condition):
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
