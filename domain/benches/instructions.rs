//! Does one piece of work a number of times, for `scripts/check-instructions` to count the instructions of.
//!
//! `instructions NAME TIMES`; without a name it prints the names. The count for one time is the difference between
//! two runs, which leaves out what starting and preparing take.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/story.rs"]
mod story;
mod work;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let all = work::all();
    let [name, times] = arguments.as_slice() else {
        for (name, _) in all {
            println!("{name}");
        }
        return;
    };
    let (_, run) = all.iter().find(|(known, _)| known == name).unwrap();
    for _ in 0..times.parse::<u32>().unwrap() {
        run();
    }
}
