"""Commands, their answers and their exit codes: 0 done, 1 it failed, 2 the command line is wrong, 3 the app is wrong."""

import json
import re
import subprocess
import unittest
import urllib.request

from notes_app import NotesApp, run


class Help(unittest.TestCase):
    def test_every_command_is_named_and_explains_itself(self):
        page = run("--help")
        self.assertEqual(page.returncode, 0)
        for command in ["new", "check", "routes", "explain", "serve", "cache", "migrate", "seed", "load", "rollup", "completion"]:
            self.assertIn(f"\n  {command} ", page.stdout)
            own = run(command, "--help")
            self.assertEqual(own.returncode, 0)
            self.assertIn("Usage:", own.stdout)

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"^freshet \d+\.\d+\.\d+\n$")

    def test_a_mistyped_command_is_a_usage_error_with_a_suggestion(self):
        wrong = run("serv", "x")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("did you mean `serve`?", wrong.stderr)
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("serve", "x", "--port", "70000").returncode, 2)

    def test_help_in_every_way_that_people_ask_for_it(self):
        page = run("--help").stdout
        self.assertEqual(run("help").stdout, page)
        self.assertEqual(run("help", "serve").stdout, run("serve", "--help").stdout)
        alone = run()
        self.assertEqual((alone.returncode, alone.stdout, alone.stderr), (2, "", page))
        self.assertIn("there is no command `frobnicate`", run("frobnicate").stderr)
        self.assertNotRegex(page + run("seed", "--help").stdout, r"INT:|\[\[")

    def test_completion_scripts_are_accepted_by_their_shells(self):
        script = run("completion", "bash").stdout
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        asked = script + '\nCOMP_WORDS=(freshet mi); COMP_CWORD=1; _freshet; echo "${COMPREPLY[*]}"'
        self.assertEqual(subprocess.run(["bash"], input=asked, text=True, capture_output=True, check=True).stdout, "migrate\n")
        self.assertIn("#compdef freshet", run("completion", "zsh").stdout)
        self.assertIn("complete -c freshet", run("completion", "fish").stdout)


class Check(NotesApp):
    def test_the_starter_app_is_right(self):
        checked = run("check", self.folder)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        self.assertIn("ok notes: 6 endpoints", checked.stdout)
        self.assertFalse((self.folder / "data").exists(), "check touches no data")

    def test_all_problems_are_shown_with_place_caret_and_hint(self):
        self.write("endpoints/a.sql", "-- @parm id int\nSELECT 1 AS x")
        self.write("endpoints/b.sql", "SELECT id,\n       bdy FROM notes")
        checked = run("check", self.folder)
        self.assertEqual(checked.returncode, 3)
        self.assertIn("endpoints/b.sql:2:8: no such column: bdy\n    2 |        bdy FROM notes\n      |        ^\n"
                      "      hint: did you mean `body`?", checked.stderr)
        self.assertIn("endpoints/a.sql:1:4: ", checked.stderr)
        self.assertIn("did you mean `@param`?", checked.stderr)

    def test_settings_and_migrations_are_checked_too(self):
        self.write("freshet.toml", "[server]\nprot = 1\n")
        self.assertEqual(run("check", self.folder).returncode, 3)
        self.write("freshet.toml", '[server.cors]\norigins = ["example.org"]\n')
        self.assertIn("`example.org`, which is no origin", run("check", self.folder).stderr)
        self.write("freshet.toml", '[server.tls]\ncertificate = "no.pem"\nkey = "no.key"\n')
        self.assertIn("server.tls.certificate: the file cannot be read", run("check", self.folder).stderr)
        self.write("freshet.toml", "")
        self.write("migrations/0002_more.sql", "CREATE TABLE x (id INTEGER);\nCREATE TABEL y (id);")
        broken = run("check", self.folder)
        self.assertEqual(broken.returncode, 3)
        self.assertIn("0002_more.sql:2:8", broken.stderr)

    def test_what_sqlite_stumbles_over_is_explained(self):
        self.write("endpoints/a.sql", "SELECT id\nFORM notes")
        self.write("endpoints/b.sql", "SELECT (SELECT 1")
        self.write("endpoints/c.sql", "SELECT id FROM notes WHERE id =@id")
        checked = run("check", self.folder)
        self.assertIn("a.sql:2:6: near \"notes\": syntax error", checked.stderr)
        self.assertIn("hint: `FORM` stands before it: did you mean `FROM`?", checked.stderr)
        self.assertIn("b.sql:1:17: incomplete input", checked.stderr)
        self.assertIn("c.sql:1:32: `@id` is not how parameters are written here", checked.stderr)

    def test_a_folder_that_is_no_app(self):
        wrong = run("check", self.folder / "endpoints")
        self.assertEqual(wrong.returncode, 3)
        self.assertIn("freshet new", wrong.stderr)
        self.assertIn(f"there is no folder {self.folder / 'nowhere'}", run("serve", self.folder / "nowhere").stderr)
        self.assertIn("it is no folder", run("serve", self.folder / "freshet.toml").stderr)


