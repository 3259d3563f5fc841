//! Checks of spelling; reading a file finds them, here stand their texts.

use super::Check;

const fn read(
    code: &'static str,
    title: &'static str,
    doc: &'static str,
    good: &'static str,
    bad: &'static str,
) -> Check {
    Check {
        code,
        title,
        doc,
        good,
        bad,
        run: None,
    }
}

pub(super) const CHECKS: &[Check] = &[
    read(
        "RULE-S01",
        "not TOML",
        "The file does not follow the grammar of TOML; the rest of it is still read as far as possible.",
        "tier = \"province\"",
        "tier = \"province",
    ),
    read(
        "RULE-S02",
        "unknown key",
        "A key that the language does not know would be ignored silently; it is refused instead.",
        "roster = \"any-record\"",
        "rooster = \"any-record\"",
    ),
    read(
        "RULE-S03",
        "unknown value",
        "The key takes one of a few words, or a name that the file defines elsewhere.",
        "direction = \"deduct\"",
        "direction = \"deducts\"",
    ),
    read(
        "RULE-S04",
        "wrong type",
        "The value has another type or form than the key takes. Intervals always show their brackets, because 以上 and 以下 include the number (民法典 1259).",
        "start = 100",
        "start = \"100\"",
    ),
    read(
        "RULE-S05",
        "missing key",
        "A required key is absent. Each row needs a `source`, each scheme a `basis`: a figure without its ground is not a rule.",
        "source = \"示例办法 第八条\"",
        "",
    ),
    read(
        "RULE-S06",
        "duplicate id",
        "Evidence names rows by id; an id stands once in a file.",
        "id = \"warning\"",
        "id = \"fine-1\"",
    ),
    read(
        "RULE-S07",
        "file name and id disagree",
        "A file is named id-version.toml, so that a grade in a table leads to its file.",
        "id = \"environment/sample\"\ntitle = \"示例办法（2024）\"",
        "id = \"environment/simple\"\ntitle = \"示例办法（2024）\"",
    ),
    read(
        "RULE-S08",
        "manifest names no scheme",
        "`pack.toml` names the schemes graded in a night by the stem of their file.",
        "active = [\"environment/sample-2024\"]",
        "active = [\"environment/sample-2025\"]",
    ),
    read(
        "RULE-S09",
        "calendar, register or publicity terms cannot be used",
        "Schemes stand on working days, statutes and publicity terms; a pack without them, or with a mistake in them, is \
         refused before anything is graded.",
        "year = 2024",
        "year = 2023",
    ),
    read(
        "RULE-S10",
        "file that nothing reads",
        "Every file of a pack has a place: a scheme has a `[scheme]` table, cases stand beside their scheme, everything else in \
         its directory. A file outside of that would be ignored silently.",
        "[scheme]\nid = \"other/sample\"",
        "[schema]\nid = \"other/sample\"",
    ),
    read(
        "RULE-R06",
        "unknown kind of penalty",
        "The kinds are those of 行政处罚法 9 with their names in the data standard.",
        "penalty = \"警告\"",
        "penalty = \"警戒\"",
    ),
    read(
        "RULE-N05",
        "weights do not add up",
        "The weights of the groups add up to the start of the score, those of the indicators of a group to no more than \
         the group's; indicators whose weights are not known stay out, and the group's sum stands for them.",
        "cap = 60",
        "weight = 60",
    ),
    read(
        "RULE-I01",
        "inherits from nothing",
        "A lower tier takes over indicators of a scheme that is not in the pack.",
        "from = \"environment/sample-2020\"",
        "from = \"environment/sample-2019\"",
    ),
    read(
        "RULE-I02",
        "inherits a part that is not there",
        "Parts are named by the id of their indicator; an override of an id that does not exist overrides nothing.",
        "parts = [\"vetoes\"]",
        "parts = [\"vetos\"]",
    ),
    read(
        "RULE-I03",
        "inherits a grade that is not here",
        "Grades are translated by name; an inherited row gives a grade that this scheme lacks.",
        "grade = \"D\"\nname = \"环保不良\"\nrange = \"[0,60)\"",
        "grade = \"E\"\nname = \"环保不良\"\nrange = \"[0,60)\"",
    ),
    read(
        "RULE-I05",
        "inherits in a circle",
        "A scheme takes over from a higher tier; two that take over from each other have no beginning.",
        "from = \"environment/sample-2020\"",
        "from = \"environment/sample-2024\"",
    ),
];
