"""Every guard is taken away once, and something must notice within 60 seconds: `mutants.py BUILD [NAME…]`, or only
`mutants.py --names`: that each guard which is listed is used.

BUILD is a folder that `cmake --preset mutants` made, with bench_freshness, history_writer and the tests named below built.
The guards are those of known_mutants in src/core/mutant.hpp; a name that src does not use, or that a program does not notice
the absence of, fails the suite. Histories come first; what no answer can show is left to the tests of its room.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS_MAX = 60
HISTORY = ["--stop", "--zipf", "1.1", "--sessions", "12", "--writes", "1200"]

# What notices the absence of what no history can show.
ELSEWHERE = {
    # No endpoint of the history app is answered from a rollup.
    **{name: "feed_test" for name in ["rollup_default_of_key_ignored", "rollup_extreme_kept", "rollup_old_group_kept",
                                      "rollup_replaced_rows_kept"]},
    "rollup_read_under_any_schema": "api_test",
    **{name: "sql_test" for name in ["rollup_any_order", "rollup_count_of_nothing", "rollup_filter_not_asked",
                                     "rollup_shows_any_spelling"]},
    "tags_of_another_schema": "cache_test",  # a schema that changes is read again within a second
    "warms_while_requests_wait": "cache_test",  # costs others time, never truth
    # One process, no Redis.
    **{name: "redis_test" for name in ["l2_checksum_ignored", "l2_epochs_mixed", "l2_key_not_compared",
                                       "l2_record_taken_for_true", "lease_released_by_anyone"]},
    "target_stands_for_headers_too": "api_test",  # no endpoint of the history app reads a header
    "stale_after_a_change": "cache_test",  # whoever asks often never finds an answer that ended and was changed
}
TESTS = ["dependencies_test", "feed_test", "cache_test"]


def known():
    """Names and what each guard is, from the header; and that each is used."""
    header = (ROOT / "src" / "core" / "mutant.hpp").read_text()
    guards = dict(re.findall(r'MutantGuard\{"(\w+)",\s*"([^"]+)"\}', header))
    used = set()
    for file in (ROOT / "src").rglob("*"):
        if file.suffix in {".cpp", ".hpp"}:
            used.update(re.findall(r'mutant\("(\w+)"\)', file.read_text()))
    return guards, used


def history(build, seconds, *more):
    bench = build / "bench" / "freshness" / "bench_freshness"
    writer = build / "tests" / "history" / "history_writer"
    app = ROOT / "tests" / "history" / "app"
    return [bench, "--app", app, "--writer", writer, "--seconds", str(seconds), *HISTORY, *more]


def trials(build, name):
    """Programs that may notice, in the order in which they are asked: what it is called, and its command."""
    test = ELSEWHERE.get(name, "feed_test" if name.startswith("rollup_") else None)
    if test:
        return [(test, [build / "tests" / test.removesuffix("_test") / test])]
    found = [
        ("history, mode pieces", history(build, 45, "--triggers", "--nemesis", "400")),
        ("history, mode database", history(build, 10, "--nemesis", "400")),
    ]
    return found + [(test, [build / "tests" / test.removesuffix("_test") / test]) for test in TESTS]


def notices(command, name, seconds):
    """True if the program fails with the guard away. A run that went wrong by itself (2) tells nothing."""
    environment = dict(os.environ, FRESHET_MUTANT=name)
    try:
        code = subprocess.run(command, env=environment, timeout=seconds, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode
    except subprocess.TimeoutExpired:
        return False
    return code not in (0, 2)


def sound(build):
    """Without a mutant the same history is right."""
    command = history(build, 10, "--triggers", "--nemesis", "400")
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def hunt(build, name):
    """Which program noticed, and after how many seconds; None: it survives."""
    begun = time.monotonic()
    for what, command in trials(build, name):
        left = SECONDS_MAX - (time.monotonic() - begun)
        if left <= 0:
            break
        if notices(command, name, left):
            return what, time.monotonic() - begun
    return None, time.monotonic() - begun


def main():
    guards, used = known()
    wanted = sys.argv[2:] or sorted(guards)
    failures = [f"{name}: src does not use it" for name in sorted(set(guards) - used)]
    failures += [f"{name}: not in src/core/mutant.hpp" for name in sorted((used | set(wanted)) - set(guards))]
    if sys.argv[1] == "--names":
        print("\n".join(failures or wanted))
        return 1 if failures else 0
    build = pathlib.Path(sys.argv[1]).resolve()
    if not sound(build):
        failures.append("the history is wrong with every guard in its place")
    for name in wanted:
        if name not in guards:
            continue
        what, seconds = hunt(build, name)
        verdict = f"{seconds:5.1f} s  {what}" if what else "  SURVIVES"
        print(f"{name:34} {verdict}", flush=True)
        if not what:
            failures.append(f"{name} survives: nothing notices that this is gone: {guards[name]}")
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