class Commands(NotesApp):
    def test_new_does_not_overwrite(self):
        again = run("new", self.folder)
        self.assertEqual(again.returncode, 2)
        self.assertIn("is not empty", again.stderr)
        for where, words in [(self.folder / "freshet.toml", "is a file"), ("", "is empty")]:
            refused = run("new", where)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(words, refused.stderr)

    def test_routes_lists_and_speaks_json(self):
        listed = run("routes", self.folder)
        self.assertIn("GET    /topics", listed.stdout)
        routes = json.loads(run("routes", self.folder, "--json").stdout)
        self.assertIn(("DELETE", "/notes/{id}"), [(r["method"], r["route"]) for r in routes])

    def test_migrations_go_up_down_and_are_told(self):
        self.assertIn("pending", run("migrate", self.folder, "status").stdout)
        self.assertIn("applied 0001_notes", run("migrate", self.folder).stdout)
        self.assertIn("nothing to do", run("migrate", self.folder).stdout)
        self.assertIn("took back 0001_notes", run("migrate", self.folder, "down").stdout)
        self.assertIn("pending", run("migrate", self.folder, "status").stdout)

    def test_an_applied_migration_that_changed_is_refused(self):
        run("migrate", self.folder)
        file = self.folder / "migrations/0001_notes.sql"
        file.write_text(file.read_text() + "\n-- changed\n")
        refused = run("migrate", self.folder)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("0001_notes", refused.stderr)

    def test_commands_that_write_leave_a_read_only_database_alone(self):
        run("migrate", self.folder)
        self.write("freshet.toml", "[database]\nread_only = true\n")
        (self.folder / "x.csv").write_text("id,title\n1,one\n")
        for command in [["seed"], ["migrate"], ["load", "topics", self.folder / "x.csv"]]:
            refused = run(command[0], self.folder, *command[1:])
            self.assertEqual(refused.returncode, 3, refused.stderr)
            self.assertIn("`database.read_only` is set", refused.stderr)
        self.assertEqual(run("migrate", self.folder, "status").returncode, 0)

    def test_seed_is_reproducible_and_careful(self):
        self.assertEqual(run("seed", self.folder, "--rows", "50").returncode, 0)
        again = run("seed", self.folder, "--rows", "50")
        self.assertEqual(again.returncode, 1)
        self.assertIn("--append", again.stderr)
        kept = run("seed", self.folder, "--if-empty")
        self.assertEqual((kept.returncode, kept.stdout), (0, ""))
        self.assertEqual(run("seed", self.folder, "--reset", "--rows", "10").returncode, 0)

    def test_metrics_are_on_a_port_of_their_own(self):
        toml = self.folder / "freshet.toml"
        toml.write_text(toml.read_text() + "\n[admin]\nport = 0\n")
        server = self.serve()
        self.assertEqual(server.get("/topics").status, 200)
        self.assertEqual(server.get("/metrics").status, 404)
        line = re.search(r"http://(127\.0\.0\.1:\d+)/metrics", "".join(server.output) + server.lines.get(timeout=10))
        with urllib.request.urlopen(f"http://{line.group(1)}/metrics") as answer:
            text = answer.read().decode()
        self.assertRegex(text, r'(?m)^freshet_pool_acquired_total\{pool="readers"\} [1-9]')
        self.assertRegex(text, r"(?m)^freshet_http_requests_total [1-9]")
        names = re.findall(r"(?m)^# TYPE (\S+)", text)
        self.assertEqual(len(names), len(set(names)))

    def test_serve_refuses_a_wrong_app_and_a_taken_port(self):
        server = self.serve()
        taken = run("serve", self.folder, "--port", server.port)
        self.assertNotEqual(taken.returncode, 0)
        self.assertIn(str(server.port), taken.stderr)
        self.write("endpoints/broken.sql", "SELECT nothing FROM nowhere")
        self.assertEqual(run("serve", self.folder).returncode, 3)


if __name__ == "__main__":
    unittest.main()
