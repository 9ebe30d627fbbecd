"""Content codings and entity tags, by the real binary: every coding is decoded by its own program, not by ours."""

import concurrent.futures
import contextlib
import gzip
import json
import socket
import subprocess
import unittest

from notes_app import NotesApp

# A list of about 100 KB, as endpoints make them, and an export of more than 500 KB.
ROWS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
SELECT i AS id, printf('2025-%02d-%02d', i * 7 % 12 + 1, i * 11 % 28 + 1) AS day, 'Account ' || (i * 31 % 17) AS account,
       i * 2654435761 % 100000 / 100.0 AS amount, 'Payment number ' || i AS note
FROM n ORDER BY i
"""
LIST_ROWS, EXPORT_ROWS = 1000, 20_000
TAG = '"[0-9a-f]{32}'


def decode(coding, data):
    if coding is None:
        return data
    if coding == "gzip":
        return gzip.decompress(data)
    done = subprocess.run([{"br": "brotli", "zstd": "zstd"}[coding], "-d", "-c"], input=data, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"{coding}: {done.stderr.decode()}")
    return done.stdout


class Compression(NotesApp):
    def setUp(self):
        super().setUp()
        self.write("endpoints/list.sql", ROWS.format(rows=LIST_ROWS))
        self.write("endpoints/export.sql", "-- @shape rows" + ROWS.format(rows=EXPORT_ROWS))
        self.write("endpoints/small.sql", "-- @shape value\nSELECT 42")

    def configure(self, tables, server=""):
        toml = self.folder / "freshet.toml"
        toml.write_text(toml.read_text().replace("[server]", "[server]\n" + server) + "\n" + tables)

    def get(self, server, path, accept=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if accept is not None:
            sent["Accept-Encoding"] = accept
        return server.request("GET", path, headers=sent)

    def raw(self, server, request):
        """All bytes that come for `request` until the server closes."""
        with contextlib.closing(socket.create_connection((server.host, server.port), timeout=30)) as connection:
            connection.sendall(request)
            received = b""
            while part := connection.recv(65536):
                received += part
        return received

    def check_codings(self, server):
        plain = self.get(server, "/list")
        self.assertEqual(plain.headers["Content-Encoding"], None)
        self.assertEqual(len(plain.json()), LIST_ROWS)
        tags = {plain.headers["ETag"]}
        for coding in ("br", "zstd", "gzip"):
            reply = self.get(server, "/list", accept=coding)
            self.assertEqual(reply.headers["Content-Encoding"], coding)
            self.assertEqual(reply.headers["Vary"], "Accept-Encoding")
            self.assertEqual(int(reply.headers["Content-Length"]), len(reply.body))
            self.assertEqual(decode(coding, reply.body), plain.body)
            tags.add(reply.headers["ETag"])
            known = self.get(server, "/list", accept=coding, If_None_Match=reply.headers["ETag"])
            self.assertEqual((known.status, known.body), (304, b""))
            self.assertEqual(known.headers["ETag"], reply.headers["ETag"])
            self.assertEqual(known.headers["Vary"], "Accept-Encoding")
        self.assertEqual(len(tags), 4, tags)
        for tag in tags:
            self.assertRegex(tag, TAG)

    def check_stream(self, server):
        plain = self.get(server, "/export", Accept="application/x-ndjson")
        self.assertGreater(len(plain.body), 500_000)
        self.assertEqual(json.loads(plain.body.splitlines()[-1])["id"], EXPORT_ROWS)
        for coding in ("br", "zstd", "gzip"):
            reply = self.get(server, "/export", accept=coding, Accept="application/x-ndjson")
            self.assertEqual(reply.headers["Content-Encoding"], coding)
            self.assertEqual(reply.headers["Transfer-Encoding"], "chunked")
            self.assertEqual(reply.headers["ETag"], None)
            self.assertLess(len(reply.body), len(plain.body) / 2)
            self.assertTrue(decode(coding, reply.body) == plain.body, coding)

    def test_every_coding_comes_whole_and_has_a_tag_of_its_own(self):
        server = self.serve()
        self.check_codings(server)
        self.check_stream(server)

    def test_many_at_once_get_one_answer_in_the_coding_that_each_is_told(self):
        server = self.serve()
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            replies = list(pool.map(lambda _: self.get(server, "/list", accept="br"), range(128)))
        bodies = {decode(reply.headers["Content-Encoding"], reply.body) for reply in replies}
        self.assertEqual(len(bodies), 1)
        self.assertEqual(self.get(server, "/list", accept="br").headers["Content-Encoding"], "br")

    def test_the_same_over_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "certificate.pem"],
                       check=True, capture_output=True, timeout=60)
        self.configure('[server.tls]\ncertificate = "certificate.pem"\nkey = "key.pem"\n')
        server = self.serve()
        self.assertTrue(server.tls)
        self.check_codings(server)
        self.check_stream(server)

    def test_the_request_chooses_by_weight_and_the_server_among_equals(self):
        server = self.serve()
        for accept, coding in [(None, None), ("", None), ("gzip, deflate, br, zstd", "br"), ("br;q=0.5, gzip;q=0.8", "gzip"),
                               ("br;q=0, *", "zstd"), ("identity, br;q=0.5", None), ("gzip;q=0", None),
                               ("identity;q=0, gzip;q=0.001", "gzip"), ("deflate", None)]:
            reply = self.get(server, "/list", accept=accept)
            self.assertEqual(reply.headers["Content-Encoding"], coding, accept)
            self.assertEqual(reply.headers["Vary"], "Accept-Encoding", accept)
        small = self.get(server, "/small", accept="br")
        self.assertEqual((small.body, small.headers["Content-Encoding"], small.headers["Vary"]), (b"42", None, None))

    def test_head_has_the_headers_of_get_and_no_body(self):
        server = self.serve()
        for accept in ("br", "identity"):
            whole = self.get(server, "/list", accept=accept)
            head = server.request("HEAD", "/list", headers={"Accept-Encoding": accept})
            self.assertEqual((head.status, head.body), (200, b""))
            for name in ("Content-Type", "Content-Encoding", "ETag", "Vary"):
                self.assertEqual(head.headers[name], whole.headers[name], name)
            self.assertIn(head.headers["Content-Length"], (None, whole.headers["Content-Length"]))
        known = server.request("HEAD", "/list", headers={"Accept-Encoding": "br", "If-None-Match": "*"})
        self.assertEqual(known.status, 304)

    def test_a_write_changes_the_tag(self):
        server = self.serve()
        before = self.get(server, "/notes")
        self.assertEqual(self.get(server, "/notes", If_None_Match=before.headers["ETag"]).status, 304)
        server.request("POST", "/notes", body={"topic_id": 1, "body": "one more"})
        after = self.get(server, "/notes", If_None_Match=before.headers["ETag"])
        self.assertEqual(after.status, 200)
        self.assertNotEqual(after.headers["ETag"], before.headers["ETag"])

    def test_http_1_0_gets_the_stream_without_chunks_to_the_end_of_the_connection(self):
        server = self.serve()
        plain = self.get(server, "/export", Accept="application/x-ndjson").body
        received = self.raw(server, b"GET /export HTTP/1.0\r\nAccept: application/x-ndjson\r\nAccept-Encoding: zstd\r\n\r\n")
        head, _, body = received.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Encoding: zstd", head)
        self.assertNotIn(b"Transfer-Encoding", head)
        self.assertTrue(decode("zstd", body) == plain)
        received = self.raw(server, b"GET /list HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
        head, _, body = received.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Length: %d" % len(body), head)
        self.assertEqual(decode("gzip", body), self.get(server, "/list").body)

    def test_a_failure_in_a_stream_does_not_pass_for_the_whole(self):
        self.write("endpoints/broken.sql", "-- @shape rows\n-- @timeout 300ms" +
                   ROWS.format(rows=200_000_000).replace("ORDER BY i", ""))
        server = self.serve()
        received = self.raw(server, b"GET /broken HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n")
        head, _, body = received.partition(b"\r\n\r\n")
        self.assertIn(b"Content-Encoding: gzip", head)
        self.assertGreater(len(body), 10_000)
        self.assertFalse(received.endswith(b"\r\n0\r\n\r\n"))

    def test_configuration_turns_off_and_narrows(self):
        self.configure('[server.compression]\nalgorithms = ["gzip"]\nmin_bytes = 0\nlevel = 9\n', server="etag_max = 0\n")
        server = self.serve()
        self.assertEqual(self.get(server, "/list", accept="br").headers["Content-Encoding"], None)
        reply = self.get(server, "/small", accept="br, gzip;q=0.1")
        self.assertEqual((decode("gzip", reply.body), reply.headers["ETag"]), (b"42", None))


if __name__ == "__main__":
    unittest.main()
