//! Fictional subjects: each is a pure function of (seed, index).

use super::codes;
use super::names;
use super::places::{Field, PLACES, Place};
use super::rng::Rng;

/// What kind of subject in the sense of the template's 行政相对人类别.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 法人及非法人组织
    Entity,
    /// 个体工商户
    IndividualBusiness,
    /// 自然人
    Person,
}

impl Kind {
    /// The value of 行政相对人类别.
    pub(crate) fn zh(self) -> &'static str {
        match self {
            Kind::Entity => "法人及非法人组织",
            Kind::IndividualBusiness => "个体工商户",
            Kind::Person => "自然人",
        }
    }
}

/// The trade of a subject; it decides which organs meet it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sector {
    /// Enterprises with a discharge permit; the roster of the environment scheme.
    Discharger,
    /// Monitoring, EIA, vehicle-testing and waste-identification bodies.
    EnvironmentService,
    /// Building and municipal works.
    Builder,
    /// Suppliers in government procurement and tendering.
    Supplier,
    /// Food makers and caterers.
    Food,
    /// Drugs, devices and clinics.
    Health,
    /// Road transport.
    Transport,
    /// Dangerous chemicals and mines.
    Hazard,
    /// Universities, institutes and technology companies.
    Research,
    /// Associations and other social organisations.
    Social,
    /// Farmers' cooperatives.
    Farm,
    /// Stalls and shops of individual businesses.
    Stall,
    /// Natural persons met by market, traffic and health organs.
    Citizen,
    /// Natural persons in research.
    Researcher,
}

impl Sector {
    /// The sector of a key in the embedded tables.
    pub(crate) fn from_key(key: &str) -> Option<Sector> {
        Some(match key {
            "discharger" => Sector::Discharger,
            "service" => Sector::EnvironmentService,
            "builder" => Sector::Builder,
            "supplier" => Sector::Supplier,
            "food" => Sector::Food,
            "health" => Sector::Health,
            "transport" => Sector::Transport,
            "hazard" => Sector::Hazard,
            "research" => Sector::Research,
            "social" => Sector::Social,
            "farm" => Sector::Farm,
            "stall" => Sector::Stall,
            "citizen" => Sector::Citizen,
            "researcher" => Sector::Researcher,
            _ => return None,
        })
    }

