#!/usr/bin/env bash
# Grades a store of fictional records with xinheng and with the same two schemes written by hand in polars and DuckDB,
# checks first that all three agree, then prints time, CPU, peak memory and ratios. See README.md beside this file.
#
#   benches/compare.sh [RECORDS] [FOLDER]        RECORDS: 1000000 (default), 10000000, 100000000
#
# XINHENG: the binary (default: target/release/xinheng, built when missing). The store stays in FOLDER for a second run.
set -euo pipefail
records=${1:-1000000}
top=$(cd "$(dirname "$0")/.." && pwd)
work=${2:-${TMPDIR:-/tmp}/xinheng-bench}
binary=${XINHENG:-$top/target/release/xinheng}
as_of=2026-11-22
store=$work/store-$records
[ -x "$binary" ] || (cd "$top" && cargo build --release)
mkdir -p "$work"
export XINHENG_KEY_FILE=$work/key
[ -f "$work/key" ] || (umask 077; head -c 32 /dev/urandom > "$work/key")
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet polars duckdb pyarrow
fi

# measured NAME COMMAND...: runs it, keeps its wall time, CPU time and peak memory.
declare -A wall cpu peak
measured() {
  local name=$1; shift
  /usr/bin/time -v -o "$work/time" "$@" > "$work/$name.out" 2> "$work/$name.err" || { cat "$work/$name.err" >&2; exit 1; }
  wall[$name]=$(awk -F': ' '/Elapsed/ {n = split($2, t, ":"); s = 0; for (i = 1; i <= n; i++) s = s * 60 + t[i]; print s}' "$work/time")
  cpu[$name]=$(awk -F': ' '/User time|System time/ {s += $2} END {printf "%.2f", s}' "$work/time")
  peak[$name]=$(awk -F': ' '/Maximum resident/ {printf "%.0f", $2 / 1024}' "$work/time")
}

if [ ! -d "$store/runs" ]; then
  rm -rf "$store"
  measured synth "$binary" synth --records "$records" --subjects $((records * 12 / 100)) --seed 1 --until 2026-11-20 --store "$store"
fi
# An earlier grading would be found again; another day makes it grade anew without touching the measured one.
"$binary" grade --store "$store" --as-of 2026-11-21 > /dev/null 2>&1
measured grade "$binary" grade --store "$store" --as-of $as_of --timings
for engine in polars duckdb decode; do
  result=()
  [ $engine = decode ] || result=("$work/$engine.parquet")
  measured $engine "$work/venv/bin/python" "$top/benches/compare.py" $engine "$store" $as_of ${result[@]+"${result[@]}"}
done
echo "equal results first:"
# The folder of a table may hold files of older nights, so the store itself gives its grades.
"$binary" query "SELECT scheme, subject_id, score, grade, rated FROM grades" --view internal --store "$store" --format parquet --out "$work/grades.parquet"
"$work/venv/bin/python" "$top/benches/compare.py" equal "$work/grades.parquet" $as_of "$work/polars.parquet" "$work/duckdb.parquet"

echo
echo "$records records, $(nproc) cores, store of $(du -sh "$store" | cut -f1)"
printf '%-22s %9s %9s %9s\n' "" "wall s" "CPU s" "peak MiB"
for name in synth grade polars duckdb decode; do
  [ -z "${wall[$name]:-}" ] || printf '%-22s %9s %9s %9s\n' "$name" "${wall[$name]}" "${cpu[$name]}" "${peak[$name]}"
done
echo "grade, step by step: $(grep '^read ' "$work/grade.err")"
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
echo "CPU: polars / grade = $(ratio "${cpu[polars]}" "${cpu[grade]}"), DuckDB / grade = $(ratio "${cpu[duckdb]}" "${cpu[grade]}"), grade / decode = $(ratio "${cpu[grade]}" "${cpu[decode]}")"
kernel=$(sed -n 's/.*grades and evidence \([0-9.]*\) s.*/\1/p' "$work/grade.err")
echo "threads in grades and evidence alone (3 schemes, ${kernel} s): polars CPU / kernel = $(ratio "${cpu[polars]}" "$kernel"), DuckDB CPU / kernel = $(ratio "${cpu[duckdb]}" "$kernel")"
echo "(grade also writes evidence, supervision, measures, incentives, digests and changes; the peers compute grades alone)"
