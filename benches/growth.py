"""How cost grows: with records, with rule rows, with threads, and with appended nights.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install matplotlib
    /tmp/venv/bin/python benches/growth.py --work FOLDER [--binary target/release/xinheng]
        [--records 1000000,3000000,10000000] [--rules 1,10,100,1000] [--nights 100] [--plots benches/plots]

Each figure is that of one command, as the system counts it: wall time, CPU time of all threads, peak memory. Stores are
made in FOLDER and kept for a second run. Figures are written to FOLDER/growth.csv and drawn when --plots is given.
"""

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-22"
SCHEME = "environment/chongqing-2021"


def run(arguments, binary, key):
    """Runs the program; wall and CPU seconds, peak MiB, and what it said."""
    env = dict(os.environ, XINHENG_KEY_FILE=str(key))
    start = time.monotonic()
    child = subprocess.Popen([binary, *arguments], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"{' '.join(arguments)} ended with {os.waitstatus_to_exitcode(status)}:\n{said}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said


def kernel(said):
    """Seconds that the threads spent in grades and evidence."""
    found = re.search(r"grades and evidence ([0-9.]+) s", said)
    return float(found[1]) if found else 0.0


def linked(source, target):
    """Data and log files are written once and never changed in place, so links do; seals and locks are copied."""
    if source.endswith((".parquet", ".json")):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


class Bench:
    def __init__(self, options):
        self.binary = str(Path(options.binary).resolve())
        self.work = Path(options.work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.key = self.work / "key"
        if not self.key.exists():
            self.key.write_bytes(os.urandom(32))
            self.key.chmod(0o600)
        self.rows = []

    def note(self, series, x, measured, **more):
        wall, cpu, peak, said = measured
        row = {"series": series, "x": x, "wall_s": round(wall, 2), "cpu_s": round(cpu, 2), "peak_mib": round(peak)}
        row["kernel_s"] = round(kernel(said), 3)
        row.update(more)
        self.rows.append(row)
        print(row, flush=True)

    def call(self, *arguments):
        return run([str(a) for a in arguments], self.binary, self.key)

    def store(self, records):
        """A store of fictional records, made once; its making is measured then."""
        store = self.work / f"store-{records}"
        if not (store / "runs").exists():
            shutil.rmtree(store, ignore_errors=True)
            subjects = records * 12 // 100
            made = self.call("synth", "--records", records, "--subjects", subjects, "--seed", 1, "--until", "2026-11-20", "--store", store)
            self.note("synth by records", records, made)
        return store

    def fresh(self, store):
        """A copy that may be graded."""
        copy = self.work / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(store, copy, copy_function=linked)
        return copy

    def grade(self, store, *more):
        return self.call("grade", "--store", self.fresh(store), "--as-of", AS_OF, "--timings", *more)

    def records(self, sizes):
        for size in sizes:
            self.note("grade by records", size, self.grade(self.store(size)))

    def threads(self, size):
        for threads in (1, 2):
            self.note(f"grade of {size} by threads", threads, self.grade(self.store(size), "--threads", threads))

    def pack(self, rows):
        """The built-in pack with one active scheme, whose first table has so many rows."""
        folder = self.work / f"rules-{rows}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(TOP / "rules", folder)
        (folder / "pack.toml").write_text(f'[pack]\nactive = ["{SCHEME}"]\n', encoding="utf-8")
        file = folder / f"{SCHEME}.toml"
        text = file.read_text(encoding="utf-8")
        start = text.index("rows = [", text.index('id = "fines"'))
        end = text.index("\n]\n", start)
        lines = []
        for n in range(rows):
            low = "0" if n == 0 else f"{n * 0.02:.2f}"
            high = "" if n + 1 == rows else f"{(n + 1) * 0.02:.2f}"
            fine = f"({low},{high}{']' if high else ')'}"
            lines.append(f'  {{ id = "f{n}", penalty = "罚款", fine = "{fine}", points = 3, status = "provisional", source = "bench" }},')
        file.write_text(text[:start] + "rows = [\n" + "\n".join(lines) + text[end:], encoding="utf-8")
        (folder / f"{SCHEME}.cases.toml").unlink()
        (folder / "environment/tongliang-2023.cases.toml").unlink()
        return folder

    def rules(self, counts, size):
        for count in counts:
            self.note(f"grade of {size} by rows of the table", count, self.grade(self.store(size), "--rules", self.pack(count)))

    def nights(self, count, size, rows):
        """So many nights of new rows appended to a store, each taken in, with and without compaction; graded at some of them."""
        inbox = self.work / "inbox"
        stores = {"with": self.work / "nights-with", "without": self.work / "nights-without"}
        for store in stores.values():
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(self.store(size), store, copy_function=linked)
        for night in range(1, count + 1):
            shutil.rmtree(inbox, ignore_errors=True)
            self.call("synth", "--records", rows, "--subjects", max(rows // 8, 1), "--seed", 1000 + night, "--until", "2026-11-20", "--layout", "c", "--format", "csv", "--out", inbox)
            for how, store in stores.items():
                more = ["--no-compaction"] if how == "without" else []
                taken = self.call("ingest", inbox, "--store", store, "--received", AS_OF, *more)
                if night in (1, 2, 5, 10, 20, 50, 100, 200, 365) or night == count:
                    live = self.live(store)
                    self.note(f"ingest of {rows} on {size} by nights, {how} compaction", night, taken, files=live)
                    self.note(f"grade of {size} by nights, {how} compaction", night, self.grade(store), files=live)

    @staticmethod
    def live(store):
        """Live files of the penalties, as the Delta log counts them."""
        names = set()
        for entry in sorted((store / "penalties/_delta_log").glob("*.json")):
            for line in entry.read_text(encoding="utf-8").splitlines():
                action = json.loads(line)
                names |= {action["add"]["path"]} if "add" in action else set()
                names -= {action["remove"]["path"]} if "remove" in action else set()
        return len(names)

    def write(self):
        names = ["series", "x", "wall_s", "cpu_s", "peak_mib", "kernel_s", "files"]
        with open(self.work / "growth.csv", "w", newline="", encoding="utf-8") as out:
            table = csv.DictWriter(out, names, restval="")
            table.writeheader()
            table.writerows(self.rows)

    def draw(self, folder):
        import matplotlib

        matplotlib.use("svg")
        matplotlib.rcParams["svg.hashsalt"] = "growth"
        import matplotlib.pyplot as plt

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for series in dict.fromkeys(row["series"] for row in self.rows):
            points = [row for row in self.rows if row["series"] == series]
            if len(points) < 2:
                continue
            x = [row["x"] for row in points]
            figure, left = plt.subplots(figsize=(5, 3.2))
            left.plot(x, [row["cpu_s"] for row in points], "o-", color="#2b5c8a", label="CPU s")
            if any(row["kernel_s"] for row in points):
                left.plot(x, [row["kernel_s"] for row in points], "s--", color="#7aa0c4", label="grades and evidence, thread s")
            right = left.twinx()
            right.plot(x, [row["peak_mib"] for row in points], "^:", color="#a33", label="peak MiB")
            right.set_ylim(bottom=0)
            is_wide = max(x) >= 100 * min(x)
            if is_wide:
                left.set_xscale("log")
            if is_wide and points[-1]["cpu_s"] >= 20 * points[0]["cpu_s"]:
                # What grows in proportion is a straight line then.
                left.set_yscale("log")
            else:
                left.set_ylim(bottom=0)
            left.set_title(series, fontsize=9)
            lines = left.get_legend_handles_labels(), right.get_legend_handles_labels()
            left.legend(lines[0][0] + lines[1][0], lines[0][1] + lines[1][1], fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncol=3)
            figure.tight_layout()
            figure.savefig(folder / (series.replace(",", "").replace(" ", "-") + ".svg"), metadata={"Date": None})
            plt.close(figure)


def main():
    numbers = lambda text: [int(n) for n in text.split(",") if n]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", required=True)
    parser.add_argument("--binary", default=str(TOP / "target/release/xinheng"))
    parser.add_argument("--records", type=numbers, default=[1_000_000, 3_000_000])
    parser.add_argument("--rules", type=numbers, default=[1, 10, 100, 1000])
    parser.add_argument("--nights", type=int, default=0)
    parser.add_argument("--night-rows", type=int, default=20_000)
    parser.add_argument("--plots")
    options = parser.parse_args()
    bench = Bench(options)
    bench.records(options.records)
    small = min(options.records)
    bench.threads(small)
    bench.rules(options.rules, small)
    if options.nights:
        bench.nights(options.nights, small, options.night_rows)
    bench.write()
    if options.plots:
        bench.draw(options.plots)


if __name__ == "__main__":
    main()
