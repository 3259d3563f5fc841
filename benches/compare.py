"""The two largest active schemes, written by hand in polars and in DuckDB, over the Parquet files of a store.

    python compare.py polars|duckdb|decode STORE AS_OF [OUT.parquet]    one engine, its time on stdout
    python compare.py equal GRADES.parquet AS_OF A.parquet B.parquet ...        compares results with the table `grades`

Only what decides a grade is computed: no evidence, no consequences, no reasons. Both peers are generous to themselves: they
look for superseded versions among the rows of their scheme only, and read no column that a grade does not need.
"""

import datetime
import sys
import time

ENVIRONMENT = "environment/chongqing-2021"
RESEARCH = "research-integrity/national-2022"
PENALTY = ["subject_id", "document_no", "case_id", "violation", "penalty_kinds", "fine_fen", "decided_on", "decision_id", "version_key"]
EVENT = ["subject_id", "subject_kind", "event_kind", "document_no", "occurred_on", "ends_on", "level", "list_or_scheme", "violation"]


def files(store, table):
    """The live data files of a table as its Delta log names them, in the order of their making."""
    from deltalake import DeltaTable

    return sorted(str(path).removeprefix("file://") for path in DeltaTable(f"{store}/{table}").file_uris())


def with_polars(tables, as_of):
    import polars as pl

    day, year = pl.lit(as_of), as_of.year - 1
    first, last = pl.lit(datetime.date(year, 1, 1)), pl.lit(datetime.date(year, 12, 31))
    penalties = pl.scan_parquet(tables["penalties"]).select(PENALTY)
    events = pl.scan_parquet(tables["events"]).select(EVENT).filter(pl.col("occurred_on") <= day)
    closed = events.filter(pl.col("event_kind") == "关停").select("subject_id").unique()
    ended = (
        events.filter(pl.col("event_kind").is_in(["撤销", "信用修复"]) & pl.col("document_no").is_not_null())
        .select("subject_id", "document_no")
        .unique()
    )
    in_year = pl.col("violation").str.starts_with("environment.") & pl.col("decided_on").is_between(first, last)
    roster = (
        events.filter(
            (pl.col("event_kind") == "参评名录")
            & (pl.col("list_or_scheme") == ENVIRONMENT)
            & (pl.col("ends_on") >= day)
            & pl.col("subject_kind").is_in(["法人及非法人组织", "个体工商户"])
        )
        .select("subject_id")
        .unique()
        .join(closed, on="subject_id", how="anti")
    )
    kinds = pl.col("penalty_kinds")
    fined = kinds.list.contains("罚款")
    others = ["没收违法所得", "没收非法财物", "责令停产停业", "限制开展生产经营活动", "责令关闭"]
    other = ~fined & pl.any_horizontal([kinds.list.contains(k) for k in others])
    deducted = (
        penalties.filter(in_year)
        .filter(pl.col("version_key") == pl.col("version_key").max().over("decision_id"))
        .join(ended, on=["subject_id", "document_no"], how="anti")
        .with_columns(
            fine=(fined & (pl.col("fine_fen") > 0)).cast(pl.Int64) * 3,
            other=other.cast(pl.Int64) * 3,
            veto=kinds.list.contains("行政拘留") | kinds.list.contains("吊销许可证件"),
        )
        .group_by("subject_id", "case_id")
        .agg(pl.max("fine"), pl.max("other"), pl.max("veto"))
        .group_by("subject_id")
        .agg((pl.sum("fine") + pl.sum("other")).alias("points"), pl.max("veto"))
    )
    # An event without a class is not outside the scheme's classes.
    of_environment = pl.col("violation").str.starts_with("environment.") | (pl.col("violation") == "")
    happened = (
        events.filter(of_environment & pl.col("occurred_on").is_between(first, last))
        .group_by("subject_id")
        .agg(
            bonus=(pl.col("event_kind") == "表彰奖励").sum().clip(0, 8).cast(pl.Int64),
            move=((pl.col("event_kind") == "环境事件") & (pl.col("level") == "一般")).any(),
            incident=((pl.col("event_kind") == "环境事件") & pl.col("level").is_in(["较大", "重大", "特别重大"])).any(),
        )
    )
    zero = [pl.col(c).fill_null(0) for c in ["points", "bonus"]]
    false = [pl.col(c).fill_null(False) for c in ["veto", "move", "incident"]]
    score = (100 - pl.col("points") + pl.col("bonus")).clip(0, 108)
    band = pl.when(score >= 100).then(0).when(score >= 80).then(1).when(score >= 60).then(2).otherwise(3)
    direct = pl.col("veto") | pl.col("incident")
    place = pl.when(direct).then(3).otherwise((band + pl.col("move").cast(pl.Int64)).clip(0, 3))
    counted = (pl.col("points") > 0) | (pl.col("bonus") > 0) | pl.col("move") | direct
    environment = (
        roster.join(deducted, on="subject_id", how="left")
        .join(happened, on="subject_id", how="left")
        .with_columns(zero + false)
        .select(
            pl.lit(ENVIRONMENT).alias("scheme"),
            "subject_id",
            pl.when(counted).then(score).cast(pl.Int64).alias("score"),
            pl.when(counted).then(place).otherwise(0).replace_strict({0: "A", 1: "B", 2: "C", 3: "D"}).alias("grade"),
        )
    )
    rank = {"较轻": 1, "较重": 2, "严重": 3, "特别严重": 4}
    research = events.filter(pl.col("violation").str.starts_with("research."))
    subjects = pl.concat(
        [research.select("subject_id"), penalties.filter(pl.col("violation").str.starts_with("research.")).select("subject_id")]
    ).unique()
    default = pl.when(pl.col("level") == "较轻").then(pl.lit("12mo")).when(pl.col("level") != "特别严重").then(pl.lit("36mo"))
    until = pl.coalesce("ends_on", pl.col("occurred_on").dt.offset_by(default).dt.offset_by("-1d"))
    worst = (
        research.filter(pl.col("event_kind") == "科研失信处理")
        .with_columns(until=until, rank=pl.col("level").replace_strict(rank, default=None))
        .filter(pl.col("until").is_null() | (pl.col("until") >= day))
        .group_by("subject_id")
        .agg(pl.max("rank"))
    )
    national = (
        subjects.join(closed, on="subject_id", how="anti")
        .join(worst, on="subject_id", how="left")
        .select(
            pl.lit(RESEARCH).alias("scheme"),
            "subject_id",
            pl.lit(None, dtype=pl.Int64).alias("score"),
            pl.col("rank").fill_null(0).cast(pl.String).alias("grade"),
        )
    )
    return pl.concat([environment, national]).collect(engine="streaming").to_arrow()


