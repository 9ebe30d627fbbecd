"""Whatever is sent, the answer is a clear 4xx problem document, and the server goes on."""

import json
import socket
import unittest

from notes_app import NotesApp, Server

EVERY_TYPE = """-- Every type at once.
-- @param text text min_length=2 max_length=5
-- @param int int min=0 max=10
-- @param decimal decimal(2)
-- @param bool bool
-- @param date date
-- @param timestamp timestamp
-- @param month month
-- @param uuid uuid
-- @param enum enum(a,b)
-- @param json json
-- @param ints int[] max_items=3
-- @shape object
"""
SELECT = """SELECT :text AS text, :int AS int, :decimal AS decimal, :bool AS bool, :date AS date, :timestamp AS timestamp,
       :month AS month, :uuid AS uuid, :enum AS enum, :json AS json, (SELECT count(*) FROM notes WHERE id IN (:ints)) AS n
"""
WRONG = {
    "text": ["a", "abcdef", "ab\0c", "é" * 6],
    "int": ["", "x", "1.5", "-1", "11", "99999999999999999999999", "0x1", "1e400", " 1", "NaN", "١"],
    "decimal": ["", "x", "1.234", "1e9999999", "--1", "1,5", "Infinity", "1" * 200],
    "bool": ["", "yes!", "2", "TRUEE"],
    "date": ["", "2025-02-29", "2025-13-01", "01/02/2025", "2025-1-1", "2025-01-01T00:00:00Z"],
    "timestamp": ["", "2025-01-01", "2025-01-01T25:00:00Z", "yesterday", "2025-01-01T00:00:00+99:00"],
    "month": ["", "2025", "2025-00", "2025-13", "202501", "2025-01-01"],
    "uuid": ["", "123", "g0000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}x"],
    "enum": ["", "c", "A", "a,b"],
    "json": ["", "{", "[1,]", "{'a':1}", "[" * 500],
    "ints": ["1,x", "1,,2", "1,2,3,4"],
}
# The texts of every injection list: as values they are harmless, as identifiers they never arrive.
METACHARACTERS = ["' OR '1'='1", "'; DROP TABLE notes; --", "\" OR \"\"=\"", "`", "%", "_", "\\", "/*", "*/", "--", ";", "?1", ":id",
                  "$1", "@x", "||", "char(39)", "0 UNION SELECT sql FROM sqlite_schema", "\u2019", "${HOME}", "{{7*7}}", "<script>",
                  "../../etc/passwd", "%00", "\r\nX: y"]


