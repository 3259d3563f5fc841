//! Outputs that cannot be written: an error, never a panic, and what was written before stays.
#![cfg(unix)]

use std::fs::File;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The program with a key of its own, in a folder.
fn xinheng(dir: &Path, args: &str) -> Command {
    use std::os::unix::fs::PermissionsExt as _;
    let key = dir.join("key");
    if !key.exists() {
        std::fs::write(&key, [7u8; 40]).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_xinheng"));
    command
        .args(args.split(' '))
        .env("XINHENG_KEY_FILE", &key)
        .current_dir(dir);
    command
}

fn succeeds(output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

fn full() -> Stdio {
    Stdio::from(File::options().write(true).open("/dev/full").unwrap())
}

fn sample_night(dir: &Path) {
    let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
    std::os::unix::fs::symlink(inbox, dir.join("inbox")).unwrap();
    let args = "run --inbox inbox --store store --out out --as-of 2026-11-22";
    succeeds(&xinheng(dir, args).output().unwrap());
}

/// The journal of a night may stand on a full disk.
#[test]
fn nobody_need_listen_to_a_night() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::create_dir(dir.join("inbox")).unwrap();
    let args = "run --inbox inbox --store store --out out --as-of 2026-11-22";
    let output = xinheng(dir, args).stderr(full()).output().unwrap();
    succeeds(&output);
    assert!(String::from_utf8_lossy(&output.stdout).contains("0 grades"));
    assert!(dir.join("out/manifest.json").exists());

    for args in ["verify --store store", "rules check", args] {
        let output = xinheng(dir, args).stdout(full()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{args}: {said}");
        assert!(said.contains("write stdout: "), "{args}: {said}");
        assert!(!said.contains("panicked"), "{args}: {said}");
        // Who reads the result may stop when he likes.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        succeeds(&xinheng(dir, args).stdout(writer).output().unwrap());
    }
}

/// A limit on the size of files is met in the middle of a workbook, like the end of a disk.
#[test]
fn a_workbook_that_finds_no_room_is_an_error_and_the_night_goes_on_later() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    sample_night(dir);
    std::fs::remove_dir_all(dir.join("out")).unwrap();
    let limited = |args: &str| {
        let program = xinheng(dir, args);
        let mut shell = Command::new("sh");
        // The signal of the limit is ignored, so that writing fails with an error.
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$@\"", "sh"])
            .arg(program.get_program())
            .args(program.get_args())
            .env("XINHENG_KEY_FILE", dir.join("key"))
            .current_dir(dir);
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{args}: {said}");
        (output.status.code(), said)
    };
    let (code, said) = limited("checklist --store store --format xlsx --out checklist.xlsx");
    assert_eq!(code, Some(4), "{said}");
    assert!(
        said.contains("write checklist.xlsx: ") && said.contains("os error 27"),
        "{said}"
    );
    let args = "run --inbox inbox --store store --out out --as-of 2026-11-22";
    let (code, said) = limited(args);
    assert_eq!(code, Some(4), "{said}");
    for word in [
        "checklist.xlsx",
        "os error 27",
        "the night is in the store as run",
        "run the same command again",
    ] {
        assert!(said.contains(word), "{said}");
    }
    assert!(!dir.join("out").exists());
    succeeds(&xinheng(dir, args).output().unwrap());
    assert!(dir.join("out/manifest.json").exists());
}
