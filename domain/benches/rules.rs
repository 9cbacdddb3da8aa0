//! How long the rules take: due dates, claims, transitions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/story.rs"]
mod story;
mod work;

use criterion::{Criterion, criterion_group, criterion_main};

fn rules(criterion: &mut Criterion) {
    for (name, run) in work::all() {
        criterion.bench_function(name, |bencher| bencher.iter(&run));
    }
}

criterion_group!(benches, rules);
criterion_main!(benches);
