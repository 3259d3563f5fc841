use super::*;
use crate::rules::Pack;

const CHONGQING: &str = "environment/chongqing-2021.toml";

/// The shipped pack with texts of a file replaced.
fn shipped_but(file: &str, changes: &[(&str, &str)]) -> RuleSet {
    let mut files = Pack::builtin().files().clone();
    for (from, to) in changes {
        let text = files[file].replacen(from, to, 1);
        assert_ne!(text, files[file], "{file} does not contain {from}");
        files.insert(file.to_owned(), text);
    }
    load(files)
}

fn load(files: BTreeMap<String, String>) -> RuleSet {
    RuleSet::load(&Pack::from_files(files)).unwrap_or_else(|found| panic!("{}", found.render()))
}

fn shipped() -> RuleSet {
    load(Pack::builtin().files().clone())
}

#[test]
fn a_pack_does_not_differ_from_itself() {
    let found = diff(&shipped(), &shipped());
    assert!(found.is_empty());
    assert_eq!(found.to_string(), "没有实质差异\n");
}

#[test]
fn comments_and_formatting_are_no_difference() {
    let new = shipped_but(
        CHONGQING,
        &[
            ("[scheme]", "# 另加说明\n\n[scheme]"),
            ("points = 3, status", "points   =   3.0, status"),
        ],
    );
    assert_eq!(
        diff(&shipped(), &new).to_string(),
        "没有实质差异\n仅注释、格式或无意义的次序不同：environment/chongqing-2021.toml\n"
    );
}

