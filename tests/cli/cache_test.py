"""What is kept and when it stops being true, as a client sees it: the X-Cache header, and the database asked directly."""

import contextlib
import datetime
import json
import sqlite3
import subprocess
import threading
import time
import unittest

from notes_app import NotesApp, run

COUNT = "-- @param done bool\n-- @shape value\nSELECT count(*) FROM notes WHERE (:done IS NULL OR done = :done)"


class Cache(NotesApp):
    def serve(self, toml="", **files):
        for path, text in files.items():
            self.write(f"endpoints/{path}.sql", text)
        if toml:
            with open(self.folder / "freshet.toml", "a") as file:
                file.write(toml)
        return super().serve()

    def word(self, server, path, headers=None, method="GET"):
        return server.request(method, path, headers=headers).headers["X-Cache"]

    def execute(self, server, sql):
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def test_a_second_request_is_a_hit_with_the_same_bytes_and_an_age(self):
        server = self.serve(count=COUNT)
        first, second = server.get("/count"), server.get("/count")
        self.assertEqual((first.headers["X-Cache"], second.headers["X-Cache"]), ("MISS", "HIT"))
        self.assertEqual((first.body, first.headers["ETag"]), (second.body, second.headers["ETag"]))
        self.assertIsNone(first.headers["Age"])
        self.assertGreaterEqual(int(second.headers["Age"]), 0)
        self.assertEqual(second.headers["Cache-Control"], "no-cache")

    def test_writes_of_anybody_are_in_the_next_answer(self):
        server = self.serve(count=COUNT)

        def freshet():
            self.assertEqual(server.request("POST", "/notes", body={"topic_id": 1, "body": "new"}).status, 201)

        def python():
            self.execute(server, "INSERT INTO notes(topic_id, body) VALUES (1, 'python')")

        def sqlite_shell():
            subprocess.run(["sqlite3", server.database, "DELETE FROM notes WHERE id = 1"], check=True)

        for write in (freshet, python, sqlite_shell, python, freshet):
            server.get("/count")
            self.assertEqual(self.word(server, "/count"), "HIT")
            write()
            self.assertEqual(server.get("/count").json(), self.execute(server, "SELECT count(*) FROM notes")[0][0])

    def test_what_was_rolled_back_was_never_there(self):
        server = self.serve(count=COUNT)
        before = server.get("/count").body
        with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM notes")
            self.assertEqual(server.get("/count").body, before)
            connection.execute("ROLLBACK")
        self.assertEqual(server.get("/count").body, before)

    def test_a_dropped_and_remade_table_is_another_one(self):
        server = self.serve(count=COUNT)
        self.assertNotEqual(server.get("/count").json(), 0)
        self.execute(server, "CREATE TABLE other AS SELECT * FROM notes WHERE 0")
        self.execute(server, "DROP TABLE notes")
        self.execute(server, "ALTER TABLE other RENAME TO notes")
        self.assertEqual(server.get("/count").json(), 0)

    def test_what_comes_in_a_header_is_told_apart(self):
        server = self.serve(by_body="-- @param like_this text required in=header\n-- @shape value\n"
                                    "SELECT count(*) FROM notes WHERE body = :like_this")
        self.execute(server, "INSERT INTO notes(topic_id, body) VALUES (1, 'red'), (1, 'red'), (1, 'blue')")

        def found(color):
            answer = server.request("GET", "/by_body", headers={"Like-This": color})
            return answer.json(), answer.headers["X-Cache"]

        self.assertEqual(found("red"), (2, "MISS"))
        self.assertEqual(found("blue"), (1, "MISS"))
        self.assertEqual(found("red"), (2, "HIT"))
        self.assertEqual(found("blue"), (1, "HIT"))
        answer = server.request("GET", "/by_body", headers={"Like-This": "red"})
        self.assertIn("like-this", answer.headers["Vary"])

    def test_a_stale_answer_of_a_header_is_made_anew_for_the_same_header(self):
        server = self.serve(by_body="-- @param like_this text required in=header\n-- @cache 1s stale 1h\n-- @shape object\n"
                                    "SELECT :like_this AS asked, count(*) AS found FROM notes")

        def ask():
            answer = server.request("GET", "/by_body", headers={"Like-This": "red"})
            self.assertEqual(answer.json()["asked"], "red")
            return answer.headers["X-Cache"]

        self.assertEqual(ask(), "MISS")
        deadline = time.monotonic() + 20
        while ask() != "STALE":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        while ask() != "HIT":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_an_answer_too_large_to_be_kept_is_compressed_all_the_same(self):
        server = self.serve("\n[cache]\nmax = '2MB'\n",
                            big="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)\n"
                                "SELECT i, body FROM n, notes WHERE notes.id = 1")
        for _ in range(2):
            answer = server.request("GET", "/big", headers={"Accept-Encoding": "gzip"})
            self.assertEqual(answer.headers["X-Cache"], "MISS")
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")

    def test_arguments_are_told_apart_and_other_ways_to_write_them_are_not(self):
        server = self.serve(count=COUNT)
        self.assertEqual(self.word(server, "/count?done=true"), "MISS")
        self.assertEqual(self.word(server, "/count?done=false"), "MISS")
        self.assertEqual(self.word(server, "/count?done=tru%65"), "HIT")
        self.assertEqual(self.word(server, "/count?done=true&utm_source=x"), "HIT")

    def test_head_and_conditional_requests_are_answered_from_what_is_kept(self):
        server = self.serve(count=COUNT)
        tag = server.get("/count").headers["ETag"]
        head = server.request("HEAD", "/count")
        self.assertEqual((head.status, head.headers["X-Cache"], head.headers["ETag"]), (200, "HIT", tag))
        same = server.request("GET", "/count", headers={"If-None-Match": tag})
        self.assertEqual((same.status, same.headers["X-Cache"], same.body), (304, "HIT", b""))
        self.execute(server, "DELETE FROM notes")
        self.assertEqual(server.request("GET", "/count", headers={"If-None-Match": tag}).status, 200)

    def test_each_coding_is_made_once_and_a_hit_has_the_headers_of_a_miss(self):
        server = self.serve(list="SELECT id, body FROM notes, (SELECT 1 UNION ALL SELECT 2)")
        for coding in ("br", "gzip", "zstd"):
            answers = [server.request("GET", "/list", headers={"Accept-Encoding": coding}) for _ in range(2)]
            self.assertEqual([a.headers["Content-Encoding"] for a in answers], [coding, coding])
            self.assertEqual(answers[0].body, answers[1].body)
            self.assertEqual([a.headers["Vary"] for a in answers], ["Accept-Encoding"] * 2)
            self.assertTrue(answers[1].headers["ETag"].endswith(f'-{coding}"'))

    def test_what_is_not_there_is_known_until_it_is(self):
        server = self.serve(note="-- @param id int required\n-- @shape object\nSELECT id, body FROM notes WHERE id = :id")
        for word in ("MISS", "HIT"):
            answer = server.get("/note", id=1000)
            self.assertEqual((answer.status, answer.headers["X-Cache"]), (404, word))
        self.execute(server, "INSERT INTO notes(id, topic_id, body) VALUES (1000, 1, 'now')")
        self.assertEqual(server.get("/note", id=1000).status, 200)

    def test_errors_are_not_kept(self):
        server = self.serve(count=COUNT)
        for _ in range(2):
            answer = server.get("/count", done="perhaps")
            self.assertEqual((answer.status, answer.headers["X-Cache"]), (422, None))

    def test_what_is_never_the_same_twice_is_not_kept(self):
        server = self.serve(random="-- @shape value\nSELECT random()", time="-- @shape value\nSELECT datetime('now')",
                            off="-- @cache off\n-- @shape value\nSELECT count(*) FROM notes")
        for path in ("/random", "/time", "/off"):
            self.assertEqual([self.word(server, path) for _ in range(2)], ["BYPASS", "BYPASS"], path)

    def test_a_default_of_now_is_in_the_key(self):
        server = self.serve(day="-- @param day date = now\n-- @shape object\n"
                                "SELECT :day AS day, (SELECT count(*) FROM notes WHERE date(created_at) = :day) AS n")
        today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
        self.assertEqual(server.get("/day").json()["day"], today)
        self.assertEqual(self.word(server, "/day"), "HIT")
        self.assertEqual(self.word(server, "/day?day=2020-02-02"), "MISS")

    def test_a_caller_may_ask_past_the_cache_where_the_app_lets_it(self):
        server = self.serve("[cache]\nbypass = true\n", count=COUNT)
        server.get("/count")
        self.assertEqual(self.word(server, "/count", {"Cache-Control": "max-age=0, no-cache"}), "BYPASS")
        self.assertEqual(self.word(server, "/count"), "HIT")

    def test_else_it_gets_what_is_true_anyway(self):
        server = self.serve(count=COUNT)
        server.get("/count")
        self.assertEqual(self.word(server, "/count", {"Cache-Control": "no-cache"}), "HIT")

    def test_off_means_off(self):
        server = self.serve("[cache]\nenabled = false\n", count=COUNT)
        self.assertEqual([self.word(server, "/count") for _ in range(2)], [None, None])

    def test_an_answer_does_not_outlive_the_file_that_it_was_made_from(self):
        server = self.serve(answer="-- @shape value\nSELECT 41 + (SELECT 0 FROM notes LIMIT 1)")
        self.assertEqual([server.get("/answer").body for _ in range(2)], [b"41", b"41"])
        (server.copy / "endpoints/answer.sql").write_text("-- @shape value\nSELECT 42 + (SELECT 0 FROM notes LIMIT 1)")
        deadline = time.monotonic() + 10
        while server.get("/answer").body != b"42":
            self.assertLess(time.monotonic(), deadline, "the change is noticed")
        self.assertEqual([server.get("/answer").body for _ in range(2)], [b"42", b"42"])

    def test_a_route_that_may_keep_nothing_large_keeps_nothing_large(self):
        server = self.serve('[cache]\nmax = "1MB"\n[cache.routes]\n"/large" = "64KB"\n',
                            large="-- @shape value\nSELECT printf('%.*c', 200000, 'x') || (SELECT '' FROM notes LIMIT 1)",
                            count=COUNT)
        self.assertEqual([self.word(server, "/large") for _ in range(2)], ["MISS", "MISS"])
        self.assertEqual([self.word(server, "/count") for _ in range(2)], ["MISS", "HIT"])

    def test_many_that_miss_at_once_run_the_statements_once(self):
        server = self.serve(slow="-- @shape object\nWITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r "
                                 "WHERE n < 2000000) SELECT count(*) AS n, (SELECT count(*) FROM notes) AS notes FROM r")
        words = []

        def ask():
            words.append(self.word(server, "/slow"))

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(set(words), {"MISS", "HIT"})
        self.assertEqual(len(words), 50)
        self.assertEqual(self.word(server, "/slow"), "HIT")
        server.stop()  # so that every line is there
        lines = [json.loads(line) for line in server.output if '"/slow"' in line]
        self.assertEqual(len(lines), 51)
        self.assertEqual(sum("database_run_us" in line for line in lines), 1, "its statements ran once")

    def until(self, condition, what):
        """Waits for what the server does by itself; the bound is far above what it takes."""
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def test_an_answer_whose_time_is_over_stands_in_while_a_fresh_one_is_made(self):
        server = self.serve("[cache.warm]\nenabled = false\n",
                            timed="-- @cache 1s stale 1h\n-- @shape value\nSELECT count(*) FROM notes")
        self.assertEqual([self.word(server, "/timed") for _ in range(2)], ["MISS", "HIT"])
        words = []
        self.until(lambda: words.append(self.word(server, "/timed")) or words[-1] == "STALE", "its time is over")
        self.until(lambda: self.word(server, "/timed") == "HIT", "a fresh one is there")
        self.assertLessEqual(set(words), {"HIT", "STALE"})

    def test_it_does_not_stand_in_once_something_changed(self):
        server = self.serve("[cache.warm]\nenabled = false\n",
                            timed="-- @cache 1s stale 1h\n-- @shape value\nSELECT count(*) FROM notes")
        server.get("/timed")
        time.sleep(1.2)
        self.execute(server, "DELETE FROM notes")
        answer = server.get("/timed")
        self.assertEqual((answer.body, answer.headers["X-Cache"]), (b"0", "MISS"))

    def test_routes_that_the_app_names_are_filled_before_anybody_asks(self):
        start = '''[[cache.warm.start]]
route = "/count"
[[cache.warm.start]]
route = "/notes/of/{topic}"
parameters = "SELECT id AS topic, CASE id WHEN 1 THEN TRUE END AS done FROM topics ORDER BY id"
'''
        of_topic = "-- @param topic int\n-- @param done bool\n-- @shape value\n" \
                   "SELECT count(*) FROM notes WHERE topic_id = :topic AND (:done IS NULL OR done = :done)"
        server = self.serve(start, count=COUNT, **{"notes/of/[topic]": of_topic})
        self.until(lambda: self.word(server, "/notes/of/4") == "HIT", "filled")
        for path in ("/count", "/notes/of/1?done=1", "/notes/of/2"):
            self.assertEqual(self.word(server, path), "HIT", path)
        self.assertEqual(self.word(server, "/notes/of/1"), "MISS")

    def test_a_warm_start_that_cannot_be_is_a_mistake(self):
        for start, message in [('route = "/nowhere"', "there is no such GET endpoint"),
                               ('route = "/count"\nparameters = "SELECT 1 AS x"', "`x` is no parameter"),
                               ('route = "/of"', "the endpoint needs `topic`"),
                               ('route = "/now"', "its answers are not kept"),
                               ('route = "/count"\nparameters = "SELECT nonsense"', "no such column: nonsense"),
                               ('route = "/count"\nparameters = "DELETE FROM notes"', "must be a SELECT")]:
            self.write("endpoints/count.sql", COUNT)
            self.write("endpoints/of.sql", "-- @param topic int required\nSELECT id FROM notes WHERE topic_id = :topic")
            self.write("endpoints/now.sql", "SELECT random() AS number")
            toml = self.folder / "freshet.toml"
            before = toml.read_text()
            toml.write_text(before + f"[[cache.warm.start]]\n{start}\n")
            done = run("check", self.folder)
            toml.write_text(before)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn(message, done.stdout + done.stderr)

    def test_room_for_a_route_that_keeps_nothing_is_a_mistake(self):
        self.write("endpoints/now.sql", "SELECT random() AS number")
        toml = self.folder / "freshet.toml"
        before = toml.read_text()
        for route, message in [("/nowhere", "there is no such GET endpoint"), ("/now", "its answers are not kept")]:
            toml.write_text(before + f"[cache.routes]\n'{route}' = '1MB'\n")
            done = run("check", self.folder)
            self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
            self.assertIn(message, done.stdout + done.stderr)

    def test_a_start_that_fails_leaves_the_others_their_chance(self):
        failing = '\n[[cache.warm.start]]\nroute = "/of"\nparameters = "SELECT abs(-9223372036854775807 - 1) AS topic"\n'
        server = self.serve(failing + '[[cache.warm.start]]\nroute = "/count"\n', count=COUNT,
                            of="-- @param topic int required\nSELECT id FROM notes WHERE topic_id = :topic")
        self.until(lambda: self.word(server, "/count") == "HIT", "filled")
        self.assertIn("[[cache.warm.start]] of /of", "".join(server.output))

    def test_a_start_without_a_value_for_its_path_is_left_out(self):
        start = '\n[[cache.warm.start]]\nroute = "/of/{topic}"\nparameters = "SELECT NULL AS topic UNION ALL SELECT 1"\n'
        server = self.serve(start, **{"of/[topic]": "-- @param topic int\nSELECT id FROM notes WHERE topic_id = :topic"})
        self.until(lambda: self.word(server, "/of/1") == "HIT", "filled")

    def test_the_time_of_an_answer_may_be_learned(self):
        server = self.serve("[cache]\npolicy = 's3-fifo'\n[cache.warm]\nenabled = false\n",
                            calm="-- @cache 1s..1h\n-- @shape value\nSELECT 1")
        self.assertEqual(self.word(server, "/calm"), "MISS")
        deadline = time.monotonic() + 20
        while self.word(server, "/calm") == "HIT":  # nothing is known of it yet: the shortest time
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)
        explained = run("explain", self.folder, "/calm")
        self.assertIn("1s to 1h at most", explained.stdout)

    def test_what_was_hot_is_made_again_after_a_write(self):
        server = self.serve(count=COUNT)
        for _ in range(300):
            server.get("/count")
        self.execute(server, "DELETE FROM notes WHERE id = 1")
        expected = str(self.execute(server, "SELECT count(*) FROM notes")[0][0]).encode()

        def filled():
            time.sleep(0.2)  # the warmer looks for what died by itself
            answer = server.get("/count")
            self.assertEqual(answer.body, expected)
            if answer.headers["X-Cache"] == "HIT":
                return True
            self.execute(server, "UPDATE notes SET done = done WHERE id = 2")
            return False

        self.until(filled, "the warmer made it before it was asked for")

    def test_unknown_keys_of_the_section_are_mistakes(self):
        with self.assertRaisesRegex(AssertionError, r"freshet\.toml:\d+:\d+.*cache\.size"):
            self.serve("[cache]\nsize = 3\n", count=COUNT)


if __name__ == "__main__":
    unittest.main()
