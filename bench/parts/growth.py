"""The same requests over small and large databases, one at a time; databases by bench/generate."""

import contextlib
import datetime
import http.client
import json
import math
import statistics
import subprocess
import sys
import threading
import time

from parts.tools import HERE, Service, at_most, at_once, maker, number, remove, rows, say

MOST = 1.5
NAMES = ("nguyen thi lan", "tran van", "dao huong", "quach nhu sen", "nguy")
PAGE = 100


class Client:
    """One connection that stays open."""

    def __init__(self, service, user):
        self.connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        self.headers = {"Authorization": f"Bearer {service.token_of(user)}", "Content-Type": "application/json"}

    def ask(self, path, body=None):
        """Milliseconds that an answer took, and the answer; for ever, when it was given up as too slow."""
        method, content = ("GET", None) if body is None else ("POST", json.dumps(body))
        began = time.perf_counter()
        self.connection.request(method, path, content, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status == 503:
            return math.inf, text
        if answer.status != 200:
            sys.exit(f"bench: {path}: {answer.status} {text[:500]}")
        return took, text

    def median(self, asks, times):
        """The median over so many requests, drawn in turn, after some that do not count."""
        took = []
        for n in range(times + 5):
            took.append(self.ask(*asks[n % len(asks)])[0])
            if took[-5:] == [math.inf] * 5:
                # It will not get better by asking on, and each of them is seconds.
                return math.inf
        return statistics.median(took[5:])

    def place(self, rows_before):
        """The address of the page after so many dossiers, by going there."""
        path = f"/api/v1/dossiers?limit={PAGE}"
        cursor = None
        for _ in range(max(1, rows_before // PAGE)):
            _, text = self.ask(path if cursor is None else f"{path}&cursor={cursor}")
            cursor = json.loads(text)["next_cursor"]
        # A cursor belongs to the filters of its list, not to the size of the page.
        return f"/api/v1/dossiers?limit=50&cursor={cursor}"


def measure(service, size, times):
    officer, reader = Client(service, "bench.officer"), Client(service, "bench.reader")
    step = max(1, size // 200)
    if service.url.startswith("sqlite:"):
        codes = rows(service.url, f"SELECT code FROM dossiers WHERE rowid % {step} = 0 LIMIT 200")
    else:
        codes = rows(service.url, f"SELECT code FROM (SELECT code, row_number() OVER () AS n FROM dossiers) AS d WHERE n % {step} = 0 LIMIT 200")
    year_ago = datetime.date.today() - datetime.timedelta(days=365)
    statistics_of = "/api/v1/statistics/dossiers?by=unit"
    found = {
        "by code": officer.median([(f"/api/v1/dossiers/{code}",) for code in codes], times * 4),
        "first page of 50": officer.median([("/api/v1/dossiers?limit=50",)], times),
        "page of 50 in the middle": officer.median([(officer.place(size // 2),)], times),
        "queue counts": officer.median([("/api/v1/queue/counts",)], times),
        "statistics as of today": reader.median([(statistics_of,)], max(5, times // 4)),
        "statistics as of a year ago": reader.median([(f"{statistics_of}&as_of={year_ago}",)], max(5, times // 4)),
    }
    searches = [officer.median([("/api/v1/dossiers/search", {"name": name, "limit": 50})], max(5, times // 4)) for name in NAMES]
    found["name search, slowest of five"] = max(searches)
    return found


def shown(milliseconds):
    return "503, too slow" if milliseconds == math.inf else f"{milliseconds:.2f} ms"


def fill(arguments, urls, size):
    """Fills the databases side by side, the longest part of it all; gives the seconds that each took."""
    took = {}

    def one(database, url):
        began = time.monotonic()
        done = subprocess.run([HERE / "generate", "--database", url, "--dossiers", str(size), "--binary", arguments.binary])
        took[database] = time.monotonic() - began if done.returncode == 0 else None

    at_once([threading.Thread(target=one, args=asked, daemon=True) for asked in urls.items()])
    if None in took.values():
        sys.exit("bench: a database was not filled")
    return took


def growth(arguments, folder):
    took, facts, targets, tables = {}, [], [], []
    sizes = arguments.sizes
    with contextlib.ExitStack() as stack:
        makers = {database: stack.enter_context(maker(folder, database)) for database in arguments.databases}
        for size in sizes:
            say(f"{size:,} dossiers")
            urls = {database: make(f"growth_{size}") for database, make in makers.items()}
            made = fill(arguments, urls, size)
            for database, url in urls.items():
                say(f"{size:,} dossiers on {database}: to be measured now")
                # The jobs of the calendar and of the night would work off what was generated, meanwhile.
                service = Service(arguments.binary, url, folder / f"{database}-{size}", MOTCUA_TIMER_SECONDS="0", MOTCUA_FIGURES_CHECK_AT="off")
                with service.running():
                    took[database, size] = measure(service, size, arguments.times)
                facts.append(f"{number(size)} dossiers on {database}: filled in {made[database]:.0f} s, "
                             f"{rows(url, 'SELECT count(*) FROM dossiers WHERE ended_at IS NULL AND completed_at IS NULL')[0]} of them open.")
            for url in urls.values():
                remove(url)
    for database in arguments.databases:
        names = list(took[database, sizes[0]])
        lines = [[name, *(shown(took[database, size][name]) for size in sizes),
                  *(f"{took[database, size][name] / took[database, sizes[0]][name]:.2f}" for size in sizes[1:])] for name in names]
        columns = [f"{database}, one connection, medians", *(number(size) for size in sizes), *(f"{number(s)} / {number(sizes[0])}" for s in sizes[1:])]
        tables.append({"columns": columns, "rows": lines})
        for size in sizes[1:]:
            for name in names[:-1]:
                targets.append(at_most(f"{name} on {database}, {number(size)} / {number(sizes[0])} dossiers", MOST,
                                       took[database, size][name] / took[database, sizes[0]][name]))
        if 1_000_000 in sizes:
            most = 50 if database == "SQLite" else 100
            targets.append(at_most(f"name search on {database} at 1 000 000", most, took[database, 1_000_000][names[-1]], " ms"))
    return {"targets": targets, "tables": tables, "notes": facts}
