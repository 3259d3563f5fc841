//! What a user sees of `synth`: the same options give the same bytes, and the committed sample is what it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use xinheng::synth::{self, FileFormat, FileLayout, Options};

/// File names and bytes of a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    entries
        .map(|entry| {
            let path = entry.expect("the entry can be read").path();
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(&path).expect("the file can be read"))
        })
        .collect()
}

fn generate(options: &Options) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    synth::write_files(options, folder.path()).expect("generation succeeds");
    contents(folder.path())
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox")
}

/// After a wanted change of the generator, `XINHENG_BLESS=1 cargo test` rewrites the committed sample.
#[test]
fn the_committed_inbox_is_what_synth_writes() {
    if std::env::var_os("XINHENG_BLESS").is_some() {
        let _ = fs::remove_dir_all(sample());
        synth::write_files(&Options::sample(), &sample()).expect("generation succeeds");
    }
    let (committed, generated) = (contents(&sample()), generate(&Options::sample()));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated));
    for (name, bytes) in &generated {
        assert!(
            committed.get(name) == Some(bytes),
            "{name} differs from what synth writes"
        );
    }
}

#[test]
fn equal_options_give_equal_bytes_in_every_layout_and_format() {
    let layouts = [
        FileLayout::A,
        FileLayout::B,
        FileLayout::C,
        FileLayout::Db,
        FileLayout::Api,
        FileLayout::Events,
    ];
    let formats = [
        FileFormat::Xlsx,
        FileFormat::Csv,
        FileFormat::CsvGb18030,
        FileFormat::Parquet,
    ];
    for layout in layouts {
        for format in formats {
            let options = Options {
                records: 300,
                subjects: 40,
                seed: 3,
                layout,
                format,
                dirt_per_mille: Some(100),
                ..Options::sample()
            };
            let first = generate(&options);
            assert!(!first.is_empty());
            assert_eq!(first, generate(&options), "{layout:?} {format:?}");
            let other = generate(&Options { seed: 4, ..options });
            assert_ne!(
                first, other,
                "{layout:?} {format:?}: another seed must give other data"
            );
        }
    }
}

#[test]
fn the_asked_number_of_records_is_written() {
    let options = Options {
        records: 5000,
        subjects: 3000,
        seed: 9,
        layout: FileLayout::C,
        format: FileFormat::Csv,
        ..Options::sample()
    };
    let files = generate(&options);
    let rows = |name: &str| {
        let mut reader = csv::Reader::from_reader(files[name].as_slice());
        reader
            .byte_records()
            .map(|record| record.expect("a row of equal length"))
            .count() as u64
    };
    assert_eq!(rows("penalties-c.csv") + rows("licenses-c.csv"), 5000);
    assert!(rows("events.csv") > 500);
}

#[test]
fn sizes_out_of_range_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = synth::write_files(
        &Options {
            subjects: 0,
            ..Options::sample()
        },
        folder.path(),
    )
    .expect_err("no subjects");
    assert_eq!(
        error.to_string(),
        "0 subjects asked for; between 1 and 143145755 are possible"
    );
}
