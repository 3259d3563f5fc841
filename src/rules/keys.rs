//! Every key of a scheme file: one table, from which the loader knows what is allowed and the manual is written.

use std::fmt::Write as _;

/// A table of a scheme file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `rules/pack.toml`.
    Pack,
    /// The file itself.
    File,
    /// `[scheme]`
    Scheme,
    /// `in_force = { … }`
    InForce,
    /// `inherits = { … }`
    Inherits,
    /// `[records]`
    Records,
    /// `[subjects]`
    Subjects,
    /// `[score]`
    Score,
    /// `[cycle]`
    Cycle,
    /// `[time]`
    Time,
    /// `repair_shares = [{ … }]`
    RepairShare,
    /// `[[band]]`
    Band,
    /// `[[group]]`
    Group,
    /// `[[indicator]]`
    Indicator,
    /// A row of an indicator.
    Row,
    /// `[[supervision]]`
    Supervision,
}

impl Table {
    /// Every table, in the order of a file.
    pub const ALL: [Self; 16] = [
        Self::Pack,
        Self::File,
        Self::Scheme,
        Self::InForce,
        Self::Inherits,
        Self::Records,
        Self::Subjects,
        Self::Score,
        Self::Cycle,
        Self::Time,
        Self::RepairShare,
        Self::Band,
        Self::Group,
        Self::Indicator,
        Self::Row,
        Self::Supervision,
    ];

    /// As it is written in a file.
    #[must_use]
    pub const fn written(self) -> &'static str {
        match self {
            Self::Pack => "[pack] of pack.toml",
            Self::File => "the file",
            Self::Scheme => "[scheme]",
            Self::InForce => "in_force",
            Self::Inherits => "inherits",
            Self::Records => "[records]",
            Self::Subjects => "[subjects]",
            Self::Score => "[score]",
            Self::Cycle => "[cycle]",
            Self::Time => "[time]",
            Self::RepairShare => "repair_shares",
            Self::Band => "[[band]]",
            Self::Group => "[[group]]",
            Self::Indicator => "[[indicator]]",
            Self::Row => "a row",
            Self::Supervision => "[[supervision]]",
        }
    }
}

/// One key: where it stands, what it takes, what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Table that carries it.
    pub table: Table,
    /// Name.
    pub name: &'static str,
    /// Form of the value.
    pub form: &'static str,
    /// What it means, with its default.
    pub doc: &'static str,
}

const fn key(table: Table, name: &'static str, form: &'static str, doc: &'static str) -> Key {
    Key {
        table,
        name,
        form,
        doc,
    }
}

use Table as T;

