//! Use cases: what the system does, apart from how it is asked.
//!
//! Nothing here may name the web framework, the document generator or the database library. A
//! use case takes who acts and a reader or a write transaction, asks the policy, lets the domain
//! decide and stores the outcome.

pub mod accounts;
pub mod assignments;
pub mod batch;
pub mod benefits;
pub mod delegations;
pub mod dossiers;
pub mod drafts;
pub mod eligibility;
pub mod error;
pub mod imports;
pub mod letters;
pub mod package;
pub mod papers;
pub mod portal;
pub mod procedures;
pub mod queue;
pub mod ratings;
pub mod reference;
pub mod registers;
pub mod seed;
pub mod sessions;
pub mod statistics;
pub mod timeline;
pub mod timers;
pub mod unemployment;

// The law as data.
pub mod recomputations;
pub mod rule_books;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::{Actor, Role};
use persistence::WriteTx;
use persistence::audit::{self, Entry};
use reference::Reference;

/// Who asks, from where, and what is in force when they do.
#[derive(Debug, Clone)]
pub struct Cx {
    /// Who acts.
    pub actor: Arc<Actor>,
    /// From which address.
    pub address: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// Units, procedures and rules in force.
    pub reference: Arc<Reference>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Cx {
    /// Records what was done in the transaction that does it.
    pub fn record(&self, tx: &mut WriteTx<'_>, what: Done<'_>) {
        audit::record(
            tx,
            Entry {
                at: self.now,
                actor: Some(self.actor.account.0).filter(|_| !self.actor.is_timer()),
                actor_name: self.actor.user.clone(),
                role: what.role,
                action: what.action.to_owned(),
                subject: what.subject.to_owned(),
                unit: what.unit.map(ToOwned::to_owned),
                address: self.address.clone(),
                request_id: self.request_id.clone(),
                detail: what.detail,
            },
        );
    }
}

/// Something that was done, for the audit chain. Nothing personal stands in it.
#[derive(Debug)]
pub struct Done<'a> {
    /// What.
    pub action: &'a str,
    /// To what: a public code or identity.
    pub subject: &'a str,
    /// The unit it belongs to.
    pub unit: Option<&'a str>,
    /// In which role.
    pub role: Option<Role>,
    /// The rest.
    pub detail: serde_json::Value,
}
