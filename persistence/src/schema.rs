//! The tables, once for both databases. Kept equal to the migrations by a test.

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What the caches of every process watch: raised whenever reference data changes.
    reference_state (name) {
        name -> Text,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Organisation units with validity and successors (codes joined by '|').
    units (code) {
        code -> Text,
        name_vi -> Text,
        kind -> Text,
        level -> Text,
        gso_code -> Nullable<Text>,
        parent -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        successors -> Text,
        basis -> Text,
        source -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Every amount, limit and holiday of one moment as one immutable document; decisions name its version.
    rulebooks (version) {
        version -> Text,
        body -> Json,
        published_at -> Instant,
        is_current -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Versions of procedures; never changed once published.
    procedure_versions (id) {
        id -> Uid,
        code -> Text,
        state -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        name_folded -> Text,
        body -> Json,
        digest -> Text,
        published_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Officers, citizens and machines that can sign in.
    accounts (id) {
        id -> Uid,
        user_name -> Text,
        password_hash -> Nullable<Text>,
        personal_id -> Nullable<Text>,
        disabled_at -> Nullable<Instant>,
        failed_attempts -> Integer,
        locked_until -> Nullable<Instant>,
        token_version -> BigInt,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Roles held at units, with validity.
    account_grants (account_id, role, valid_from) {
        account_id -> Uid,
        role -> Text,
        unit -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Refresh tokens: digests only; a family ends when an old token comes back.
    sessions (token_hash) {
        token_hash -> Text,
        family -> Uid,
        account_id -> Uid,
        issued_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Keys that sign access tokens.
    signing_keys (kid) {
        kid -> Text,
        private_pem -> Text,
        public_key -> Text,
        state -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Next number of a unit's day.
    code_sequences (unit, day) {
        unit -> Text,
        day -> Date,
        next -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What people have begun to fill in and not handed in: no dossier, never counted, seen by its owner alone.
    drafts (id) {
        id -> Uid,
        owner -> Uid,
        procedure_code -> Nullable<Text>,
        unit -> Nullable<Text>,
        package -> Json,
        created_at -> Instant,
        updated_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// One row a dossier: the state its events lead to.
    dossiers (id) {
        id -> Uid,
        code -> Text,
        procedure_code -> Text,
        procedure_version -> Uid,
        unit -> Text,
        channel -> Text,
        status -> Text,
        outcome -> Nullable<Text>,
        clock -> Text,
        stage -> Integer,
        stage_since -> Instant,
        submitted_at -> Instant,
        accepted_at -> Nullable<Instant>,
        due_at -> Nullable<Instant>,
        completed_at -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        returned_at -> Nullable<Instant>,
        applicant_name -> Text,
        name_folded -> Text,
        personal_id -> Text,
        born_on -> Nullable<Date>,
        sex -> Nullable<Text>,
        phone -> Nullable<Text>,
        representative -> Nullable<Json>,
        representative_id -> Nullable<Text>,
        submitted_by -> Nullable<Uid>,
        resume_to -> Nullable<Text>,
        supplement_requests -> Integer,
        supplement_until -> Nullable<Date>,
        extensions -> Integer,
        extension -> Nullable<Json>,
        pauses -> Json,
        proposal -> Nullable<Json>,
        decision -> Nullable<Json>,
        calendar_version -> Nullable<Text>,
        form -> Json,
        secret_hash -> Text,
        event_hash -> Text,
        portal -> Nullable<Json>,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What happened to dossiers: append-only, numbered per dossier, each row chained to the one before.
    dossier_events (dossier_id, seq) {
        dossier_id -> Uid,
        seq -> BigInt,
        at -> Instant,
        recorded_at -> Instant,
        action -> Text,
        body -> Json,
        prev_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Papers handed in with a dossier.
    dossier_papers (id) {
        id -> Uid,
        dossier_id -> Uid,
        code -> Text,
        original -> Bool,
        upload -> Nullable<Text>,
        file_name -> Nullable<Text>,
        digitised -> Bool,
        reused -> Bool,
        handed_in_at -> Instant,
        reused_from -> Nullable<Uid>,
        replaced_at -> Nullable<Instant>,
        replaced_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Files as they come in and are kept; the content lies in the file store.
    uploads (id) {
        id -> Uid,
        owner -> Uid,
        state -> Text,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        scan -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        lease_owner -> Nullable<Uid>,
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What applicants say of settled dossiers, one row a dossier (reasons joined by '|').
    dossier_ratings (dossier_id) {
        dossier_id -> Uid,
        dossier_code -> Text,
        procedure_code -> Text,
        unit -> Text,
        score -> Integer,
        reasons -> Text,
        comment -> Nullable<Text>,
        rated_by -> Nullable<Uid>,
        rated_at -> Instant,
        changed_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Unemployment benefits that were granted.
    benefits (id) {
        id -> Uid,
        dossier_id -> Uid,
        dossier_code -> Text,
        unit -> Text,
        personal_id -> Text,
        applicant_name -> Text,
        state -> Text,
        law -> Text,
        rule_version -> Text,
        monthly_vnd -> BigInt,
        months -> Integer,
        months_reserved -> Integer,
        starts_on -> Date,
        ends_on -> Date,
        total_vnd -> BigInt,
        decision_number -> Text,
        decided_on -> Date,
        assessment -> Json,
        created_at -> Instant,
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What each change adds to the figures of a day, until the roll-up takes it in.
    figure_deltas (id) {
        id -> Uid,
        day -> Date,
        procedure_code -> Text,
        unit -> Text,
        channel -> Text,
        figure -> Text,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures rolled up by day.
    figure_days (day, procedure_code, unit, channel, figure) {
        day -> Date,
        procedure_code -> Text,
        unit -> Text,
        channel -> Text,
        figure -> Text,
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Head of each audit chain and the lane that holds it.
    audit_heads (chain) {
        chain -> Text,
        seq -> BigInt,
        hash -> Text,
        owner -> Nullable<Uid>,
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Hash-chained record of what was done; append-only.
    audit_entries (chain, seq) {
        chain -> Text,
        seq -> BigInt,
        at -> Instant,
        actor -> Nullable<Uid>,
        actor_name -> Text,
        role -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        unit -> Nullable<Text>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        detail -> Json,
        prev_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What others are to be told, written in the transaction of the change.
    outbox (id) {
        id -> Uid,
        at -> Instant,
        topic -> Text,
        subject -> Text,
        body -> Json,
        dispatched_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Answers kept for repeated requests, scoped to caller and route.
    idempotency_keys (scope) {
        scope -> Text,
        fingerprint -> Text,
        status -> Integer,
        headers -> Json,
        body -> Text,
        created_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Imports as leased, resumable jobs.
    imports (id) {
        id -> Uid,
        kind -> Text,
        state -> Text,
        created_by -> Uid,
        created_by_name -> Text,
        options -> Json,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
        rows_total -> BigInt,
        rows_done -> BigInt,
        rows_failed -> BigInt,
        rows_unchanged -> BigInt,
        disagreements -> BigInt,
        next_line -> BigInt,
        cancel_requested -> Bool,
        failure -> Nullable<Text>,
        lease_owner -> Nullable<Uid>,
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// The file of an import in pieces of whole lines, removed when it is done.
    import_chunks (import_id, first_line) {
        import_id -> Uid,
        first_line -> BigInt,
        line_count -> BigInt,
        content -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What was wrong, by line and column.
    import_errors (import_id, line, position) {
        import_id -> Uid,
        line -> BigInt,
        position -> Integer,
        column_name -> Text,
        code -> Text,
        message_vi -> Text,
        message_en -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Dossiers of an import on which the portal decided otherwise than the law.
    import_disagreements (import_id, code) {
        import_id -> Uid,
        code -> Text,
        portal_outcome -> Text,
        outcome -> Text,
        failed_conditions -> Json,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Who works a dossier, from when to when: never overwritten, only ended.
    dossier_assignments (id) {
        id -> Uid,
        dossier_id -> Uid,
        kind -> Text,
        account_id -> Uid,
        user_name -> Text,
        assigned_by -> Uid,
        assigned_by_name -> Text,
        reason -> Nullable<Text>,
        valid_from -> Instant,
        valid_to -> Nullable<Instant>,
        ended_by -> Nullable<Uid>,
        ended_by_name -> Nullable<Text>,
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Work handed to another officer for a period; both days belong to it.
    delegations (id) {
        id -> Uid,
        from_account -> Uid,
        from_name -> Text,
        to_account -> Uid,
        to_name -> Text,
        role -> Text,
        unit -> Text,
        valid_from -> Date,
        valid_to -> Date,
        reason -> Nullable<Text>,
        created_by -> Uid,
        created_by_name -> Text,
        created_at -> Instant,
        ended_at -> Nullable<Instant>,
        ended_by -> Nullable<Uid>,
        ended_by_name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Letters of apology, drafted by the timer or by an extension; one an occasion and due date.
    letters (id) {
        id -> Uid,
        dossier_id -> Uid,
        occasion -> Text,
        state -> Text,
        due_at -> Instant,
        new_due_at -> Nullable<Instant>,
        template -> Text,
        body -> Text,
        acts_account -> Nullable<Uid>,
        acts_name -> Nullable<Text>,
        acts_role -> Text,
        drafted_by -> Text,
        drafted_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Texts that letters are made from, dated; the shipped text holds where there is none.
    letter_templates (id) {
        id -> Uid,
        occasion -> Text,
        valid_from -> Date,
        body -> Text,
        source -> Text,
        created_by -> Uid,
        created_by_name -> Text,
        created_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(audit_heads, audit_entries);
diesel::allow_tables_to_appear_in_same_query!(accounts, account_grants);
diesel::allow_tables_to_appear_in_same_query!(dossiers, dossier_assignments, letters);
diesel::allow_tables_to_appear_in_same_query!(dossier_papers, dossiers);
