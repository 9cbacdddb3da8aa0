"""Beyond what it can do: overload, idle connections, an hour of work, imports, start and size."""

import http.client
import json
import os
import resource
import secrets
import socket
import statistics
import sys
import threading
import time

from parts.tools import ROOT, Service, at_least, at_most, databases, number, remove, rows, say, wrk

# More than the queues of the write lanes hold, each of which keeps a connection waiting.
MANY = 3000


def run_id():
    return secrets.token_hex(6)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


class Prober(threading.Thread):
    """Submits one dossier after another, apart from the load; keeps when, what was answered, and how long it took."""

    BODY = {
        "procedure": "1.001978", "unit": "H08.15", "channel": "in_person", "applicant": {"name": "Trần Văn Đức", "personal_id": "052190000009"},
        "form": {"terminated_on": "2026-10-15", "termination": "contract_expired", "contract": {"kind": "indefinite", "months": None},
                 "contributions": [{"from": "2021-01", "to": "2026-09", "wage_vnd": 8000000}], "months_already_used": 0,
                 "wage_regime": "employer", "wage_region": "III", "after_submission": {"event": "none", "on": None}, "receives": "none"},
        "papers": [{"code": code, "original": True} for code in ("mau_03", "cham_dut_hdld", "so_bhxh")],
    }

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service, self.seen, self.memory, self.over = service, [], [], threading.Event()
        self.run_id = run_id()

    def run(self):
        connection, headers = None, {"Authorization": f"Bearer {self.service.token}", "Content-Type": "application/json"}
        while not self.over.wait(0.02):
            began = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=10)
                # Everybody is somebody else, or the check for other open dossiers would be of this person's thousands.
                self.BODY["applicant"]["personal_id"] = f"052190{len(self.seen) % 1000000:06}"
                connection.request("POST", "/api/v1/dossiers", json.dumps(self.BODY), {**headers, "Idempotency-Key": f"{self.run_id}-{len(self.seen)}"})
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection, status = None, 0
            self.seen.append((began, status, (time.monotonic() - began) * 1000))
            if len(self.memory) < len(self.seen) // 10:
                self.memory.append(self.service.memory())

    def between(self, begin, end, wanted=lambda status: True):
        return [took for at, status, took in self.seen if begin <= at < end and wanted(status)]


def overload(arguments, folder):
    targets, lines = [], []
    for database, make in databases(folder, arguments.databases):
        service = Service(arguments.binary, make("bench_service"), folder / database).prepare()
        with service.running():
            service.fill(5_000)
            peaks = []
            for _ in range(arguments.rounds):
                service.settle()
                peaks.append(wrk(service, "submit", 64, arguments.seconds, BENCH_RUN=run_id())["rate"])
            peak, before = statistics.median(peaks), service.memory()
            service.settle()
            prober = Prober(service)
            prober.start()
            begun = time.monotonic()
            time.sleep(max(3, arguments.seconds))
            tried = time.monotonic()
            # Each connection waits so long between an answer and its next request that all together ask five times the peak: found by
            # trying, as the wait is beside the time that an answer takes. Two threads, or the load would be the limit.
            pace = MANY / (5 * peak) * 1000
            press = lambda pause, seconds: wrk(service, "submit", MANY, seconds, threads=2, BENCH_RUN=run_id(), BENCH_DELAY=f"{pause:.0f}")
            pause = pace
            for _ in range(2):
                took = MANY / press(pause, 3)["offered"] * 1000 - pause
                pause = max(1, pace - took)
            loaded = time.monotonic()
            run = press(pause, arguments.overload_seconds)
            ended = time.monotonic()
            time.sleep(8)
            prober.over.set()
            prober.join()
            service.settle()
        refused = prober.between(loaded, ended, lambda status: status in (429, 503))
        lost = prober.between(loaded, ended, lambda status: status == 0)
        quiet, after = prober.between(begun, tried), prober.between(ended + 5, ended + 8)
        failed_after = prober.between(ended + 5, ended + 8, lambda status: status != 201)
        normal = bool(after) and not failed_after and percentile(after, 0.5) <= 2 * percentile(quiet, 0.5)
        most = max([*prober.memory, before])
        lines.append([database, number(peak), number(run["offered"]), number(run["rate"]), number(run["asked"] - run["rate"] * arguments.overload_seconds),
                      run["broken"], f"{percentile(refused, 0.99):.0f} ms of {len(refused)}", len(lost), f"{before:.0f} to {most:.0f} MiB",
                      f"{percentile(quiet, 0.5):.1f} ms", f"{percentile(after, 0.5):.1f} ms"])
        targets += [
            at_least(f"overload on {database}: submissions done / peak", 0.8, run["rate"] / peak,
                     f"{run['rate'] / peak:.2f} with {run['offered'] / peak:.1f} x the peak offered"),
            [f"overload on {database}: refused within, p99", "at most 50 ms",
             f"{percentile(refused, 0.99):.0f} ms" if refused else "nobody refused", not refused or percentile(refused, 0.99) <= 50],
            at_most(f"overload on {database}: memory / before", 2, most / before),
            [f"overload on {database}: as before 5 s after it", "median at most twice", f"{percentile(after, 0.5):.1f} after {percentile(quiet, 0.5):.1f} ms",
             normal],
        ]
    columns = ["database", "peak", "offered", "done", "refused or broken in all", "broken", "refusals seen by a prober, p99", "without answer", "memory",
               "prober before, p50", "prober after 5 s, p50"]
    return {
        "targets": targets, "tables": [{"columns": columns, "rows": lines}],
        "notes": [f"{MANY} connections of wrk, each pacing itself, for {arguments.overload_seconds} s: an answer that is late delays the next request of its "
                  "connection, so what was offered is told. Refusals are timed by a client of their own, which shares the cores with the load."],
    }


