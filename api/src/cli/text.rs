//! The words of the command line, in English and Vietnamese, from one table.
//!
//! Owns the language that is spoken and how the words reach clap: what clap derives has none. A
//! command or flag without a row here is found by a test.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;
use super::words::WORDS;
use crate::config::Environment;

/// A language of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Vietnamese.
    Vi,
}

impl Language {
    /// What is asked for: the flag `--lang`, else the environment, else English.
    pub fn wanted() -> Self {
        let arguments: Vec<String> = std::env::args_os().filter_map(|a| a.into_string().ok()).collect();
        Self::flagged(&arguments)
            .or_else(|| Environment::language().map(|l| Self::of(&l)))
            .unwrap_or(Self::En)
    }

    /// The flag must be known before clap reads the arguments: help is made by then.
    fn flagged(arguments: &[String]) -> Option<Self> {
        let place = arguments.iter().position(|a| a == "--lang" || a.starts_with("--lang="))?;
        let found = arguments.get(place)?;
        let value = match found.strip_prefix("--lang=") {
            Some(value) => value,
            None => arguments.get(place + 1)?,
        };
        Some(Self::of(value))
    }

    /// `vi`, `vi_VN.UTF-8` and the like; everything else is English.
    fn of(text: &str) -> Self {
        let primary = text.split(['_', '.', '-']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("vi") { Self::Vi } else { Self::En }
    }

    /// One of two texts.
    pub fn choose(self, en: &'static str, vi: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Vi => vi,
        }
    }
}

/// Reads the value of `--lang`.
pub(super) fn language(text: &str) -> Result<String, String> {
    match text {
        "en" | "vi" => Ok(text.to_owned()),
        _ => Err("one of en, vi".to_owned()),
    }
}

/// How a command or one of its arguments is named in the table.
fn key(path: &str, argument: Option<&Arg>) -> String {
    let name = argument.map(|a| match a.get_long() {
        Some(long) => format!("--{long}"),
        None => a.get_id().as_str().to_uppercase(),
    });
    [path, name.as_deref().unwrap_or_default()]
        .iter()
        .filter(|p| !p.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(" ")
}

fn words(key: &str, language: Language) -> Option<&'static str> {
    WORDS.iter().find(|(known, ..)| *known == key).map(|(_, en, vi)| language.choose(en, vi))
}

/// The whole command line in a language.
pub fn command(language: Language) -> Command {
    let command = spoken(Cli::command(), "", language);
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let version = version.help(language.choose("Print the version", "In phiên bản"));
    command.disable_version_flag(true).arg(version.help_heading(language.choose("Options", "Tùy chọn")))
}

fn spoken(command: Command, path: &str, language: Language) -> Command {
    let (options, arguments) =
        (language.choose("Options", "Tùy chọn"), language.choose("Arguments", "Đối số"));
    let everywhere = language.choose("Options of every command", "Tùy chọn chung của mọi lệnh");
    let template = language.choose(
        "{about-with-newline}\nUsage: {usage}\n\n{all-args}",
        "{about-with-newline}\nCách dùng: {usage}\n\n{all-args}",
    );
    let ids: Vec<clap::Id> = command.get_arguments().map(|a| a.get_id().clone()).collect();
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help_heading(options);
    let mut command = command
        .help_template(template)
        .subcommand_help_heading(language.choose("Commands", "Lệnh"))
        .subcommand_value_name(language.choose("COMMAND", "LỆNH"))
        .disable_help_flag(true)
        .arg(help.help(language.choose("Print this help", "In phần trợ giúp này")));
    if let Some(about) = words(&key(path, None), language) {
        command = command.about(about).long_about(None);
    }
    for id in ids {
        command = command.mut_arg(id.as_str(), |argument| {
            let text = words(&key(path, Some(&argument)), language);
            let heading = match (argument.is_positional(), argument.is_global_set()) {
                (true, _) => arguments,
                (false, true) => everywhere,
                (false, false) => options,
            };
            let takes = argument.get_action().takes_values();
            let mut argument =
                argument.help_heading(heading).hide_default_value(takes).hide_possible_values(takes);
            if let Some(text) = text {
                let text = format!("{text}{}", choices(&argument, language));
                argument = argument.help(text);
            }
            argument
        });
    }
    for name in names {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(name, |sub| spoken(sub, &path, language));
    }
    command
}

