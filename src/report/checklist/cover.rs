//! The first sheet: what the workbook is, under which rules, what is provisional, and what the words mean.

use rust_xlsxwriter::Worksheet;

use super::super::ReportError;
use super::super::night::Night;
use super::Listed;
use super::volume::{Formats, lines, row_height};

const LABEL_WIDTH: f64 = 26.0;
const TEXT_WIDTH: f64 = 110.0;

/// What the cover says besides the night.
pub(super) struct Cover<'a> {
    pub night: &'a Night,
    /// Name, id and grades of the one subject listed; none for all.
    pub only: Option<(String, String, String)>,
    pub listed: Listed,
    /// Number of this workbook.
    pub volume: usize,
    /// There are more workbooks, before or after.
    pub several: bool,
}

const STATES: [(&str, &str); 8] = [
    (
        "建议采取",
        "已通过全部合法性关口：文书有效、在清单之内、依据在施行期内、对象与触发条件已证明、同一领域、期限有据。仍须有权机关复核签署后实施。",
    ),
    (
        "待人工复核",
        "缺少机器不能判断的事实（清单条目未核对、须由有权机关决定、起算日未载明、异议处理中等）。复核前不得实施。",
    ),
    (
        "不予采取",
        "候选措施未通过关口，逐条列明理由。列出是为了说明已经考虑过。",
    ),
    (
        "类别一",
        "公共管理机构实施、减损权益或者增加义务的措施：须有法律、行政法规条款和触发文书。",
    ),
    ("类别二", "公共管理机构实施、不减损权益的管理措施。"),
    (
        "类别三",
        "公共管理机构以外的组织自主决定的措施：供自主参考，不构成义务。",
    ),
    (
        "未评级",
        "主体不在本方案的评价范围或者期限之内，不是“无违法”，也不是出错。",
    ),
    (
        "暂定",
        "数值或条款的来源尚未核实全文，使用前须由承办人员复核。",
    ),
];

fn scope(listed: Listed) -> &'static str {
    match listed {
        Listed::All => "公开范围内的全部主体（自然人姓名已遮蔽，未成年人不列）",
        Listed::Changed => {
            "公开范围内等级或者措施与上一次运行不同的主体（自然人姓名已遮蔽，未成年人不列）；其余主体的结果没有变化，不重复列出"
        }
    }
}

impl Cover<'_> {
    pub(super) fn write(
        &self,
        sheet: &mut Worksheet,
        counts: &[(&str, u64)],
        remedies: &[String],
        formats: &Formats,
    ) -> Result<(), ReportError> {
        let night = self.night;
        sheet
            .set_column_width(0, LABEL_WIDTH)?
            .set_column_width(1, TEXT_WIDTH)?;
        sheet.write_string_with_format(0, 0, "失信惩戒措施清单", &formats.title)?;
        let mut row = 2;
        let mut line = |label: &str, text: &str, mark: bool| -> Result<(), ReportError> {
            sheet.write_string_with_format(row, 0, label, &formats.head)?;
            let format = if mark { &formats.mark } else { &formats.cell };
            let high = lines(text, TEXT_WIDTH).max(lines(label, LABEL_WIDTH));
            sheet.set_row_height(row, row_height(high))?;
            sheet.write_string_with_format(row, 1, text, format)?;
            row += 1;
            Ok(())
        };
        match &self.only {
            Some((name, id, grades)) => {
                line("主体名称", name, false)?;
                line("主体标识", id, false)?;
                line("信用等级", grades, false)?;
            }
            None => line("范围", scope(self.listed), false)?,
        }
        if self.several {
            let text = format!(
                "第 {} 册；各册由同目录 manifest.json 列出，同一主体不跨册",
                self.volume
            );
            line("分册", &text, false)?;
        }
        line("评价基准日", &night.as_of.zh(), false)?;
        line("规则包摘要（SHA-256）", &night.run.rules_digest, false)?;
        line("惩戒措施清单版次", &night.words.list_edition, false)?;
        line("运行编号", &night.run.run_id, false)?;
        for scheme in &night.words.active {
            let label = night.scheme(scheme);
            let text = format!("{}（{scheme}）\n依据：{}", label.title, label.basis);
            line("评价方案", &text, false)?;
        }
        for (name, count) in counts {
            line(&format!("{name}（行）"), &count.to_string(), false)?;
        }
        line(
            "使用说明",
            "每条措施均须有生效文书和法律条款；等级本身不构成减损权益措施的依据；实施前由有权机关人工复核并签署。所列截止日、公示截止日均含当日。",
            false,
        )?;
        line(
            "签发",
            "经办人：　　　　　　　复核人：　　　　　　　签发人：　　　　　　　日期：　　　　年　　月　　日",
            false,
        )?;
        for (at, remedy) in (1..).zip(remedies) {
            line(&format!("救济{at}"), remedy, false)?;
        }
        for (word, meaning) in STATES {
            line(&format!("图例：{word}"), meaning, false)?;
        }
        let mut any = false;
        for scheme in &night.words.active {
            let label = night.scheme(scheme);
            for (what, why) in &label.provisional {
                any = true;
                line(
                    &format!("暂定：{}", label.title),
                    &format!("{what}——{why}"),
                    true,
                )?;
            }
        }
        if !any {
            line("暂定", "各评价方案没有暂定数值", false)?;
        }
        Ok(())
    }
}
