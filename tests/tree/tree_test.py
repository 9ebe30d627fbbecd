"""What compilers and formatters do not see: the direction of the includes, what every room must have, what none may.

    python3 tests/tree/tree_test.py [ROOT]

Prints each breach as `file:line: what` and exits with 1 if there was one.
"""

import pathlib
import re
import sys

# Each room may include those on its right; itself always. The order is that of docs/architecture.md.
ROOMS = {
    "core": [],
    "sql": ["core"],
    "db": ["core", "sql"],
    "feed": ["core", "sql", "db"],
    "cache": ["core", "sql", "db", "feed"],
    "http": ["core"],
    "api": ["core", "sql", "db", "feed", "cache", "http"],
    "tasks": ["core", "sql", "db", "feed", "cache", "http", "api"],
    "advisor": ["core", "sql", "db", "feed", "cache", "http", "api", "tasks"],
    "monitor": ["core", "sql", "db", "feed", "cache", "http", "api", "tasks", "advisor"],
    "cli": ["core", "sql", "db", "feed", "cache", "http", "api", "tasks", "advisor", "monitor"],
}
HEAVY = ["boost/beast", "simdjson.h", "toml++/", "CLI/CLI.hpp", "sqlite3.h", "libpq-fe.h", "pg_query.h", "archive.h", "hiredis/"]
MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
README_LINES_MAX = 30
SOURCE_LINES_MAX = 600
TEXT_SUFFIXES = {".cpp", ".hpp", ".cmake", ".txt", ".py", ".mjs", ".js", ".css", ".html", ".sql", ".toml", ".md", ".sh", ""}
CODE_FOLDERS = ["src", "tests", "bench", "fuzz", "cmake", "web", "packaging", "apps", "examples", "docs"]
SKIPPED = {"node_modules", "__pycache__", "data", "build"}


def files_below(folder):
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not SKIPPED.intersection(path.parts):
            yield path


def check_includes(root, path, text):
    room = path.relative_to(root / "src").parts[0]
    allowed = set(ROOMS.get(room, [])) | {room}
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, target = match.groups()
        other = target.split("/")[0]
        if bracket == '"' and "/" not in target:
            yield number, f'"{target}" is included without its room'
        elif bracket == '"' and other in ROOMS and other not in allowed:
            yield number, f"{room} may not include {other} ({target})"
        if path.suffix == ".hpp" and any(target.startswith(heavy) for heavy in HEAVY):
            yield number, f"the heavy header {target} belongs into a .cpp"


def listed_sources(root):
    """Every .cpp that a CMakeLists.txt names, seen from the root."""
    for file in files_below(root / "src"):
        if file.name == "CMakeLists.txt":
            for name in re.findall(r"[\w./-]+\.cpp", file.read_text()):
                yield file.parent / name


def check_sources(root):
    listed = set(listed_sources(root))
    for path in files_below(root / "src"):
        if path.suffix not in {".cpp", ".hpp"}:
            continue
        text = path.read_text()
        room = path.relative_to(root / "src").parts[0]
        if path.parent == root / "src":
            if path.name != "main.cpp":
                yield path, 1, "a source file belongs into a room"
        elif room not in ROOMS:
            yield path, 1, f"`{room}` is no room of the floor plan"
        else:
            for number, what in check_includes(root, path, text):
                yield path, number, what
        if path.suffix == ".cpp" and path not in listed:
            yield path, 1, "no CMakeLists.txt lists this file"
        if path.suffix == ".hpp" and not text.startswith("#pragma once"):
            yield path, 1, "a header starts with #pragma once"


def check_rooms(root):
    for folder in sorted((root / "src").iterdir()):
        if not folder.is_dir():
            continue
        readme = folder / "README.md"
        if not readme.exists():
            yield folder, 0, "the room has no README.md"
        elif (count := len(readme.read_text().splitlines())) > README_LINES_MAX:
            yield readme, count, f"a room's README.md has at most {README_LINES_MAX} lines"


def check_texts(root):
    for name in CODE_FOLDERS:
        for path in files_below(root / name):
            if path.suffix not in TEXT_SUFFIXES or path.name == "package-lock.json":
                continue
            try:
                lines = path.read_text().splitlines()
            except UnicodeDecodeError:
                continue
            for number, line in enumerate(lines, 1):
                if MARKERS.search(line):
                    yield path, number, "a leftover marker: do it, or open an issue"
            if path.suffix in {".cpp", ".hpp", ".py", ".mjs", ".js"} and len(lines) > SOURCE_LINES_MAX:
                yield path, len(lines), f"more than {SOURCE_LINES_MAX} lines: this is two files"


def check_mutants(root):
    """Each guard of the list stands somewhere; that each that stands somewhere is on the list, the compiler sees to."""
    table = root / "src" / "core" / "mutant.hpp"
    if not table.exists():
        return
    used = {name for path in files_below(root / "src") if path != table and path.suffix in {".cpp", ".hpp"}
            for name in re.findall(r'\bmutant\("(\w+)"\)', path.read_text())}
    for number, line in enumerate(table.read_text().splitlines(), 1):
        for name in re.findall(r'MutantGuard\{"(\w+)"', line):
            if name not in used:
                yield table, number, f"no guard is called `{name}`"


def breaches(root):
    yield from check_rooms(root)
    yield from check_mutants(root)
    yield from check_sources(root)
    yield from check_texts(root)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()
    if not (root / "src" / "core").is_dir():
        sys.exit(f"{root} is no Freshet tree")
    found = list(breaches(root))
    for path, number, what in found:
        print(f"{path.relative_to(root)}:{number}: {what}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