    /// Trade and legal form, the tail of a name.
    pub(crate) fn trades(self) -> &'static [&'static str] {
        match self {
            Sector::Discharger => &[
                "化工有限公司",
                "电镀有限公司",
                "水泥有限公司",
                "纸业有限公司",
                "铸造有限公司",
                "制药有限公司",
                "玻璃制品有限公司",
                "涂料有限公司",
                "金属表面处理有限公司",
                "污水处理有限公司",
                "固体废物处置有限公司",
                "汽车零部件制造有限公司",
                "食品加工有限公司",
                "建材有限责任公司",
                "印刷包装有限公司",
            ],
            Sector::EnvironmentService => &[
                "环境监测有限公司",
                "环境影响评价咨询有限公司",
                "机动车检测有限公司",
                "土壤调查评估有限公司",
                "危险废物鉴别有限公司",
                "环保设施运营有限公司",
                "碳核查技术有限公司",
            ],
            Sector::Builder => &[
                "建筑工程有限公司",
                "市政工程有限公司",
                "装饰工程有限公司",
                "建设集团有限公司",
                "劳务有限公司",
            ],
            Sector::Supplier => &[
                "商贸有限公司",
                "信息技术有限公司",
                "办公设备有限公司",
                "物业服务有限公司",
                "招标代理有限公司",
            ],
            Sector::Food => &[
                "食品有限公司",
                "餐饮管理有限公司",
                "超市有限公司",
                "乳业有限公司",
                "火锅餐饮有限公司",
            ],
            Sector::Health => &[
                "大药房有限公司",
                "医疗器械有限公司",
                "门诊部有限公司",
                "化妆品有限公司",
            ],
            Sector::Transport => &[
                "运输有限公司",
                "物流有限公司",
                "出租汽车有限公司",
                "公共交通有限公司",
            ],
            Sector::Hazard => &[
                "危险化学品经营有限公司",
                "矿业有限公司",
                "烟花爆竹有限公司",
                "特种气体有限公司",
            ],
            Sector::Research => &[
                "大学",
                "科学技术研究院",
                "生物科技有限公司",
                "智能装备研究所",
                "新材料科技股份有限公司",
            ],
            Sector::Social => &["行业协会", "商会", "职业培训学校", "养老服务中心"],
            Sector::Farm => &[
                "蔬菜种植专业合作社",
                "生猪养殖专业合作社",
                "柑橘种植专业合作社",
            ],
            Sector::Stall => &[
                "小面馆",
                "火锅店",
                "便利店",
                "五金店",
                "理发店",
                "汽车修理店",
                "干洗店",
                "水果店",
                "副食店",
            ],
            Sector::Citizen | Sector::Researcher => &[""],
        }
    }

    /// Department and class of the code (GB 32100 positions 1 and 2).
    fn head(self, trade: &str) -> &'static str {
        match self {
            Sector::Research if !trade.ends_with("公司") => "12",
            Sector::Social if trade.ends_with("学校") || trade.ends_with("中心") => "52",
            Sector::Social => "51",
            Sector::Farm => "93",
            Sector::Stall => "92",
            _ => "91",
        }
    }

    /// Fields whose organs penalise this subject, with weights.
    pub(crate) fn penal_fields(self) -> &'static [(u32, Field)] {
        match self {
            Sector::Discharger => &[
                (80, Field::Environment),
                (10, Field::Safety),
                (10, Field::Market),
            ],
            Sector::EnvironmentService => &[(80, Field::Environment), (20, Field::Market)],
            Sector::Builder => &[
                (50, Field::Construction),
                (20, Field::Bidding),
                (10, Field::Safety),
                (10, Field::Environment),
                (10, Field::Urban),
            ],
            Sector::Supplier => &[
                (45, Field::Procurement),
                (35, Field::Bidding),
                (20, Field::Market),
            ],
            Sector::Food => &[
                (85, Field::Market),
                (10, Field::Urban),
                (5, Field::Environment),
            ],
            Sector::Health => &[(60, Field::Health), (40, Field::Market)],
            Sector::Transport => &[(90, Field::Transport), (10, Field::Safety)],
            Sector::Hazard => &[(80, Field::Safety), (20, Field::Environment)],
            Sector::Research => &[(60, Field::Market), (40, Field::Procurement)],
            Sector::Social => &[(100, Field::Market)],
            Sector::Farm => &[(85, Field::Agriculture), (15, Field::Environment)],
            Sector::Stall => &[
                (70, Field::Market),
                (25, Field::Urban),
                (5, Field::Environment),
            ],
            Sector::Citizen => &[
                (40, Field::Market),
                (30, Field::Transport),
                (20, Field::Urban),
                (10, Field::Agriculture),
            ],
            Sector::Researcher => &[(100, Field::Health)],
        }
    }

    /// Fields whose organs license this subject, with weights.
    pub(crate) fn license_fields(self) -> &'static [(u32, Field)] {
        match self {
            Sector::Discharger => &[(70, Field::Environment), (30, Field::Market)],
            Sector::EnvironmentService => &[(100, Field::Market)],
            Sector::Builder => &[(100, Field::Construction)],
            Sector::Supplier | Sector::Research | Sector::Social => {
                &[(60, Field::Market), (40, Field::Urban)]
            }
            Sector::Food => &[(80, Field::Market), (20, Field::Tobacco)],
            Sector::Health => &[(60, Field::Market), (40, Field::Health)],
            Sector::Transport => &[(100, Field::Transport)],
            Sector::Hazard => &[(100, Field::Safety)],
            Sector::Farm => &[(100, Field::Agriculture)],
            Sector::Stall => &[
                (60, Field::Market),
                (30, Field::Tobacco),
                (10, Field::Health),
            ],
            Sector::Citizen => &[
                (50, Field::Transport),
                (30, Field::Market),
                (20, Field::Construction),
            ],
            Sector::Researcher => &[(100, Field::Health)],
        }
    }
}

/// How often each sector occurs.
const SECTORS: [(u32, Sector); 14] = [
    (26, Sector::Discharger),
    (4, Sector::EnvironmentService),
    (9, Sector::Builder),
    (7, Sector::Supplier),
    (9, Sector::Food),
    (5, Sector::Health),
    (5, Sector::Transport),
    (3, Sector::Hazard),
    (4, Sector::Research),
    (2, Sector::Social),
    (2, Sector::Farm),
    (12, Sector::Stall),
    (8, Sector::Citizen),
    (4, Sector::Researcher),
];

/// A fictional body or person.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// Position in `0..subjects`.
    pub(crate) index: u64,
    /// 行政相对人类别.
    pub(crate) kind: Kind,
    /// Trade.
    pub(crate) sector: Sector,
    /// 行政相对人名称.
    pub(crate) name: String,
    /// Index into [`PLACES`]; never the city itself.
    pub(crate) place: usize,
    /// 统一社会信用代码, the placeholder for a stall without one, empty for persons.
    pub(crate) uscc: String,
    /// 工商注册号; always there where `uscc` is the placeholder.
    pub(crate) registration_no: String,
    /// 法定代表人; empty for persons.
    pub(crate) representative: String,
    /// 法定代表人证件号码; empty where the sender leaves it out.
    pub(crate) representative_id: String,
    /// 证件类型; persons only.
    pub(crate) id_type: &'static str,
    /// 证件号码; persons only.
    pub(crate) id_number: String,
}

