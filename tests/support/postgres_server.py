"""A real PostgreSQL server for tests of the binary: one a process, in a temporary folder, gone with it.

    url = postgres().create_database()
"""

import atexit
import functools
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest


def programs():
    """The folder of the server's programs, or None."""
    for version in (17, 16, 15, 14, 13):
        folder = pathlib.Path(f"/usr/lib/postgresql/{version}/bin")
        if (folder / "postgres").exists():
            return folder
    return None


def need_postgres():
    """Skips the test where the package is missing, loudly; on CI that is a failure."""
    if programs() is None:
        print("\n!! The package postgresql-15 is missing: nothing of PostgreSQL is tested. ./dev setup installs it.\n",
              file=sys.stderr)
        if os.environ.get("CI"):
            raise AssertionError("the package postgresql-15 is missing")
        raise unittest.SkipTest("the package postgresql-15 is missing")


class PostgresServer:
    SETTINGS = ("listen_addresses=127.0.0.1", "fsync=off", "full_page_writes=off", "shared_buffers=32MB",
                "max_connections=60", "wal_level=logical", "max_wal_senders=4")

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-pg-"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        # The server does not run as root.
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.process, self.databases = None, 0
        self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                  "--no-sync", "--no-instructions")
        self.start()

    def _as_user(self):
        return dict(user=self.user.pw_uid, group=self.user.pw_gid, extra_groups=[]) if self.user else {}

    def _run(self, program, *arguments):
        with open(self.folder / "log", "ab") as log:
            subprocess.run([programs() / program, *map(str, arguments)], check=True, stdout=log, stderr=log, cwd="/",
                           **self._as_user())

    def start(self, *settings):
        options = [word for setting in (*self.SETTINGS, *settings) for word in ("-c", setting)]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-k", self.folder, *options],
                stdout=log, stderr=log, cwd="/", **self._as_user())
        deadline = time.monotonic() + 60
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("PostgreSQL did not start:\n" + (self.folder / "log").read_text())
            time.sleep(0.02)

    def stop(self, how=signal.SIGINT):
        """SIGINT: as an administrator does; SIGQUIT: as a power cut does."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database):
        return f"postgresql://postgres@/{database}?host={self.folder}&port={self.port}"

    def create_database(self):
        self.databases += 1
        name = f"test_{self.databases}"
        self.psql(self.url("postgres"), f"CREATE DATABASE {name}")
        return self.url(name)

    def psql(self, url, sql):
        """Rows as lists of texts, read by another program."""
        done = subprocess.run([programs() / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql, url],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]


@functools.cache
def postgres():
    """The one of this process."""
    server = PostgresServer()
    atexit.register(server.close)
    return server
