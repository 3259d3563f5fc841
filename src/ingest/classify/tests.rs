use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::record::parse_citations;

fn shipped() -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/classification");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            files.insert(
                format!("classification/{name}"),
                std::fs::read_to_string(&path).unwrap(),
            );
        }
    }
    files
}

fn classifier() -> Classifier {
    Classifier::load(&shipped()).unwrap()
}

fn class<'a>(
    classifier: &'a Classifier,
    basis: &str,
    violation: &str,
    facts: &str,
) -> Option<&'a str> {
    classifier.class_of(&parse_citations(basis), violation, facts)
}

/// A small pack: `rows` under a tree of a.b.c, a.d and e.
fn pack(rows: &str) -> Result<Classifier, ClassifyError> {
    let tree = "[tree]\nsource = \"s\"\nstatus = \"provisional\"\n[classes]\n\"a\" = \"甲\"\n\"a.b\" = \"乙\"\n\"a.b.c\" = \"丙\"\n\"a.d\" = \"丁\"\n\"e\" = \"戊\"\n";
    Classifier::load(&BTreeMap::from([
        ("classification/classes.toml".to_owned(), tree.to_owned()),
        ("classification/rows.toml".to_owned(), rows.to_owned()),
        (
            "environment/ignored.toml".to_owned(),
            "not = [ toml".to_owned(),
        ),
    ]))
}

#[test]
fn every_violation_of_the_sample_gets_its_class_with_and_without_citation() {
    let classifier = classifier();
    let mut checked = 0;
    for line in include_str!("expected.psv")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let cells: Vec<&str> = line.split('|').collect();
        let [violation, facts, basis, with, without] = cells[..] else {
            panic!("{line}");
        };
        let basis = if basis == "=" { violation } else { basis };
        let without = if without == "=" { with } else { without };
        assert_eq!(
            class(&classifier, basis, violation, facts),
            Some(with),
            "{line}"
        );
        assert_eq!(
            classifier.class_of(&[], violation, facts),
            Some(without),
            "{line}"
        );
        assert!(classifier.tree().exists(with) && classifier.tree().exists(without));
        checked += 1;
    }
    assert_eq!(checked, 203);
}

#[test]
fn a_general_article_of_the_code_takes_its_medium_from_the_words() {
    let c = classifier();
    let code = "《中华人民共和国生态环境法典》第一千一百零七条";
    assert_eq!(
        class(&c, code, "超标排放污染物", "废气排放口颗粒物超标"),
        Some("environment.air.discharge-over-limit")
    );
    assert_eq!(
        class(&c, code, "超标排放污染物", "废水总排口氨氮超标"),
        Some("environment.water.discharge-over-limit")
    );
    assert_eq!(
        class(&c, code, "超标排放污染物", "厂界噪声超标"),
        Some("environment.noise.over-limit")
    );
    // No medium anywhere: what the three have in common.
    assert_eq!(
        class(&c, code, "超标排放污染物", ""),
        Some("environment.other")
    );
    assert_eq!(class(&c, "", "超标排放污染物", ""), None);
}

#[test]
fn the_cited_article_decides_when_the_words_say_nothing() {
    let c = classifier();
    assert_eq!(
        class(&c, "《排污许可管理条例》第三十三条", "环境违法", ""),
        Some("environment.permit.without")
    );
    // Three items of one article: without an item only the statute's class is sure.
    assert_eq!(
        class(&c, "《大气污染防治法》第九十九条", "环境违法", ""),
        Some("environment.air")
    );
    assert_eq!(
        class(&c, "《大气污染防治法》第九十九条第（一）项", "环境违法", ""),
        Some("environment.permit.without")
    );
    // An article that no row names falls back on the statute.
    assert_eq!(
        class(&c, "《大气污染防治法》第一百二十四条", "环境违法", ""),
        Some("environment.air")
    );
    assert_eq!(class(&c, "《国防法》第一条", "环境违法", ""), None);
}

