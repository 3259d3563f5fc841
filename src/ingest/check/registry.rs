//! The registry of codes: what each means, how bad it is, an example. The manual is generated from it.

use super::{Severity, codes};

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckDoc {
    /// The code.
    pub code: &'static str,
    /// How bad it is as a rule; single findings may be milder where the rule behind them is not verified.
    pub severity: Severity,
    /// A title, in Chinese.
    pub title: &'static str,
    /// When it is found.
    pub explanation: &'static str,
    /// A cell or row that shows it.
    pub example: &'static str,
}

const fn doc(
    code: &'static str,
    severity: Severity,
    title: &'static str,
    explanation: &'static str,
    example: &'static str,
) -> CheckDoc {
    CheckDoc {
        code,
        severity,
        title,
        explanation,
        example,
    }
}

const DOCS: [CheckDoc; 38] = [
    doc(
        codes::H01,
        Severity::Error,
        "行列不齐",
        "单元格多于表头列数（错位）；少于表头列数或有未闭合引号时仅提示。",
        "一行36个单元格、表头30列",
    ),
    doc(
        codes::R01,
        Severity::Error,
        "必填项为空",
        "模板必填项，或按相对人类别、处罚类别应填的项目为空；依据未经核实的只提示。",
        "自然人没有证件号码",
    ),
    doc(
        codes::C01,
        Severity::Error,
        "应空未空",
        "该相对人类别不应填写的项目有内容。",
        "法人及非法人组织填了自然人证件号码",
    ),
    doc(
        codes::L01,
        Severity::Error,
        "超长",
        "去除首尾空格后字符数超过上限；上限未经核实的只提示。",
        "名称201个字符",
    ),
    doc(
        codes::U01,
        Severity::Error,
        "统一社会信用代码长度或字符错误",
        "不是18位，或含I、O、S、V、Z等字符且无法唯一修复，或被Excel存成数值。",
        "9.15001E+17",
    ),
    doc(
        codes::U02,
        Severity::Error,
        "统一社会信用代码校验码错误",
        "第18位与GB 32100-2015算得的不一致。",
        "911100006605015136",
    ),
    doc(
        codes::U03,
        Severity::Error,
        "统一社会信用代码结构错误",
        "登记管理部门、机构类别、行政区划不存在，或主体标识码全为0。",
        "000000000000000000",
    ),
    doc(
        codes::U04,
        Severity::Error,
        "17个0加X使用不当",
        "仅限没有代码的个体工商户使用，且须有正确的工商注册号；机关代码不得使用。",
        "法人及非法人组织填00000000000000000X",
    ),
    doc(
        codes::U05,
        Severity::Warning,
        "统一社会信用代码已修复",
        "小写、全角、空格、字母O误作0等，只有一种可能时按修复后的代码接收。",
        "9150oo…",
    ),
    doc(
        codes::U06,
        Severity::Warning,
        "组织机构代码校验不通过",
        "代码内嵌部分不通过时提示；单独填写的组织机构代码错误时退回。",
        "MAYAAAAA0",
    ),
    doc(
        codes::U07,
        Severity::Warning,
        "类别与代码不符",
        "92开头的代码应为个体工商户。",
        "92开头而类别为法人及非法人组织",
    ),
    doc(
        codes::U08,
        Severity::Warning,
        "工商注册号错误",
        "15位末位校验不通过；它是唯一标识时退回。",
        "110108000000017",
    ),
    doc(
        codes::P01,
        Severity::Error,
        "居民身份证号码错误",
        "长度、字符或校验码错误。",
        "末位校验码不符",
    ),
    doc(
        codes::P02,
        Severity::Error,
        "居民身份证号码中的地区或出生日期不存在",
        "前6位不是行政区划，或第7至14位不是日期。",
        "出生日期为2月30日",
    ),
    doc(
        codes::D01,
        Severity::Error,
        "日期无法识别",
        "不存在的日期，或不是日期。",
        "2026-02-31",
    ),
    doc(
        codes::D02,
        Severity::Error,
        "日期在将来",
        "决定日期或发生日期晚于接收日。",
        "2027/01/05",
    ),
    doc(
        codes::D03,
        Severity::Error,
        "止期早于起期",
        "有效期至早于有效期自，或事件截止日期早于发生日期。",
        "有效期自2026/11/18，至2026/11/01",
    ),
    doc(
        codes::D04,
        Severity::Error,
        "处罚有效期早于决定日期",
        "处罚有效期不得早于处罚决定日期。",
        "决定2026/10/20，有效期2026/10/01",
    ),
    doc(
        codes::D05,
        Severity::Error,
        "日期过早",
        "早于1949年10月1日，或决定（发生）日期为Excel的零日期。",
        "1900/01/01",
    ),
    doc(
        codes::E01,
        Severity::Error,
        "不在目录内",
        "值不在目录内；目录未经核实或用了另一版本法律的名称时只提示。",
        "处罚类别为“罚酒”",
    ),
    doc(
        codes::E02,
        Severity::Error,
        "其他未写明",
        "填“其他”而没有具体名称。",
        "其他",
    ),
    doc(
        codes::A01,
        Severity::Error,
        "不是有效数字",
        "金额不是数字、为负数或过大；期限不是整数。",
        "若干",
    ),
    doc(
        codes::A02,
        Severity::Error,
        "小数位数过多",
        "万元最多6位小数，元最多2位小数。",
        "0.0500001万元",
    ),
    doc(
        codes::A03,
        Severity::Error,
        "罚款无金额",
        "处罚类别含罚款而罚款金额为空；模板没有金额栏、内容也没有写明时只提示。",
        "罚款，金额空",
    ),
    doc(
        codes::A04,
        Severity::Error,
        "有金额无罚款",
        "有罚款金额而处罚类别没有罚款。",
        "警告，罚款金额3",
    ),
    doc(
        codes::A05,
        Severity::Error,
        "金额与处罚内容不一致",
        "金额栏与处罚内容所写的金额不同；没收金额只提示。",
        "内容罚款30000元，金额栏2",
    ),
    doc(
        codes::A06,
        Severity::Error,
        "金额单位错误",
        "金额栏与处罚内容恰好相差一万倍。",
        "内容罚款30000元，金额栏30000",
    ),
    doc(
        codes::A07,
        Severity::Warning,
        "金额超过模板上限",
        "超过该模板规定的最大金额。",
        "10001万元",
    ),
    doc(
        codes::X01,
        Severity::Warning,
        "文书号式样",
        "处罚决定书文号应含“罚”、年份和“号”。",
        "95005",
    ),
    doc(
        codes::X02,
        Severity::Warning,
        "疑似测试数据",
        "测试、test、111等。",
        "名称为测试企业",
    ),
    doc(
        codes::X03,
        Severity::Warning,
        "乱码",
        "含U+FFFD、锟斤拷或控制字符。",
        "锟斤拷",
    ),
    doc(
        codes::X04,
        Severity::Error,
        "公式错误值",
        "单元格是#REF!、#N/A等，文本文件里的这些字样也算。",
        "#REF!",
    ),
    doc(
        codes::T01,
        Severity::Warning,
        "迟报",
        "超过决定之日起7个工作日报送。报送日取数据更新时间，没有时取接收日。",
        "决定10月9日，报送10月26日",
    ),
    doc(
        codes::T02,
        Severity::Note,
        "未能判定迟报",
        "工作日历缺少所涉年份，既不算及时，也不算迟报。",
        "2019年的决定",
    ),
    doc(
        codes::K01,
        Severity::Note,
        "重复",
        "内容与已有记录相同，不再入库，计入重复。",
        "同一行报送两次",
    ),
    doc(
        codes::K02,
        Severity::Warning,
        "同一决定内容不同",
        "同文书号、同主体、同一报送时间而内容不同，按确定的次序取一版，请核实是否更正。",
        "同日两次报送金额不同",
    ),
    doc(
        codes::K03,
        Severity::Error,
        "记录已清除",
        "该决定的记录已按规定从系统清除，不再接收；退回时不保留单元格内容。",
        "超过保存期限后再次报送",
    ),
    doc(
        codes::W01,
        Severity::Note,
        "旧版状态为撤销",
        "2015年版当前状态为1（撤销）：记录入库，并生成一条撤销事件。",
        "CF_ZT=1",
    ),
];

