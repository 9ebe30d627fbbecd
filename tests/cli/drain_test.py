"""SIGTERM: what runs is finished, what comes is refused, the exit code says whether all was well."""

import http.client
import signal
import socket
import threading
import time
import unittest

from notes_app import NotesApp

# Seconds of work in the database that the statement timeout does not forbid.
SLOW = """-- @param n int required
-- @shape value
WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < :n) SELECT count(*) FROM s
"""


class Drain(NotesApp):
    def in_flight(self, server, n):
        """Starts a slow request; returns the thread, and the list that gets its answer."""
        answers = []

        def ask():
            try:
                answers.append(server.get("/slow", n=n))
            except (OSError, http.client.HTTPException) as cut:
                answers.append(cut)

        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.3)  # the request is on its way; nothing outside tells when the statement has begun
        return thread, answers

    def test_a_running_request_is_answered_and_a_new_connection_refused(self):
        self.write("endpoints/slow.sql", SLOW)
        server = self.serve()
        thread, answers = self.in_flight(server, 5_000_000)
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(timeout=30)
        thread.join()
        self.assertEqual([a.status for a in answers], [200])
        self.assertEqual(answers[0].body, b"5000000")
        self.assertEqual(code, 0)
        with self.assertRaises(OSError):
            socket.create_connection((server.host, server.port), timeout=1)

    def test_idle_connections_do_not_hold_it_up(self):
        server = self.serve()
        idle = [socket.create_connection((server.host, server.port)) for _ in range(20)]
        half = socket.create_connection((server.host, server.port))
        half.sendall(b"GET /notes HTTP/1.1\r\nHos")
        server.process.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait(timeout=30), 0)
        for connection in [*idle, half]:
            connection.close()

    def test_what_does_not_end_in_time_is_cut_and_told(self):
        self.write("endpoints/slow.sql", SLOW)
        toml = self.folder / "freshet.toml"
        toml.write_text(toml.read_text().replace("[server]", "[server]\ndrain_timeout = \"300ms\""))
        server = self.serve()
        thread, answers = self.in_flight(server, 2_000_000_000)
        server.process.send_signal(signal.SIGTERM)
        code = server.process.wait(timeout=30)
        thread.join(timeout=30)
        self.assertFalse(thread.is_alive())
        self.assertEqual(code, 1)
        self.assertTrue(isinstance(answers[0], Exception) or answers[0].status in (503, 504), answers)
        server.process.stdout.close()
        server.process, server.exit_code = None, 0  # ended already; its code has been looked at

    def test_the_database_survives_kill_9(self):
        server = self.serve()
        written = [server.request("POST", "/notes", body={"topic_id": 1, "body": f"note {i}"}).json()["id"] for i in range(20)]
        server.process.kill()
        server.process.wait()
        server.process.stdout.close()
        kept = {row["id"] for row in server.rows("SELECT id FROM notes")}
        self.assertTrue(set(written) <= kept)
        server.launch()
        self.assertEqual(server.get("/notes").status, 200)


if __name__ == "__main__":
    unittest.main()