#[test]
fn the_style_of_market_records_is_understood() {
    let c = classifier();
    let food = "中华人民共和国食品安全法/第九章法律责任/第一百二十六条/第一款,中华人民共和国行政处罚法/第四章行政处罚的管辖和适用/第三十二条/第一款";
    assert_eq!(
        class(&c, food, "食品违法行为", "使用经抽检不合格的鸡蛋案"),
        Some("market.food.process")
    );
    // Two articles of one statute and no word for either: what they have in common.
    let both = "食品安全法/第九章法律责任/第一百二十六条/第一款,食品安全法/第九章法律责任/第一百二十四条/第一款";
    assert_eq!(
        class(&c, both, "食品违法行为", "销售过期食品案"),
        Some("market.food")
    );
    // A local regulation that no row knows: words alone.
    let local = "某经济特区产品质量管理条例/第五章法律责任/第五十七条";
    assert_eq!(
        class(
            &c,
            local,
            "产品(商品)质量违法行为",
            "销售抽检不合格的阻燃胶合板案"
        ),
        Some("market.product")
    );
    assert_eq!(
        class(&c, local, "其他", "抽检不合格案"),
        Some("market.product")
    );
    assert_eq!(
        class(
            &c,
            "医疗器械网络销售监督管理办法/第四十一条",
            "其他",
            "销售与备案信息不相符的医疗器械案"
        ),
        Some("market.device")
    );
}

#[test]
fn words_that_are_too_general_count_only_with_their_citation() {
    let c = classifier();
    assert_eq!(
        class(&c, "", "超标", "废水超标排放"),
        Some("environment.water.discharge-over-limit")
    );
    assert_eq!(class(&c, "", "违法排放", "排放废水"), None);
    assert_eq!(
        class(
            &c,
            "《水污染防治法》第八十三条",
            "违法排放",
            "经暗管排放废水"
        ),
        Some("environment.water.evading-supervision")
    );
    // 废水 speaks for two items of article 83: no more than 水污染 is sure.
    assert_eq!(
        class(&c, "《水污染防治法》第八十三条", "违法排放", "排放废水"),
        Some("environment.water")
    );
}

#[test]
fn a_deeper_class_named_in_the_facts_replaces_the_general_one() {
    let c = classifier();
    assert_eq!(class(&c, "", "食品违法行为", ""), Some("market.food"));
    assert_eq!(
        class(&c, "", "食品违法行为", "销售超过保质期的食品"),
        Some("market.food.unsafe")
    );
    assert_eq!(
        class(&c, "", "食品违法行为", "未明码标价"),
        Some("market.food")
    );
}

#[test]
fn full_width_forms_blanks_and_titles_do_not_disturb() {
    let c = classifier();
    assert_eq!(
        class(&c, "", "产品（商品）质量违法行为", ""),
        Some("market.product")
    );
    assert_eq!(
        class(&c, "", "未 批\n先 建", ""),
        Some("environment.eia.built-before-approval")
    );
    assert_eq!(class(&c, "", "违反《科研失信行为调查处理规则》", ""), None);
    assert_eq!(class(&c, "", "未批《规则》先建", ""), None);
}

#[test]
fn the_longest_word_wins_then_the_earlier_row() {
    let rows = |first: &str, second: &str| {
        pack(&format!(
            "[[row]]\nclass = \"a.d\"\nkeywords = [\"{first}\"]\nsource = \"s\"\nstatus = \"verified\"\n[[row]]\nclass = \"e\"\nkeywords = [\"{second}\"]\nsource = \"s\"\nstatus = \"verified\"\n"
        ))
        .unwrap()
    };
    assert_eq!(
        rows("天地", "地玄黄").class_of(&[], "天地玄黄", ""),
        Some("e")
    );
    assert_eq!(
        rows("天地", "玄黄").class_of(&[], "天地玄黄", ""),
        Some("a.d")
    );
    assert_eq!(
        rows("玄黄", "天地").class_of(&[], "天地玄黄", ""),
        Some("a.d")
    );
}

