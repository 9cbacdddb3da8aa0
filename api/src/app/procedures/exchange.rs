//! The whole catalogue at once: what an import changes, told before it is done, then done all or not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use domain::access::{self, Action};
use domain::calendar;
use domain::dossier::transition::Violation;
use domain::procedure::Procedure;
use domain::procedure::check::{self, Origin, Period};
use persistence::blank_forms::{self, About, BlankForm};
use persistence::procedures::{self, Version};
use persistence::{Reader, WriteTx, reference, store};
use serde_json::{Value, json};
use uuid::Uuid;

use super::versions::{find_faults, record, tell};
use crate::app::Cx;
use crate::app::error::Error;

domain::codes! {
    /// What happens to procedures that an import does not hold.
    pub enum Missing {
        /// They stay as they are.
        Keep => "keep", "Giữ nguyên", "Keep",
        /// They end.
        End => "end", "Chấm dứt hiệu lực", "End",
    }
}

/// A version as a file holds it.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it stands in the file: the pointer that errors begin with.
    pub place: String,
    /// The version.
    pub procedure: Procedure,
    /// Whether the file says from when on; else it is from the day of the import on.
    pub dated: bool,
    /// Its blank forms by paper; none where the file says nothing of them: then they stay.
    pub forms: Option<Vec<About>>,
}

/// The content of files by their digest.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// A catalogue as a file holds it.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Its versions.
    pub items: Vec<Item>,
    /// What their blank forms hold.
    pub contents: Contents,
}

/// How an import is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The day from which changes are in force.
    pub from: NaiveDate,
    /// What happens to procedures that are not in the file.
    pub missing: Missing,
}

/// A version that comes into force.
#[derive(Debug, Clone)]
pub struct Coming {
    /// The version that it takes the place of, if there is one.
    pub before: Option<Procedure>,
    /// The blank forms of that version.
    pub forms_before: Vec<About>,
    /// The version.
    pub after: Procedure,
    /// Its blank forms.
    pub forms: Vec<About>,
}

/// What an import changes.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Versions of procedures that were not in the catalogue, or begin before all others.
    pub added: Vec<Coming>,
    /// Versions that take the place of others.
    pub changed: Vec<Coming>,
    /// Versions that end without another in their place.
    pub ended: Vec<Procedure>,
    /// Versions that are in the catalogue as the file has them.
    pub unchanged: usize,
}

/// A version on its way: one of the store, or a new one.
struct Slot {
    id: Uuid,
    procedure: Procedure,
    forms: Vec<About>,
    new: bool,
}

/// The versions of the catalogue, and what becomes of them.
#[derive(Default)]
struct Plan {
    slots: BTreeMap<String, Vec<Slot>>,
    ends: HashMap<Uuid, NaiveDate>,
    wrong: Vec<Violation>,
    difference: Difference,
}

impl Plan {
    fn of(known: Vec<Version>, mut forms: HashMap<Uuid, Vec<About>>) -> Self {
        let mut plan = Self::default();
        for version in known {
            let forms = forms.remove(&version.id.0).unwrap_or_default();
            let slot = Slot { id: version.id.0, procedure: version.procedure, forms, new: false };
            plan.slots.entry(slot.procedure.code.clone()).or_default().push(slot);
        }
        plan
    }

    fn refuse(&mut self, place: &str, violations: impl IntoIterator<Item = Violation>) {
        let placed = |v: Violation| Violation { pointer: format!("{place}{}", v.pointer), ..v };
        self.wrong.extend(violations.into_iter().map(placed));
    }

    /// Takes an item of the file in.
    fn take(&mut self, item: &Item, options: Options, today: NaiveDate) {
        let slots = self.slots.get(&item.procedure.code).map_or(&[][..], Vec::as_slice);
        let mut procedure = item.procedure.clone();
        let there = slots.iter().find(|s| item.dated && s.procedure.valid_from == procedure.valid_from);
        match there {
            Some(slot) if same(slot, item) => {
                let (id, period) = (slot.id, Period::of(&slot.procedure));
                match procedure.valid_to {
                    Some(last) if period.to != Some(last) => match check::check_end(period, last, today) {
                        Some(wrong) => self.refuse(&item.place, [wrong]),
                        None => self.end(&procedure.code, id, last),
                    },
                    // What has ended stays so.
                    _ => self.difference.unchanged += 1,
                }
                return;
            }
            None if item.dated => {}
            _ => {
                let in_force = slots.iter().find(|s| s.procedure.in_force(options.from));
                if in_force.is_some_and(|s| same(s, item)) {
                    self.difference.unchanged += 1;
                    return;
                }
                if item.dated && in_force.is_none() {
                    self.refuse(&item.place, [immutable()]);
                    return;
                }
                procedure.valid_from = options.from;
            }
        }
        self.add(item, procedure, today);
    }

