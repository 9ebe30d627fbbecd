"""freshet seed by the real binary: exit codes, all or nothing, the same rows everywhere, progress."""

import contextlib
import os
import pty
import re
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from notes_app import NotesApp, binary, run

GIVE_UP_SECONDS = 60


class Seed(NotesApp):
    def seed(self, *arguments):
        return run("seed", self.folder, *arguments)

    def value(self, sql):
        with contextlib.closing(sqlite3.connect(self.folder / "data/notes.db", timeout=30)) as connection:
            return connection.execute(sql).fetchone()[0]

    def everything(self):
        return self.value("SELECT group_concat(id || topic_id || body || done || created_at, '|') FROM notes")

    def test_a_fresh_app_is_migrated_filled_and_told_about(self):
        done = self.seed("--rows", "30")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\Aapplied 0001_notes\n +\d+ topics .*\n +\d+ notes .*\n\Z")
        self.assertGreater(self.value("SELECT count(*) FROM notes"), 0)

    def test_the_same_seed_gives_the_same_rows_and_another_seed_others(self):
        found = []
        for seed in ["7", "7", "8"]:
            self.assertEqual(self.seed("--rows", "60", "--seed", seed, "--until", "2025-06", "--reset").returncode, 0)
            found.append(self.everything())
        self.assertEqual(found[0], found[1])
        self.assertNotEqual(found[0], found[2])

    def test_wrong_words_are_usage_errors(self):
        for arguments in [["--rows", "0"], ["--rows", "many"], ["--until", "2025-13"], ["--append", "--reset"]]:
            done = self.seed(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertTrue(done.stderr.startswith("error: "), done.stderr)

    def test_a_mistake_in_a_seed_file_is_shown_where_it_is_and_leaves_nothing(self):
        file = self.folder / "seed/020_notes.sql"
        text = file.read_text()
        file.write_text(text.replace("SELECT", "SELEC", 1))
        done = self.seed()
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, r"seed/020_notes\.sql:\d+:\d+: ")
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0, "the file before it is taken back too")

    def test_killed_in_the_middle_nothing_is_there_and_a_second_run_fills(self):
        run("migrate", self.folder)
        process = subprocess.Popen([binary(), "seed", str(self.folder), "--rows", "1000000000"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # What is not committed yet shows in the write-ahead log once the page cache is full; before that, in nothing.
        wal = self.folder / "data/notes.db-wal"
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while not (wal.exists() and wal.stat().st_size > 1_000_000):
            self.assertIsNone(process.poll(), "the seed ended by itself")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        self.assertEqual(process.wait(timeout=GIVE_UP_SECONDS), -signal.SIGKILL)
        self.assertEqual(self.value("SELECT count(*) FROM notes"), 0)
        self.assertEqual(self.seed("--rows", "30").returncode, 0)

    def test_without_a_terminal_there_is_no_bar_and_quiet_says_nothing(self):
        done = self.seed("--rows", "500")
        self.assertRegex(done.stderr, r"\A[\d,]+ rows in \S+ s \([\d,]+ rows/s\)\n\Z")
        quiet = self.seed("--rows", "500", "--reset", "--quiet")
        self.assertEqual((quiet.returncode, quiet.stdout, quiet.stderr), (0, "", ""))

    def test_a_terminal_shows_a_bar_with_share_rate_and_time_left(self):
        run("migrate", self.folder)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([binary(), "seed", str(self.folder), "--rows", "1000000000"], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=theirs, env=dict(os.environ, TERM="xterm"))
        os.close(theirs)
        shown = []
        drawn = threading.Event()

        def read():
            with contextlib.suppress(OSError):
                while piece := os.read(ours, 4096):
                    shown.append(piece)
                    if re.search(rb" rows  [\d,]+/s  .*left", b"".join(shown)):
                        drawn.set()

        reader = threading.Thread(target=read)
        reader.start()
        self.assertTrue(drawn.wait(GIVE_UP_SECONDS), b"".join(shown))
        process.kill()
        process.wait(timeout=GIVE_UP_SECONDS)
        reader.join()
        os.close(ours)
        self.assertRegex(b"".join(shown).decode(errors="replace"), r"\rSeeding notes .* +\d+ % ")


if __name__ == "__main__":
    unittest.main()
