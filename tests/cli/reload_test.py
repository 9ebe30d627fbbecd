"""A changed app is taken up while it serves: verified, swapped, no request lost; a broken change changes nothing."""

import contextlib
import sqlite3
import threading
import time
import unittest

from notes_app import NotesApp

ENDPOINT = "endpoints/answer.sql"


class Reload(NotesApp):
    def until(self, condition, what):
        """Waits for what the server does by itself; the bound is far above what it takes."""
        deadline = time.monotonic() + 10
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.005)

    def put(self, server, text):
        (server.copy / ENDPOINT).write_text(text)

    def answers(self, server, value):
        return lambda: server.get("/answer").body == value

    def log(self, server):
        return "".join(server.output)

    def test_new_changed_and_removed_files(self):
        server = self.serve()
        self.assertEqual(server.get("/answer").status, 404)
        self.put(server, "-- @shape value\nSELECT 41")
        self.until(self.answers(server, b"41"), "a new file is served")
        self.put(server, "-- @shape value\nSELECT 42")
        self.until(self.answers(server, b"42"), "a changed file is served")
        (server.copy / ENDPOINT).unlink()
        self.until(lambda: server.get("/answer").status == 404, "a removed file is gone")

    def test_folders_that_come_later_are_watched_too(self):
        server = self.serve()
        folder = server.copy / "endpoints/deep/er"
        folder.mkdir(parents=True)
        (folder / "x.sql").write_text("-- @shape value\nSELECT 1")
        self.until(lambda: server.get("/deep/er/x").status == 200, "a file in a new folder is served")
        (folder / "x.sql").write_text("-- @shape value\nSELECT 2")
        self.until(lambda: server.get("/deep/er/x").body == b"2", "its changes are noticed")

    def test_a_broken_change_leaves_the_old_version_and_says_why(self):
        server = self.serve()
        self.put(server, "-- @shape value\nSELECT 1")
        self.until(self.answers(server, b"1"), "served")
        self.put(server, "-- @shape value\nSELECT nonsense")
        self.until(lambda: "no such column: nonsense" in self.log(server), "the reason is logged")
        self.assertEqual(server.get("/answer").body, b"1")
        self.put(server, "-- @shape value\nSELECT 2")
        self.until(self.answers(server, b"2"), "it recovers")

    def execute(self, server, sql):
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
            connection.execute(sql)

    def test_a_changed_schema_that_does_not_fit_is_tried_again_until_it_does(self):
        server = self.serve(arguments=["--no-reload"])
        before = server.get("/notes").body
        self.execute(server, "ALTER TABLE notes RENAME TO nodes")
        self.until(lambda: "no such table: notes" in self.log(server), "the reason is logged")
        self.execute(server, "ALTER TABLE nodes RENAME TO notes")
        self.until(lambda: "reloaded" in self.log(server), "it recovers")
        self.assertEqual(server.get("/notes").body, before)

    def test_triggers_that_come_while_it_serves_are_used(self):
        server = self.serve()

        def word(path):
            return server.get(path).headers["X-Cache"]

        server.cli("cache", "enable", server.copy)
        self.until(lambda: self.log(server).count("reloaded") > 0, "it is read again")

        def precise():
            for path in ("/notes?topic=1", "/notes?topic=2"):
                server.get(path)
            self.execute(server, "UPDATE notes SET body = body || '.' WHERE topic_id = 1")
            return (word("/notes?topic=1"), word("/notes?topic=2")) == ("MISS", "HIT")

        self.until(precise, "a write ends what it concerns, and nothing else")

    def test_broken_settings_likewise(self):
        server = self.serve()
        toml = server.copy / "freshet.toml"
        good = toml.read_text()
        toml.write_text(good + "\n[api]\ndocz = false\n")
        self.until(lambda: "did you mean `docs`?" in self.log(server), "the reason is logged")
        self.assertEqual(server.get("/docs").status, 200)
        toml.write_text(good + "\n[api]\ndocs = false\n")
        self.until(lambda: server.get("/docs").status == 404, "good settings are taken up")

    def test_no_request_is_lost_while_the_app_changes(self):
        server = self.serve()
        self.put(server, "-- @shape value\nSELECT 0")
        self.until(self.answers(server, b"0"), "served")
        stop, bad, count = threading.Event(), [], [0, 0]

        def ask(index):
            while not stop.is_set():
                answer = server.get("/answer")
                count[index] += 1
                if answer.status != 200 or not answer.body.isdigit():
                    bad.append(answer)

        readers = [threading.Thread(target=ask, args=(i,)) for i in range(2)]
        for reader in readers:
            reader.start()
        for value in range(1, 11):
            self.put(server, f"-- @shape value\nSELECT {value}")
            self.until(self.answers(server, str(value).encode()), f"version {value} is served")
        stop.set()
        for reader in readers:
            reader.join()
        self.assertEqual(bad, [])
        self.assertGreater(min(count), 10)


if __name__ == "__main__":
    unittest.main()