SQL = """
with events as (select {event} from read_parquet({events}) where occurred_on <= date '{as_of}'),
penalties as (select {penalty} from read_parquet({penalties})),
closed as (select distinct subject_id from events where event_kind = '关停'),
ended as (select distinct subject_id, document_no from events where event_kind in ('撤销', '信用修复') and document_no is not null),
roster as (
  select distinct subject_id from events
  where event_kind = '参评名录' and list_or_scheme = '{environment}' and ends_on >= date '{as_of}'
    and subject_kind in ('法人及非法人组织', '个体工商户') and subject_id not in (select subject_id from closed)),
in_force as (
  select * from penalties where violation like 'environment.%' and decided_on between date '{first}' and date '{last}'
  qualify version_key = max(version_key) over (partition by decision_id)),
cases as (
  select subject_id, case_id,
    max(case when list_contains(penalty_kinds, '罚款') and fine_fen > 0 then 3 else 0 end) as fine,
    max(case when not list_contains(penalty_kinds, '罚款') and list_has_any(penalty_kinds,
      ['没收违法所得', '没收非法财物', '责令停产停业', '限制开展生产经营活动', '责令关闭']) then 3 else 0 end) as other,
    bool_or(list_has_any(penalty_kinds, ['行政拘留', '吊销许可证件'])) as veto
  from in_force p where not exists (select 1 from ended e where e.subject_id = p.subject_id and e.document_no = p.document_no)
  group by all),
deducted as (select subject_id, sum(fine) + sum(other) as points, bool_or(veto) as veto from cases group by all),
happened as (
  select subject_id, least(count(*) filter (event_kind = '表彰奖励'), 8) as bonus,
    bool_or(event_kind = '环境事件' and level = '一般') as move,
    bool_or(event_kind = '环境事件' and level in ('较大', '重大', '特别重大')) as incident
  from events where (violation like 'environment.%' or violation = '') and occurred_on between date '{first}' and date '{last}' group by all),
joined as (
  select subject_id, coalesce(points, 0) as points, coalesce(bonus, 0) as bonus, coalesce(move, false) as move,
    coalesce(veto, false) or coalesce(incident, false) as direct
  from roster left join deducted using (subject_id) left join happened using (subject_id)),
scored as (select *, greatest(least(100 - points + bonus, 108), 0) as score, points > 0 or bonus > 0 or move or direct as counted from joined),
environment as (
  select '{environment}' as scheme, subject_id, case when counted then score::bigint end as score,
    case when not counted then 'A' when direct then 'D'
      else substr('ABCD', least(case when score >= 100 then 1 when score >= 80 then 2 when score >= 60 then 3 else 4 end + move::int, 4), 1) end as grade
  from scored),
research as (select * from events where violation like 'research.%'),
subjects as (select subject_id from research union select subject_id from penalties where violation like 'research.%'),
worst as (
  select subject_id, max(case level when '较轻' then 1 when '较重' then 2 when '严重' then 3 when '特别严重' then 4 end) as rank
  from (select *, coalesce(ends_on, case level when '较轻' then occurred_on + interval 12 month - interval 1 day
      when '特别严重' then null else occurred_on + interval 36 month - interval 1 day end) as until from research)
  where event_kind = '科研失信处理' and (until is null or until >= date '{as_of}') group by all)
select * from environment union all
select '{research}', subject_id, null, coalesce(rank, 0)::varchar from subjects left join worst using (subject_id)
where subject_id not in (select subject_id from closed)
"""