/// 17 zeros and X, for individual businesses without a code.
pub(crate) const PLACEHOLDER: &str = "00000000000000000X";

/// Stream numbers of [`Rng`], one per purpose.
pub(crate) mod stream {
    /// Who a subject is.
    pub(crate) const SUBJECT: u64 = 1;
    /// How many records it has.
    pub(crate) const WEIGHT: u64 = 2;
    /// Its records.
    pub(crate) const RECORDS: u64 = 3;
    /// Dirt in its rows.
    pub(crate) const DIRT: u64 = 4;
}

impl Subject {
    /// Subject `index` under `seed`.
    pub(crate) fn new(seed: u64, index: u64) -> Subject {
        let mut rng = Rng::new(seed, stream::SUBJECT, index);
        let sector = rng.weighted(&SECTORS);
        Subject::of_sector(seed, index, sector, &mut rng)
    }

    /// Subject `index` with a given trade.
    pub(crate) fn of_sector(seed: u64, index: u64, sector: Sector, rng: &mut Rng) -> Subject {
        let place = 1 + rng.below(PLACES.len() as u64 - 1) as usize;
        match sector {
            Sector::Citizen | Sector::Researcher => Subject {
                index,
                kind: Kind::Person,
                sector,
                name: names::person(rng),
                place,
                uscc: String::new(),
                registration_no: String::new(),
                representative: String::new(),
                representative_id: String::new(),
                id_type: "身份证",
                id_number: codes::citizen_id(index),
            },
            _ => {
                let region = PLACES[place].code;
                let stall = sector == Sector::Stall;
                let name = names::body(rng, sector, PLACES[place].name);
                // Beyond the last number of its own a subject has none, so that no two are taken for the same body; the
                // few subjects of the typical cases are made up apart.
                let numbered =
                    !(codes::REGISTRATION_NUMBERS..super::cases::FIRST_SUBJECT).contains(&index);
                let no_code = stall && rng.chance(80) && numbered;
                let with_registration = (no_code || rng.chance(200)) && numbered;
                let with_id = rng.chance(150);
                Subject {
                    index,
                    kind: if stall {
                        Kind::IndividualBusiness
                    } else {
                        Kind::Entity
                    },
                    sector,
                    uscc: if no_code {
                        PLACEHOLDER.to_owned()
                    } else {
                        codes::subject_uscc(sector.head(&name), region, index, seed)
                    },
                    name,
                    place,
                    registration_no: if with_registration {
                        codes::registration_no(region, index)
                    } else {
                        String::new()
                    },
                    representative: names::person(rng),
                    representative_id: if with_id {
                        codes::citizen_id(index ^ 0x5555)
                    } else {
                        String::new()
                    },
                    id_type: "",
                    id_number: String::new(),
                }
            }
        }
    }

    /// The place of the subject.
    pub(crate) fn place(&self) -> &'static Place {
        &PLACES[self.place]
    }

    /// 组织机构代码 inside the code, where there is a code of its own.
    pub(crate) fn org_code(&self) -> &str {
        if self.uscc.len() == 18 && self.uscc != PLACEHOLDER {
            &self.uscc[8..17]
        } else {
            ""
        }
    }

    /// How many shares of all records the subject has: heavy-tailed, so that one in a thousand has hundreds of times
    /// the usual number, as in real platforms. `levels` bounds the tail (see [`Subject::levels`]).
    pub(crate) fn weight(seed: u64, index: u64, levels: u32) -> u64 {
        let mut rng = Rng::new(seed, stream::WEIGHT, index);
        // Pareto with exponent near 1.4 in whole numbers: 2^(k·0.7) with P(k) = 2^-k.
        let level = (rng.bits() | 1 << levels.min(15)).trailing_zeros();
        const POWERS: [u64; 16] = [
            10, 16, 26, 43, 70, 113, 184, 299, 485, 788, 1280, 2079, 3378, 5487, 8914, 14481,
        ];
        POWERS[level as usize] + rng.below(10)
    }

    /// How far the tail of the weights may reach among so many subjects, so that in a small sample no single one
    /// holds a large part of all records.
    pub(crate) fn levels(subjects: u64) -> u32 {
        2 + subjects.max(1).ilog2() / 2
    }
}
