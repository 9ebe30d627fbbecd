"""The pages of docs/ and README.md do what they say.

In a page, in the order in which they stand and in one temporary folder (with copies of apps/ and examples/):
  ```sql file=shop/endpoints/x.sql    any language with file=: written to that file
  ```sh run                           run by bash, with `freshet` on PATH; after `freshet serve … &` it waits for the server
  ```text                             right after a run: what it must print; `…` stands for anything
Port 8080 of a page is a free port here. Links between pages must lead somewhere.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
RUN_SECONDS = 120


def blocks(text):
    for match in FENCE.finditer(text):
        language, rest, body = match.groups()
        words = rest.split()
        file = next((word[5:] for word in words if word.startswith("file=")), None)
        yield language, file, "run" in words, body, text.count("\n", 0, match.start()) + 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def expected_pattern(text):
    lines = [".*" if line.strip() == "…" else ".*?".join(map(re.escape, line.rstrip().split("…"))) for line in text.splitlines()]
    return re.compile("\n".join(lines), re.DOTALL)


class Page:
    """One page's folder, port and background processes."""

    def __init__(self, folder):
        self.folder, self.port, self.groups = folder, free_port(), []
        tools = folder / ".bin"
        tools.mkdir()
        (tools / "freshet").symlink_to(pathlib.Path(os.environ["FRESHET_BIN"]).resolve())
        for name in ("apps", "examples"):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("data"))
        self.environment = dict(os.environ, PATH=f"{tools}:{os.environ['PATH']}", NO_COLOR="1", LC_ALL="C.UTF-8")
        self.environment["FRESHET_PORT"] = str(self.port)

    def run(self, script):
        output = self.folder / f".output-{len(self.groups)}"
        with output.open("w+") as sink:
            process = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script.replace("8080", str(self.port))], cwd=self.folder,
                                       env=self.environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                                       start_new_session=True)
            self.groups.append(process.pid)
            code = process.wait(timeout=RUN_SECONDS)
            if code == 0 and re.search(r"freshet serve [^\n]*&\s*$", script, re.MULTILINE):
                self.wait_until_served()
        return code, output.read_text().replace(str(self.port), "8080")

    def wait_until_served(self):
        deadline = time.monotonic() + RUN_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5):
                    return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def close(self):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGTERM)
            except ProcessLookupError:
                continue


class DocsTest(unittest.TestCase):
    maxDiff = None

    def check_page(self, path):
        with tempfile.TemporaryDirectory(prefix="freshet-docs-") as name:
            page = Page(pathlib.Path(name))
            self.addCleanup(page.close)
            output, ran_at = None, 0
            for language, file, run, body, line in blocks(path.read_text()):
                where = f"{path.relative_to(ROOT)}:{line}"
                if file:
                    target = page.folder / file
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(body)
                if run:
                    code, output = page.run(body)
                    self.assertEqual(code, 0, f"{where}: this example fails:\n{output}")
                elif language == "text" and output is not None:
                    got = "\n".join(text.rstrip() for text in output.strip().splitlines())
                    if not expected_pattern(body.strip()).fullmatch(got):
                        self.assertEqual(got, body.strip(), f"{where}: it prints something else")
                    output = None
                else:
                    output = None
            page.close()

    def test_links_lead_somewhere(self):
        for path in PAGES:
            for target in LINK.findall(FENCE.sub("", path.read_text())):
                if "://" not in target:
                    self.assertTrue((path.parent / target).exists(), f"{path.relative_to(ROOT)} links to {target}, which is not there")


def add_page_test(path):
    name = "test_" + re.sub(r"\W+", "_", str(path.relative_to(ROOT).with_suffix("")))
    setattr(DocsTest, name, lambda self: self.check_page(path))


for page_path in PAGES:
    if page_path.exists() and "```sh run" in page_path.read_text():
        add_page_test(page_path)

if __name__ == "__main__":
    if not os.environ.get("FRESHET_BIN"):
        raise SystemExit("set FRESHET_BIN to the freshet binary")
    unittest.main()
