//! Districts of Chongqing (GB/T 2260) and the organs that decide, license and report in them.

use super::codes;

/// A district or county of Chongqing; the city itself is the first entry.
#[derive(Debug)]
pub(crate) struct Place {
    /// GB/T 2260 code; `500000` for the city.
    pub(crate) code: &'static str,
    /// Name as it stands in an organ's name, e.g. `渝北区`; empty for the city.
    pub(crate) name: &'static str,
    /// Short form used in document numbers, e.g. `渝北`.
    pub(crate) short: &'static str,
}

const fn place(code: &'static str, name: &'static str, short: &'static str) -> Place {
    Place { code, name, short }
}

/// The city, 26 districts, 8 counties and 4 autonomous counties.
pub(crate) static PLACES: [Place; 39] = [
    place("500000", "", "渝"),
    place("500101", "万州区", "万州"),
    place("500102", "涪陵区", "涪陵"),
    place("500103", "渝中区", "渝中"),
    place("500104", "大渡口区", "大渡口"),
    place("500105", "江北区", "江北"),
    place("500106", "沙坪坝区", "沙坪坝"),
    place("500107", "九龙坡区", "九龙坡"),
    place("500108", "南岸区", "南岸"),
    place("500109", "北碚区", "北碚"),
    place("500110", "綦江区", "綦江"),
    place("500111", "大足区", "大足"),
    place("500112", "渝北区", "渝北"),
    place("500113", "巴南区", "巴南"),
    place("500114", "黔江区", "黔江"),
    place("500115", "长寿区", "长寿"),
    place("500116", "江津区", "江津"),
    place("500117", "合川区", "合川"),
    place("500118", "永川区", "永川"),
    place("500119", "南川区", "南川"),
    place("500120", "璧山区", "璧山"),
    place("500151", "铜梁区", "铜梁"),
    place("500152", "潼南区", "潼南"),
    place("500153", "荣昌区", "荣昌"),
    place("500154", "开州区", "开州"),
    place("500155", "梁平区", "梁平"),
    place("500156", "武隆区", "武隆"),
    place("500229", "城口县", "城口"),
    place("500230", "丰都县", "丰都"),
    place("500231", "垫江县", "垫江"),
    place("500233", "忠县", "忠县"),
    place("500235", "云阳县", "云阳"),
    place("500236", "奉节县", "奉节"),
    place("500237", "巫山县", "巫山"),
    place("500238", "巫溪县", "巫溪"),
    place("500240", "石柱土家族自治县", "石柱"),
    place("500241", "秀山土家族苗族自治县", "秀山"),
    place("500242", "酉阳土家族苗族自治县", "酉阳"),
    place("500243", "彭水苗族土家族自治县", "彭水"),
];

/// A field of administration; each has its organs, acts, licenses and document numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    /// 生态环境
    Environment,
    /// 市场监管
    Market,
    /// 住房城乡建设
    Construction,
    /// 招标投标（发展改革）
    Bidding,
    /// 政府采购（财政）
    Procurement,
    /// 应急管理
    Safety,
    /// 城市管理
    Urban,
    /// 交通运输
    Transport,
    /// 卫生健康
    Health,
    /// 农业农村
    Agriculture,
    /// 科学技术
    Science,
    /// 烟草专卖
    Tobacco,
}

impl Field {
    /// All fields, in the order of their organ numbers.
    pub(crate) const ALL: [Field; 12] = [
        Field::Environment,
        Field::Market,
        Field::Construction,
        Field::Bidding,
        Field::Procurement,
        Field::Safety,
        Field::Urban,
        Field::Transport,
        Field::Health,
        Field::Agriculture,
        Field::Science,
        Field::Tobacco,
    ];

    /// The field of a key in the embedded tables: the variant's name in lower case.
    pub(crate) fn from_key(key: &str) -> Option<Field> {
        Field::ALL
            .into_iter()
            .find(|field| format!("{field:?}").eq_ignore_ascii_case(key))
    }

    /// The organ's name after the place, e.g. `生态环境局`.
    pub(crate) fn organ_name(self) -> &'static str {
        match self {
            Field::Environment => "生态环境局",
            Field::Market => "市场监督管理局",
            Field::Construction => "住房和城乡建设委员会",
            Field::Bidding => "发展和改革委员会",
            Field::Procurement => "财政局",
            Field::Safety => "应急管理局",
            Field::Urban => "城市管理局",
            Field::Transport => "交通运输委员会",
            Field::Health => "卫生健康委员会",
            Field::Agriculture => "农业农村委员会",
            Field::Science => "科学技术局",
            Field::Tobacco => "烟草专卖局",
        }
    }

    /// The organ's mark in document numbers, e.g. `环` in `渝北环罚〔2026〕1号`.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Field::Environment => "环",
            Field::Market => "市监",
            Field::Construction => "建",
            Field::Bidding => "发改",
            Field::Procurement => "财",
            Field::Safety => "应急",
            Field::Urban => "城管",
            Field::Transport => "交",
            Field::Health => "卫",
            Field::Agriculture => "农",
            Field::Science => "科",
            Field::Tobacco => "烟",
        }
    }
}

/// An organ with its fictional code (department 1, class 1, subject part `MBX…`).
#[derive(Debug)]
pub(crate) struct Organ {
    /// Full name, e.g. `重庆市渝北区生态环境局`.
    pub(crate) name: String,
    /// 18 characters with a valid check character.
    pub(crate) code: String,
}

/// Every organ of every field and place.
#[derive(Debug)]
pub(crate) struct Organs(Vec<Organ>);

impl Organs {
    /// All organs; a pure function, a few hundred entries.
    pub(crate) fn new() -> Organs {
        let mut organs = Vec::with_capacity(Field::ALL.len() * PLACES.len());
        for (i, field) in Field::ALL.iter().enumerate() {
            for (j, place) in PLACES.iter().enumerate() {
                let number = (i * PLACES.len() + j) as u64;
                organs.push(Organ {
                    name: format!("重庆市{}{}", place.name, field.organ_name()),
                    code: codes::organ_uscc(place.code, number),
                });
            }
        }
        Organs(organs)
    }

    /// The organ of `field` at `place` (an index of [`PLACES`]).
    pub(crate) fn get(&self, field: Field, place: usize) -> &Organ {
        &self.0[field as usize * PLACES.len() + place]
    }
}

impl Default for Organs {
    fn default() -> Self {
        Organs::new()
    }
}
