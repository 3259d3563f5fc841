//! SGS-U01 … U08: codes of bodies, of the deciding organ and of the source unit.

use crate::ingest::normalise::eaten_by_excel;
use crate::record::{OrgCode, PLACEHOLDER_USCC, RegistrationNo, SubjectKind, Uscc, UsccError};
use crate::standard::Field;

use super::codes::{U01, U02, U03, U04, U05, U06, U07, U08};
use super::{Finding, RowView};

/// What a code cell says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum UsccCell {
    /// Nothing.
    Blank,
    /// 17 zeros and X: a 个体工商户 without a code (`records.md` §1.6).
    Placeholder,
    /// A valid code.
    Good(Uscc),
    /// A valid code after the only possible repair (lower case, full width, blanks, O for 0, I for 1).
    Repaired(Uscc),
    /// No code; the check code and the Chinese reason.
    Bad(&'static str, String),
}

impl UsccCell {
    /// The code, when there is one.
    pub(in crate::ingest) fn code(&self) -> Option<&Uscc> {
        match self {
            UsccCell::Good(code) | UsccCell::Repaired(code) => Some(code),
            _ => None,
        }
    }
}

/// Reads a code cell.
pub(in crate::ingest) fn read_uscc(cell: &str) -> UsccCell {
    if cell.is_empty() {
        return UsccCell::Blank;
    }
    if cell == PLACEHOLDER_USCC {
        return UsccCell::Placeholder;
    }
    let error = match Uscc::parse(cell) {
        Ok(code) => return UsccCell::Good(code),
        Err(error) => error,
    };
    if eaten_by_excel(cell) {
        return UsccCell::Bad(
            U01,
            "被Excel存成了数值，末尾数字已丢失，无法恢复。请将该列设为文本格式后从原系统重新导出"
                .to_owned(),
        );
    }
    if let Some(code) = Uscc::repair(cell) {
        return if code.as_str() == PLACEHOLDER_USCC {
            UsccCell::Placeholder
        } else {
            UsccCell::Repaired(code)
        };
    }
    if cell.eq_ignore_ascii_case(PLACEHOLDER_USCC) {
        return UsccCell::Placeholder;
    }
    let (code, message) = match error {
        UsccError::CheckDigit { .. } => (
            U02,
            "校验码错误（GB 32100-2015）。请核对营业执照后改正".to_owned(),
        ),
        UsccError::Structure(..) => (
            U03,
            "结构错误：登记管理部门、机构类别或行政区划不存在，或全为0。请核对营业执照后改正"
                .to_owned(),
        ),
        _ => (
            U01,
            format!(
                "应为18位数字和大写字母（不含I、O、S、V、Z），现为{}位。请核对后改正",
                cell.chars().count()
            ),
        ),
    };
    UsccCell::Bad(code, message)
}

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    subject_code(view, found);
    for field in [Field::AuthorityCode, Field::SourceUnitCode] {
        organ_code(view, field, found);
    }
    linked_unit(view, found);
    org_code(view, found);
    registration_no(view, found);
}

/// A link that cannot be read would be lost, so it stops the row.
fn linked_unit(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let field = Field::LinkedUnit;
    let name = view.name(field);
    match read_uscc(view.get(field)) {
        UsccCell::Bad(code, message) => {
            found.push(Finding::error(code, field, format!("“{name}”{message}")));
        }
        UsccCell::Placeholder => found.push(Finding::error(
            U04,
            field,
            format!("“{name}”不得填17个0加X。请填写关联单位的真实代码，没有的留空"),
        )),
        UsccCell::Repaired(code) => found.push(Finding::warning(
            U05,
            field,
            format!("“{name}”书写有误（大小写、全半角、空格或字母O/数字0等），已按{}接收。请在本单位系统中改正", code.as_str()),
        )),
        UsccCell::Blank | UsccCell::Good(_) => {}
    }
}

fn subject_code(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let field = Field::Uscc;
    let name = view.name(field);
    match &view.uscc {
        UsccCell::Blank => {}
        UsccCell::Bad(code, message) => {
            found.push(Finding::error(code, field, format!("“{name}”{message}")));
        }
        UsccCell::Placeholder => placeholder(view, found),
        UsccCell::Good(code) => class(view, code, found),
        UsccCell::Repaired(code) => {
            found.push(Finding::warning(
                U05,
                field,
                format!("“{name}”书写有误（大小写、全半角、空格或字母O/数字0等），已按{}接收。请在本单位系统中改正", code.as_str()),
            ));
            class(view, code, found);
        }
    }
}

/// 17 zeros and X are allowed only for 个体工商户 and only with a 工商注册号.
fn placeholder(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let number = view.get(Field::RegistrationNo);
    let message = if view.subject_kind != Some(SubjectKind::IndividualBusiness) {
        "17个0加X仅限没有统一社会信用代码的个体工商户使用。请填写真实代码"
    } else if number.is_empty() {
        "统一社会信用代码填17个0加X时，必须填写工商注册号。请补填后重新报送"
    } else if RegistrationNo::parse(number).is_err() {
        "统一社会信用代码填17个0加X，但工商注册号不正确（15位，校验码按GS 15-2006）。请核对后重新报送"
    } else {
        return;
    };
    found.push(Finding::error(U04, Field::Uscc, message));
}

