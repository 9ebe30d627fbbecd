"""The tree test must see what it is for: each case plants one breach in a small tree and looks for it."""

import pathlib
import tempfile
import unittest

import tree_test


class TreeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for room in ("core", "http", "db"):
            self.write(f"src/{room}/README.md", f"# {room}\n")
        self.write("src/core/CMakeLists.txt", "freshet_room(core SOURCES a.cpp)\n")
        self.write("src/core/a.cpp", '#include "core/a.hpp"\n')
        self.write("src/core/a.hpp", "#pragma once\n")

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def found(self):
        return [f"{path.relative_to(self.root)}: {what}" for path, _, what in tree_test.breaches(self.root)]

    def test_a_clean_tree_has_no_breach(self):
        self.assertEqual(self.found(), [])

    def test_an_upward_include_is_found(self):
        self.write("src/http/b.hpp", '#pragma once\n#include "db/database.hpp"\n')
        self.assertEqual(self.found(), ["src/http/b.hpp: http may not include db (db/database.hpp)"])

    def test_an_include_without_its_room_is_found(self):
        self.write("src/core/a.cpp", '#include "a.hpp"\n')
        self.assertEqual(self.found(), ['src/core/a.cpp: "a.hpp" is included without its room'])

    def test_a_heavy_header_in_a_header_is_found_and_in_a_cpp_is_fine(self):
        self.write("src/core/a.hpp", "#pragma once\n#include <boost/beast/http.hpp>\n")
        self.write("src/core/a.cpp", "#include <simdjson.h>\n")
        self.assertEqual(self.found(), ["src/core/a.hpp: the heavy header boost/beast/http.hpp belongs into a .cpp"])

    def test_a_room_without_readme_and_one_with_a_long_one_are_found(self):
        (self.root / "src/db/README.md").unlink()
        self.write("src/http/README.md", "line\n" * 31)
        self.assertEqual(self.found(), ["src/db: the room has no README.md",
                                        "src/http/README.md: a room's README.md has at most 30 lines"])

    def test_a_leftover_marker_is_found(self):
        self.write("tests/core/x.py", "# TO" "DO later\n")
        self.assertEqual(self.found(), ["tests/core/x.py: a leftover marker: do it, or open an issue"])

    def test_a_guard_that_stands_nowhere_is_found(self):
        self.write("src/core/mutant.hpp", '#pragma once\n    MutantGuard{"kept", ""},\n    MutantGuard{"gone", ""},\n')
        self.write("src/core/a.cpp", 'if (mutant("kept")) return;\n')
        self.assertEqual(self.found(), ["src/core/mutant.hpp: no guard is called `gone`"])

    def test_a_source_that_nothing_builds_is_found(self):
        self.write("src/core/lost.cpp", "\n")
        self.assertEqual(self.found(), ["src/core/lost.cpp: no CMakeLists.txt lists this file"])

    def test_a_source_that_only_another_room_lists_is_found(self):
        self.write("src/http/a.cpp", "\n")
        self.assertEqual(self.found(), ["src/http/a.cpp: no CMakeLists.txt lists this file"])

    def test_a_long_source_is_found(self):
        self.write("src/core/a.cpp", "\n" * 601)
        self.assertEqual(self.found(), ["src/core/a.cpp: more than 600 lines: this is two files"])


if __name__ == "__main__":
    unittest.main()
