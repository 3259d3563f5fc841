//! The canonical columns: what a source column can mean, whatever it is called in the file.

use std::fmt;

macro_rules! fields {
    ($($variant:ident $id:literal $zh:literal $(: $doc:literal)?),+ $(,)?) => {
        /// A canonical column. Layouts map their own column codes and names to these.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = $zh] $(#[doc = $doc])? $variant,)+
        }

        impl Field {
            /// Every canonical column, in the order of declaration.
            pub const ALL: &'static [Field] = &[$(Field::$variant),+];
            /// How many canonical columns there are; `field as usize` is below it.
            pub const COUNT: usize = Self::ALL.len();

            /// The name used in `rules/standards/*.toml`.
            pub const fn id(self) -> &'static str {
                match self { $(Field::$variant => $id,)+ }
            }

            /// The Chinese column name for messages where the layout has no such column.
            /// Prefer [`super::Layout::column_name`].
            pub const fn zh(self) -> &'static str {
                match self { $(Field::$variant => $zh,)+ }
            }
        }
    };
}

fields! {
    SubjectName "subject_name" "行政相对人名称",
    SubjectKind "subject_kind" "行政相对人类别",
    Uscc "uscc" "统一社会信用代码",
    RegistrationNo "registration_no" "工商注册号",
    OrgCode "org_code" "组织机构代码",
    TaxNo "tax_no" "税务登记号",
    InstitutionNo "institution_no" "事业单位证书号",
    SocialOrgNo "social_org_no" "社会组织登记证号",
    LegalRep "legal_rep" "法定代表人",
    LegalRepIdType "legal_rep_id_type" "法定代表人证件类型",
    LegalRepIdNo "legal_rep_id_no" "法定代表人证件号码",
    IdType "id_type" "证件类型",
    IdNo "id_no" "证件号码",
    CitizenNo "citizen_no" "居民身份证号" : "Version A only; becomes `IdType` 身份证 and `IdNo`.",
    Phone "phone" "联系电话",
    Address "address" "地址",
    DocumentNo "document_no" "文书号",
    DocumentName "document_name" "决定文书名称",
    CaseName "case_name" "案件名称" : "Version A: 处罚名称; stands in for a missing 违法行为类型.",
    ViolationText "violation_text" "违法行为类型",
    Facts "facts" "违法事实",
    Basis "basis" "处罚依据",
    PenaltyKinds "penalty_kinds" "处罚类别",
    PenaltyKind1 "penalty_kind_1" "处罚类别1" : "Version A only; joined into `PenaltyKinds`.",
    PenaltyKind2 "penalty_kind_2" "处罚类别2" : "Version A only; joined into `PenaltyKinds`.",
    Content "content" "决定内容" : "处罚内容 or 许可内容.",
    Fine "fine" "罚款金额（万元）",
    FineYuan "fine_yuan" "罚款金额（元）" : "Converted into `Fine` when the row is read.",
    Confiscated "confiscated" "没收违法所得、没收非法财物的金额（万元）",
    ConfiscatedYuan "confiscated_yuan" "没收金额（元）" : "Converted into `Confiscated` when the row is read.",
    SeizedLicense "seized_license" "暂扣或吊销证照名称及编号",
    SeizedLicenseNo "seized_license_no" "暂扣或吊销证照编号",
    LicenseKind "license_kind" "许可类别",
    CertificateName "certificate_name" "许可证书名称",
    CertificateNo "certificate_no" "许可编号",
    DecidedOn "decided_on" "决定日期",
    ValidFrom "valid_from" "有效期自",
    ValidUntil "valid_until" "有效期至" : "Also 处罚有效期 and 许可截止期.",
    PublicityEndsOn "publicity_ends_on" "公示截止期",
    Authority "authority" "决定机关" : "Events: 认定单位.",
    AuthorityCode "authority_code" "决定机关统一社会信用代码",
    Status "status" "当前状态",
    SourceUnit "source_unit" "数据来源单位",
    SourceUnitCode "source_unit_code" "数据来源单位统一社会信用代码",
    Remark "remark" "备注",
    AreaCode "area_code" "地方编码",
    SentAt "sent_at" "数据更新时间戳" : "The sender's own time stamp of this version of the row.",
    ExportedAt "exported_at" "数据导出时间",
    PowerCode "power_code" "权力编码",
    UseScope "use_scope" "信息使用范围",
    Seriousness "seriousness" "失信严重程度",
    SourceRecordId "source_record_id" "来源记录标识",
    RowNumber "row_number" "序号" : "A running number; a row with nothing else is blank.",
    EventKind "event_kind" "事件类型",
    OccurredOn "occurred_on" "发生日期",
    EndsOn "ends_on" "截止日期",
    Level "level" "程度",
    TermMonths "term_months" "期限(月)",
    Role "role" "角色",
    ListOrScheme "list_or_scheme" "名录或方案",
    Detail "detail" "内容",
    LinkedUnit "linked_unit" "关联单位统一社会信用代码" : "Events: the unit that answers for the same matter.",
}

impl Field {
    /// The field of an id in `rules/standards/*.toml`.
    pub fn from_id(id: &str) -> Option<Field> {
        Self::ALL.iter().copied().find(|field| field.id() == id)
    }

    /// Whether cells of this column are masked wherever they are kept (identity numbers, phones, addresses).
    pub const fn is_sensitive(self) -> bool {
        matches!(
            self,
            Field::LegalRepIdNo | Field::IdNo | Field::CitizenNo | Field::Phone | Field::Address
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.zh())
    }
}

const _: () = assert!(Field::COUNT <= 128, "a FieldSet holds 128 fields");

/// A set of canonical columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u128);

impl FieldSet {
    /// Adds a field.
    pub fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u8;
    }

    /// Takes a field out.
    pub fn remove(&mut self, field: Field) {
        self.0 &= !(1 << field as u8);
    }

    /// Whether the field is in the set.
    pub const fn contains(self, field: Field) -> bool {
        self.0 & (1 << field as u8) != 0
    }

    /// The fields in the order of [`Field::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL
            .iter()
            .copied()
            .filter(move |field| self.contains(*field))
    }
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        let mut set = FieldSet::default();
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_round_trip() {
        for field in Field::ALL {
            assert_eq!(Field::from_id(field.id()), Some(*field));
        }
    }

    #[test]
    fn a_set_keeps_what_was_put_in() {
        let set: FieldSet = [Field::Detail, Field::SubjectName].into_iter().collect();
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            vec![Field::SubjectName, Field::Detail]
        );
        assert!(!set.contains(Field::Uscc));
    }
}
