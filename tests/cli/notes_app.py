"""The starter app in a temporary folder, and the binary beside it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from freshet_server import Server, binary  # noqa: E402,F401


def run(*arguments, cwd=None):
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=120,
                          stdin=subprocess.DEVNULL)


class NotesApp(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="freshet-cli-")
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name) / "notes"
        made = run("new", self.folder)
        self.assertEqual(made.returncode, 0, made.stderr)

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def serve(self, **options):
        server = Server(self.folder, seed_rows=40, **options)
        server.start()
        self.addCleanup(server.stop)
        return server