    /// Puts a new version in, making room for it.
    fn add(&mut self, item: &Item, procedure: Procedure, today: NaiveDate) {
        let slots = self.slots.entry(procedure.code.clone()).or_default();
        let periods: Vec<Period> = slots.iter().map(|s| Period::of(&s.procedure)).collect();
        let room = match check::make_room(Period::of(&procedure), &periods, today) {
            Ok(room) => room,
            Err(wrong) => return self.refuse(&item.place, wrong),
        };
        let before = slots
            .iter()
            .filter(|s| s.procedure.valid_from < procedure.valid_from)
            .max_by_key(|s| s.procedure.valid_from)
            .map(|s| (s.procedure.clone(), s.forms.clone()));
        let (before, forms_before) = before.map_or((None, Vec::new()), |(p, forms)| (Some(p), forms));
        // What a file says nothing of stays, as far as the paper does.
        let forms = item.forms.clone().unwrap_or_else(|| {
            forms_before.iter().filter(|form| procedure.paper(&form.paper).is_some()).cloned().collect()
        });
        if let Some((i, last)) = room
            && let Some(slot) = slots.get_mut(i)
        {
            slot.procedure.valid_to = Some(last);
            if !slot.new {
                self.ends.insert(slot.id, last);
            }
        }
        let (new, after) = (forms.clone(), procedure.clone());
        slots.push(Slot { id: store::new_id(), procedure, forms, new: true });
        let list = if before.is_some() { &mut self.difference.changed } else { &mut self.difference.added };
        list.push(Coming { before, forms_before, after, forms: new });
    }

    fn end(&mut self, code: &str, id: Uuid, last: NaiveDate) {
        for slot in self.slots.get_mut(code).into_iter().flatten().filter(|s| s.id == id) {
            slot.procedure.valid_to = Some(last);
            self.ends.insert(id, last);
            self.difference.ended.push(slot.procedure.clone());
        }
    }

    /// Ends what is in force and not in the file.
    fn end_missing(&mut self, named: &BTreeSet<&str>, from: NaiveDate, today: NaiveDate) {
        let Some(last) = from.pred_opt() else { return };
        let mut gone = Vec::new();
        for (code, slots) in self.slots.iter().filter(|(code, _)| !named.contains(code.as_str())) {
            for slot in slots.iter().filter(|s| s.procedure.valid_to.is_none_or(|to| to >= from)) {
                let wrong = check::check_end(Period::of(&slot.procedure), last, today);
                gone.push((code.clone(), slot.id, wrong));
            }
        }
        for (code, id, wrong) in gone {
            match wrong {
                Some(wrong) => self.wrong.push(Violation {
                    pointer: "/items".to_owned(),
                    message_vi: format!("{code}: {}", wrong.message_vi),
                    message_en: format!("{code}: {}", wrong.message_en),
                    ..wrong
                }),
                None => self.end(&code, id, last),
            }
        }
    }
}

/// Whether a version of the store and one of a file are the same, with their blank forms.
fn same(slot: &Slot, item: &Item) -> bool {
    item.forms.as_ref().is_none_or(|forms| same_forms(&slot.forms, forms))
        && same_content(&slot.procedure, &item.procedure)
}

/// Whether the same papers have the same files under the same names.
pub fn same_forms(a: &[About], b: &[About]) -> bool {
    let told = |forms: &[About]| -> BTreeSet<(String, String, String)> {
        forms.iter().map(|f| (f.paper.clone(), f.file_name.clone(), f.sha256.clone())).collect()
    };
    told(a) == told(b)
}

/// Whether two versions say the same; the schema of a form as JSON, however it is written.
fn same_content(a: &Procedure, b: &Procedure) -> bool {
    let schema = |p: &Procedure| p.form_schema.as_deref().and_then(|s| serde_json::from_str::<Value>(s).ok());
    let without = |p: &Procedure| Procedure { form_schema: None, ..p.clone() };
    schema(a) == schema(b) && without(a).same_content(&without(b))
}

fn immutable() -> Violation {
    Violation::new(
        "/valid_from".to_owned(),
        "published_is_immutable",
        "Phiên bản đã công bố không sửa được; hãy nêu ngày có hiệu lực mới.",
        "A published version is never changed; give a new first day.",
    )
}

/// What is judged and written when.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The instant of the change.
    pub now: DateTime<Utc>,
    /// How it is to be done.
    pub options: Options,
    /// Whether those who follow the catalogue are told of each version.
    pub told: bool,
}

