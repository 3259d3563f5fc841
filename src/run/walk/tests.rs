//! What is read at a time, and which columns.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use super::{NOT_READ, Step, aliases, of_a_night, walk_sections};
use crate::grading::{Grading, grade};
use crate::record::{DEFAULT_BUCKETS, Day, PseudonymKey, bucket_of};
use crate::report::Rows;
use crate::run::{House, Job, input_files, perform};
use crate::store::{Section, Snapshot, Span, Store, Table};

/// A penalty in template C of a body with a code, a number of registration, or both.
fn penalty(code: &str, number: &str, document: u32) -> String {
    format!(
        "重庆拟汐芃市政工程有限公司,个体工商户,{code},{number},,,,,萧拟远,,,,,渝环罚〔2026〕{document}号,超标排放水污染物,超标排放废水,\
         《中华人民共和国水污染防治法》第八十三条,罚款,罚款：0.5（万元）,0.5,,,2026/05/0{document},2099/12/31,2029/05/05,\
         重庆市生态环境局,11500108MBX0TBL61J,重庆市生态环境局,11500108MBX0TBL61J,\n"
    )
}

const HEADER: &str = "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(工商注册号),行政相对人代码_3(组织机构代码),行政相对人代码_4(税务登记号),行政相对人代码_5(事业单位证书号),行政相对人代码_6(社会组织登记证号),法定代表人,法定代表人证件类型,法定代表人证件号码,证件类型,证件号码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,处罚内容,罚款金额（万元）,没收违法所得、没收非法财物的金额（万元）,暂扣或吊销证照名称及编号,处罚决定日期,处罚有效期,公示截止期,处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,备注\n";

/// Version A: a penalty of a body of which only the organisation code is known.
const BY_ORG_CODE: &str = "CF_WSH,CF_CFMC,CF_CFLB1,CF_CFLB2,CF_SY,CF_YJ,CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_ZDM,CF_XDR_GSDJ,CF_XDR_SWDJ,CF_XDR_SFZ,CF_FR,CF_JG,CF_JDRQ,CF_XZJG,CF_ZT,DFBM,SJC,BZ
江环罚〔2017〕1号,江州示例化工超标排放案,罚款,,超标排放,环境保护法第六十条,江州示例化工有限公司,,MATGF2PHX,,,,王某,罚款贰万元整,2017/3/1,江州市环境保护局,0,500000,2017-03-02 10:00:00,
";

/// The sample inbox, and bodies of which a record names the organisation code or the number of registration alone.
fn store(folder: &Path) -> Snapshot {
    let rows = [
        penalty("91500108MATGF2PHXU", "", 1),
        penalty("91500229MAXX282H1B", "500102953923969", 2),
        penalty("00000000000000000X", "500102953923969", 3),
    ];
    let (a, c) = (folder.join("a.csv"), folder.join("c.csv"));
    std::fs::write(&a, BY_ORG_CODE).unwrap();
    std::fs::write(&c, HEADER.to_owned() + &rows.concat()).unwrap();
    let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
    let day = Day::parse_iso("2026-11-22").unwrap();
    let store = folder.join("store");
    let job = Job {
        kind: "run",
        store: &store,
        files: input_files(&[inbox, a, c]).unwrap(),
        as_of: day,
        received: day,
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: false,
        no_compaction: false,
    };
    let (house, key) = (House::open(None).unwrap(), PseudonymKey::new(&[7; 32]));
    perform(&job, &house, &key.unwrap(), &|_| {}).unwrap();
    Store::open(&store).unwrap()
}

/// Every bucket, cut at some of its own subjects.
fn cut_fine(view: &Snapshot, each: usize) -> Vec<Section> {
    let subjects = view.read(Table::Subjects).unwrap();
    let rows = Rows(&subjects);
    let mut of_bucket: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for row in 0..rows.len() {
        let id = rows.text(row, "subject_id");
        let bucket = bucket_of(&id, DEFAULT_BUCKETS);
        of_bucket.entry(bucket).or_default().push(id);
    }
    let mut sections = Vec::new();
    for bucket in 0..DEFAULT_BUCKETS {
        let mut ids = of_bucket.remove(&bucket).unwrap_or_default();
        ids.sort();
        let mut from = String::new();
        let cuts = ids.into_iter().skip(1).step_by(each).map(Some);
        for to in cuts.chain([None]) {
            sections.push(Section {
                buckets: bucket..bucket + 1,
                subjects: Span {
                    from: std::mem::replace(&mut from, to.clone().unwrap_or_default()),
                    to,
                },
            });
        }
    }
    sections
}

/// Old numbers of a body are graded with it, in its bucket or in another, whatever is read at a time.
#[test]
fn grades_do_not_depend_on_what_is_read_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let view = store(folder.path());
    let same_as = aliases(&view).unwrap();
    let rows = Rows(&same_as);
    let is_near = |row: &usize| {
        let bucket = |column| bucket_of(rows.str(*row, column), DEFAULT_BUCKETS);
        bucket("subject_id") == bucket("same_as")
    };
    let near = (0..rows.len()).filter(is_near).count();
    assert!(near > 0 && near < rows.len(), "{near} of {}", rows.len());
    let house = House::open(None).unwrap();
    let day = Day::parse_iso("2026-11-21").unwrap();
    let schemes = house.rules.active_schemes(day);
    let (publicity, digest) = (&house.rules.publicity, &house.rules.digest);
    let grading = Grading::new(&schemes, publicity, digest, day).unwrap();
    let graded = |sections: &[Section]| {
        let mut tables: [Vec<RecordBatch>; 2] = Default::default();
        let mut ends = Vec::new();
        let work = |owned: &super::Owned| Ok(grade(&owned.input(), &grading)?);
        walk_sections(&view, sections, None, &of_a_night, work, &mut |step| {
            match step {
                Step::Part(graded) => {
                    tables[0].push(graded.grades);
                    tables[1].push(graded.evidence);
                }
                Step::End(range) => ends.push(range),
            }
            Ok(())
        })
        .unwrap();
        assert!(ends.windows(2).all(|two| two[0].end == two[1].start));
        assert_eq!(ends.last().map(|range| range.end), Some(DEFAULT_BUCKETS));
        tables.map(|parts| concat_batches(&parts[0].schema(), &parts).unwrap())
    };
    let whole = graded(&[Section::of(0..DEFAULT_BUCKETS)]);
    assert!(whole[0].num_rows() > 20, "{}", whole[0].num_rows());
    for each in [1, 2, 5] {
        let sections = cut_fine(&view, each);
        assert!(sections.len() > DEFAULT_BUCKETS as usize);
        assert_eq!(graded(&sections), whole, "{each}");
    }
    assert_eq!(graded(&view.sections(10).unwrap()), whole);
}

/// A column that is left out would silently count as empty, so nobody may ask for it.
#[test]
fn nobody_asks_for_a_column_that_is_not_read() {
    let readers = [
        include_str!("../../grading/alias.rs"),
        include_str!("../../grading/columns.rs"),
        include_str!("../../grading/linked.rs"),
        include_str!("../../consequence/candidate.rs"),
        include_str!("../../consequence/supervision.rs"),
        include_str!("../../consequence/derive.rs"),
        include_str!("../../consequence/measure.rs"),
    ];
    for name in NOT_READ {
        let quoted = format!("\"{name}\"");
        assert!(
            readers.iter().all(|text| !text.contains(&quoted)),
            "{name} is read after all"
        );
    }
    assert!(
        readers
            .iter()
            .any(|text| text.contains("\"violation_text\""))
    );
}
