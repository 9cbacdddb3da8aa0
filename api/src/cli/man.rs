//! Manual pages, in the language of the command line.

use std::path::Path;

use clap_mangen::Man;

use super::say;
use super::text::{Language, command};

/// Prints the page of the program, or writes a page for each command.
pub(super) fn run(dir: Option<&Path>, language: Language) -> anyhow::Result<()> {
    let mut all = command(language);
    let Some(dir) = dir else {
        let mut page = Vec::new();
        Man::new(all).render(&mut page)?;
        say(String::from_utf8_lossy(&page).trim_end());
        return Ok(());
    };
    std::fs::create_dir_all(dir)?;
    all.build();
    clap_mangen::generate_to(all, dir)?;
    Ok(())
}