def idle(arguments, folder):
    wanted = arguments.idle
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    service = Service(arguments.binary, f"sqlite:{folder / 'idle'}.sqlite", folder / "idle").prepare()
    with service.running():
        prefix, there = service.fill(5_000)
        drawn = dict(BENCH_PREFIX=prefix, BENCH_ROWS=str(there))
        quiet = [wrk(service, "read", 100, arguments.seconds, **drawn)["p99"] for _ in range(arguments.rounds)]
        held = []
        for _ in range(wanted):
            held.append(socket.create_connection(("127.0.0.1", service.port)))
            held[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        for connection in held:
            connection.recv(4096)
        full = [wrk(service, "read", 100, arguments.seconds, **drawn) for _ in range(arguments.rounds)]
        memory = service.memory()
        left = 0
        for connection in held:
            connection.setblocking(False)
            try:
                left += connection.recv(1) != b""
            except BlockingIOError:
                left += 1
            except OSError:
                pass
            connection.close()
    p99 = statistics.median(run["p99"] for run in full)
    bad = sum(run["bad"] for run in full)
    return {
        "targets": [
            at_most(f"{number(wanted)} idle connections: p99 of 100 active / without them", 1.5, p99 / statistics.median(quiet)),
            at_most(f"{number(wanted)} idle connections: memory", 200, memory, " MiB"),
            [f"{number(wanted)} idle connections: requests refused or broken", "0", str(bad), bad == 0],
        ],
        "tables": [],
        "notes": [f"On SQLite; {number(left)} of the idle connections were still open at the end, the rest had been idle for longer than the service keeps them."],
    }


class Slices(threading.Thread):
    """Half of what a service can do, slice by slice; what may grow is sampled between them."""

    def __init__(self, database, service, number_of, seconds, dossiers=20_000):
        super().__init__(daemon=True)
        self.database, self.service, self.number_of, self.seconds = database, service, number_of, seconds
        self.prefix, self.there = service.fill(dossiers)
        self.samples, self.pause = [], 0

    def slice(self, seconds, **environment):
        return wrk(self.service, "mixed", 64, seconds, BENCH_PREFIX=self.prefix, BENCH_ROWS=str(self.there), BENCH_RUN=run_id(), **environment)

    def find_half(self):
        peak = self.slice(max(5, self.seconds // 6))
        self.pause = max(1, 64 / (peak["rate"] / 2) * 1000 - peak["p50"])

    def half(self):
        return self.slice(self.seconds, BENCH_DELAY=f"{self.pause:.0f}")

    def run(self):
        for n in range(self.number_of):
            done = self.half()
            self.samples.append((self.service.memory(), self.service.files(), done))
            say(f"  {self.database} {n + 1} of {self.number_of}: {done['rate']:.0f}/s p99 {done['p99']:.1f} ms {self.samples[-1][0]:.0f} MiB "
                f"{self.samples[-1][1]} files")


def soak(arguments, folder):
    """A long time on each database in turn, at half of what it can do."""
    minutes = arguments.soak_minutes
    number_of = max(6, int(minutes))
    seconds = max(2, round(minutes * 60 / number_of))
    targets, lines, runs = [], [], []
    for database, make in databases(folder, arguments.databases):
        service = Service(arguments.binary, make("bench_service"), folder / database).prepare()
        with service.running():
            run = Slices(database, service, number_of, seconds)
            run.find_half()
            run.run()
        runs.append(run)
        remove(service.url)
    for run in runs:
        samples, database = run.samples, run.database
        if len(samples) < number_of:
            sys.exit(f"bench: the soak on {database} ended early")
        # What is warm after a sixth of the time stays as it is.
        warm = samples[len(samples) // 6:]
        third = max(1, len(warm) // 3)
        memory = statistics.median(s[0] for s in warm[-third:]) / statistics.median(s[0] for s in warm[:third])
        files = max(s[1] for s in warm) - min(s[1] for s in warm)
        drift = statistics.median(s[2]["p99"] for s in warm[-third:]) / statistics.median(s[2]["p99"] for s in warm[:third])
        bad = sum(s[2]["bad"] for s in samples)
        where = f"{minutes:g} min at half load on {database}"
        targets += [at_most(f"{where}: memory, last third / first after the warming", 1.05, memory), at_most(f"{where}: open files, most less fewest", 10, files),
                    at_most(f"{where}: p99, last third / first", 1.2, drift), [f"{where}: refused or broken", "0", str(bad), bad == 0]]
        done = sum(s[2]["asked"] for s in samples)
        lines.append([database, number(done), number(statistics.median(s[2]["rate"] for s in samples)), f"{warm[0][0]:.0f} MiB", f"{warm[-1][0]:.0f} MiB",
                      f"{statistics.median(s[2]['p99'] for s in warm[:third]):.1f} ms", f"{statistics.median(s[2]['p99'] for s in warm[-third:]):.1f} ms"])
    return {"targets": targets,
            "tables": [{"columns": ["database", "requests", "each second", "memory once warm", "at the end", "p99, first third", "p99, last third"], "rows": lines}],
            "notes": ["Each alone, at half of what it can do. Of 20 requests one is a submission, one a page of 50, the rest readings; a sample after each minute."]}


def portal_lines(count):
    """The shipped export over and over, each dossier of another day and person."""
    kept = [json.loads(line) for line in open(ROOT / "reference" / "unemployment_portal_export_2023-11-15.ndjson", encoding="utf-8")]
    for n in range(count):
        line = dict(kept[n % len(kept)])
        unit, day, own = line["MaHoSo"].split("-")
        line["MaHoSo"] = f"{unit}-{day}-{10000 + n // len(kept) * 1000 + int(own) % 1000}"
        person = f"0521{n:08}"
        line["SoGiayToChuHoSo"], line["DinhDanhCHS"] = person, [{"LoaiDinhDanh": "1", "SoDinhDanh": person}]
        yield json.dumps(line, ensure_ascii=False)


def imports(arguments, folder):
    targets, lines = [], []
    for database, make in databases(folder, arguments.databases):
        speeds, peaks = {}, {}
        for share in (1, 4):
            count = arguments.import_lines * share // 4
            service = Service(arguments.binary, make(f"bench_import_{share}"), folder / f"{database}-{share}").prepare()
            path = folder / f"portal-{share}.ndjson"
            path.write_text("\n".join(portal_lines(count)) + "\n", encoding="utf-8")
            for kind, words in (("checked", ["--dry-run"]), ("written and decided", [])):
                began = time.monotonic()
                code, used = run_alone([service.binary, "import", "portal_dossiers", path, *words], service)
                took = time.monotonic() - began
                there = int(rows(service.url, "SELECT count(*) FROM dossiers")[0])
                speeds[kind, share], peaks[kind, share] = count / took, used
                lines.append([database, kind, number(count), f"{took:.1f} s", number(count / took), f"{used:.0f} MiB", number(there), code])
        for kind, least in (("checked", 5000), ("written and decided", 1500)):
            targets.append(at_least(f"portal import on {database}, dossiers {kind} a second", least, speeds[kind, 4], number(speeds[kind, 4])))
            targets.append(at_most(f"portal import on {database}, {kind}: memory at four times the lines", 1.2, peaks[kind, 4] / peaks[kind, 1]))
    columns = ["database", "what", "lines", "took", "a second", "highest memory", "dossiers then", "exit code"]
    return {"targets": targets, "tables": [{"columns": columns, "rows": lines}],
            "notes": ["`motcua import portal_dossiers`, with its start; the lines are the shipped export's, over and over with other codes and persons."]}


def run_alone(words, service):
    """Runs a command; gives its exit code and its highest resident memory in MiB."""
    pid = os.fork()
    if pid == 0:
        os.chdir(service.folder)
        log = os.open(service.folder / "import.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execve(words[0], [str(word) for word in words], service.environment)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024


def size(arguments, folder):
    targets, lines = [], []
    for database, make in databases(folder, arguments.databases):
        service = Service(arguments.binary, make("bench_size"), folder / database).prepare()
        with service.running():
            service.fill(arguments.rows)
        starts, fresh = [], []
        for _ in range(max(5, arguments.rounds)):
            starts.append(service.start())
            fresh.append(service.memory())
            service.stop()
        with service.running():
            prefix, there = service.fill(1)
            for script in ("submit", "read", "page"):
                wrk(service, script, 64, max(3, arguments.seconds), BENCH_RUN=run_id(), BENCH_PREFIX=prefix, BENCH_ROWS=str(there))
            service.settle()
            after, highest = service.memory(), service.memory("VmHWM")
        lines.append([database, number(there), f"{statistics.median(starts):.0f} ms", f"{statistics.median(fresh):.0f} MiB", f"{after:.0f} MiB", f"{highest:.0f} MiB"])
        targets += [at_most(f"start on {database} to the first 200 of /readyz, database there", 100, statistics.median(starts), " ms"),
                    at_most(f"memory on {database} after the load", 64, after, " MiB")]
    megabytes = arguments.binary.stat().st_size / 1e6
    targets.append(at_most("size of the binary", 40, megabytes, " MB"))
    columns = ["database", "dossiers", "start", "memory then", "after the load", "highest"]
    return {"targets": targets, "tables": [{"columns": columns, "rows": lines}],
            "notes": ["Memory is resident memory, the program's file among it. The load: submissions, readings and pages over 64 connections, one kind after another."]}