/// The default and the possible values, which clap itself would tell in English.
fn choices(argument: &Arg, language: Language) -> String {
    let listed =
        |values: Vec<String>, label: &str| match values.is_empty() || !argument.get_action().takes_values() {
            true => String::new(),
            false => format!(" [{label}: {}]", values.join(", ")),
        };
    let defaults = argument.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
    let possible = argument.get_possible_values().iter().map(|v| v.get_name().to_owned()).collect();
    listed(possible, language.choose("values", "giá trị"))
        + &listed(defaults, language.choose("default", "mặc định"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(command: &Command, path: &str, found: &mut BTreeSet<String>) {
        found.insert(key(path, None));
        found.extend(command.get_arguments().map(|a| key(path, Some(a))));
        for sub in command.get_subcommands() {
            let path = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path} {}", sub.get_name())
            };
            keys(sub, &path, found);
        }
    }

    #[test]
    fn every_command_and_flag_has_words_in_both_languages() {
        let mut wanted = BTreeSet::new();
        keys(&Cli::command(), "", &mut wanted);
        let known: BTreeSet<String> = WORDS.iter().map(|(key, ..)| (*key).to_owned()).collect();
        let missing: Vec<_> = wanted.difference(&known).collect();
        let left: Vec<_> = known.difference(&wanted).collect();
        assert!(
            missing.is_empty(),
            "api/src/cli/words.rs: add a row (key, English, Vietnamese) for each of {missing:?}"
        );
        assert!(left.is_empty(), "api/src/cli/words.rs: no command or flag is named {left:?}");
        assert_eq!(known.len(), WORDS.len(), "a key stands twice");
        for (key, en, vi) in WORDS {
            assert!(!en.is_empty() && !vi.is_empty() && en != vi, "{key}");
        }
    }

    #[test]
    fn every_command_has_its_row_of_exit_codes() {
        fn leaves(command: &Command, path: &str, found: &mut BTreeSet<String>) {
            if !command.has_subcommands() {
                found.insert(path.trim().to_owned());
            }
            command.get_subcommands().for_each(|s| leaves(s, &format!("{path} {}", s.get_name()), found));
        }
        let mut wanted = BTreeSet::new();
        leaves(&Cli::command(), "", &mut wanted);
        let known: BTreeSet<String> = super::super::exit::ENDS.iter().map(|e| e.command.to_owned()).collect();
        assert_eq!(known, wanted, "api/src/cli/exit.rs: `ends!` needs a row for every command and no other");
    }

    #[test]
    fn the_language_is_what_was_asked_for() {
        let flagged = |arguments: &[&str]| {
            Language::flagged(&arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(flagged(&["motcua", "--lang", "vi", "serve"]), Some(Language::Vi));
        assert_eq!(flagged(&["motcua", "--lang=en"]), Some(Language::En));
        assert_eq!(flagged(&["motcua", "serve"]), None);
        assert_eq!((Language::of("vi_VN.UTF-8"), Language::of("C.UTF-8")), (Language::Vi, Language::En));
    }

    #[test]
    fn help_is_whole_in_either_language() {
        command(Language::En).debug_assert();
        for (language, usage, heading) in
            [(Language::En, "Usage: motcua", "Commands:"), (Language::Vi, "Cách dùng: motcua", "Lệnh:")]
        {
            let text = command(language).render_long_help().to_string();
            assert!(text.contains(usage) && text.contains(heading), "{text}");
        }
        let mut vietnamese = command(Language::Vi);
        vietnamese.build();
        let token = vietnamese.find_subcommand_mut("token").unwrap().render_help().to_string();
        assert!(token.contains("[mặc định: 8h]") && !token.contains("default"), "{token}");
        for english in ["Usage", "Options", "Print", "Arguments", "File of settings"] {
            assert!(!token.contains(english), "{token}");
        }
    }
}
