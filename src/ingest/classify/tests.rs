use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::record::parse_citations;

fn shipped() -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/classification");
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            files.insert(format!("classification/{name}"), std::fs::read_to_string(&path).unwrap());
        }
    }
    files
}

#[test]
#[ignore = "prints"]
fn dump() {
    let classifier = Classifier::load(&shipped()).unwrap();
    for line in std::fs::read_to_string("/tmp/class_cases.psv").unwrap().lines() {
        let c: Vec<&str> = line.split('|').collect();
        let cites = parse_citations(c[2]);
        println!("{}|{}|{}|{}|{}", c[0], c[1], c[2], classifier.class_of(&cites, c[0], c[1]).unwrap_or("-"), classifier.class_of(&[], c[0], c[1]).unwrap_or("-"));
    }
}