def with_duckdb(tables, as_of):
    import duckdb

    year = as_of.year - 1
    sql = SQL.format(
        event=", ".join(EVENT),
        penalty=", ".join(PENALTY),
        events=tables["events"],
        penalties=tables["penalties"],
        environment=ENVIRONMENT,
        research=RESEARCH,
        as_of=as_of,
        first=datetime.date(year, 1, 1),
        last=datetime.date(year, 12, 31),
    )
    connection = duckdb.connect()
    connection.execute("set memory_limit = '12GB'")
    return connection.sql(sql).to_arrow_table()


def decode(tables, _):
    """The floor: the columns that a grade needs, decoded and thrown away."""
    import pyarrow.dataset as dataset

    rows = 0
    for table, columns in (("penalties", PENALTY), ("events", EVENT)):
        for batch in dataset.dataset(tables[table]).scanner(columns=columns).to_batches():
            rows += batch.num_rows
    print(f"decoded {rows} rows")


def equal(grades, _, results):
    import duckdb

    connection = duckdb.connect()
    connection.execute(
        f"create table ours as select scheme, subject_id, score::bigint as score, grade from '{grades}' "
        f"where rated and scheme in ('{ENVIRONMENT}', '{RESEARCH}')"
    )
    ok = True
    for path in results:
        columns = [row[0] for row in connection.execute(f"describe select * from '{path}'").fetchall()]
        rated = "where rated" if "rated" in columns else ""
        connection.execute(f"create or replace view theirs as select scheme, subject_id, score::bigint as score, grade from '{path}' {rated}")
        count, distinct = connection.execute(
            "select (select count(*) from ours), (select count(*) from (select * from ours except all select * from theirs)) "
            "+ (select count(*) from (select * from theirs except all select * from ours))"
        ).fetchone()
        print(f"{path.rsplit('/', 1)[-1]}: {count} grades compared, {distinct} differ")
        if distinct:
            print(connection.execute(
                "select o.*, p.score, p.grade from ours o full join theirs p using (scheme, subject_id) "
                "where o.grade is distinct from p.grade or o.score is distinct from p.score limit 10").fetchall())
        ok &= distinct == 0 and count > 0
    return ok


def main():
    mode, store, as_of = sys.argv[1], sys.argv[2], datetime.date.fromisoformat(sys.argv[3])
    if mode == "equal":
        sys.exit(0 if equal(store, as_of, sys.argv[4:]) else 1)
    # The log is read before the clock starts, by all alike.
    tables = {table: files(store, table) for table in ("penalties", "events")}
    start = time.perf_counter()
    result = {"polars": with_polars, "duckdb": with_duckdb, "decode": decode}[mode](tables, as_of)
    print(f"{mode}: {time.perf_counter() - start:.3f} s inside")
    if len(sys.argv) > 4:
        import pyarrow.parquet as parquet

        parquet.write_table(result, sys.argv[4])


if __name__ == "__main__":
    main()