#[test]
fn a_row_says_what_changed_and_that_its_ground_did_not() {
    let new = shipped_but(CHONGQING, &[("points = 3,", "points = 5,")]);
    insta::assert_snapshot!(diff(&shipped(), &new).to_string(), @r"
    方案 environment/chongqing-2021（重庆市企业环境信用评价）
      指标 fines 的行 fine-to-5：扣分 3 → 5；依据不变

    方案 environment/tongliang-2023（铜梁区企业环境信用差异化监管）
      指标 fines 的行 fine-to-5：扣分 3 → 5；依据不变
    ");
}

#[test]
fn every_part_of_a_scheme_is_compared() {
    let new = shipped_but(
        CHONGQING,
        &[
            (
                "kinds = [\"法人及非法人组织\", \"个体工商户\"]",
                "kinds = [\"法人及非法人组织\"]",
            ),
            (
                "no_record = \"default-grade:A\"",
                "no_record = \"not-rated\"",
            ),
            (
                "window = \"previous-year\"",
                "window = \"rolling 12 months\"",
            ),
            ("range = \"[80,100)\"", "range = \"[75,100)\""),
            ("range = \"[60,80)\"", "range = \"[60,75)\""),
            ("cap = 8", "cap = 6"),
            (
                "fine = \"(0,5]\", points = 3, status = \"provisional\"",
                "fine = \"(0,5]\", points = 3",
            ),
            (
                "severity = \"一般\", move = 1",
                "severity = \"一般\", ceiling = \"C\"",
            ),
            (
                "source = \"四川2019否决项：行政拘留；重庆否决清单未取得\"",
                "source = \"渝环规〔2021〕7号附表\"",
            ),
            (
                "max_inspections = 1\nper = \"quarter\"",
                "max_inspections = 2\nper = \"quarter\"",
            ),
        ],
    );
    insta::assert_snapshot!(diff(&shipped(), &new).to_string());
}

#[test]
fn rows_and_indicators_come_and_go() {
    let row = "  { id = \"confiscation\", title = \"没收\",";
    let text = Pack::builtin().files()[CHONGQING].clone();
    let line = text.lines().find(|line| line.starts_with(row)).unwrap();
    let moved = line.replace("\"confiscation\"", "\"seizure\"");
    let mut files = Pack::builtin().files().clone();
    // A district inherits the indicator that goes.
    for name in ["tongliang-2023.toml", "tongliang-2023.cases.toml"] {
        files.remove(&format!("environment/{name}")).unwrap();
    }
    let old = load(files.clone());
    let new = text
        .replace(line, &moved)
        .replace("id = \"bonus\"", "id = \"honours\"");
    files.insert(CHONGQING.to_owned(), new);
    insta::assert_snapshot!(diff(&old, &load(files)).to_string());
}

#[test]
fn a_new_version_meets_the_one_it_replaces() {
    let mut files = Pack::builtin().files().clone();
    let text = files.remove(CHONGQING).unwrap();
    let cases = files.remove("environment/chongqing-2021.cases.toml");
    assert!(cases.is_some());
    let text = text.replacen("from = 2022-01-07", "from = 2027-01-01", 1);
    files.insert("environment/chongqing-2027.toml".to_owned(), text);
    for text in files.values_mut() {
        *text = text.replace("environment/chongqing-2021", "environment/chongqing-2027");
    }
    let found = diff(&shipped(), &load(files)).to_string();
    assert!(
        found.contains("方案 environment/chongqing-2021 → environment/chongqing-2027（重庆市企业环境信用评价）\n  施行期：2022年1月7日起 → 2027年1月1日起\n"),
        "{found}"
    );
    assert!(
        found.contains("启用方案：增加environment/chongqing-2027"),
        "{found}"
    );
    assert!(
        found.contains("删去文件：案例 environment/chongqing-2021.cases.toml"),
        "{found}"
    );
}

#[test]
fn other_files_are_compared_key_by_key() {
    let mut files = Pack::builtin().files().clone();
    for (file, from, to) in [
        (
            "calendar/cn-2026.toml",
            "work = [2026-05-09]",
            "work = [2026-05-10]",
        ),
        (
            "statutes/laws.toml",
            "title = \"中华人民共和国专利法\", version = 2020-10-17, articles = 82",
            "title = \"中华人民共和国专利法\", version = 2020-10-17, articles = 83",
        ),
        (
            "measures/research.toml",
            "start_event = \"not-stated\"",
            "start_event = \"decision\"",
        ),
        (
            "incentives/chongqing.toml",
            "content = \"可通过信易贷·渝惠融申请，额度利率由金融机构自主确定\"",
            "content = \"可申请\"",
        ),
        (
            "publicity/order-58.toml",
            "max_months = 36",
            "max_months = 12",
        ),
    ] {
        let text = files[file].replacen(from, to, 1);
        assert_ne!(text, files[file], "{file} does not contain {from}");
        files.insert(file.to_owned(), text);
    }
    let new = load(files);
    insta::assert_snapshot!(diff(&shipped(), &new).to_string(), @r"
    工作日历 calendar/cn-2026.toml
      节日 劳动节 的调休上班日：增加2026-05-10
      节日 劳动节 的调休上班日：删去2026-05-09

    守信激励 incentives/chongqing.toml
      激励 I7 的内容：可通过信易贷·渝惠融申请，额度利率由金融机构自主确定 → 可申请

    惩戒措施 measures/research.toml
      行 R1 的起算事件：not-stated → decision

    公示与修复 publicity/order-58.toml
      档 一般 的最长月数：36 → 12

    法规登记 statutes/laws.toml
      法规 中华人民共和国专利法 2020-10-17 的条文数：82 → 83
    ");
}

#[test]
fn a_line_of_a_file_that_moved_is_no_difference_and_an_order_that_counts_is() {
    assert_eq!(
        data::file_differences("a = 1\nb = 2", "b = 2\na = 1"),
        [""; 0]
    );
    assert_eq!(
        data::file_differences("a = [1, 2]", "a = [2, 1]"),
        ["a：次序有改动"]
    );
    assert_eq!(
        data::file_differences(
            "[[row]]\nid = \"x\"\nmax = 3",
            "[[row]]\nid = \"x\"\nmax = 4"
        ),
        ["行 x 的最大长度：3 → 4"]
    );
    assert_eq!(
        data::file_differences("[t]\nto = 2026-01-01", "[t]\n"),
        ["t 的截止日：删去，原为2026-01-01"]
    );
}

#[test]
fn two_schemes_of_one_pack_are_compared_by_name() {
    let rules = shipped();
    let one = rules.scheme("environment/chongqing-2021").unwrap();
    let other = rules.scheme("environment/ningxia-2025").unwrap();
    let found = diff_schemes(one, other).to_string();
    assert!(
        found.starts_with("方案 environment/chongqing-2021 → environment/ningxia-2025（"),
        "{found}"
    );
    assert!(
        found.contains("评分：删去，等级只按记录的类别定"),
        "{found}"
    );
    assert_eq!(diff_schemes(one, one).to_string(), "没有实质差异\n");
}
