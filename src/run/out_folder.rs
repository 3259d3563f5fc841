//! Whether a folder may become `out/`, which is replaced whole.

use std::path::Path;

use super::RunError;

/// What a run writes into `out/`; anything else there belongs to someone.
fn is_ours(name: &str) -> bool {
    matches!(name, "manifest.json" | "report.html" | "subjects")
        || (name.starts_with("checklist") && name.ends_with(".xlsx"))
}

/// Refuses a path that is no folder, or a folder with files that no run wrote. Nothing is touched.
///
/// # Errors
/// [`RunError::Usage`] with what stands there and what to name instead; [`RunError::Input`] when it cannot be listed.
pub fn check_out_folder(out: &Path) -> Result<(), RunError> {
    let shown = out.display();
    if out.file_name().is_none() {
        return Err(RunError::Usage(format!(
            "use --out {shown}: it is replaced whole, so name a folder of its own, such as out"
        )));
    }
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        return Err(RunError::Usage(format!(
            "use --out {shown}: it is a file; name a folder that is new, empty or of an earlier run"
        )));
    }
    let error = |source| RunError::Input {
        path: shown.to_string(),
        source,
    };
    let mut foreign = Vec::new();
    for entry in std::fs::read_dir(out).map_err(error)? {
        let name = entry.map_err(error)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if !is_ours(&name) {
            foreign.push(name);
        }
    }
    foreign.sort();
    match foreign.first() {
        None => Ok(()),
        Some(first) => Err(RunError::Usage(format!(
            "use --out {shown}: the folder is replaced whole, but holds what no run wrote ({first}{}); name a folder that is new, empty or of an earlier run",
            match foreign.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            }
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_empty_and_own_folders_are_taken() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        assert!(check_out_folder(&out).is_ok());
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("report.html"), "").unwrap();
        assert!(check_out_folder(&out).is_ok());
        std::fs::write(out.join("letter.docx"), "").unwrap();
        let said = check_out_folder(&out).unwrap_err().to_string();
        assert!(said.contains("letter.docx"), "{said}");
        let said = check_out_folder(&out.join("report.html")).unwrap_err();
        assert!(said.to_string().contains("it is a file"), "{said}");
        assert_eq!(said.exit_code(), 2);
    }
}