/// Imports a catalogue: all of it, or nothing where anything is wrong.
///
/// # Errors
/// [`Error::Denied`]; else as [`merge`].
pub fn import(
    cx: &Cx,
    tx: &mut WriteTx<'_>,
    wanted: &Catalogue,
    options: Options,
) -> Result<Difference, Error> {
    let permit = access::authorize_somewhere(&cx.actor, Action::PublishCatalogue)?;
    let fields = cx.reference.fields();
    let faults = |p: &Procedure| find_faults(cx, p, Origin::Carried, &fields).errors;
    let difference = merge(tx, wanted, When { now: cx.now, options, told: true }, faults)?;
    let coming = difference.added.iter().chain(&difference.changed);
    let detail = json!({
        "did": "imported",
        "blank_forms": coming.map(|c| c.forms.len()).sum::<usize>(),
        "added": difference.added.len(),
        "changed": difference.changed.len(),
        "ended": difference.ended.len(),
        "unchanged": difference.unchanged,
    });
    record(cx, tx, &permit, "catalogue", detail);
    Ok(difference)
}

/// Brings the catalogue to what the items say; whoever calls this answers for who may.
///
/// A version that is there already, by code and first day, stays; other content takes effect as a
/// new version from `options.from` on, and so does another blank form. The same items again change nothing. `faults` tells what is
/// wrong with a version by itself.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong, each behind its place in the file; those of
/// the store.
pub fn merge(
    tx: &mut WriteTx<'_>,
    wanted: &Catalogue,
    when: When,
    faults: impl Fn(&Procedure) -> Vec<Violation>,
) -> Result<Difference, Error> {
    let items = &wanted.items;
    let When { now, options, told } = when;
    reference::raise(tx)?;
    let today = calendar::day_of(now);
    let forms = blank_forms::of_all(&mut tx.reader())?;
    let mut plan = Plan::of(procedures::load(&mut tx.reader())?, forms);
    if options.from < today {
        plan.wrong.push(Violation::new(
            "/valid_from".to_owned(),
            "in_the_past",
            "Thay đổi chỉ có hiệu lực từ hôm nay trở đi.",
            "Changes are in force from today on at the earliest.",
        ));
    }
    let mut order: Vec<&Item> = items.iter().collect();
    order.sort_by(|a, b| {
        (&a.procedure.code, a.procedure.valid_from).cmp(&(&b.procedure.code, b.procedure.valid_from))
    });
    let mut seen = BTreeSet::new();
    for item in order {
        if !seen.insert((item.procedure.code.as_str(), item.dated.then_some(item.procedure.valid_from))) {
            let (vi, en) = ("Đã có trong tệp.", "The file has it twice.");
            plan.refuse(&item.place, [Violation::new("/code".to_owned(), "repeated", vi, en)]);
            continue;
        }
        let faults = faults(&item.procedure);
        if faults.is_empty() {
            plan.take(item, options, today);
        } else {
            plan.refuse(&item.place, faults);
        }
    }
    if options.missing == Missing::End {
        let named = items.iter().map(|i| i.procedure.code.as_str()).collect();
        plan.end_missing(&named, options.from, today);
    }
    if !plan.wrong.is_empty() {
        return Err(Error::Invalid(plan.wrong));
    }
    keep(tx, plan.slots, &plan.ends, &wanted.contents, When { now, options, told })?;
    Ok(plan.difference)
}

/// Writes what becomes of the versions.
fn keep(
    tx: &mut WriteTx<'_>,
    slots: BTreeMap<String, Vec<Slot>>,
    ends: &HashMap<Uuid, NaiveDate>,
    contents: &Contents,
    When { now, told, .. }: When,
) -> Result<(), Error> {
    let mut by_day: BTreeMap<NaiveDate, Vec<Uuid>> = BTreeMap::new();
    for (id, last) in ends {
        by_day.entry(*last).or_default().push(*id);
    }
    // One statement a day, and all of an import end on one or two.
    for (last, ids) in &by_day {
        procedures::end(tx, ids, *last, now)?;
    }
    let (mut new, mut forms) = (Vec::new(), Vec::new());
    for slot in slots.into_values().flatten() {
        let what = match (slot.new, ends.contains_key(&slot.id)) {
            (true, _) => Some("published"),
            (false, true) => Some("ended"),
            (false, false) => None,
        };
        if let Some(what) = what.filter(|_| told) {
            tell(tx, what, slot.id, &slot.procedure, now);
        }
        if slot.new {
            forms.extend(slot.forms.into_iter().map(|about| (slot.id, about)));
            new.push((slot.id, slot.procedure));
        }
    }
    procedures::publish_all(tx, &new, now)?;
    for (version, about) in forms {
        let content = match contents.get(&about.sha256) {
            Some(content) => content.clone(),
            None => blank_forms::content(&mut tx.reader(), &about.sha256)?,
        };
        blank_forms::put(tx, version, &BlankForm { about, content }, now)?;
    }
    Ok(())
}

/// The content of a blank form of the catalogue by its digest, in base64.
///
/// # Errors
/// [`Error::Denied`]; [`persistence::Error::NotFound`]; those of the store.
pub fn content(cx: &Cx, reader: &mut Reader<'_>, sha256: &str) -> Result<String, Error> {
    access::authorize_somewhere(&cx.actor, Action::ReadCatalogue)?;
    Ok(blank_forms::encoded(reader, sha256)?)
}
