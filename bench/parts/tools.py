"""What every section uses: the service and its database, the load programs, and how results are kept."""

import contextlib
import datetime
import json
import math
import os
import pathlib
import platform
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent
CONNECTIONS = (1, 16, 64)
UNIT = "H08.15"
DESK = ("bench.desk", "desk_officer", UNIT)


def say(text):
    print(text, file=sys.stderr, flush=True)


def output(*command, **more):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def psql(url, *statements):
    return output("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", *[a for s in statements for a in ("-c", s)], url).strip()


def rows(url, statement):
    """The rows of a query, as text; of SQLite the first column."""
    if url.startswith("sqlite:"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:"), timeout=30)) as connection:
            return [str(row[0]) for row in connection.execute(statement)]
    return psql(url, statement).splitlines()


@contextlib.contextmanager
def cluster(folder):
    """A durable throw-away cluster; gives its address without a database."""
    place = folder / "pg"
    url = output(ROOT / "scripts" / "postgres", "start", place, "--durable").strip()
    try:
        yield url
    finally:
        output(ROOT / "scripts" / "postgres", "stop", place)


@contextlib.contextmanager
def maker(folder, database):
    """How to make a new database of this kind."""
    if database == "SQLite":
        yield lambda name: f"sqlite:{folder / name}.sqlite"
        return
    with cluster(folder) as url:

        def make(name):
            psql(f"{url}/postgres", f"CREATE DATABASE {name}")
            return f"{url}/{name}"

        yield make


def databases(folder, names=("PostgreSQL", "SQLite")):
    """Each database in turn: its name, and how to make a new one of it."""
    for name in names:
        with maker(folder, name) as make:
            yield name, make


def remove(url):
    """Removes a database that a maker made."""
    if url.startswith("sqlite:"):
        for end in ("", "-wal", "-shm"):
            pathlib.Path(url.removeprefix("sqlite:") + end).unlink(missing_ok=True)
        return
    server, name = url.rsplit("/", 1)
    psql(f"{server}/postgres", f"DROP DATABASE {name} WITH (FORCE)")


def at_once(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Process:
    """A server and all that it started."""

    process = None
    port = None

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def pids(self):
        found, parents = [self.process.pid], {}
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        for pid in found:
            found.extend(child for child, parent in parents.items() if parent == pid)
        return found

    def memory(self, field="VmRSS"):
        """Memory in MiB, of all processes."""
        total = 0
        for pid in self.pids():
            text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            total += int(re.search(rf"^{field}:\s+(\d+) kB", text, flags=re.M)[1])
        return total / 1024

    def files(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())

    def cpu(self):
        """Processor seconds used so far."""
        used = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
            used += int(fields[11]) + int(fields[12])
        return used / os.sysconf("SC_CLK_TCK")

    def await_answer(self, path, log, seconds=30):
        """Milliseconds until the first 200."""
        began = time.monotonic()
        while True:
            if self.process.poll() is not None or time.monotonic() - began > seconds:
                sys.exit(f"bench: a server did not start:\n{log.read_text()[-2000:]}")
            try:
                with urllib.request.urlopen(self.address + path, timeout=2) as answer:
                    if answer.status == 200:
                        return (time.monotonic() - began) * 1000
            except OSError:
                time.sleep(0.001)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process = None


class Service(Process):
    """The service over one database, all guards on."""

    def __init__(self, binary, url, folder, **settings):
        self.binary, self.url, self.folder = binary, url, folder
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.environment = dict(
            os.environ, MOTCUA_DATABASE_URL=url, MOTCUA_BIND=f"127.0.0.1:{self.port}", MOTCUA_ADMIN_BIND="off", MOTCUA_LOG_FILTER="warn",
            MOTCUA_PUBLIC_RATE_PER_MINUTE="0", MOTCUA_DRAIN_SECONDS="0", MIMALLOC_PURGE_DELAY="10", **settings,  # as unit and image set it
        )
        self.token = None

    def command(self, *words):
        return output(self.binary, *words, env=self.environment, cwd=self.folder)

    def prepare(self):
        """A new database with reference data and the officer of the desk."""
        self.command("migrate", "up")
        self.command("reference", "load")
        name, role, unit = DESK
        self.command("user", "create", "--name", name, "--role", role, "--unit", unit)
        self.token = self.token_of(name)
        return self

    def token_of(self, user):
        return self.command("token", "--user", user, "--ttl", "12h").strip()

    def start(self):
        """Starts it; gives the milliseconds to the first 200 of `/readyz`."""
        path = self.folder / "service.log"
        with open(path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.binary, "serve"], env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        return self.await_answer("/readyz", path)

    @contextlib.contextmanager
    def running(self):
        self.start()
        try:
            yield self
        finally:
            self.stop()

    def settle(self):
        """Lets the roll-up of figures finish what the last run left; gives up after a while."""
        for _ in range(100):
            if rows(self.url, "SELECT count(*) FROM figure_deltas") == ["0"]:
                return
            time.sleep(0.2)
        say("  (figures are still being rolled up)")

    def fill(self, wanted):
        """Submits until so many dossiers of the day are there; gives what their codes begin with, and how many."""
        while True:
            code = rows(self.url, "SELECT max(code) FROM dossiers WHERE length(code) = (SELECT max(length(code)) FROM dossiers)")[0:1]
            prefix = code[0].rsplit("-", 1)[0] + "-" if code and code[0] not in ("", "None") else "-"
            there = int(rows(self.url, f"SELECT count(*) FROM dossiers WHERE code LIKE '{prefix}%'")[0])
            if there >= wanted:
                self.settle()
                if not self.url.startswith("sqlite:"):
                    psql(self.url, "VACUUM ANALYZE")
                return prefix, there
            wrk(self, "submit", 64, min(10, max(1, (wanted - there) // 5000)), BENCH_RUN=secrets.token_hex(6))


def wrk(server, script, connections, seconds, threads=1, **environment):
    """Loads a server: answers that were as asked each second, latencies, processor time for each."""
    before = server.cpu()
    text = output(
        "wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / f"{script}.lua", server.address,
        env=dict(os.environ, BENCH_TOKEN=server.token, BENCH_REPORT=str(HERE / "report.lua"), **environment),
    )
    report = json.loads(re.search(r"^REPORT (.*)$", text, flags=re.M)[1])
    good = report["requests"] - report["refused"]
    return {
        "rate": good / report["seconds"], "p50": report["p50_ms"], "p99": report["p99_ms"], "bad": report["refused"] + report["broken"],
        "asked": report["requests"], "broken": report["broken"], "offered": report["requests"] / report["seconds"],
        "cpu_us": (server.cpu() - before) / max(good, 1) * 1e6,
    }


def pgbench(url, script, connections, seconds, folder, rows_each=1, **variables):
    log = folder / "pgbench-log"
    shutil.rmtree(log, ignore_errors=True)
    log.mkdir()
    words = [w for name, value in variables.items() for w in ("-D", f"{name}={value}")]
    # A sample of the latencies is enough, and a file of all of them costs what is measured.
    sample = ["--sampling-rate=0.1"] if script in ("read", "page") else []
    done = subprocess.run(
        ["pgbench", "-n", "-M", "prepared", "-f", str(HERE / f"{script}.sql"), "-c", str(connections), "-j", str(min(connections, 2)),
         "-T", str(seconds), "-l", "--log-prefix", str(log / "log"), *sample, *words, url], capture_output=True, text=True,
    )
    if done.returncode != 0 or "aborted" in done.stderr:
        sys.exit(f"bench: pgbench {script} failed:\n{done.stderr[-2000:]}")
    rate = float(re.search(r"^tps = ([0-9.]+)", done.stdout, flags=re.M)[1]) * rows_each
    took = sorted(int(line.split()[2]) for file in log.iterdir() for line in file.read_text().splitlines())
    at = lambda share: took[min(len(took) - 1, int(len(took) * share))] / 1000 if took else 0.0
    return {"rate": rate, "p50": at(0.5), "p99": at(0.99), "bad": 0}


class Runs:
    """Runs by what was done and over how many connections; medians of them."""

    def __init__(self):
        self.runs = {}

    def add(self, name, connections, run):
        self.runs.setdefault((name, connections), []).append(run)
        say(f"  {name:<40} {connections:>3} connections {run['rate']:>9.0f}/s  p50 {run['p50']:.2f} ms  p99 {run['p99']:.2f} ms"
            + (f"  {run['bad']} NOT ANSWERED AS ASKED" if run["bad"] else ""))

    def of(self, name, connections=64, field="rate"):
        return statistics.median(run[field] for run in self.runs[name, connections])

    def best(self, name):
        return max(self.of(name, c) for n, c in self.runs if n == name)

    def tail(self, name, connections=64):
        """p99 in p50s, of the run in the middle."""
        return statistics.median(run["p99"] / run["p50"] for run in self.runs[name, connections])

    def bad(self):
        return sum(run["bad"] for runs in self.runs.values() for run in runs)

    def table(self):
        lines = []
        for name, connections in self.runs:
            of = lambda field: self.of(name, connections, field)
            rates = [run["rate"] for run in self.runs[name, connections]]
            cpu = f"{of('cpu_us'):.0f} µs" if "cpu_us" in self.runs[name, connections][0] else ""
            lines.append([name, connections, number(of("rate")), f"{number(min(rates))} to {number(max(rates))}", f"{of('p50'):.2f} ms",
                          f"{of('p99'):.2f} ms", cpu])
        columns = ["what", "connections", "each second", "lowest to highest run", "p50", "p99", "processor time for each"]
        return {"columns": columns, "rows": lines}


def number(value):
    return f"{value:,.0f}".replace(",", " ")


def at_least(work, target, reached, text=None):
    """A target that is met from below."""
    return [work, f"at least {target}", text or f"{reached:.2f}", reached >= target]


def at_most(work, target, reached, unit=""):
    """A target that is met from above."""
    text = "given up as too slow" if reached == math.inf else f"{reached:.2f}{unit}" if reached < 10 else f"{reached:.0f}{unit}"
    return [work, f"at most {target}{unit}", text, reached <= target]


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*:\s*(.+)$", info, flags=re.M)
    total = re.search(r"^MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8"), flags=re.M)
    return (f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {int(total[1]) / 1048576:.0f} GiB of memory, "
            f"Linux {'.'.join(platform.release().split('.')[:2])}")


def versions(binary):
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    sqlite = re.search(r'name = "libsqlite3-sys"\nversion = "([^"]+)"', lock)[1]
    wrk_version = re.search(r"wrk (\S+)", subprocess.run(["wrk", "-v"], capture_output=True, text=True).stdout)
    asked = " ".join(os.environ["POSTGRES_SETTINGS"].split())
    server = f"{asked}, " if asked else ""
    build = "release build" if "release" in binary.parts else "NOT a release build"
    return (f"{output(binary, '--version').strip()}, {build}; {output('pgbench', '--version').strip()}, fsync and synchronous_commit on, {server}"
            f"else as installed; SQLite of libsqlite3-sys {sqlite}, WAL, synchronous=FULL; wrk {wrk_version[1] if wrk_version else '?'}")


def today():
    return datetime.date.today().isoformat()
