"""What writer_process.cpp does, through Python's sqlite3."""

import sqlite3
import sys
import time


def run(connection, line):
    number, foreign_keys, recursive_triggers, rolls_back, script = line.rstrip("\n").split("|", 4)
    connection.execute(f"PRAGMA foreign_keys = {foreign_keys}")
    connection.execute(f"PRAGMA recursive_triggers = {recursive_triggers}")
    try:
        connection.execute("BEGIN IMMEDIATE")
        for statement in script.split("\x1f"):
            connection.execute(statement)
        if rolls_back == "0":
            begun = time.monotonic_ns()
            connection.execute("COMMIT")
            return f"{number} committed {begun} {time.monotonic_ns()}"
    except sqlite3.Error:
        pass
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    return f"{number} aborted 0 0"


def main():
    connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    for line in sys.stdin:
        print(run(connection, line), flush=True)


if __name__ == "__main__":
    main()