/// Every key.
pub const KEYS: &[Key] = &[
    key(
        T::Pack,
        "active",
        "list of scheme names",
        "Schemes graded in a night, by file stem: `environment/chongqing-2021`.",
    ),
    key(T::Pack, "note", "text", "Free text for the reader."),
    key(T::File, "scheme", "table", "What the scheme is. Required."),
    key(
        T::File,
        "records",
        "table",
        "Which records it may look at. Required.",
    ),
    key(T::File, "subjects", "table", "Whom it grades. Required."),
    key(
        T::File,
        "score",
        "table",
        "How points become a score; absent when the class of record alone is the grade.",
    ),
    key(
        T::File,
        "cycle",
        "table",
        "Days on which grades are fixed: freezing, steps up, earlier grades.",
    ),
    key(
        T::File,
        "time",
        "table",
        "Windows, anchors and repair for every indicator that does not state its own.",
    ),
    key(T::File, "band", "tables", "Grades, best first. Required."),
    key(
        T::File,
        "group",
        "tables",
        "Groups of indicators with a common cap.",
    ),
    key(T::File, "indicator", "tables", "Decision tables."),
    key(
        T::File,
        "supervision",
        "tables",
        "What follows from a grade.",
    ),
    key(
        T::Scheme,
        "id",
        "text",
        "Name without version; file stem = id-version. Required.",
    ),
    key(T::Scheme, "title", "text", "Name as published. Required."),
    key(
        T::Scheme,
        "domain",
        "text",
        "`environment`, `research-integrity` … Required.",
    ),
    key(
        T::Scheme,
        "tier",
        "nation | province | municipality | district",
        "Level of the issuer. Required.",
    ),
    key(
        T::Scheme,
        "region",
        "GB/T 2260 code",
        "Where it applies; six digits. Required.",
    ),
    key(
        T::Scheme,
        "inherits",
        "table",
        "Indicators taken over from a higher tier.",
    ),
    key(
        T::Scheme,
        "basis",
        "text or list",
        "Documents that make it law. Required.",
    ),
    key(
        T::Scheme,
        "in_force",
        "table",
        "Days on which this version may be used. Required.",
    ),
    key(
        T::Scheme,
        "version_by",
        "as_of | decided_on",
        "Which date chooses the version. Default `as_of`.",
    ),
    key(
        T::Scheme,
        "counts_past_publicity",
        "text",
        "Document on whose ground a record past its maximum publicity still counts.",
    ),
    key(
        T::Scheme,
        "status",
        "status",
        "Trust in the scheme as a whole.",
    ),
    key(T::Scheme, "note", "text", "Free text for the reader."),
    key(T::InForce, "from", "date", "First day. Required."),
    key(T::InForce, "to", "date", "Last day; absent = open."),
    key(T::InForce, "status", "status", "Trust in the days."),
    key(T::InForce, "source", "text", "Where the days were read."),
    key(T::InForce, "note", "text", "Free text for the reader."),
    key(
        T::Inherits,
        "from",
        "scheme name",
        "File stem of the scheme taken from. Required.",
    ),
    key(
        T::Inherits,
        "parts",
        "list of indicator ids",
        "What is taken over. Required.",
    ),
    key(T::Inherits, "status", "status", "Trust in the taking over."),
    key(T::Inherits, "basis", "text", "Ground for the taking over."),
    key(T::Inherits, "source", "text", "Where it was read."),
    key(T::Inherits, "note", "text", "Free text for the reader."),
    key(
        T::Records,
        "violation",
        "class patterns",
        "ANDed to every row: `environment.*`. Required.",
    ),
    key(T::Records, "note", "text", "Free text for the reader."),
    key(
        T::Subjects,
        "kinds",
        "法人及非法人组织 | 个体工商户 | 自然人",
        "Kinds of subject graded. Required.",
    ),
    key(
        T::Subjects,
        "roster",
        "required | any-record",
        "Only subjects on the roster (参评名录), or every subject with a record. Required.",
    ),
    key(
        T::Subjects,
        "no_record",
        "default-grade:X | not-rated",
        "What those without a counting record get. Required.",
    ),
    key(
        T::Subjects,
        "roster_name",
        "text",
        "Further name by which roster events speak of this scheme.",
    ),
    key(
        T::Subjects,
        "sites",
        "together | apart",
        "Whether a subject's sites (region of its records) are graded together (default), or each apart: then the worst site is the subject's grade.",
    ),
    key(T::Subjects, "note", "text", "Free text for the reader."),
    key(
        T::Score,
        "start",
        "number",
        "Score without any record. Required.",
    ),
    key(
        T::Score,
        "direction",
        "deduct | accumulate",
        "Points lower the score, or more points are worse. Required.",
    ),
    key(T::Score, "min", "number", "Lowest score."),
    key(T::Score, "max", "number", "Highest score."),
    key(
        T::Score,
        "ledgers",
        "together | apart",
        "Whether bonuses offset points (default), or stand in a book of their own: once a point counts, no bonus does.",
    ),
    key(T::Score, "status", "status", "Trust in these figures."),
    key(T::Score, "source", "text", "Where they were read."),
    key(T::Score, "note", "text", "Free text for the reader."),
    key(
        T::Cycle,
        "ends",
        "yearly | half-yearly | quarterly | monthly | list of MM-DD",
        "Days on which a grade is fixed. Required.",
    ),
    key(
        T::Cycle,
        "freeze",
        "true | false",
        "Nothing new counts before the next end; what is repaired, revoked or past its publicity stops at once. Default false.",
    ),
    key(
        T::Cycle,
        "at_most_up",
        "whole number",
        "At most so many grades better than at the end before.",
    ),
    key(T::Cycle, "source", "text", "Where it was read. Required."),
    key(T::Cycle, "status", "status", "Trust in these values."),
    key(T::Cycle, "note", "text", "Free text for the reader."),
    key(
        T::Time,
        "window",
        "previous-year | current-year | rolling n months | always | current- or previous- with month, quarter or half-year",
        "Days whose records count. Default `always`.",
    ),
    key(
        T::Time,
        "anchor",
        "decided-on | valid-until | valid-from | published | rectified",
        "Day from which time runs: the decision, the end of its validity, the day a license takes effect, publication (the sender's stamp, else the received date), or 整改完成 (until then the record counts without an end). Default `decided-on`.",
    ),
    key(
        T::Time,
        "repair",
        "drop | keep | clears-points-keeps-grade | share",
        "What a repair does. Default `drop`.",
    ),
    key(
        T::Time,
        "carry_over",
        "true | false",
        "Records not rectified stay in the window. Default false.",
    ),
    key(
        T::Time,
        "repair_shares",
        "list of { within, gives_back }",
        "With `repair = \"share\"`: what comes back, by the delay of the repair.",
    ),
    key(
        T::Time,
        "repair_day",
        "repaired | rectified",
        "Whether a repair is dated by 信用修复 or by 整改完成. Default `repaired`.",
    ),
    key(T::Time, "status", "status", "Trust in these values."),
    key(T::Time, "source", "text", "Where they were read."),
    key(T::Time, "note", "text", "Free text for the reader."),
    key(
        T::RepairShare,
        "within",
        "n days | n months | same-year | next-year | any",
        "Repaired within this time after the day from which time runs; the first step that fits counts. Required.",
    ),
    key(
        T::RepairShare,
        "gives_back",
        "whole number, 0 to 100",
        "Hundredths of the points that come back. Required.",
    ),
    key(T::Band, "grade", "text", "Short name: `A`. Required."),
    key(
        T::Band,
        "name",
        "text",
        "Name as published: 环保诚信. Required.",
    ),
    key(T::Band, "colour", "text", "Colour as published."),
    key(
        T::Band,
        "range",
        "interval",
        "Scores with this grade, with brackets: `[80,100)`. All bands carry one, or none: then the class of record alone is the grade.",
    ),
    key(
        T::Band,
        "basis",
        "text or list",
        "Document; the scheme's where absent.",
    ),
    key(T::Band, "source", "text", "Where it was read."),
    key(T::Band, "status", "status", "Trust in the range."),
    key(T::Band, "note", "text", "Free text for the reader."),
    key(T::Group, "id", "text", "Name. Required."),
    key(T::Group, "title", "text", "Title as published."),
    key(
        T::Group,
        "cap",
        "number",
        "Largest total of the group. Required unless it has a `weight`.",
    ),
    key(
        T::Group,
        "weight",
        "number",
        "Weight of the group in a weighted score; the weights of all groups add up to `start`.",
    ),
    key(T::Group, "source", "text", "Where it was read."),
    key(T::Group, "status", "status", "Trust in the cap."),
    key(T::Group, "note", "text", "Free text for the reader."),
    key(
        T::Indicator,
        "id",
        "text",
        "Name, once in a file. Required.",
    ),
    key(
        T::Indicator,
        "title",
        "text",
        "Title as published. Required.",
    ),
    key(T::Indicator, "group", "text", "Group whose cap it shares."),
    key(
        T::Indicator,
        "basis",
        "text or list",
        "Document; the scheme's where absent.",
    ),
    key(
        T::Indicator,
        "source",
        "text",
        "Where its rows were read, for rows without their own source.",
    ),
    key(
        T::Indicator,
        "join",
        "join",
        "How hits become one figure: `sum`, `max`, `first`, `max-per-case, sum`. Default `sum`.",
    ),
    key(
        T::Indicator,
        "cap",
        "number",
        "Largest figure of the indicator.",
    ),
    key(
        T::Indicator,
        "weight",
        "number",
        "Weight in a weighted score: its rows state a `value`, the worst counts, no row = 100.",
    ),
    key(T::Indicator, "window", "window", "As in [time]."),
    key(T::Indicator, "anchor", "anchor", "As in [time]."),
    key(T::Indicator, "repair", "repair", "As in [time]."),
    key(T::Indicator, "carry_over", "true | false", "As in [time]."),
    key(
        T::Indicator,
        "repair_shares",
        "list of { within, gives_back }",
        "As in [time].",
    ),
    key(
        T::Indicator,
        "repair_day",
        "repaired | rectified",
        "As in [time].",
    ),
    key(
        T::Indicator,
        "mid_cycle",
        "true | false",
        "Counts at once, also while grades are frozen. Default false.",
    ),
    key(
        T::Indicator,
        "status",
        "status",
        "Trust in the whole table.",
    ),
    key(
        T::Indicator,
        "rows",
        "list of rows",
        "Rows as inline tables.",
    ),
    key(
        T::Indicator,
        "row",
        "tables",
        "Rows as `[[indicator.row]]`.",
    ),
    key(T::Indicator, "note", "text", "Free text for the reader."),
    key(T::Row, "id", "text", "Name, once in a file. Required."),
    key(T::Row, "title", "text", "What the row says, in words."),
    key(
        T::Row,
        "source",
        "text",
        "Where the figure was read. Required unless the indicator has one.",
    ),
    key(T::Row, "status", "status", "Trust in the figure."),
    key(
        T::Row,
        "at_least",
        "true | false",
        "The true figure may be heavier.",
    ),
    key(
        T::Row,
        "kind",
        "penalty | license | event:NAME",
        "Records it speaks of. Default penalties.",
    ),
    key(
        T::Row,
        "violation",
        "class patterns",
        "Class of the violation: `environment.water.*`.",
    ),
    key(
        T::Row,
        "penalty",
        "penalty kinds",
        "At least one of these kinds of penalty.",
    ),
    key(
        T::Row,
        "penalty_only",
        "penalty kinds",
        "No kind outside these.",
    ),
    key(
        T::Row,
        "penalty_none",
        "penalty kinds",
        "None of these kinds.",
    ),
    key(
        T::Row,
        "fine",
        "interval, 万元",
        "Fine: `(0,5]`. A decision without a fine matches none.",
    ),
    key(
        T::Row,
        "confiscated",
        "interval, 万元",
        "Confiscated income or property.",
    ),
    key(
        T::Row,
        "cited",
        "citations",
        "Statute with articles: `大气污染防治法99-100`.",
    ),
    key(
        T::Row,
        "authority",
        "texts",
        "The authority's name contains one of these.",
    ),
    key(
        T::Row,
        "subject_kind",
        "subject kinds",
        "Kind of the subject.",
    ),
    key(
        T::Row,
        "region",
        "GB/T 2260 prefixes",
        "Region of the subject.",
    ),
    key(
        T::Row,
        "severity",
        "texts",
        "程度 of an event; of 公布等级 the grade that was published.",
    ),
    key(T::Row, "role", "texts", "角色 of an event."),
    key(
        T::Row,
        "list",
        "texts",
        "名录或方案 of an event. A matter without a decision of its own (环境犯罪, 拒不履行行政处罚决定) is sent as 名单列入 under that name and ends with 名单移出.",
    ),
    key(T::Row, "term_months", "interval", "期限(月) of an event."),
    key(
        T::Row,
        "words",
        "texts",
        "One of these stands un-negated in the text.",
    ),
    key(
        T::Row,
        "linked",
        "true | false",
        "Speaks of records of other subjects that an event links to this one (关联单位): persons' records roll up to their unit. Default false: own records alone.",
    ),
    key(
        T::Row,
        "state",
        "repaired | not-repaired | rectified | not-rectified | under-objection",
        "State of the record at as-of.",
    ),
    key(
        T::Row,
        "level",
        "texts",
        "程度 of the subject's own 参评名录 entry on the day: 市级, 区级.",
    ),
    key(
        T::Row,
        "count",
        "interval",
        "Test over all matched records that count: how many. With `was`: how many cycle ends.",
    ),
    key(
        T::Row,
        "cases",
        "interval",
        "Test: how many cases (同一违法行为 once).",
    ),
    key(
        T::Row,
        "fines",
        "interval, 万元",
        "Test: sum of their fines.",
    ),
    key(
        T::Row,
        "confiscations",
        "interval, 万元",
        "Test: sum confiscated.",
    ),
    key(
        T::Row,
        "running",
        "interval",
        "Test: longest run of consecutive periods (`unit`) with a record in each. With `was`: of cycle ends.",
    ),
    key(
        T::Row,
        "unit",
        "month | quarter | half-year | year",
        "Period of `running`. Default month.",
    ),
    key(
        T::Row,
        "ratio",
        "interval",
        "Test: `ratio_of` divided by the number that row `per` carries.",
    ),
    key(
        T::Row,
        "ratio_of",
        "count | cases | fines | confiscations",
        "What `ratio` divides. Default count.",
    ),
    key(
        T::Row,
        "per",
        "row id",
        "A row with `fact = true`: the number in 程度 of its latest record (amounts in 万元).",
    ),
    key(
        T::Row,
        "clean",
        "n months",
        "Test: no matched record that still counts (not repaired away, not past its publicity) for so long, from the last one, from the first day known, or from `after`.",
    ),
    key(
        T::Row,
        "times",
        "whole number",
        "With `clean`: the effect comes once for each such term, at most so often. Default 1.",
    ),
    key(
        T::Row,
        "after",
        "row id",
        "With `clean`: the term begins with a record of this `fact` row that follows the last matched record.",
    ),
    key(
        T::Row,
        "known_months",
        "interval",
        "Test: whole months since the subject became known (roster, or a record inside [records]).",
    ),
    key(
        T::Row,
        "was",
        "grades",
        "Test: grades at earlier ends of [cycle], recomputed from the records, or as published (公布等级).",
    ),
    key(
        T::Row,
        "cycles",
        "whole number",
        "With `was`: how many earlier ends are looked at. Default 1.",
    ),
    key(
        T::Row,
        "points",
        "number",
        "Effect: points against the subject.",
    ),
    key(
        T::Row,
        "value",
        "number, 0 to 100",
        "Effect in an indicator with a `weight`: the value that is left; weight × (100 − value) / 100 points are lost.",
    ),
    key(T::Row, "bonus", "number", "Effect: points for the subject."),
    key(
        T::Row,
        "grade",
        "grade",
        "Effect: this grade at once (一票否决).",
    ),
    key(
        T::Row,
        "ceiling",
        "grade",
        "Effect: no better than this grade.",
    ),
    key(
        T::Row,
        "floor",
        "grade",
        "Effect: the score leads to no worse than this grade; direct grades, ceilings and moves prevail over it.",
    ),
    key(T::Row, "move", "whole number", "Effect: n grades worse."),
    key(
        T::Row,
        "flag",
        "text",
        "Effect: a named flag, such as `ban:apply`.",
    ),
    key(
        T::Row,
        "fact",
        "true",
        "Effect: none of its own; `after` and `per` of other rows speak of it.",
    ),
    key(
        T::Row,
        "exempts",
        "row ids",
        "Rows whose hits on the same record this one removes.",
    ),
    key(
        T::Row,
        "valid",
        "n months | from-record | from-record, else n months | unlimited",
        "How long it counts. Default unlimited.",
    ),
    key(
        T::Row,
        "delay",
        "n days",
        "Starts to count n days after the anchor; with `valid = \"n months\"`.",
    ),
    key(
        T::Row,
        "first_day",
        "counts | not-counted",
        "Whether the first day counts. Default not (民法典 201).",
    ),
    key(T::Row, "note", "text", "Free text for the reader."),
    key(
        T::Supervision,
        "id",
        "text",
        "Name, once in a file. Required.",
    ),
    key(
        T::Supervision,
        "grades",
        "grades",
        "Grades it follows from. Required.",
    ),
    key(
        T::Supervision,
        "levels",
        "texts",
        "程度 of the roster event: 市级, 区级.",
    ),
    key(T::Supervision, "flag", "text", "Flag set. Required."),
    key(
        T::Supervision,
        "content",
        "text",
        "What the inspector does. Required.",
    ),
    key(
        T::Supervision,
        "max_inspections",
        "whole number",
        "At most n inspections.",
    ),
    key(
        T::Supervision,
        "per",
        "year | quarter | month",
        "… in this period.",
    ),
    key(
        T::Supervision,
        "inspection_ratio",
        "text",
        "Draw ratio: `150%`.",
    ),
    key(
        T::Supervision,
        "basis",
        "text or list",
        "Document. Required.",
    ),
    key(T::Supervision, "source", "text", "Where it was read."),
    key(T::Supervision, "status", "status", "Trust in the measure."),
    key(T::Supervision, "note", "text", "Free text for the reader."),
];

