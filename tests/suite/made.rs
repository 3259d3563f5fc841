//! A small made-up store, written as files and taken in by the program itself; and rule packs with one text changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xinheng::record::digest::sha256_hex;

/// The day of the first night.
pub(crate) const AS_OF: &str = "2026-03-01";
/// A fine of 3 万元 in 2025: 97 points, grade B.
pub(crate) const FINED_LITTLE: &str = "91500114MAXEBQJ950";
/// A fine of 8 万元 in 2025: 97 points, grade B.
pub(crate) const FINED_MORE: &str = "91500104MAYQ5WR33A";
/// On the roster without a record: grade A.
pub(crate) const CLEAN: &str = "91500106MATD20N682";
pub(crate) const ALIAS: &str = "org:MAXEBQJ95";

const PENALTIES: &str = "\
行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(工商注册号),行政相对人代码_3(组织机构代码),行政相对人代码_4(税务登记号),行政相对人代码_5(事业单位证书号),行政相对人代码_6(社会组织登记证号),法定代表人,法定代表人证件类型,法定代表人证件号码,证件类型,证件号码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额（万元）,没收违法所得、没收非法财物的金额（万元）,暂扣或吊销证照名称及编号,处罚决定日期,处罚有效期,公示截止期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,备注
重庆拟棠芃衡市政工程有限公司,法人及非法人组织,91500114MAXEBQJ950,,,,,,王拟乐,,,,,黔江环罚〔2025〕95000号,超标排放大气污染物,废气排放口颗粒物排放浓度超标。,《中华人民共和国大气污染防治法》第九十九条第（二）项,罚款,罚款人民币叁万元整（￥30000）,3,,,2025/03/10,2026/03/10,,重庆市黔江区生态环境局,11500114MBX077AM1Y,重庆市黔江区生态环境局,11500114MBX077AM1Y,
重庆拟泊岱岑劳务有限公司,法人及非法人组织,91500104MAYQ5WR33A,,,,,,谢拟辰,,,,,大渡口环罚〔2025〕95001号,超标排放大气污染物,废气排放口颗粒物排放浓度超标。,《中华人民共和国大气污染防治法》第九十九条第（二）项,罚款,罚款人民币捌万元整（￥80000）,8,,,2025/04/11,2026/04/11,,重庆市黔江区生态环境局,11500114MBX077AM1Y,重庆市黔江区生态环境局,11500114MBX077AM1Y,
";

const EVENTS: &str = "\
行政相对人名称,行政相对人类别,统一社会信用代码,证件类型,证件号码,事件类型,关联文书号,认定单位,认定单位代码,发生日期,截止日期,程度,期限(月),角色,名录或方案,内容,数据来源单位
重庆拟棠芃衡市政工程有限公司,法人及非法人组织,91500114MAXEBQJ950,,,参评名录,,重庆市黔江区生态环境局,11500114MBX077AM1Y,2025-01-10,,,,,environment/chongqing-2021,列入参评名录,重庆市黔江区生态环境局
重庆拟泊岱岑劳务有限公司,法人及非法人组织,91500104MAYQ5WR33A,,,参评名录,,重庆市黔江区生态环境局,11500114MBX077AM1Y,2025-01-10,,,,,environment/chongqing-2021,列入参评名录,重庆市黔江区生态环境局
重庆拟麓榆电镀有限公司,法人及非法人组织,91500106MATD20N682,,,参评名录,,重庆市黔江区生态环境局,11500114MBX077AM1Y,2025-01-10,,,,,environment/chongqing-2021,列入参评名录,重庆市黔江区生态环境局
袁拟远,自然人,,身份证,500151195709289849,科研失信处理,渝科诚信决〔2024〕326号,重庆市科学技术局,11500000MBX3E5NF21,2024-04-08,2027-04-07,严重,36,项目负责人,,以弄虚作假方式获得科技伦理审查批准。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。,重庆市科学技术局
袁拟幼,自然人,,身份证,500151201201019002,科研失信处理,渝科诚信决〔2024〕327号,重庆市科学技术局,11500000MBX3E5NF21,2024-04-08,2027-04-07,严重,36,项目负责人,,以弄虚作假方式获得科技伦理审查批准。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。,重庆市科学技术局
";

/// A template of 2015 that knows the body by its organisation code only.
const OLD_TEMPLATE: &str = "\
行政处罚决定书文号,处罚名称,处罚类别1,处罚类别2,处罚事由,处罚依据,行政相对人名称,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(组织机构代码),行政相对人代码_3(工商登记码),行政相对人代码_4(税务登记号),行政相对人代码_5(居民身份证号),法定代表人姓名,处罚结果,处罚决定日期,处罚机关,当前状态,地方编码,数据更新时间戳,备注
黔江环罚〔2025〕95002号,超标排放大气污染物,罚款,,废气排放口颗粒物排放浓度超标。,《中华人民共和国大气污染防治法》第九十九条第（二）项,重庆拟棠芃衡市政工程有限公司,,MAXEBQJ9-5,,,,王拟乐,罚款人民币贰万元整（￥20000）,2025/05/12,重庆市黔江区生态环境局,0,500114,,
";

/// What the program said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Folders of one test: inbox, store, key, everything else.
pub(crate) struct World {
    dir: tempfile::TempDir,
}

impl World {
    /// No store yet.
    pub(crate) fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A store of one night.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        fs::create_dir(world.path("inbox")).unwrap();
        world.put("inbox/处罚.csv", PENALTIES);
        world.put("inbox/事件.csv", EVENTS);
        let said = world.night(AS_OF);
        assert_eq!(said.code, 0, "{said:?}");
        world
    }

    /// A second night, which brings a decision under the organisation code of [`FINED_LITTLE`].
    pub(crate) fn second_night(&self, as_of: &str) -> Said {
        self.put("inbox/旧模板.csv", OLD_TEMPLATE);
        self.night(as_of)
    }

    fn night(&self, as_of: &str) -> Said {
        let rules = self.shipped_rules();
        self.call(&[
            "run",
            "--inbox",
            "inbox",
            "--store",
            "store",
            "--out",
            "out",
            "--as-of",
            as_of,
            "--rules",
            rules.to_str().unwrap(),
        ])
    }

    /// The repository's rule files.
    pub(crate) fn shipped_rules(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the program in the folder of the test.
    pub(crate) fn call(&self, args: &[&str]) -> Said {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_xinheng"))
            .args(args)
            .current_dir(self.dir.path())
            .env("XINHENG_KEY_FILE", self.path("key"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// A copy of the shipped pack with texts of its files replaced; the folder's name.
    pub(crate) fn pack(&self, name: &str, changes: &[(&str, &str, &str)]) -> String {
        let mut files = xinheng::rules::Pack::builtin().files().clone();
        for (file, from, to) in changes {
            let text = files.get_mut(*file).unwrap();
            assert!(text.contains(from), "{file} does not hold {from:?}");
            *text = text.replacen(from, to, 1);
        }
        for (file, text) in files {
            self.put(&format!("{name}/{file}"), &text);
        }
        name.to_owned()
    }

    /// Every file of the store with the digest of its bytes.
    pub(crate) fn store_listing(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        list(&self.path("store"), "", &mut found);
        found
    }
}

fn list(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.insert(format!("{name}/"), String::new());
            list(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, sha256_hex(&fs::read(entry.path()).unwrap()));
        }
    }
}
