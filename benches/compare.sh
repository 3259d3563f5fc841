#!/usr/bin/env bash
# Grades a store of fictional records with xinheng and with the same two schemes written by hand in polars and DuckDB,
# checks first that all agree, then prints time, CPU, peak memory and ratios. See README.md beside this file.
#
#   benches/compare.sh [RECORDS] [FOLDER]        RECORDS: 1000000 (default), 10000000, 100000000
#
# XINHENG, KERNEL: the binary and the bench of the kernel (default: built here). SEED, SUBJECTS: other records (default: 1, and 12
# subjects for 100 records). The store stays in FOLDER for a second run.
set -euo pipefail
records=${1:-1000000}
top=$(cd "$(dirname "$0")/.." && pwd)
work=${2:-${TMPDIR:-/tmp}/xinheng-bench}
target=${CARGO_TARGET_DIR:-$top/target}
binary=${XINHENG:-$target/release/xinheng}
kernel=${KERNEL:-}
as_of=2026-11-22
seed=${SEED:-1}
subjects=${SUBJECTS:-$((records * 12 / 100))}
store=$work/store-$records${SEED:+-seed-$SEED}${SUBJECTS:+-subjects-$SUBJECTS}
[ -x "$binary" ] || (cd "$top" && cargo build --release)
if [ -z "$kernel" ]; then
  kernel=$(cd "$top" && cargo bench --bench kernel --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\)).*/\1/p')
  case $kernel in /*) ;; *) kernel=$top/$kernel ;; esac
fi
mkdir -p "$work"
export XINHENG_KEY_FILE=$work/key
[ -f "$work/key" ] || (umask 077; head -c 32 /dev/urandom > "$work/key")
if [ ! -x "$work/venv/bin/python" ]; then
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet polars duckdb pyarrow deltalake
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
  measured synth "$binary" synth --records "$records" --subjects "$subjects" --seed "$seed" --until 2026-11-20 --store "$store"
fi
# An earlier grading would be found again; another day makes it grade anew without touching the measured one.
"$binary" grade --store "$store" --as-of 2026-11-21 > /dev/null 2>&1
measured grade "$binary" grade --store "$store" --as-of $as_of --timings
two=(--scheme environment/chongqing --scheme research-integrity/national)
measured kernel-decode "$kernel" decode "$store" $as_of "${two[@]}"
measured kernel "$kernel" score "$store" $as_of "$work/kernel.parquet" "${two[@]}"
for engine in polars duckdb decode; do
  result=()
  [ $engine = decode ] || result=("$work/$engine.parquet")
  measured $engine "$work/venv/bin/python" "$top/benches/compare.py" $engine "$store" $as_of ${result[@]+"${result[@]}"}
done
echo "equal results first:"
# The folder of a table may hold files of older nights, so the store itself gives its grades.
"$binary" query "SELECT scheme, subject_id, score, grade, rated FROM grades" --view internal --store "$store" --format parquet --out "$work/grades.parquet"
"$work/venv/bin/python" "$top/benches/compare.py" equal "$work/grades.parquet" $as_of "$work/kernel.parquet" "$work/polars.parquet" "$work/duckdb.parquet"

echo
echo "$records records, $subjects subjects, seed $seed, $(nproc) cores, store of $(du -sh "$store" | cut -f1)"
printf '%-22s %9s %9s %9s\n' "" "wall s" "CPU s" "peak MiB"
for name in synth grade kernel kernel-decode polars duckdb decode; do
  [ -z "${wall[$name]:-}" ] || printf '%-22s %9s %9s %9s\n' "$name" "${wall[$name]}" "${cpu[$name]}" "${peak[$name]}"
done
echo "grade, step by step: $(grep '^read ' "$work/grade.err")"
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
echo "the same work, grades and scores of the two schemes, CPU: polars / kernel = $(ratio "${cpu[polars]}" "${cpu[kernel]}"), DuckDB / kernel = $(ratio "${cpu[duckdb]}" "${cpu[kernel]}")"
echo "the kernel over its own decoding, CPU: $(ratio "${cpu[kernel]}" "${cpu[kernel-decode]}")"
echo "the whole night over the peers' grades, CPU: grade / polars = $(ratio "${cpu[grade]}" "${cpu[polars]}"), grade / DuckDB = $(ratio "${cpu[grade]}" "${cpu[duckdb]}")"
echo "(grade has three schemes and also writes evidence, supervision, measures, incentives, digests and changes)"