/// Warnings on a valid code: its inner organisation code and its class.
fn class(view: &RowView<'_>, code: &Uscc, found: &mut Vec<Finding>) {
    if !code.embedded_org_code_ok() {
        found.push(Finding::warning(
            U06,
            Field::Uscc,
            "统一社会信用代码第9至17位的主体标识码校验不通过（GB 11714）。请核对",
        ));
    }
    let is_individual = code.is_individual_business();
    let message = match view.subject_kind {
        Some(SubjectKind::Entity) if is_individual => {
            "代码以92开头，属于个体工商户，行政相对人类别却是法人及非法人组织。请核对"
        }
        Some(SubjectKind::IndividualBusiness) if !is_individual => {
            "代码不以92开头，不属于个体工商户，行政相对人类别却是个体工商户。请核对"
        }
        _ => return,
    };
    found.push(Finding::warning(U07, Field::SubjectKind, message));
}

/// Codes of the deciding organ and of the source unit: as a subject's, but never the placeholder.
fn organ_code(view: &RowView<'_>, field: Field, found: &mut Vec<Finding>) {
    let name = view.name(field);
    match read_uscc(view.get(field)) {
        UsccCell::Blank | UsccCell::Good(_) => {}
        UsccCell::Placeholder => found.push(Finding::error(
            U04,
            field,
            format!("“{name}”不能填17个0加X。请填写该机关的统一社会信用代码"),
        )),
        UsccCell::Repaired(code) => found.push(Finding::warning(
            U05,
            field,
            format!(
                "“{name}”书写有误，已按{}接收。请在本单位系统中改正",
                code.as_str()
            ),
        )),
        UsccCell::Bad(code, message) => {
            found.push(Finding::error(code, field, format!("“{name}”{message}")));
        }
    }
}

fn org_code(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let cell = view.get(Field::OrgCode);
    if cell.is_empty() {
        return;
    }
    match OrgCode::parse(cell) {
        Err(_) => found.push(Finding::error(
            U06,
            Field::OrgCode,
            format!(
                "“{}”不正确：应为8位加1位校验码（GB 11714-1997）。请核对；不清楚时可不填",
                view.name(Field::OrgCode)
            ),
        )),
        Ok(code) => {
            let inner = view.uscc.code().map(|uscc| uscc.org_code().to_owned());
            if inner.is_some_and(|inner| inner != code.as_str()) {
                found.push(Finding::warning(
                    U06,
                    Field::OrgCode,
                    "组织机构代码与统一社会信用代码第9至17位不一致，以统一社会信用代码为准。请核对",
                ));
            }
        }
    }
}

/// A wrong registration number matters when it is all there is to tell the subject by.
fn registration_no(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let cell = view.get(Field::RegistrationNo);
    if cell.is_empty() || view.uscc == UsccCell::Placeholder || RegistrationNo::parse(cell).is_ok()
    {
        return;
    }
    let is_identity = view.uscc == UsccCell::Blank && view.get(Field::OrgCode).is_empty();
    found.push(Finding::by_trust(
        U08,
        is_identity,
        Field::RegistrationNo,
        format!(
            "“{}”不正确：应为15位数字，末位按GS 15-2006校验（2007年以前为13位）。请核对",
            view.name(Field::RegistrationNo)
        ),
    ));
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes;
    use super::*;

    #[test]
    fn codes_of_bodies() {
        for (cell, wanted) in [
            ("914403001922038216", ""),
            ("9.15001E+17", "SGS-U01 E"),
            ("91350100M000100Y4", "SGS-U01 E"),
            ("911100006605015136", "SGS-U02 E"),
            ("000000000000000000", "SGS-U03 E"),
            ("00000000000000000X", "SGS-U04 E"),
            ("91350100m000100y43", "SGS-U05 W"),
            ("９１３５０１００M000100Y43", "SGS-U05 W"),
            ("9135 0100 M000 100Y 43", "SGS-U05 W"),
        ] {
            assert_eq!(codes(&[(Field::Uscc, cell)]).join(","), wanted, "{cell}");
        }
    }

    #[test]
    fn the_placeholder_is_for_an_individual_business_with_a_number() {
        let stall = |number| {
            codes(&[
                (Field::SubjectKind, "个体工商户"),
                (Field::Uscc, PLACEHOLDER_USCC),
                (Field::RegistrationNo, number),
            ])
        };
        assert_eq!(stall("110108000000016"), Vec::<String>::new());
        assert_eq!(stall(""), ["SGS-U04 E"]);
        assert_eq!(stall("110108000000017"), ["SGS-U04 E"]);
    }

    #[test]
    fn the_class_of_the_code_must_fit_the_kind() {
        assert_eq!(codes(&[(Field::SubjectKind, "个体工商户")]), ["SGS-U07 W"]);
    }

    #[test]
    fn organs_have_real_codes() {
        let organ = |cell| codes(&[(Field::AuthorityCode, cell)]);
        assert_eq!(organ(PLACEHOLDER_USCC), ["SGS-U04 E"]);
        assert_eq!(organ("11100000000013039A"), ["SGS-U02 E"]);
    }

    #[test]
    fn organisation_codes_and_registration_numbers() {
        assert_eq!(
            codes(&[(Field::OrgCode, "M000100Y4")]),
            Vec::<String>::new()
        );
        assert_eq!(codes(&[(Field::OrgCode, "MAYAAAAA0")]), ["SGS-U06 E"]);
        assert_eq!(codes(&[(Field::OrgCode, "192203821")]), ["SGS-U06 W"]);
        assert_eq!(
            codes(&[(Field::RegistrationNo, "110108000000017")]),
            ["SGS-U08 W"]
        );
    }
}
