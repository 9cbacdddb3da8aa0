"""The service beside the peer, over copies of the same database."""

import os
import secrets
import subprocess

from parts.tools import HERE, ROOT, Process, Runs, Service, at_least, cluster, free_port, output, psql, wrk

WORKERS = 2


class Peer(Process):
    """FastAPI with SQLAlchemy, in its own environment under target/."""

    token = "none"

    def __init__(self, url, folder):
        self.url, self.folder, self.port = url, folder, free_port()
        self.home = ROOT / "target" / "bench" / "peer"
        wanted = (HERE / "peer" / "requirements.txt").read_text()
        mark = self.home / "installed.txt"
        if not mark.exists() or mark.read_text() != wanted:
            output("python3", "-m", "venv", "--clear", self.home)
            output(self.home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "peer" / "requirements.txt")
            mark.write_text(wanted)

    def start(self):
        path = self.folder / "peer.log"
        words = ["uvicorn", "app:app", "--host", "127.0.0.1", "--port", self.port, "--workers", WORKERS, "--no-access-log", "--log-level", "warning"]
        environment = dict(os.environ, PEER_DATABASE=self.url.replace("postgres://", "postgresql+asyncpg://"), PYTHONDONTWRITEBYTECODE="1")
        with open(path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.home / "bin" / str(words[0]), *map(str, words[1:])], cwd=HERE / "peer", env=environment, stdout=log, stderr=log)
        self.await_answer("/plain", path)


def peers(arguments, folder):
    runs = Runs()
    with cluster(folder) as url:
        psql(f"{url}/postgres", "CREATE DATABASE bench_service")
        service = Service(arguments.binary, f"{url}/bench_service", folder / "service").prepare()
        with service.running():
            prefix, there = service.fill(20_000)
        psql(f"{url}/postgres", "CREATE DATABASE bench_peer TEMPLATE bench_service")
        psql(f"{url}/bench_peer", "VACUUM ANALYZE")
        peer = Peer(f"{url}/bench_peer", folder)
        drawn = dict(BENCH_PREFIX=prefix, BENCH_ROWS=str(there))
        memory = {}
        with service.running():
            peer.start()
            try:
                for _ in range(arguments.rounds):
                    for script, name in (("submit", "submit"), ("read", "read"), ("page", "page of 50")):
                        for server, who in ((service, "service"), (peer, "peer")):
                            run = wrk(server, script, 64, arguments.seconds, BENCH_RUN=secrets.token_hex(6), **drawn)
                            runs.add(f"{name}, {who}", 64, run)
                            service.settle()
                memory = {"service": service.memory(), "peer": peer.memory()}
            finally:
                peer.stop()
    over = lambda what: runs.of(f"{what}, service") / runs.of(f"{what}, peer")
    return {
        "targets": [
            at_least("submit / FastAPI with SQLAlchemy (64 connections)", 15, over("submit")),
            at_least("read by code / FastAPI with SQLAlchemy (64 connections)", 8, over("read")),
            at_least("page of 50 / FastAPI with SQLAlchemy (64 connections)", 8, over("page of 50")),
        ],
        "tables": [runs.table()],
        "notes": [
            f"The peer (`bench/peer`, {WORKERS} worker processes, pool of 16 each) writes the same rows and answers with the same members; it asks for no "
            "token and knows no policy and no rules.",
            f"Resident memory after the load: service {memory['service']:.0f} MiB, peer {memory['peer']:.0f} MiB (all its processes).",
        ],
    }