/// Names of the keys of a table.
pub(super) fn names(table: Table) -> impl Iterator<Item = &'static str> {
    KEYS.iter()
        .filter(move |k| k.table == table)
        .map(|k| k.name)
}

/// The manual of keys.
#[must_use]
pub fn keys_markdown() -> String {
    let mut text = String::from(
        "# Keys of a scheme file\n\nA *status* is absent for a verified value, else `provisional` or `provisional: reason`. \
         An *interval* shows its brackets: `(0,5]`, `[12,)`. Where a list is meant, one value may stand alone.\n",
    );
    for table in Table::ALL {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "\n## {}\n\n| key | value | meaning |\n|---|---|---|",
            table.written()
        );
        for key in KEYS.iter().filter(|key| key.table == table) {
            let form = key.form.replace('|', "\\|");
            let _ = writeln!(text, "| `{}` | {form} | {} |", key.name, key.doc);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_and_in_the_manual() {
        let manual = keys_markdown();
        for (index, key) in KEYS.iter().enumerate() {
            let again = KEYS[index + 1..]
                .iter()
                .any(|k| k.table == key.table && k.name == key.name);
            assert!(!again, "{key:?}");
            assert!(manual.contains(&format!("| `{}` |", key.name)), "{key:?}");
        }
    }
}
