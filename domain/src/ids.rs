//! Identifiers as types, so that one cannot be given where another is meant.
//!
//! Identifiers are given to this crate, never made in it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )+ };
}

ids! {
    /// A dossier (hồ sơ), inside; outside it is known by its code.
    DossierId,
    /// An account of an officer, a citizen or a machine.
    AccountId,
    /// An unemployment benefit (trợ cấp thất nghiệp) that was granted.
    BenefitId,
    /// A run of an import.
    ImportId,
    /// An assignment (phân công) of a dossier to an officer.
    AssignmentId,
    /// A delegation (ủy quyền) of an officer's work.
    DelegationId,
    /// A published version of a procedure.
    ProcedureVersionId,
}
