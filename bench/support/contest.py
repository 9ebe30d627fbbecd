"""Servers that take turns under `wrk`, on one machine and within one run: what benchmarks of whole servers share.

Ratios are taken within a round, between runs that follow each other; medians (lowest–highest) over the rounds. On all
cores the requests a second depend much on where the scheduler puts server and generator; on one core they do not, and the
generator's share is the same for everybody. On a machine that does other things besides, `sudo chrt -r 5 bench/NAME/run`
gives everybody here real-time priority: the spread shrinks to a few percent (but p99 at full load then shows the 5 % of
each second that the kernel keeps for the others)."""

import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BODY_BYTES = 2048
START_SECONDS = 20
CONNECTIONS = 64


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def percentile_ms(number, output):
    value, unit = re.search(rf"^\s+{number}%\s+([\d.]+)(us|ms|s)", output, re.M).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


class Contender:
    """A server under measure: its process, and where what it logs goes."""

    def __init__(self, name, command, path="/", log=None):
        self.name, self.path, self.log = name, path, log
        self.port = free_port()
        with open(log or os.devnull, "ab") as output:
            self.process = subprocess.Popen([str(part) for part in command(self.port)], stdout=output,
                                            stderr=output if log is None else None, stdin=subprocess.DEVNULL)

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                answer = self.ask()
            except OSError as error:
                answer = str(error).encode()
            if answer.startswith(b"HTTP/1.1 200") and len(answer.partition(b"\r\n\r\n")[2]) == BODY_BYTES:
                return answer
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} does not answer with {BODY_BYTES} bytes: {answer[:300]!r}")
            time.sleep(0.05)

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            answer = b""
            while len(answer.partition(b"\r\n\r\n")[2]) < BODY_BYTES:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
            return answer

    def cpu_seconds(self):
        """User and system time of all threads and of all child processes."""
        pid, ticks = self.process.pid, 0
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *children):
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def run(self, seconds, script=None):
        """One turn of all connections; `script` for wrk."""
        before = self.cpu_seconds()
        done = subprocess.run(["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", *(["-s", script] if script else []),
                               f"http://127.0.0.1:{self.port}{self.path}"], capture_output=True, text=True, check=True)
        cpu = self.cpu_seconds() - before
        if self.log:
            os.truncate(self.log, 0)
        requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
        errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout) (\d+)", done.stdout)))
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
        return {"per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),
                "cpu_us": 1e6 * cpu / max(requests, 1), "requests": requests,
                "p50_ms": percentile_ms(50, done.stdout), "p99_ms": percentile_ms(99, done.stdout),
                "errors": errors + (int(refused.group(1)) if refused else 0)}

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


def nginx(folder, port, http_lines, server_lines):
    """The command of an nginx with two workers and no log, whose files are all in `folder`."""
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{"user root;" if os.geteuid() == 0 else ""}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=16 inactive=1h;
  open_file_cache_valid 1h;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {http_lines}
  server {{
    listen 127.0.0.1:{port} reuseport;
    default_type text/plain;
    {server_lines}
  }}
}}
""")
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-p", folder, "-c", config, "-e", folder / "error.log"]


def compete(make_contenders, options, turn):
    """Starts what `make_contenders(folder)` yields and lets everybody have `turn(contender)` in each round: the results, by
    name. Contenders whose name is None are what others stand on, and have no turn."""
    with tempfile.TemporaryDirectory(prefix="freshet-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        running = []
        try:
            for contender in make_contenders(pathlib.Path(folder)):
                running.append(contender)
                contender.wait_until_it_answers()
            measured = [contender for contender in running if contender.name is not None]
            results = {contender.name: [] for contender in measured}
            if not options.smoke:
                for contender in measured:
                    contender.run(1)
            for number in range(options.rounds):
                first = number % len(measured)  # who comes first varies, so that a busy moment hits another each time
                for contender in measured[first:] + measured[:first]:
                    results[contender.name].append(turn(contender))
        finally:
            for contender in reversed(running):
                contender.stop()
    return results


def middle(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratio(mine, theirs, key):
    """Of a figure, within each round."""
    return middle([m[key] / max(t[key], 1e-9) for m, t in zip(mine, theirs)])


def spread(value, digits):
    return f"{value['median']:,.{digits}f} ({value['min']:,.{digits}f}–{value['max']:,.{digits}f})"


def verdict(goals):
    for goal, met in goals:
        print(f"{'met    ' if met else 'NOT MET'} {goal}")
