"""The real binary under test: an app copied to a temporary folder, its command line, and its server on a free port.

The binary is named by FRESHET_BIN. With FRESHET_TEST_DATABASE=postgres, the app runs on a real PostgreSQL server, in a
database of its own. Standard library only.

    with Server(app("household"), seed_rows=600) as server:
        server.get("/dashboard/summary", month="2025-03").json()
"""

import contextlib
import http.client
import json
import os
import pathlib
import queue
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from decimal import Decimal
from urllib.parse import urlencode, urlsplit

from postgres_server import need_postgres, postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 30


def binary():
    path = os.environ.get("FRESHET_BIN")
    if not path:
        raise RuntimeError("FRESHET_BIN must name the freshet binary")
    return str(pathlib.Path(path).resolve())


def app(name):
    return ROOT / "apps" / name


def example(name):
    return ROOT / "examples" / name


def test_data(name):
    """A file of the data folder; skips the test, saying so, where it is absent."""
    folder = pathlib.Path(os.environ.get("FRESHET_TEST_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.exists():
        raise unittest.SkipTest(f"no {name} in {folder}: set FRESHET_TEST_DATA to the folder that has it")
    return path


class Response:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        """The body; numbers with a point come as exact decimals."""
        return json.loads(self.body, parse_float=Decimal)

    def __repr__(self):
        return f"{self.status} {self.body[:2000]!r}"


def test_on_postgres():
    return os.environ.get("FRESHET_TEST_DATABASE") == "postgres"


def literal(value):
    """A value as SQL of either database."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, (int, float)) else "'" + value.replace("'", "''") + "'"


def as_on_sqlite(value):
    """A value of PostgreSQL's row_to_json as a SQLite file holds it: JSON is text, a time ends with Z."""
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    time_of_day = isinstance(value, str) and re.fullmatch(r"(\d{4}-\d\d-\d\dT[\d:]{8})(?:\.(\d+))?\+00:00", value)
    return f"{time_of_day[1]}.{(time_of_day[2] or ''):0<3}Z" if time_of_day else value


class Server:
    """Copies the app, seeds it if asked, starts `freshet serve` and stops it by SIGTERM."""

    def __init__(self, folder, seed_rows=None, until="2025-12", environment=None, prepare=None, arguments=(),
                 on_postgres=None):
        self.folder, self.seed_rows, self.until = pathlib.Path(folder), seed_rows, until
        self.environment = dict(os.environ, **(environment or {}))
        self.prepare, self.arguments = prepare, list(arguments)
        self.on_postgres = test_on_postgres() if on_postgres is None else on_postgres
        self.temporary = self.process = self.exit_code = self.postgres_url = None
        self.output, self.lines = [], None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    # Life cycle.

    def start(self):
        if self.on_postgres:
            need_postgres()
            self.postgres_url = postgres().create_database()
            self.environment["DATABASE_URL"] = self.postgres_url
        self.temporary = tempfile.TemporaryDirectory(prefix="freshet-test-")
        self.copy = pathlib.Path(self.temporary.name) / self.folder.name
        shutil.copytree(self.folder, self.copy, ignore=shutil.ignore_patterns("data"))
        try:
            if self.seed_rows is not None:
                self.cli("migrate", str(self.copy))
                self.cli("seed", str(self.copy), "--rows", str(self.seed_rows), "--seed", "7", "--until", self.until)
            if self.prepare:
                self.prepare(self)
            self.launch()
        except BaseException:
            self.stop(check=False)
            raise

    def launch(self):
        self.process = subprocess.Popen(
            [binary(), "serve", str(self.copy), "--port", "0", *self.which_database("serve"), *self.arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=self.environment, text=True,
            errors="replace")
        self.lines = queue.Queue()  # of this process, when it is launched again
        threading.Thread(target=self._read_output, args=(self.process.stdout, self.lines), daemon=True).start()
        deadline = time.monotonic() + START_SECONDS
        self.url = None
        while self.url is None:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError("the server printed no URL:\n" + "".join(self.output)) from None
            if line is None:
                raise AssertionError(f"the server ended with {self.process.wait()}:\n" + "".join(self.output))
            found = re.search(r"https?://[\w.\[\]-]+:\d+", line)
            self.url = found.group(0) if found else None
        parts = urlsplit(self.url)
        self.host, self.port, self.tls = parts.hostname, parts.port, parts.scheme == "https"
        ready = self.get("/readyz")
        if ready.status != 200:
            raise AssertionError(f"not ready: {ready}")

    def _read_output(self, stdout, lines):
        for line in stdout:
            self.output.append(line)
            lines.put(line)
        lines.put(None)

    def stop(self, check=True):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
            try:
                self.exit_code = self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not stop on SIGTERM") from None
            finally:
                self.process.stdout.close()
                self.process = None
        if self.temporary is not None:
            self.temporary.cleanup()
            self.temporary = None
        if check and self.exit_code != 0:
            raise AssertionError(f"the server ended with {self.exit_code}:\n" + "".join(self.output[-50:]))

    def cli(self, *arguments, expect=0):
        done = subprocess.run([binary(), *arguments, *self.which_database(arguments[0])], env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=600)
        if done.returncode != expect:
            raise AssertionError(f"freshet {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def which_database(self, command):
        takes_one = command in ("serve", "migrate", "seed", "load", "check", "routes")
        return ["--database", "$DATABASE_URL"] if self.postgres_url and takes_one else []

    # Requests.

    def request(self, method, path, query=None, body=None, headers=None, raw=None):
        """`query` values may be lists (sent comma-separated); None is left out. `body` is sent as JSON, `raw` as it is."""
        sent = dict(headers or {})
        if query:
            pairs = {k: ",".join(map(str, v)) if isinstance(v, (list, tuple)) else v for k, v in query.items() if v is not None}
            path += "?" + urlencode(pairs) if pairs else ""
        if raw is None and body is not None:
            raw = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        if self.tls:  # with a certificate that the test made itself
            connection = http.client.HTTPSConnection(self.host, self.port, timeout=60,
                                                     context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body=raw, headers=sent)
            answer = connection.getresponse()
            return Response(answer.status, answer.headers, answer.read())

    def get(self, path, **query):
        return self.request("GET", path, query)

    def ok_json(self, path, **query):
        response = self.get(path, **query)
        if response.status != 200:
            raise AssertionError(response)
        return response.json()

    # The database file of the copy, past the server.

    @property
    def database(self):
        return next((self.copy / "data").glob("*.db"))

    def write(self, *statements):
        """Statements in one transaction, past the server."""
        if self.postgres_url:
            postgres().psql(self.postgres_url, ";".join(("BEGIN", *statements, "COMMIT")))
            return
        with contextlib.closing(sqlite3.connect(self.database, timeout=30)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def rows(self, sql, parameters=()):
        """Rows as dictionaries, read past the server. Parameters are `?`."""
        if self.postgres_url:
            for value in parameters:
                sql = sql.replace("?", literal(value), 1)
            answer = postgres().psql(self.postgres_url, f"SELECT row_to_json(answer) FROM ({sql}) AS answer")
            return [{name: as_on_sqlite(value) for name, value in json.loads(row[0]).items()} for row in answer]
        with contextlib.closing(sqlite3.connect(self.database.as_uri() + "?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, parameters)]


class ServedApp(unittest.TestCase):
    """A test class with one server for all its tests: set `folder` and what Server takes in `options`."""

    folder = None
    options = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = Server(cls.folder, **cls.options)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def ok(self, path, **query):
        """GET that must succeed; its JSON."""
        response = self.server.get(path, **query)
        self.assertEqual(response.status, 200, response)
        self.assertEqual(response.headers.get_content_type(), "application/json")
        return response.json()

    def send(self, method, path, body=None, status=200, query=None):
        response = self.server.request(method, path, query, body)
        self.assertEqual(response.status, status, response)
        return response.json() if response.body else None

    def refused(self, method, path, body=None, status=422, field=None, code=None, raw=None, headers=None, query=None):
        """A request that must fail: the problem document, with `field` among its errors."""
        response = self.server.request(method, path, query, body, headers, raw)
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.headers.get_content_type(), "application/problem+json")
        problem = response.json()
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"])
        if field is not None:
            fields = [error["field"] for error in problem.get("errors", [])]
            self.assertIn(field, fields, problem)
        if code is not None:
            self.assertIn(code, [error["code"] for error in problem.get("errors", [])], problem)
        return problem


def half_up(numerator, denominator):
    """numerator / denominator rounded to a whole number, halves up; for numbers that are not negative."""
    return (2 * numerator + denominator) // (2 * denominator)


def percent(part, whole):
    """part / whole in percent with two decimals, halves up; 0 if there is no whole."""
    return Decimal(half_up(10000 * part, whole) if whole else 0).scaleb(-2)
