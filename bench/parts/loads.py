"""Writes and reads through the interface, beside pgbench with the same statements on the same cluster."""

import secrets

from parts.tools import CONNECTIONS, HERE, Runs, Service, at_least, at_most, databases, output, pgbench, psql, rows, wrk

SPREAD = 200


def run_id():
    return secrets.token_hex(6)


class Accepting:
    """Gives each run dossiers that nobody has accepted."""

    def __init__(self):
        self.next, self.rate = 1, 4000

    def need(self, seconds):
        return self.next + int(self.rate * seconds * 1.5) + 500

    def ran(self, count, seconds):
        self.next += count
        self.rate = max(self.rate, count / seconds)


def writes(arguments, folder):
    runs, facts = Runs(), []
    seconds = arguments.seconds
    for database, make in databases(folder):
        service = Service(arguments.binary, make("bench_service"), folder / database).prepare()
        accepting, alone = Accepting(), None
        with service.running():
            service.fill(5_000)
            if database == "PostgreSQL":
                alone = make("bench_sql")
                service_of_sql = Service(arguments.binary, alone, folder / "sql")
                service_of_sql.command("migrate", "up")
                output("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", HERE / "prepare.sql", alone)
                pgbench(alone, "submit32", 1, 2, folder, last_unit=0)
                psql(alone, "VACUUM ANALYZE")
            sql = Accepting()
            for _ in range(arguments.rounds):
                for connections in CONNECTIONS:
                    service.settle()
                    runs.add(f"submit, {database}", connections, wrk(service, "submit", connections, seconds, BENCH_RUN=run_id()))
                    if database == "SQLite":
                        runs.add("plain text, SQLite", connections, wrk(service, "plain", connections, seconds))
                    prefix, _ = service.fill(accepting.need(seconds))
                    done = wrk(service, "accept", connections, seconds, BENCH_RUN=run_id(), BENCH_PREFIX=prefix, BENCH_FROM=str(accepting.next))
                    runs.add(f"accept, {database}", connections, done)
                    accepting.ran(done["asked"] + connections, seconds)
                    if alone is None:
                        continue
                    for script, each, name in (("submit", 1, "submit, pgbench"), ("submit32", 32, "submit, pgbench, 32 a transaction")):
                        for last, where in ((0, ""), (SPREAD - 1, f", {SPREAD} units")):
                            psql(alone, "CHECKPOINT")
                            runs.add(name + where, connections, pgbench(alone, script, connections, seconds, folder, each, last_unit=last))
                    there = lambda: rows(alone, "SELECT unit || '-' || to_char(day, 'YYMMDD') || '-', next - 1 FROM code_sequences WHERE unit = 'H08.15'")[0]
                    while int(there().split("|")[1]) < sql.need(seconds):
                        pgbench(alone, "submit32", 1, 2, folder, last_unit=0)
                    psql(alone, "VACUUM ANALYZE", "CHECKPOINT")
                    turn = lambda: int(rows(alone, "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM bench_turn")[0])
                    before = turn()
                    runs.add("accept, pgbench", connections, pgbench(alone, "accept", connections, seconds, folder, prefix=there().split("|")[0]))
                    sql.ran(turn() - before, seconds)
            facts.append(f"`motcua audit verify` after the load on {database}: {' '.join(service.command('audit', 'verify').split(chr(10))[0].split())}")
    spread = f", {SPREAD} units"
    over = lambda above, below: runs.of(above) / runs.of(below)
    return {
        "targets": [
            at_least("submit on PostgreSQL / pgbench, one a transaction (64 clients, spread over units)", 3,
                     over("submit, PostgreSQL", "submit, pgbench" + spread)),
            at_least("submit on PostgreSQL / pgbench, 32 a transaction (64 clients, spread over units)", 0.4,
                     over("submit, PostgreSQL", "submit, pgbench, 32 a transaction" + spread)),
            at_least("accept on PostgreSQL / pgbench, one a transaction (64 clients)", 2, over("accept, PostgreSQL", "accept, pgbench")),
            at_least("submit on SQLite / plain text (64 connections)", 0.1, over("submit, SQLite", "plain text, SQLite")),
            at_most("submit on SQLite, p99 / p50 (64 connections)", 6, runs.tail("submit, SQLite")),
            *(at_most(f"{what}, p99 / p50 (64 connections)", 8, runs.tail(what))
              for what in ("submit, PostgreSQL", "accept, PostgreSQL", "accept, SQLite")),
            ["writes refused or broken", "0", str(runs.bad()), runs.bad() == 0],
        ],
        "tables": [runs.table()],
        "notes": [
            *facts,
            f"To one unit, as the service was: submit / pgbench {over('submit, PostgreSQL', 'submit, pgbench'):.2f}, / pgbench with 32 a "
            f"transaction {over('submit, PostgreSQL', 'submit, pgbench, 32 a transaction'):.2f}. There all submissions count up one row, "
            "which limits pgbench; the targets are held against the faster one.",
        ],
    }


def reads(arguments, folder):
    runs, facts = Runs(), []
    for database, make in databases(folder):
        service = Service(arguments.binary, make("bench_service"), folder / database).prepare()
        with service.running():
            prefix, there = service.fill(arguments.rows)
            facts.append(f"Dossiers on {database}: {there}; codes drawn at random from all.")
            for _ in range(arguments.rounds):
                for connections in CONNECTIONS:
                    drawn = dict(BENCH_PREFIX=prefix, BENCH_ROWS=str(there))
                    runs.add(f"read, {database}", connections, wrk(service, "read", connections, arguments.seconds, **drawn))
                    runs.add(f"page of 50, {database}", connections, wrk(service, "page", connections, arguments.seconds))
                    runs.add(f"plain text, {database}", connections, wrk(service, "plain", connections, arguments.seconds))
                    if database == "PostgreSQL":
                        sql = dict(prefix=prefix, rows=there)
                        runs.add("read, pgbench", connections, pgbench(service.url, "read", connections, arguments.seconds, folder, **sql))
                        runs.add("page of 50, pgbench", connections, pgbench(service.url, "page", connections, arguments.seconds, folder))
    return {
        "targets": [
            at_least("read by code on PostgreSQL (64 connections) / pgbench at its best", 0.5, runs.of("read, PostgreSQL") / runs.best("read, pgbench")),
            at_least("read by code on SQLite / plain text (64 connections)", 0.25, runs.of("read, SQLite") / runs.of("plain text, SQLite")),
            at_least("page of 50 on PostgreSQL (64 connections) / pgbench at its best", 0.5,
                     runs.of("page of 50, PostgreSQL") / runs.best("page of 50, pgbench")),
            at_least("page of 50 on SQLite / plain text (64 connections)", 0.04, runs.of("page of 50, SQLite") / runs.of("plain text, SQLite")),
            *(at_most(f"{what} on {database}, p99 / p50 (64 connections)", 5, runs.tail(f"{what}, {database}"))
              for what in ("read", "page of 50") for database in ("PostgreSQL", "SQLite")),
            ["reads refused or broken", "0", str(runs.bad()), runs.bad() == 0],
        ],
        "tables": [runs.table()],
        "notes": facts,
    }
