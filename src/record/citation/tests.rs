use super::*;

fn shown(text: &str) -> Vec<String> {
    parse_citations(text)
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn styles_really_met() {
    assert_eq!(
        shown("《中华人民共和国大气污染防治法》第九十九条第（一）项"),
        ["大气污染防治法第99条第1项"]
    );
    assert_eq!(
        shown(
            "中华人民共和国食品安全法/第九章法律责任/第一百二十四条/第一款,中华人民共和国行政处罚法/第四章行政处罚的管辖和适用/第三十二条/第一款"
        ),
        ["食品安全法第124条第1款", "行政处罚法第32条第1款"]
    );
    assert_eq!(
        shown("依据《水污染防治法》第八十三条第二项、第八十四条第一款的规定"),
        ["水污染防治法第83条第2项", "水污染防治法第84条第1款"]
    );
    assert_eq!(
        shown("根据生态环境法典第1097条第二款"),
        ["生态环境法典第1097条第2款"]
    );
    assert_eq!(
        shown("医疗器械监督管理条例(2017修正)/第七章法律责任/第六十六条/第1款"),
        ["医疗器械监督管理条例第66条第1款"]
    );
    assert_eq!(
        shown("《招标投标法》第五十三条、《招标投标法实施条例》第六十七条"),
        ["招标投标法第53条", "招标投标法实施条例第67条"]
    );
    assert_eq!(shown("无"), Vec::<String>::new());
}

#[test]
fn chapter_headings_are_no_statutes() {
    assert_eq!(
        shown("中华人民共和国广告法(2018修正)/第二章广告内容准则/第二十八条"),
        ["广告法第28条"]
    );
    assert_eq!(
        shown(
            "中华人民共和国广告法(2018修正)/第五章法律责任/第五十八条，医疗广告管理办法/第二十二条"
        ),
        ["广告法第58条", "医疗广告管理办法第22条"]
    );
    assert_eq!(
        shown(
            "某特区监管条例/第五章法律责任/第六十条。,中华人民共和国行政处罚法/第一章总则/第五条/第二款"
        ),
        ["某特区监管条例第60条", "行政处罚法第5条第2款"]
    );
}

#[test]
fn this_statute_is_the_one_named_before() {
    assert_eq!(
        shown("某特区监管条例/第五章法律责任/第五十七条违反本条例第二十三条、第二十五条"),
        [
            "某特区监管条例第57条",
            "某特区监管条例第23条",
            "某特区监管条例第25条"
        ]
    );
    assert_eq!(
        shown("违反《噪声污染防治法》第二十二条，依据该法第七十五条"),
        ["噪声污染防治法第22条", "噪声污染防治法第75条"]
    );
    assert_eq!(shown("违反本条例第二十三条"), Vec::<String>::new());
    assert_eq!(
        shown("《重庆市社会信用条例》（以下简称《条例》）第二十三条；《条例》第三十条"),
        ["重庆市社会信用条例第23条", "重庆市社会信用条例第30条"]
    );
}

#[test]
fn several_numbers_share_a_unit() {
    assert_eq!(
        shown("《固体废物污染环境防治法》第一百一十二条第一款第（一）、（三）项"),
        [
            "固体废物污染环境防治法第112条第1款第1项",
            "固体废物污染环境防治法第112条第1款第3项"
        ]
    );
    assert_eq!(
        shown("《水污染防治法》第八十三条第（一）项、（二）项"),
        ["水污染防治法第83条第1项", "水污染防治法第83条第2项"]
    );
    assert_eq!(
        shown("《水污染防治法》第八十三、八十四条"),
        ["水污染防治法第83条", "水污染防治法第84条"]
    );
    assert_eq!(
        shown("《排污许可管理条例》第三十六条第二至四项"),
        [
            "排污许可管理条例第36条第2项",
            "排污许可管理条例第36条第3项",
            "排污许可管理条例第36条第4项"
        ]
    );
    assert_eq!(
        shown("《环境影响评价法》（2018年修正）第３１条第１款"),
        ["环境影响评价法第31条第1款"]
    );
    assert_eq!(
        shown("《某办法》（渝环规〔2021〕7号）第五条第二款、第三款"),
        ["某办法第5条第2款", "某办法第5条第3款"]
    );
}

#[test]
fn any_text_is_read_without_harm() {
    for text in [
        "第",
        "第、条",
        "《",
        "《》第一条",
        "第（",
        "第一至九百条",
        "《《",
        "第九九九九九九九九九九九条",
        "》第1条",
        "，第1",
    ] {
        assert!(parse_citations(text).len() <= 1, "{text}");
    }
}

#[test]
fn the_stored_form_reads_back() {
    for text in [
        "大气污染防治法第99条第1款第2项",
        "行政处罚法",
        "生态环境法典第1097条",
    ] {
        assert_eq!(
            text.parse::<Citation>().map(|c| c.to_string()).as_deref(),
            Ok(text)
        );
    }
    assert!("第99条".parse::<Citation>().is_err());
}

#[test]
fn numbers() {
    assert_eq!(chinese_number("一百二十四"), Some(124));
    assert_eq!(chinese_number("十"), Some(10));
    assert_eq!(chinese_number("一千零九十七"), Some(1097));
    assert_eq!(chinese_number("1097"), Some(1097));
    assert_eq!(chinese_number("二〇"), Some(20));
    assert_eq!(chinese_number("二〇二一"), Some(2021));
    assert_eq!(chinese_number("一百零三"), Some(103));
    assert_eq!(chinese_number("二千二百"), Some(2200));
    assert_eq!(chinese_number("法"), None);
}
