//! Invented names. Every body's 字号 begins with 拟 (simulated), so no name can be taken for a real company.

use super::rng::Rng;
use super::subject::Sector;

/// Characters of invented 字号.
const SYLLABLES: [&str; 64] = [
    "沄", "珞", "霁", "岚", "澜", "铄", "湉", "翊", "禾", "屿", "舟", "砚", "溯", "棠", "峤", "煜",
    "芃", "汐", "砺", "栩", "朔", "琅", "岱", "渟", "昱", "蔚", "钧", "浔", "沐", "曜", "晟", "璟",
    "淳", "岑", "骁", "榆", "泓", "汀", "颂", "旻", "苒", "峻", "漪", "琰", "涵", "澈", "樾", "昕",
    "睦", "弋", "杉", "岭", "川", "谷", "禹", "麓", "望", "梧", "澄", "泊", "阙", "皓", "鹭", "衡",
];

const SURNAMES: [&str; 40] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹",
    "袁", "邓", "许", "傅", "欧阳", "司马", "上官", "诸葛",
];

const GIVEN: [&str; 48] = [
    "拟安", "拟平", "拟川", "拟文", "拟远", "拟宁", "拟诚", "拟信", "拟衡", "拟之", "拟明", "拟和",
    "拟清", "拟舟", "拟秋", "拟冬", "拟春", "拟夏", "拟山", "拟石", "拟松", "拟竹", "拟梅", "拟兰",
    "拟青", "拟蓝", "拟然", "拟若", "拟思", "拟慎", "拟言", "拟行", "拟恒", "拟一", "拟初", "拟知",
    "拟谦", "拟礼", "拟乐", "拟泽", "拟沛", "拟星", "拟辰", "拟晓", "拟晨", "拟晚", "拟霜", "拟雪",
];

/// A person's name: a real surname with a given name that begins with 拟.
pub(crate) fn person(rng: &mut Rng) -> String {
    let mut name = String::with_capacity(12);
    name.push_str(rng.pick(&SURNAMES));
    name.push_str(rng.pick(&GIVEN));
    name
}

/// The 字号 of a body: 拟 and two or three characters.
fn trade_name(rng: &mut Rng, name: &mut String) {
    name.push('拟');
    name.push_str(rng.pick(&SYLLABLES));
    name.push_str(rng.pick(&SYLLABLES));
    if rng.chance(350) {
        name.push_str(rng.pick(&SYLLABLES));
    }
}

/// The name of a body: `重庆` or a district, 字号, trade and legal form.
pub(crate) fn body(rng: &mut Rng, sector: Sector, district: &str) -> String {
    let mut name = String::with_capacity(48);
    if matches!(sector, Sector::Stall | Sector::Farm) || rng.chance(150) {
        name.push_str(district);
    } else {
        name.push_str("重庆");
    }
    trade_name(rng, &mut name);
    name.push_str(rng.pick(sector.trades()));
    name
}
