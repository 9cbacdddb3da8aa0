"""bench/README.md, of all sections that were measured."""

BEGIN = """# Bench

What the service does beside the limits of its database and beside a peer, with all guards on: token, policy, rules, audit, kept
answers. This file is written by `bench/run` from `bench/results/`; figures are as they came.

```sh
cargo build --release -p api && bench/run
bench/run --only reads,writes              # some sections; the others stay as they were measured
bench/run --only growth --sizes 10000,1000000,5000000
bench/run --only reads --seconds 1 --rounds 1 --keep-readme    # a trial
```

It needs `wrk`, `pgbench`, `psql` and a PostgreSQL server (`apt-get install wrk postgresql`); for the peer also Python with `venv`.
Service, database and load share the cores of the machine. Medians of so many runs as each section says.

`bench/generate` fills a database with any number of dossiers. How long the rules alone take: `cargo bench -p domain --bench rules`.
"""

END = """## What is compared

- A submission is one transaction: code sequence, the person's other open dossiers, dossier, event, three papers, figure, outbox, kept
  answer, audit head and audit entry. The service also checks the token and the policy, validates the form, digests and chains the event
  and the audit entry and keeps the answer for the `Idempotency-Key` that every request carries.
- `submit.sql` and `accept.sql` run the same statements with the same rows, one dossier a transaction; they skip the work outside of the
  database, and each client has an audit chain of its own. The service gathers what waits into one transaction and answers only after
  its COMMIT, so a promise made is equally durable; a lone client gains nothing from it.
- `submit32.sql` makes 32 dossiers in one statement and one transaction out of `generate_series`: no parameters to send, the bound of what
  batching can give.
- A reading and a page are one `SELECT` on both sides; the service adds token, policy and JSON.
- Plain text is `GET /healthz`, the cheapest answer the service has: neither token nor database.
- Figures of the day are rolled up by the service while it is loaded; pgbench and the peer have no such work.
"""


def cells(values):
    return "| " + " | ".join(str(value).replace("|", "/") for value in values) + " |"


def table(columns, rows):
    numbers = ["---", *("---:" for _ in columns[1:])]
    return [cells(columns), cells(numbers), *(cells(row) for row in rows)]


def readme(sections, order):
    lines = [BEGIN, "## Targets", ""]
    missing = [name for name in order if name not in sections]
    met = [row[3] for found in sections.values() for row in found["targets"]]
    lines.append(f"{sum(met)} of {len(met)} met." + (f" Not measured yet: {', '.join(missing)}." if missing else ""))
    lines += ["", "| work | target | reached | met | measured |", "| --- | --- | --- | --- | --- |"]
    for name in order:
        for work, target, reached, is_met, *on in sections.get(name, {"targets": []})["targets"]:
            day = on[0] if on else sections[name]["measured"]["on"]
            lines.append(cells([work, target, reached, "yes" if is_met else "**no**", f"{name}, {day}"]))
    lines.append("")
    for name in order:
        if name not in sections:
            continue
        found, how = sections[name], sections[name]["measured"]
        lines += [f"## {name.capitalize()}", "",
                  f"Measured on {how['on']}: runs of {how['seconds']} s, medians of {how['rounds']}; load average before {how['load'][0]}, at the end "
                  f"{how['load'][1]}. {how['machine']}. {how['versions']}.", ""]
        for shown in found["tables"]:
            lines += [*table(shown["columns"], shown["rows"]), ""]
        lines += [f"- {note}" for note in found["notes"]]
        if found["notes"]:
            lines.append("")
    return "\n".join([*lines, END])