class BadInput(NotesApp):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.write("endpoints/every.sql", EVERY_TYPE + SELECT)
        self.write("endpoints/every.post.sql", EVERY_TYPE + "-- @status 200\n" + SELECT)
        self.write("endpoints/echo.sql", "-- @param q text\n-- @shape value\nSELECT :q")
        self.write("endpoints/echo/[q].sql", "-- @param q text\n-- @shape value\nSELECT :q")
        self.server = self.serve()

    def assert_problem(self, answer, *statuses):
        self.assertIn(answer.status, statuses, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json", answer)
        problem = json.loads(answer.body)
        self.assertEqual(problem["status"], answer.status)
        self.assertTrue(problem["detail"])
        for secret in [b"SELECT", b"sqlite", b"/endpoints", b".sql", b"freshet::"]:
            self.assertNotIn(secret, answer.body)
        return problem

    def assert_alive(self):
        self.assertEqual(self.server.get("/healthz").status, 200)
        self.assertEqual(self.server.rows("SELECT count(*) AS n FROM notes")[0]["n"], 40)

    def test_every_type_wrong_in_the_query(self):
        for name, texts in WRONG.items():
            for text in texts:
                with self.subTest(name=name, text=text):
                    problem = self.assert_problem(self.server.get("/every", **{name: text}), 400, 422)
                    if "errors" in problem:
                        self.assertEqual([e["field"] for e in problem["errors"]], [name])
        self.assert_alive()

    def test_every_type_wrong_in_the_body(self):
        bad = {"text": [1, True, [], {}, "a"], "int": ["x", 1.5, True, [], 11, 1e30], "decimal": [True, [], "x", 1.234],
               "bool": [1.5, "maybe", []], "date": [20250101, "2025-02-30"], "timestamp": [0, "x"], "month": [202501, "2025-13"],
               "uuid": [1, "x"], "enum": [1, "c"], "ints": [1, "1", [1.5], ["x"], [None], [1, 2, 3, 4], {"a": 1}]}
        for name, values in bad.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    problem = self.assert_problem(self.server.request("POST", "/every", body={name: value}), 422)
                    self.assertEqual([e["field"] for e in problem["errors"]], [name])
        self.assert_alive()

    def test_right_values_of_every_type(self):
        right = {"text": "abc", "int": "10", "decimal": "1.20", "bool": "true", "date": "2024-02-29", "month": "2025-01",
                 "timestamp": "2025-01-01T01:00:00+01:00", "uuid": "00000000-0000-0000-0000-000000000000", "enum": "a",
                 "json": '{"a":[1]}', "ints": "1,2,99999"}
        answer = self.server.get("/every", **right)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json()["n"], 2)
        self.assertTrue(answer.json()["timestamp"].startswith("2025-01-01T00:00:00"))

    def test_broken_bodies(self):
        send = lambda raw, kind="application/json": self.server.request("POST", "/every", raw=raw, headers={"Content-Type": kind})  # noqa: E731
        for raw in [b"{", b"[1", b"nul", b"{\"text\":}", b"\xff\xfe", b"{\"text\":\"\xc3\x28\"}", b"{\"int\":" + b"9" * 500 + b"}",
                    b"{\"a\":1}{\"a\":2}", b"{\"text\":\"abc\",\"text\":\"abd\"}", b"[" * 100_000, b"{\"json\":" + b"[" * 5000 + b"]" * 5000 + b"}",
                    b"3", b"\"x\"", b"[{}]"]:
            with self.subTest(raw=raw[:40]):
                self.assert_problem(send(raw), 400)
        self.assert_problem(send(b"<x/>", "text/xml"), 415)
        self.assert_problem(send(b"a=1", "multipart/form-data"), 415)
        self.assert_problem(send(b"{\"text\":\"" + b"x" * 2_000_000 + b"\"}"), 413)
        self.assert_problem(self.server.request("POST", "/every", body={"tex": "abc"}), 422)
        self.assert_alive()

    def test_metacharacters_are_only_text(self):
        for text in METACHARACTERS:
            with self.subTest(text=text):
                self.assertEqual(self.server.get("/echo", q=text).json(), text)
        self.assert_problem(self.server.get("/notes", **{"id'; DROP TABLE notes; --": "1"}), 422)
        self.assert_alive()

    def test_unknown_routes_methods_and_parameters(self):
        self.assert_problem(self.server.get("/nowhere"), 404)
        self.assert_problem(self.server.get("/notes/"), 404)
        self.assert_problem(self.server.get("/%2e%2e/%2e%2e/etc/passwd"), 404)
        self.assert_problem(self.server.request("PUT", "/notes", body={}), 405)
        built_in = self.server.request("POST", "/healthz", body={})
        self.assert_problem(built_in, 405)
        self.assertEqual(built_in.headers["Allow"], "GET, HEAD, OPTIONS")
        self.assert_problem(self.server.request("BREW", "/notes"), 405, 501)
        self.assert_problem(self.server.get("/notes", tpoic=1), 422)
        self.assert_problem(self.server.request("GET", "/every?int=1&int=2"), 422)
        self.assert_problem(self.server.request("GET", "/echo?q=%ff"), 400)
        self.assert_problem(self.server.request("GET", "/echo?q=%zz"), 400)
        self.assert_problem(self.server.request("GET", "/echo/%ff"), 400)
        self.assert_problem(self.server.request("GET", "/echo?" + "&".join(f"_{i}=1" for i in range(300))), 400)
        self.assert_problem(self.server.request("GET", "/echo?q=" + "x" * 12_000), 422)
        self.assert_problem(self.server.request("GET", "/echo?q=" + "x" * 40_000), 414)
        self.assert_problem(self.server.request("GET", "/notes", headers={f"X-{i}": "y" for i in range(90)} | {"X": "z" * 70_000}), 431)
        self.assert_problem(self.server.request("GET", "/notes", headers={"Accept": "image/png"}), 406)
        self.assert_alive()

    def test_constraints_are_conflicts_and_refusals(self):
        self.assert_problem(self.server.request("POST", "/topics", body={"title": "Garden"}), 409)
        self.assert_problem(self.server.request("POST", "/notes", body={"topic_id": 999, "body": "x"}), 409)
        self.assert_problem(self.server.request("PATCH", "/notes/999", body={"done": True}), 404)
        self.assert_alive()

    def test_garbage_on_the_wire(self):
        for raw in [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /x HTTP/1.1\r\n\r\n",
                    b"POST /every HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    b"POST /every HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"\0" * 1000, b"GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n",
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n"]:
            with self.subTest(raw=raw[:30]), socket.create_connection((self.server.host, self.server.port), timeout=10) as wire:
                wire.sendall(raw)
                wire.shutdown(socket.SHUT_WR)
                answer = b""
                while chunk := wire.recv(65536):
                    answer += chunk
                self.assertRegex(answer, rb"^HTTP/1\.[01] (4|5)\d\d |^$")
                self.assertNotRegex(answer, rb"^HTTP/1\.1 500 ")
        self.assert_alive()


if __name__ == "__main__":
    unittest.main()
