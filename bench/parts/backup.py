"""A backup while the service works at half load: how long it takes, and what those feel who ask meanwhile (R-54)."""

import statistics
import threading
import time

from parts.limits import Slices
from parts.tools import Service, at_most, databases, number, say

DOSSIERS = 100_000
SLICE = 3


def backup(arguments, folder):
    targets, lines = [], []
    for database, make in databases(folder, arguments.databases):
        service = Service(arguments.binary, make("bench_service"), folder / database).prepare()
        with service.running():
            work = Slices(database, service, 0, SLICE, dossiers=DOSSIERS)
            work.find_half()
            took, before, during, sizes = [], [], [], []
            for n in range(arguments.rounds):
                before += [work.half()["p99"] for _ in range(3)]
                archive = folder / f"{database}-{n}.motcua"

                def take():
                    began = time.monotonic()
                    service.command("backup", str(archive))
                    took.append(time.monotonic() - began)

                one = threading.Thread(target=take, daemon=True)
                one.start()
                felt = [work.half()["p99"]]
                while one.is_alive():
                    felt.append(work.half()["p99"])
                one.join()
                # The last slice may be of the time after.
                during += felt[:-1] or felt
                sizes.append(archive.stat().st_size)
                archive.unlink()
                say(f"  {database} {n + 1} of {arguments.rounds}: {took[-1]:.1f} s, p99 {statistics.median(during):.1f} after {statistics.median(before):.1f} ms")
        quiet, meanwhile = statistics.median(before), statistics.median(during)
        targets += [
            at_most(f"backup of {number(DOSSIERS)} dossiers on {database} at half load", 120, statistics.median(took), " s"),
            at_most(f"p99 while it is taken on {database} / before", 2, meanwhile / quiet),
        ]
        lines.append([database, number(work.there), f"{statistics.median(took):.1f} s", f"{max(took):.1f} s", f"{statistics.median(sizes) / 1e6:.0f} MB",
                      f"{quiet:.1f} ms", f"{meanwhile:.1f} ms"])
    return {
        "targets": targets,
        "tables": [{"columns": ["database", "dossiers", "median", "slowest", "archive", "p99 before", "p99 meanwhile"], "rows": lines}],
        "notes": [f"Medians of slices of {SLICE} s of the mixed load of the soak, at half of what the service can do; the backup shares the cores with it."],
    }
