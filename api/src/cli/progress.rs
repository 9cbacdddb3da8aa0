//! How far a long command is, drawn on standard error when that is a terminal.

use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use persistence::archive::{Phase, Watch};

use super::text::Language;

/// A bar for each phase of a run.
pub(super) struct Bar {
    language: Language,
    bar: Mutex<ProgressBar>,
}

impl Bar {
    pub(super) fn new(language: Language) -> Self {
        Self { language, bar: Mutex::new(ProgressBar::hidden()) }
    }

    fn with<T>(&self, work: impl FnOnce(&mut ProgressBar) -> T) -> T {
        work(&mut self.bar.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.with(|bar| bar.finish_and_clear());
    }
}

/// A bar of rows, for commands that count themselves.
pub(super) fn rows(total: u64, what: &'static str) -> ProgressBar {
    bar(total, what, "{pos}/{len}")
}

fn bar(total: u64, what: &'static str, counts: &str) -> ProgressBar {
    // It draws nothing where standard error is no terminal.
    let bar = ProgressBar::new(total);
    let template = format!("{{msg}} {{bar:30}} {counts} {{percent}} % ({{eta}})");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

fn name(phase: Phase, language: Language) -> &'static str {
    let (en, vi) = match phase {
        Phase::Writing => ("writing", "đang ghi"),
        Phase::Checking => ("checking", "đang kiểm tra"),
        Phase::Loading => ("loading", "đang nạp"),
        Phase::Copying => ("copying", "đang sao chép"),
        Phase::ReadingBack => ("reading back", "đang đọc lại"),
    };
    language.choose(en, vi)
}

impl Watch for Bar {
    fn begin(&self, phase: Phase, total: u64) {
        let counts = if phase.counts_bytes() { "{bytes}/{total_bytes}" } else { "{pos}/{len}" };
        self.with(|shown| {
            shown.finish_and_clear();
            *shown = bar(total, name(phase, self.language), counts);
        });
    }

    fn advance(&self, more: u64) {
        self.with(|bar| bar.inc(more));
    }
}
