//! The figures, checked by hand.

use clap::Args;

use super::exit::Exit;
use super::{say, with_state};
use crate::app::statistics::checks::{Asked, check};
use crate::config::Config;

#[derive(Debug, Args)]
pub(super) struct CheckFigures {
    #[arg(long, value_parser = clap::value_parser!(u32).range(0..=100))]
    years: Option<u32>,
}

impl CheckFigures {
    pub(super) fn run(&self, config: Config) -> anyhow::Result<Exit> {
        let years = self.years.unwrap_or(config.figures_check_years);
        with_state(config, |state| {
            let asked = Asked { night: None, years, owner: state.owner };
            let Some(found) = check(&state.store, &state.clock, asked, &|| false)? else {
                return Ok(Exit::Findings);
            };
            say(format_args!(
                "{} to {}: {} dossiers counted anew, {} numbers compared, {} differ",
                found.first_day, found.last_day, found.dossiers, found.comparisons, found.faults
            ));
            for f in &found.findings {
                let of = [&f.procedure, &f.channel, &f.part].map(|part| part.as_deref().unwrap_or("-"));
                say(format_args!(
                    "{} {} {} ({}): kept {}, events {}",
                    f.unit,
                    f.period,
                    f.figure,
                    of.join(", "),
                    f.rolled_up,
                    f.recounted
                ));
            }
            Ok(if found.faults == 0 { Exit::Done } else { Exit::Findings })
        })
    }
}
