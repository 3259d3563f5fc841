"""Open every table of a store with the `deltalake` package, as any Delta reader would.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install deltalake pyarrow
    /tmp/venv/bin/python tests/delta_reader.py STORE

Prints, for each table, the version that the newest complete run names, the newest version of its
log, the protocol, and the number of rows in that version; ends with 1 when something does not add
up (a version that cannot be read, a reader version above 1, rows that differ from the log's own
statistics).
"""

import json
import sys
from pathlib import Path

import pyarrow
from deltalake import DeltaTable


def tables_of(store):
    """Names of the tables of a store: its folders with a Delta log."""
    return sorted(log.parent.name for log in store.glob("*/_delta_log"))


def rows_of(table):
    """The rows of a table as an Arrow table, whatever the version of the package offers."""
    return table.to_pyarrow_dataset().to_table()


def files_of(table):
    """What the log says of each live file."""
    return pyarrow.table(table.get_add_actions(flatten=True)).to_pylist()


def newest_run(store):
    rows = rows_of(DeltaTable(str(store / "runs"))).to_pylist()
    return max(rows, key=lambda row: row["seq"]) if rows else None


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    store = Path(sys.argv[1]).resolve()
    run = newest_run(store)
    if run is None:
        print(f"{store} holds no complete run", file=sys.stderr)
        return 1
    versions = json.loads(run["versions"])
    print(f"run {run['run_id']} of {run['as_of']}")
    wrong = 0
    for name in tables_of(store):
        newest = DeltaTable(str(store / name))
        named = versions.get(name, newest.version())
        table = DeltaTable(str(store / name), version=named)
        protocol = table.protocol()
        rows = rows_of(table)
        counted = sum(stats["num_records"] for stats in files_of(table))
        problems = []
        if newest.version() < named:
            problems.append("the log ends before the version that the run names")
        if protocol.min_reader_version != 1:
            problems.append(f"reader version {protocol.min_reader_version}")
        if counted != rows.num_rows:
            problems.append(f"the log counts {counted} rows")
        wrong += len(problems)
        print(
            f"{name:14} version {named:4} of {newest.version():4}"
            f"  reader {protocol.min_reader_version}  rows {rows.num_rows:8}"
            + "".join(f"  WRONG: {p}" for p in problems)
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