#[test]
fn faults_of_the_files_are_named() {
    let row = |class: &str, rest: &str| {
        pack(&format!(
            "[[row]]\nclass = \"{class}\"\n{rest}\nsource = \"s\"\nstatus = \"verified\"\n"
        ))
        .map(drop)
    };
    let of = |class: &str| ("classification/rows.toml".to_owned(), class.to_owned());
    let (file, class) = of("a.x");
    assert_eq!(
        row("a.x", "keywords = [\"天\"]"),
        Err(ClassifyError::UnknownClass { file, class })
    );
    let (file, class) = of("a");
    assert_eq!(row("a", ""), Err(ClassifyError::EmptyRow { file, class }));
    for cited in ["99", "某法0", "某法9-3", "某法(3)", "某法9(x)"] {
        let (file, class) = of("a");
        let fault = ClassifyError::BadCitation {
            file,
            class,
            cited: cited.to_owned(),
        };
        assert_eq!(row("a", &format!("cited = [\"{cited}\"]")), Err(fault));
    }
    let twice = "[[row]]\nclass = \"a\"\nkeywords = [\"天\"]\nsource = \"s\"\nstatus = \"verified\"\n[[row]]\nclass = \"e\"\nkeywords = [\"天\"]\nsource = \"s\"\nstatus = \"verified\"\n";
    let fault = ClassifyError::TwoClasses {
        word: "天".into(),
        first: "a".into(),
        second: "e".into(),
    };
    assert_eq!(pack(twice).map(drop), Err(fault));
    assert!(matches!(
        row("a", "key = 1"),
        Err(ClassifyError::Syntax { .. })
    ));
    assert_eq!(
        Classifier::load(&BTreeMap::new()).map(drop),
        Err(ClassifyError::NoTree("classification/classes.toml"))
    );
}

#[test]
fn rows_tell_what_they_cite() {
    let rows = "[[row]]\nclass = \"a\"\ncited = [\"《中华人民共和国某法》9-12\", \"某条例(2017修正)3(2)\", \"某办法\"]\nsource = \"s\"\nstatus = \"provisional\"\n";
    let pack = pack(rows).unwrap();
    let cited: Vec<_> = pack.rows()[0].citations().collect();
    assert_eq!(
        cited,
        [
            ("某法", Some(9..=12)),
            ("某条例", Some(3..=3)),
            ("某办法", None)
        ]
    );
    assert_eq!(pack.rows()[0].status, Trust::Provisional);
    let item = |basis: &str| pack.class_of(&parse_citations(basis), "", "");
    assert_eq!(item("《某条例》第三条第（二）项"), Some("a"));
    assert_eq!(item("《某条例》第三条第（一）项"), None);
    assert_eq!(item("《某法》第十三条"), None);
}

#[test]
fn the_tree_answers_for_patterns() {
    let tree = ClassTree::load(&shipped()).unwrap();
    assert!(
        tree.exists("environment.*")
            && tree.exists("environment.water.*")
            && tree.exists("research.honest-failure")
    );
    assert!(
        !tree.exists("environment.watr.*") && !tree.exists("*") && !tree.exists("environment.")
    );
    assert_eq!(
        tree.title("environment.eia.built-before-approval"),
        Some("未批先建")
    );
    assert_eq!(
        tree.common(["environment.air.voc", "environment.air.fume"].into_iter()),
        Some("environment.air")
    );
    assert_eq!(
        tree.common(["environment.air.voc", "research.other"].into_iter()),
        None
    );
    assert_eq!(
        tree.common(["environment.air", "environment.air.fume"].into_iter()),
        Some("environment.air")
    );
    assert!(tree.iter().map(|(id, _)| id).is_sorted());
}

#[test]
fn every_leaf_of_the_tree_that_records_can_reach_has_a_row() {
    let c = classifier();
    let without_row: Vec<&str> = c
        .tree()
        .iter()
        .map(|(id, _)| id)
        .filter(|id| {
            !c.tree()
                .iter()
                .any(|(other, _)| other.starts_with(&format!("{id}.")))
        })
        .filter(|id| !c.rows().iter().any(|row| row.class == *id))
        .collect();
    assert_eq!(without_row, ["market.other", "other"]);
}
