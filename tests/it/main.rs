//! One binary for all stories: a further file here would link the whole service again.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod access;
mod assignments;
mod backup;
mod bad_input;
mod batch;
mod benefits;
mod benefits_2025;
mod chains;
mod cli;
mod clock;
mod dictionary;
mod differential;
mod document;
mod dossiers;
mod drafts;
mod exports;
mod failing;
mod faults;
mod figures;
mod file_faults;
mod imports;
mod letters;
mod machine;
mod meta;
mod names;
mod network;
mod pages;
mod papers;
mod pilot;
mod procedures;
mod queue;
mod ratings;
mod registers;
mod releases;
mod retries;
mod rule_books;
#[cfg(feature = "s3")]
mod s3;
mod sign_in;
mod stages;
mod statements;
mod stations;
mod stopping;
mod supplements;
mod tidy;
mod timeline;
mod upgrade;

/// Runs a story on both databases.
fn on_both(story: impl Fn(acceptance::World)) {
    for database in acceptance::Database::BOTH {
        story(acceptance::World::new(database));
    }
}