/// Every code of a row, in the order of the manual. Codes of whole files are those of
/// [`crate::ingest::read::RefusedCause`].
pub fn reference() -> &'static [CheckDoc] {
    &DOCS
}

/// The manual of the codes as a Markdown table.
pub fn reference_markdown() -> String {
    let mut out = String::from("| 代码 | 级别 | 名称 | 说明 | 示例 |\n|---|---|---|---|---|\n");
    for one in reference() {
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            one.code,
            one.severity.letter(),
            one.title,
            one.explanation,
            one.example
        ));
    }
    out
}

/// By which standards and checks a file was read: a file seen before is read again when this changed.
pub fn reading_digest(standards_digest: &str) -> String {
    crate::record::digest::short_id(&[standards_digest, &reference_markdown()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_explained() {
        let mut codes: Vec<&str> = reference().iter().map(|one| one.code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        assert!(reference().iter().all(|one| !one.title.is_empty()
            && one.explanation.ends_with('。')
            && !one.example.is_empty()));
        assert_eq!(reference_markdown().lines().count(), count + 2);
    }

    #[test]
    fn another_standard_is_another_reading() {
        assert_ne!(reading_digest("a"), reading_digest("b"));
        assert_eq!(reading_digest("a"), reading_digest("a"));
    }
}
