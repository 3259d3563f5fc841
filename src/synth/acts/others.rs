//! 城市管理, 交通运输, 卫生健康, 农业农村 and 烟草专卖.

use super::super::subject::Sector;
use super::{Act, FINE, FINE_AND_INCOME, FINE_OR_WARNING};

pub(super) static URBAN: &[Act] = &[
    Act {
        violation: "擅自占用道路摆摊设点",
        title: "擅自占用城市道路摆摊设点",
        facts: "{日}，{名}擅自占用人行道摆放桌椅{数}套经营。",
        basis: "《重庆市市容环境卫生管理条例》第五十四条",
        basis_code: None,
        kinds: FINE_OR_WARNING,
        fine: (1, 20),
        sectors: &[],
    },
    Act {
        violation: "未核准处置建筑垃圾",
        title: "未经核准擅自处置建筑垃圾",
        facts: "{日}，{名}未经核准擅自运输建筑垃圾{数}车。",
        basis: "《城市建筑垃圾管理规定》第二十五条",
        basis_code: None,
        kinds: FINE,
        fine: (10, 300),
        sectors: &[],
    },
    Act {
        violation: "违法建设",
        title: "未取得建设工程规划许可证进行建设",
        facts: "{日}，{名}未取得建设工程规划许可证搭建构筑物{数}处。",
        basis: "《中华人民共和国城乡规划法》第六十四条",
        basis_code: None,
        kinds: FINE,
        fine: (10, 500),
        sectors: &[],
    },
];

pub(super) static TRANSPORT: &[Act] = &[
    Act {
        violation: "未取得道路运输经营许可从事经营",
        title: "未取得道路运输经营许可擅自从事道路货物运输经营",
        facts: "{日}，{名}未取得道路运输经营许可，擅自从事道路货物运输经营。",
        basis: "《中华人民共和国道路运输条例》第六十三条",
        basis_code: None,
        kinds: FINE_AND_INCOME,
        fine: (30, 200),
        sectors: &[],
    },
    Act {
        violation: "车辆超限运输",
        title: "车辆擅自超限行驶公路",
        facts: "{日}，{名}所有的货运车辆车货总质量超限{数}吨行驶公路。",
        basis: "《公路安全保护条例》第六十四条",
        basis_code: None,
        kinds: FINE,
        fine: (5, 300),
        sectors: &[],
    },
    Act {
        violation: "未按规定维护和检测运输车辆",
        title: "未按规定维护和检测运输车辆",
        facts: "{日}，{名}{数}台营运车辆未按规定维护和检测。",
        basis: "《中华人民共和国道路运输条例》第七十条第一款",
        basis_code: None,
        kinds: FINE_OR_WARNING,
        fine: (10, 50),
        sectors: &[],
    },
];

pub(super) static HEALTH: &[Act] = &[
    Act {
        violation: "使用非卫生技术人员",
        title: "使用非卫生技术人员从事医疗卫生技术工作",
        facts: "{日}，{名}使用{数}名非卫生技术人员从事医疗卫生技术工作。",
        basis: "《医疗机构管理条例》第四十七条",
        basis_code: None,
        kinds: &[(80, "罚款"), (20, "罚款;吊销许可证件")],
        fine: (100, 1000),
        sectors: &[Sector::Health],
    },
    Act {
        violation: "医疗废物管理违法",
        title: "未按规定分类收集医疗废物",
        facts: "{日}，{名}未将医疗废物按类别分置于专用包装物。",
        basis: "《医疗废物管理条例》第四十六条第（二）项",
        basis_code: None,
        kinds: FINE_OR_WARNING,
        fine: (20, 300),
        sectors: &[Sector::Health],
    },
    Act {
        violation: "公共场所卫生管理违法",
        title: "未依法取得公共场所卫生许可证擅自营业",
        facts: "{日}，{名}未依法取得公共场所卫生许可证擅自营业{数}个月。",
        basis: "《公共场所卫生管理条例实施细则》第三十五条第一款",
        basis_code: None,
        kinds: FINE_OR_WARNING,
        fine: (5, 300),
        sectors: &[Sector::Stall, Sector::Health],
    },
    Act {
        violation: "医师执业违法",
        title: "未按照注册的执业范围执业",
        facts: "{日}，{名}未按照注册的执业范围执业。",
        basis: "《中华人民共和国医师法》第五十七条",
        basis_code: None,
        kinds: &[(60, "警告;罚款"), (30, "警告"), (10, "罚款;暂扣许可证件")],
        fine: (100, 300),
        sectors: &[Sector::Researcher],
    },
];

pub(super) static AGRICULTURE: &[Act] = &[
    Act {
        violation: "销售的农产品农药残留超标",
        title: "销售农药残留不符合标准的农产品",
        facts: "{日}抽检，{名}销售的蔬菜农药残留超标{数}倍。",
        basis: "《中华人民共和国农产品质量安全法》第七十一条第（二）项",
        basis_code: None,
        kinds: FINE_AND_INCOME,
        fine: (5, 500),
        sectors: &[],
    },
    Act {
        violation: "未按规定处理病死动物",
        title: "未按规定处理病死动物",
        facts: "{日}，{名}未按规定对{数}头病死生猪进行无害化处理。",
        basis: "《中华人民共和国动物防疫法》第九十八条",
        basis_code: None,
        kinds: FINE,
        fine: (30, 300),
        sectors: &[],
    },
];

pub(super) static TOBACCO: &[Act] = &[Act {
    violation: "未在当地烟草专卖批发企业进货",
    title: "未在当地烟草专卖批发企业进货",
    facts: "{日}，{名}未在当地烟草专卖批发企业进货，查获卷烟{数}条。",
    basis: "《中华人民共和国烟草专卖法实施条例》第五十六条",
    basis_code: None,
    kinds: FINE,
    fine: (3, 50),
    sectors: &[],
}];
