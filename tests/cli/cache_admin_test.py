"""freshet cache stats, ls, get, invalidate against a running server, and the admin port that they ask."""

import json
import os
import pathlib
import stat
import subprocess
import tempfile
import unittest
import unittest.mock
import urllib.error
import urllib.request

from notes_app import NotesApp, binary


class CacheAdmin(NotesApp):
    def setUp(self):
        super().setUp()
        runtime = tempfile.TemporaryDirectory(prefix="freshet-run-")
        self.addCleanup(runtime.cleanup)
        self.runtime = pathlib.Path(runtime.name)
        before = os.environ.get("XDG_RUNTIME_DIR")
        os.environ["XDG_RUNTIME_DIR"] = runtime.name
        self.addCleanup(lambda: os.environ.pop("XDG_RUNTIME_DIR") if before is None
                        else os.environ.update(XDG_RUNTIME_DIR=before))
        self.write("endpoints/count.sql", "-- Count.\n-- @tags notes-page\n-- @param topic int\n-- @shape value\n"
                                          "SELECT count(*) FROM notes WHERE topic_id = :topic")
        self.write("endpoints/names.sql", "-- Topics.\nSELECT id FROM topics")

    def serve(self):
        server = super().serve()
        self.served = server.copy
        return server

    def cache(self, *words, code=0):
        ran = subprocess.run([binary(), "cache", words[0], str(self.served), *map(str, words[1:])], capture_output=True,
                             text=True, timeout=60)
        self.assertEqual(ran.returncode, code, ran.stderr)
        return ran.stdout if code == 0 else ran.stderr

    def told(self, *words):
        return json.loads(self.cache(*words, "--json"))

    def warm(self, server):
        for target in ("/count?topic=1", "/count?topic=2", "/names"):
            server.get(target)
            self.assertEqual(server.get(target).headers["X-Cache"], "HIT")

    def words(self, server):
        return [server.get(target).headers["X-Cache"] for target in ("/count?topic=1", "/count?topic=2", "/names")]

    def test_stats_of_a_server_that_nobody_configured(self):
        server = self.serve()
        self.warm(server)
        told = self.told("stats")
        self.assertEqual((told["entries"], told["hits"], told["misses"], told["bypasses"]), (3, 3, 3, 0))
        self.assertEqual({route["route"]: route["hits"] for route in told["routes"] if route["hits"]},
                         {"/count": 2, "/names": 1})
        text = self.cache("stats")
        self.assertIn("hits        3 of 6 (50.0%)\n", text)
        self.assertRegex(text, r"\n/count +2 +")

    def test_ls_and_get(self):
        self.warm(self.serve())
        self.assertEqual([entry["key"] for entry in self.told("ls")["entries"]],
                         ["count:topic=1", "count:topic=2", "names"])
        self.assertEqual([entry["key"] for entry in self.told("ls", "count")["entries"]],
                         ["count:topic=1", "count:topic=2"])
        limited = self.told("ls", "--limit", 1)
        self.assertEqual((limited["count"], [entry["key"] for entry in limited["entries"]]), (3, ["count:topic=1"]))
        self.assertEqual([entry["key"] for entry in self.told("ls", "--tag", "notes-page")["entries"]],
                         ["count:topic=1", "count:topic=2"])
        one = self.told("get", "count:topic=1")
        self.assertEqual(one["answer"], json.loads(self.cache("get", "count:topic=1").splitlines()[-1]))
        self.assertIn("notes-page", one["tags"])
        self.assertTrue(one["alive"])
        self.assertIn("nothing is kept under `nope`", self.cache("get", "nope", code=1))

    def test_invalidate_by_table_by_manual_tag_by_key_and_all(self):
        server = self.serve()
        for words, expected in ((["notes"], ["MISS", "MISS", "HIT"]), (["notes-page"], ["MISS", "MISS", "HIT"]),
                                (["--key", "count:topic=2"], ["HIT", "MISS", "HIT"]), (["topics"], ["HIT", "HIT", "MISS"]),
                                (["--all"], ["MISS", "MISS", "MISS"])):
            self.warm(server)
            told = self.told("invalidate", *words)
            self.assertEqual(told["entries"], expected.count("MISS"), words)
            self.assertEqual(self.words(server), expected, words)
        self.warm(server)
        self.assertIn("2 answers will be made anew\n", self.cache("invalidate", "notes"))
        self.assertIn("`notes[topic` is no tag", self.cache("invalidate", "notes[topic", code=2))
        self.assertIn("one of TAG, --key and --all", self.cache("invalidate", code=2))

    def test_the_file_that_says_where_is_its_users_alone_and_goes_with_the_server(self):
        server = self.serve()
        file, = (self.runtime / "freshet").iterdir()
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(file.parent.stat().st_mode), 0o700)
        file.chmod(0o644)
        self.assertIn("is not this user's alone", self.cache("stats", code=3))
        server.stop()
        self.assertEqual(list((self.runtime / "freshet").iterdir()), [])
        self.assertIn("no server of", self.cache("stats", code=1))

    def test_without_the_token_nothing_is_told(self):
        self.serve()
        file, = (self.runtime / "freshet").iterdir()
        url, token, _ = file.read_text().splitlines()

        def status(path, headers=None, body=None):
            try:
                with urllib.request.urlopen(urllib.request.Request(url + path, body, headers or {}), timeout=10) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        self.assertEqual(status("/metrics"), 200)
        for path in ("/cache", "/cache/entries", "/cache/entry?key=names"):
            self.assertEqual(status(path), 401)
            self.assertEqual(status(path, {"Authorization": "Bearer " + token[:-1] + "x"}), 401)
        self.assertEqual(status("/cache/invalidate", {}, b'{"everything":true}'), 401)
        self.assertEqual(status("/cache", {"Authorization": "Bearer " + token}), 200)
        self.assertEqual(status("/cache/invalidate", {"Authorization": "Bearer " + token}, b'{"tag":1}'), 400)
        self.assertIn("needs the token", self.cache("stats", "--url", url, code=1))
        self.assertIn("FRESHET_ADMIN_TOKEN", self.cache("stats", "--url", url, code=1))
        with unittest.mock.patch.dict(os.environ, FRESHET_ADMIN_TOKEN=token):
            self.assertIn("hits", self.cache("stats", "--url", url))

    def test_the_token_may_come_from_the_environment_of_the_server(self):
        with unittest.mock.patch.dict(os.environ, FRESHET_ADMIN_TOKEN="one that both of them know"):
            self.serve()
            file, = (self.runtime / "freshet").iterdir()
            self.assertIn("hits", self.cache("stats", "--url", file.read_text().splitlines()[0]))

    def test_metrics_tell_of_routes(self):
        self.warm(self.serve())
        url = next((self.runtime / "freshet").iterdir()).read_text().splitlines()[0]
        with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        self.assertIn('freshet_cache_hits_total{route="/count"} 2\n', text)
        self.assertIn('freshet_cache_entries{route="/names"} 1\n', text)
        self.assertIn("freshet_cache_bypasses_total 0\n", text)

    def test_no_second_port_where_none_is_wanted(self):
        with open(self.folder / "freshet.toml", "a") as file:
            file.write("\n[admin]\nenabled = false\n")
        self.serve()
        self.assertFalse((self.runtime / "freshet").exists())


if __name__ == "__main__":
    unittest.main()
