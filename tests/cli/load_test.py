"""freshet load by the real binary: exit codes, the side file, packed input, progress, kill -9 and a second run."""

import bz2
import contextlib
import csv
import gzip
import lzma
import os
import pty
import re
import signal
import sqlite3
import subprocess
import threading
import time
import unittest
import zipfile

from notes_app import NotesApp, binary, run

GIVE_UP_SECONDS = 60


class Load(NotesApp):
    def setUp(self):
        super().setUp()
        self.csv = self.folder.parent / "topics.csv"
        self.bad = self.folder.parent / "topics.csv.bad.csv"

    def load(self, *arguments, file=None, table="topics"):
        return run("load", self.folder, table, file or self.csv, *arguments)

    def value(self, sql):
        # The load ends, or is killed, before this reads: what it finds is committed.
        with contextlib.closing(sqlite3.connect(self.folder / "data/notes.db", timeout=30)) as connection:
            return connection.execute(sql).fetchone()[0]

    @staticmethod
    def lines(first, last):
        return "".join(f"{i},topic {i}\n" for i in range(first, last + 1))

    # Exit codes and the side file.

    def test_a_fresh_app_is_migrated_loaded_and_told_about(self):
        self.csv.write_text("id,title,colour\n1,one,red\n2,two,blue\n")
        done = self.load()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, "applied 0001_notes\n2 lines: 2 loaded\nnot used of the file: colour\n")
        self.assertEqual(self.value("SELECT group_concat(title) FROM topics"), "one,two")
        self.assertFalse(self.bad.exists(), "no line was bad")

    def test_bad_lines_leave_nothing_loaded_and_stand_in_the_side_file_with_their_numbers(self):
        self.csv.write_text('id,title\n1,one\nx,two\n3,"three, ""3"""\n4,\n')
        done = self.load("--quiet")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"2 lines of {self.csv} were refused; they are, with the reasons, in {self.bad}", done.stderr)
        self.assertIn("nothing was loaded (--partial loads the good lines)", done.stderr)
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0)
        with open(self.bad, newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["line"], row["original"]) for row in rows], [("3", "x,two"), ("5", "4,")])
        self.assertEqual(rows[0]["column"], "id")
        self.assertTrue(all(row["reason"] for row in rows))

    def test_partial_loads_the_good_lines_and_what_was_bad_can_be_mended_and_loaded(self):
        self.csv.write_text("id,title\n1,one\nx,two\n3,three\n")
        side = self.folder.parent / "refused.csv"
        done = self.load("--partial", "--bad", side)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("3 lines: 2 loaded, 1 bad", done.stdout)
        self.assertTrue(side.exists())
        self.csv.write_text("id,title\n1,one\n2,two\n3,three\n")
        done = self.load("--key", "id")
        self.assertIn("3 lines: 1 loaded, 2 there already", done.stdout)
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 3)

    def test_what_cannot_begin_says_why_before_anything_is_written(self):
        self.csv.write_text("id,title\n1,one\n")
        run("migrate", self.folder)
        for arguments, code, words in [
            (dict(table="topic"), 2, "did you mean `topics`?"),
            (dict(file=self.folder / "nowhere.csv"), 2, "No such file"),
            (dict(file=self.folder), 2, ""),
        ]:
            done = self.load(**arguments)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertIn(words, done.stderr)
            self.assertTrue(done.stderr.startswith("error: "), done.stderr)
        for arguments, words in [
            (["--map", "title=upper(titel)"], "titel"),
            (["--map", "title"], "COLUMN=EXPRESSION"),
            (["--key", "title,nothing"], "nothing"),
            (["--encoding", "utf-7"], "iconv"),
            (["--delimiter", "::"], "--delimiter"),
            (["--batch", "0"], "--batch"),
            (["--on-conflict", "update"], "--key"),
        ]:
            done = self.load(*arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(words, done.stderr)
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0)

    def test_a_dry_run_writes_nothing_not_even_the_schema(self):
        self.csv.write_text("id,title\n1,one\n")
        told = self.load("--dry-run")
        self.assertEqual(told.returncode, 3)
        self.assertIn("hint: freshet migrate ", told.stderr)
        run("migrate", self.folder)
        done = self.load("--dry-run")
        self.assertEqual((done.returncode, done.stdout), (0, "1 line: 1 good (dry run: nothing was written)\n"))
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0)

    # Packed input.

    def test_packed_files_are_known_by_their_first_bytes_whatever_their_name(self):
        text = ("id,title\n" + self.lines(1, 3000)).encode()
        zipped = self.folder.parent / "zipped"
        with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("topics.csv", text)
        packed = {"gz": gzip.compress(text), "xz": lzma.compress(text), "bz2": bz2.compress(text), "zip": zipped.read_bytes()}
        for kind, content in packed.items():
            with self.subTest(kind):
                self.csv.write_bytes(content)
                done = self.load("--key", "id", "--on-conflict", "update")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("3,000 lines: 3,000 inserted or updated", done.stdout)
                self.assertEqual(self.value("SELECT count(*) FROM topics"), 3000)

    def test_a_packed_file_that_was_cut_off_loads_nothing(self):
        packed = gzip.compress(("id,title\n" + self.lines(1, 3000)).encode())
        self.csv.write_bytes(packed[:-len(packed) // 3])
        done = self.load()
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(str(self.csv), done.stderr)
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0)

    # Progress.

    def test_without_a_terminal_there_is_no_bar_and_quiet_says_nothing(self):
        self.csv.write_text("id,title\n" + self.lines(1, 20_000))
        done = self.load()
        self.assertRegex(done.stderr, r"\A20,000 lines in \S+ s \([\d,]+ lines/s\)\n\Z")
        quiet = self.load("--key", "id", "--quiet")
        self.assertEqual((quiet.returncode, quiet.stdout, quiet.stderr), (0, "", ""))

    def test_a_terminal_shows_a_bar_with_share_rate_and_time_left_and_then_the_totals(self):
        pipe = self.folder.parent / "slow.csv"
        os.mkfifo(pipe)
        run("migrate", self.folder)
        ours, theirs = pty.openpty()
        process = subprocess.Popen([binary(), "load", str(self.folder), "topics", str(pipe)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=theirs, env=dict(os.environ, TERM="xterm", COLUMNS="100"))
        os.close(theirs)
        shown, drawn = [], threading.Event()

        def read():
            with contextlib.suppress(OSError):  # EIO: the other end is closed
                while piece := os.read(ours, 4096):
                    shown.append(piece)
                    if b"\r" in piece:
                        drawn.set()

        reader = threading.Thread(target=read)
        reader.start()
        with open(pipe, "w") as writer:  # goes on until a bar has been drawn, however fast or slow the machine is
            writer.write("id,title\n")
            count = 0
            deadline = time.monotonic() + GIVE_UP_SECONDS
            while not drawn.is_set() and time.monotonic() < deadline:
                writer.write(self.lines(count + 1, count + 500))
                count += 500
        self.assertEqual(process.wait(timeout=GIVE_UP_SECONDS), 0)
        reader.join()
        os.close(ours)
        text = b"".join(shown).decode()
        self.assertRegex(text, r"\rLoading topics .*[\d,]+ lines  [\d,]+/s")
        self.assertRegex(text, rf"\r\x1b\[K{count:,} lines in .* lines/s\)")

    # kill -9.

    def kill_in_the_middle(self, *arguments, enough):
        """Loads from a pipe that never ends, until `enough()`; then kill -9."""
        pipe = self.folder.parent / "endless.csv"
        if not pipe.exists():
            os.mkfifo(pipe)
        process = subprocess.Popen([binary(), "load", str(self.folder), "topics", str(pipe), *arguments],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        written = 0
        with contextlib.suppress(BrokenPipeError), open(pipe, "w") as writer:
            writer.write("id,title\n")
            deadline = time.monotonic() + GIVE_UP_SECONDS
            while not enough(written):
                self.assertLess(time.monotonic(), deadline)
                self.assertIsNone(process.poll(), "the load ended by itself")
                writer.write(self.lines(written + 1, written + 1000))
                writer.flush()
                written += 1000
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.wait(timeout=GIVE_UP_SECONDS), -signal.SIGKILL)
        return written

    def test_killed_in_the_middle_nothing_is_loaded_and_a_second_run_loads_all(self):
        run("migrate", self.folder)
        self.kill_in_the_middle("--key", "id", enough=lambda written: written >= 50_000)
        self.assertEqual(self.value("SELECT count(*) FROM topics"), 0)
        self.csv.write_text("id,title\n" + self.lines(1, 60_000))
        self.assertIn("60,000 loaded, 0 there already", self.load("--key", "id").stdout)
        self.assertEqual(self.value("PRAGMA integrity_check"), "ok")

    def test_partial_with_a_key_is_killed_twice_and_finished_without_duplicates(self):
        run("migrate", self.folder)
        partial = ["--key", "id", "--partial", "--batch", "500"]
        before = 0
        for _ in range(2):
            self.kill_in_the_middle(*partial, enough=lambda _: self.value("SELECT count(*) FROM topics") > before)
            before = self.value("SELECT count(*) FROM topics")
            self.assertEqual(before % 500, 0, "whole batches only")
        total = before + 5_000
        self.csv.write_text("id,title\n" + self.lines(1, total))
        done = self.load(*partial)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{total:,} lines: 5,000 loaded, {before:,} there already", done.stdout)
        self.assertEqual(self.value("SELECT count(*) || ' ' || count(DISTINCT id) || ' ' || sum(id) FROM topics"),
                         f"{total} {total} {total * (total + 1) // 2}")


if __name__ == "__main__":
    unittest.main()
