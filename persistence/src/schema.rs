//! The tables, once for both databases. Kept equal to the migrations by a test.
//!
//! The line above each table and column says what it means, its unit and whether it is secret;
//! `docs/data-dictionary.md` is made of these lines, and a test asks for each.

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What the caches of every process watch: raised whenever reference data changes.
    reference_state (name) {
        /// What was changed; one row, `reference`.
        name -> Text,
        /// Raised by one with every change.
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Organisation units with validity and successors (codes joined by '|').
    units (code) {
        /// Identification code of the unit (mã định danh), such as H08.15.
        code -> Text,
        /// Name.
        name_vi -> Text,
        /// What kind of body it is, such as a department or a commune.
        kind -> Text,
        /// Province, department or commune.
        level -> Text,
        /// Code of the General Statistics Office, for communes.
        gso_code -> Nullable<Text>,
        /// Code of the unit above.
        parent -> Nullable<Text>,
        /// First day it exists.
        valid_from -> Date,
        /// Last day it exists.
        valid_to -> Nullable<Date>,
        /// Codes of the units that took its place, joined by '|'.
        successors -> Text,
        /// The document that made it.
        basis -> Text,
        /// Where this row was taken from.
        source -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Every amount, limit and holiday of one moment as one immutable document; decisions name its version.
    rulebooks (version) {
        /// Name of the version: the digest of its content.
        version -> Text,
        /// Calendar, rates and laws with their sources.
        body -> Json,
        /// When it was loaded.
        published_at -> Instant,
        /// Whether decisions are made under it; one row at most.
        is_current -> Bool,
        /// Name of its calendar, as dossiers record it; none when an older program published it.
        calendar_version -> Nullable<Text>,
        /// Why it was published.
        note -> Nullable<Text>,
        /// User name of who published it; none for the program's own data.
        published_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Rule books being written; once published they only lead to the version they became.
    rule_book_drafts (id) {
        /// Identity.
        id -> Uid,
        /// Version that it was made from.
        base -> Text,
        /// Its tables, without a name.
        body -> Json,
        /// Why it is made.
        note -> Nullable<Text>,
        /// How often it was written; what a writer must have seen.
        revision -> BigInt,
        /// When it was made.
        created_at -> Instant,
        /// User name of who made it.
        created_by -> Text,
        /// When it was last changed.
        changed_at -> Instant,
        /// User name of who changed it last.
        changed_by -> Text,
        /// Version that it became.
        published_as -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Rehearsals of rule books: jobs that count which due dates a publication would move.
    rule_book_rehearsals (id) {
        /// Identity.
        id -> Uid,
        /// What is rehearsed: identity of a draft or name of a version.
        rule_book -> Text,
        /// Its revision when it was asked for; of a version whether it was in force.
        revision -> BigInt,
        /// Version in force when it was asked for.
        in_force -> Text,
        /// Queued, running, completed or superseded.
        state -> Text,
        /// Account that asked for it.
        created_by -> Uid,
        /// Its user name.
        created_by_name -> Text,
        /// Role in which it was asked for.
        role -> Text,
        /// When it was asked for.
        created_at -> Instant,
        /// When it ended.
        finished_at -> Nullable<Instant>,
        /// Open dossiers when it was asked for.
        dossiers_total -> BigInt,
        /// Dossiers looked at.
        dossiers_examined -> BigInt,
        /// Those whose due date would move.
        dossiers_moved -> BigInt,
        /// Those due later.
        dossiers_later -> BigInt,
        /// Those due earlier.
        dossiers_earlier -> BigInt,
        /// Those whose due date cannot be reckoned.
        dossiers_failed -> BigInt,
        /// How many dossiers would move by how many days.
        shifts -> Json,
        /// How many cannot be reckoned for which reason, by its code.
        reasons -> Json,
        /// Calendar of the last dossier looked at.
        place_calendar -> Nullable<Text>,
        /// The last dossier looked at.
        place_id -> Nullable<Uid>,
        /// Process that works it.
        lease_owner -> Nullable<Uid>,
        /// When another may take it over.
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Jobs that reckon open dossiers anew after a publication.
    recomputations (id) {
        /// Identity.
        id -> Uid,
        /// Version that came into force.
        rule_book -> Text,
        /// Calendar that open dossiers are reckoned by.
        calendar_version -> Text,
        /// Version in force before.
        previous -> Nullable<Text>,
        /// Queued, running, completed or superseded.
        state -> Text,
        /// Account that published; zeros for the operator of the machine.
        created_by -> Uid,
        /// Its user name.
        created_by_name -> Text,
        /// Role in which it was published.
        role -> Text,
        /// Why.
        note -> Nullable<Text>,
        /// When it was asked for.
        created_at -> Instant,
        /// When it ended.
        finished_at -> Nullable<Instant>,
        /// Open dossiers to be reckoned.
        dossiers_total -> BigInt,
        /// Dossiers reckoned.
        dossiers_done -> BigInt,
        /// Those whose due date moved.
        dossiers_moved -> BigInt,
        /// Those whose due date could not be reckoned and stays.
        dossiers_failed -> BigInt,
        /// Process that works it.
        lease_owner -> Nullable<Uid>,
        /// When another may take it over.
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Versions of procedures; never changed once published.
    procedure_versions (id) {
        /// Identity; dossiers keep it.
        id -> Uid,
        /// National code of the procedure (mã thủ tục hành chính).
        code -> Text,
        /// Whether it is published.
        state -> Text,
        /// First day on which dossiers are received under it.
        valid_from -> Date,
        /// Last such day.
        valid_to -> Nullable<Date>,
        /// Name in lower case without marks, for searching.
        name_folded -> Text,
        /// Name, papers, time limits, form and legal basis.
        body -> Json,
        /// SHA-256 of the body: loading the same again changes nothing.
        digest -> Text,
        /// When it was published.
        published_at -> Nullable<Instant>,
        /// Rises with every change: what a writer must have seen.
        version -> BigInt,
        /// Last change.
        updated_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Blank forms of papers, to be filled in; the file in base64.
    blank_forms (version_id, paper) {
        /// Version of the procedure.
        version_id -> Uid,
        /// Code of the paper (thành phần hồ sơ).
        paper -> Text,
        /// Name of the file.
        file_name -> Text,
        /// Media type.
        content_type -> Text,
        /// Bytes.
        size -> BigInt,
        /// SHA-256 of the file, in hexadecimal digits.
        sha256 -> Text,
        /// The file, in base64.
        content -> Text,
        /// When it was put there.
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Officers, citizens and machines that can sign in.
    accounts (id) {
        /// Identity.
        id -> Uid,
        /// Name to sign in with.
        user_name -> Text,
        /// Argon2id digest of the password; none when it cannot sign in by one.
        password_hash -> Nullable<Text>,
        /// Personal identifier of a citizen (số định danh cá nhân).
        personal_id -> Nullable<Text>,
        /// When it was disabled.
        disabled_at -> Nullable<Instant>,
        /// Wrong passwords in a row.
        failed_attempts -> Integer,
        /// Until when no password is looked at.
        locked_until -> Nullable<Instant>,
        /// Raised to make all tokens issued before worthless.
        token_version -> BigInt,
        /// When it was made.
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Roles held at units, with validity.
    account_grants (account_id, role, valid_from) {
        /// The account.
        account_id -> Uid,
        /// The role.
        role -> Text,
        /// Unit at which it is held; none for citizens.
        unit -> Nullable<Text>,
        /// First day it is held.
        valid_from -> Date,
        /// Last day it is held.
        valid_to -> Nullable<Date>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Refresh tokens: digests only; a family ends when an old token comes back.
    sessions (token_hash) {
        /// SHA-256 of the refresh token; the token itself is not kept.
        token_hash -> Text,
        /// The sign-in it descends from.
        family -> Uid,
        /// Who signed in.
        account_id -> Uid,
        /// When it was issued.
        issued_at -> Instant,
        /// When it ends.
        expires_at -> Instant,
        /// When it was exchanged for the next one.
        used_at -> Nullable<Instant>,
        /// When its family was ended.
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Keys that sign access tokens.
    signing_keys (kid) {
        /// Name of the key, as in tokens.
        kid -> Text,
        /// Private half (PKCS#8, PEM). Secret.
        private_pem -> Text,
        /// Public half, base64url.
        public_key -> Text,
        /// `next`, `current` or `retiring`.
        state -> Text,
        /// When it was made.
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Next number of a unit's day.
    code_sequences (unit, day) {
        /// Unit that receives.
        unit -> Text,
        /// Day in Vietnam.
        day -> Date,
        /// The number that the next dossier gets.
        next -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What people have begun to fill in and not handed in: no dossier, never counted, seen by its owner alone.
    drafts (id) {
        /// Identity.
        id -> Uid,
        /// Account that keeps it.
        owner -> Uid,
        /// Procedure it is meant for.
        procedure_code -> Nullable<Text>,
        /// Unit it is meant for.
        unit -> Nullable<Text>,
        /// What was filled in so far; personal.
        package -> Json,
        /// When it was begun.
        created_at -> Instant,
        /// When it was last saved.
        updated_at -> Instant,
        /// Version for conditional requests.
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// One row a dossier: the state its events lead to.
    dossiers (id) {
        /// Identity inside the program.
        id -> Uid,
        /// Mã hồ sơ: unit, day and number.
        code -> Text,
        /// National code of the procedure.
        procedure_code -> Text,
        /// The version of the procedure it was received under and keeps.
        procedure_version -> Uid,
        /// Unit that received it.
        unit -> Text,
        /// How it came in: at the desk, online or by post.
        channel -> Text,
        /// Where it stands in the national list of statuses.
        status -> Text,
        /// Result, once decided.
        outcome -> Nullable<Text>,
        /// Whether the time limit runs, waits or has ended.
        clock -> Text,
        /// The stage it is at, from 1.
        stage -> Integer,
        /// Since when.
        stage_since -> Instant,
        /// Ngày nộp.
        submitted_at -> Instant,
        /// Ngày tiếp nhận.
        accepted_at -> Nullable<Instant>,
        /// Ngày hẹn trả; none before acceptance, while paused, and where no limit is known.
        due_at -> Nullable<Instant>,
        /// Ngày kết thúc xử lý: when it was decided.
        completed_at -> Nullable<Instant>,
        /// When it was declined, withdrawn or stopped.
        ended_at -> Nullable<Instant>,
        /// Ngày trả kết quả.
        returned_at -> Nullable<Instant>,
        /// Name of the applicant (chủ hồ sơ).
        applicant_name -> Text,
        /// The same in lower case without marks, for searching.
        name_folded -> Text,
        /// Personal identifier of the applicant (số định danh cá nhân).
        personal_id -> Text,
        /// Applicant's day of birth.
        born_on -> Nullable<Date>,
        /// Applicant's sex.
        sex -> Nullable<Text>,
        /// Applicant's telephone number.
        phone -> Nullable<Text>,
        /// Who acts for the applicant.
        representative -> Nullable<Json>,
        /// Personal identifier of that person.
        representative_id -> Nullable<Text>,
        /// Account that handed it in.
        submitted_by -> Nullable<Uid>,
        /// The status a supplement or payment leads back to.
        resume_to -> Nullable<Text>,
        /// How often a supplement was asked for.
        supplement_requests -> Integer,
        /// Last day of the open supplement request.
        supplement_until -> Nullable<Date>,
        /// How often the due date was moved.
        extensions -> Integer,
        /// The last move of the due date: when, and where to.
        extension -> Nullable<Json>,
        /// Spans of time in which the clock waited, and why.
        pauses -> Json,
        /// What the case officer put before the approver.
        proposal -> Nullable<Json>,
        /// Who decided, with the decision's number and day.
        decision -> Nullable<Json>,
        /// Rule book that the due date was reckoned with.
        calendar_version -> Nullable<Text>,
        /// What the applicant filled in.
        form -> Json,
        /// SHA-256 of the tracking secret.
        secret_hash -> Text,
        /// Hash of its last event.
        event_hash -> Text,
        /// What the national portal said of it, for imported ones.
        portal -> Nullable<Json>,
        /// Number of its last event; what a writer must have seen (If-Match).
        version -> BigInt,
        /// From when it counts as overdue while it is open: its due date, or when that came into force if later.
        overdue_from -> Nullable<Instant>,
        /// Unit of the officer who decided, declined or stopped it.
        ended_by_unit -> Nullable<Text>,
        /// Since when its due date is in force: the step or the publication that set it.
        due_since -> Nullable<Instant>,
        /// When the share of the stage is used up; none before acceptance, while paused, and where the stage has none.
        stage_due_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What happened to dossiers: append-only, numbered per dossier, each row chained to the one before.
    dossier_events (dossier_id, seq) {
        /// The dossier.
        dossier_id -> Uid,
        /// Number within the dossier, from 1.
        seq -> BigInt,
        /// When it happened.
        at -> Instant,
        /// When it was written down; later than `at` for an import.
        recorded_at -> Instant,
        /// What was done.
        action -> Text,
        /// Who did it, in which role, from and to which status, with what.
        body -> Json,
        /// Hash of the event before.
        prev_hash -> Text,
        /// Hash of this event and the one before.
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Papers handed in with a dossier.
    dossier_papers (id) {
        /// Identity.
        id -> Uid,
        /// The dossier.
        dossier_id -> Uid,
        /// Which of the procedure's papers it is.
        code -> Text,
        /// Whether the original on paper was handed in.
        original -> Bool,
        /// Where the file lies.
        upload -> Nullable<Text>,
        /// Name of the file as it was handed in.
        file_name -> Nullable<Text>,
        /// Whether the paper was scanned.
        digitised -> Bool,
        /// Whether it was taken from the citizen's data store instead of handed in.
        reused -> Bool,
        /// When it was handed in.
        handed_in_at -> Instant,
        /// Paper of an earlier dossier that it was taken from.
        reused_from -> Nullable<Uid>,
        /// When another paper took its place.
        replaced_at -> Nullable<Instant>,
        /// The paper that took its place.
        replaced_by -> Nullable<Uid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Files as they come in and are kept; the content lies in the file store.
    uploads (id) {
        /// Identity; the content lies under it in the store of files.
        id -> Uid,
        /// Account that brought it in.
        owner -> Uid,
        /// How far it is.
        state -> Text,
        /// Name of the file as it was handed in.
        name -> Text,
        /// What the content shows it to be.
        media_type -> Text,
        /// Size in bytes.
        size -> BigInt,
        /// SHA-256 of the content.
        sha256 -> Text,
        /// What was said of harmful content.
        scan -> Text,
        /// When it was begun.
        created_at -> Instant,
        /// When it is removed unless a dossier names it.
        expires_at -> Nullable<Instant>,
        /// Process that works on it.
        lease_owner -> Nullable<Uid>,
        /// Until when a silent one keeps it.
        lease_until -> Nullable<Instant>,
        /// How many pages a PDF states that it has.
        pages -> Nullable<BigInt>,
        /// Whether its pages are still to be counted.
        pages_wanted -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What applicants say of settled dossiers, one row a dossier (reasons joined by '|').
    dossier_ratings (dossier_id) {
        /// The dossier.
        dossier_id -> Uid,
        /// Its code.
        dossier_code -> Text,
        /// Its procedure.
        procedure_code -> Text,
        /// Unit that received it.
        unit -> Text,
        /// Points given.
        score -> Integer,
        /// Codes of what was good or bad, joined by '|'.
        reasons -> Text,
        /// What the applicant wrote.
        comment -> Nullable<Text>,
        /// Account that rated; none when it was rated by tracking.
        rated_by -> Nullable<Uid>,
        /// When it was first rated.
        rated_at -> Instant,
        /// When the rating was last changed.
        changed_at -> Instant,
        /// Version for conditional requests.
        version -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Unemployment benefits that were granted.
    benefits (id) {
        /// Identity.
        id -> Uid,
        /// The dossier it was granted on.
        dossier_id -> Uid,
        /// Its code.
        dossier_code -> Text,
        /// Unit that decided.
        unit -> Text,
        /// Personal identifier of who draws it.
        personal_id -> Text,
        /// Their name.
        applicant_name -> Text,
        /// `granted`, until declarations, suspensions and terminations change it.
        state -> Text,
        /// The law it was granted under.
        law -> Text,
        /// Rule book it was reckoned with.
        rule_version -> Text,
        /// Amount of a month, in đồng.
        monthly_vnd -> BigInt,
        /// Months granted.
        months -> Integer,
        /// Months of contributions kept for a later claim (bảo lưu).
        months_reserved -> Integer,
        /// First day.
        starts_on -> Date,
        /// Last day.
        ends_on -> Date,
        /// Amount of all months, in đồng.
        total_vnd -> BigInt,
        /// Số quyết định.
        decision_number -> Text,
        /// Day of the decision.
        decided_on -> Date,
        /// The whole reckoning, step by step with its sources.
        assessment -> Json,
        /// When it was recorded.
        created_at -> Instant,
        /// Version for conditional requests.
        version -> BigInt,
        /// First month drawn here: after 1 where an earlier province paid before.
        first_month -> Integer,
        /// Months of contributions the grant rests on.
        months_counted -> Integer,
        /// Day from which the register follows its declarations.
        followed_from -> Date,
        /// Day it was suspended (tạm dừng), while it is.
        suspended_on -> Nullable<Date>,
        /// Day it ended (chấm dứt).
        ended_on -> Nullable<Date>,
        /// Coded cause of its end.
        end_cause -> Nullable<Text>,
        /// Months of contributions kept for a later claim when it ended (bảo lưu).
        months_kept -> Nullable<Integer>,
        /// First day on which the next declaration may be made (thông báo tìm kiếm việc làm).
        declare_from -> Nullable<Date>,
        /// Last day for the next declaration.
        declare_by -> Nullable<Date>,
        /// Day from which the next month may be paid.
        payable_on -> Nullable<Date>,
        /// Day on which the timer looks at it next.
        check_on -> Nullable<Date>,
        /// Declarations, suspensions, refusals and recovery, as they stand.
        life -> Json,
        /// Hash of its last event.
        event_hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What happened to benefits: append-only, numbered per benefit, each row chained to the one before.
    benefit_events (benefit_id, seq) {
        /// The benefit.
        benefit_id -> Uid,
        /// Number within the benefit, from 1 without a gap.
        seq -> BigInt,
        /// When it happened.
        at -> Instant,
        /// When it was recorded.
        recorded_at -> Instant,
        /// What was done.
        action -> Text,
        /// Who, from which status to which, why and with what.
        body -> Json,
        /// Hash of the event before.
        prev_hash -> Text,
        /// Hash of this event and the one before.
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Benefit months that were paid, each once.
    benefit_payments (benefit_id, month) {
        /// The benefit.
        benefit_id -> Uid,
        /// Number of the month, from 1.
        month -> Integer,
        /// Unit that follows the benefit.
        unit -> Text,
        /// Amount paid, in đồng.
        amount_vnd -> BigInt,
        /// Day of payment.
        paid_on -> Date,
        /// Reference of the payment.
        reference -> Text,
        /// When it was recorded.
        recorded_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Who runs a timer now, so that several processes do not run it at once.
    timer_leases (name) {
        /// Which timer.
        name -> Text,
        /// Process that holds it.
        owner -> Uid,
        /// Until when; none once it was restored from an archive.
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What each change adds to the figures of a day, until the roll-up takes it in.
    figure_deltas (id) {
        /// Identity.
        id -> Uid,
        /// Day in Vietnam on which it happened.
        day -> Date,
        /// Procedure of the dossier.
        procedure_code -> Text,
        /// Unit that received it.
        unit -> Text,
        /// How it came in.
        channel -> Text,
        /// What happened, such as received or approved.
        figure -> Text,
        /// How many, to be added.
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures rolled up by day.
    figure_days (day, procedure_code, unit, channel, figure) {
        /// Day in Vietnam.
        day -> Date,
        /// Procedure of the dossiers.
        procedure_code -> Text,
        /// Unit that received them.
        unit -> Text,
        /// How they came in.
        channel -> Text,
        /// What happened.
        figure -> Text,
        /// How many on that day.
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures rolled up by month and year.
    figure_periods (span, first, procedure_code, unit, channel) {
        /// How long the period is: month or year.
        span -> Text,
        /// Its first day.
        first -> Date,
        /// Procedure of the dossiers.
        procedure_code -> Text,
        /// Unit that received them.
        unit -> Text,
        /// How they came in.
        channel -> Text,
        /// Submitted.
        received -> BigInt,
        /// Submitted online or through the national portal.
        received_online -> BigInt,
        /// Decided for.
        approved -> BigInt,
        /// Decided against.
        rejected -> BigInt,
        /// Decided by the due date.
        in_time -> BigInt,
        /// Decided after it.
        late -> BigInt,
        /// Withdrawn.
        withdrawn -> BigInt,
        /// Stopped.
        stopped -> BigInt,
        /// Not accepted.
        not_accepted -> BigInt,
        /// Became overdue.
        overdue_began -> BigInt,
        /// Ceased to be overdue.
        overdue_ended -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures of all procedures and channels, rolled up by day, month and year.
    figure_unit_periods (span, first, unit) {
        /// How long the period is: day, month or year.
        span -> Text,
        /// Its first day.
        first -> Date,
        /// Unit that received them.
        unit -> Text,
        /// Submitted.
        received -> BigInt,
        /// Submitted online or through the national portal.
        received_online -> BigInt,
        /// Decided for.
        approved -> BigInt,
        /// Decided against.
        rejected -> BigInt,
        /// Decided by the due date.
        in_time -> BigInt,
        /// Decided after it.
        late -> BigInt,
        /// Withdrawn.
        withdrawn -> BigInt,
        /// Stopped.
        stopped -> BigInt,
        /// Not accepted.
        not_accepted -> BigInt,
        /// Became overdue.
        overdue_began -> BigInt,
        /// Ceased to be overdue.
        overdue_ended -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Head of each audit chain and the lane that holds it.
    audit_heads (chain) {
        /// Name of the chain.
        chain -> Text,
        /// Number of its last entry.
        seq -> BigInt,
        /// Hash of its last entry.
        hash -> Text,
        /// The write lane that holds the chain.
        owner -> Nullable<Uid>,
        /// Until when a silent holder keeps it.
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Hash-chained record of what was done; append-only.
    audit_entries (chain, seq) {
        /// The chain.
        chain -> Text,
        /// Number within the chain, from 1.
        seq -> BigInt,
        /// When it was done.
        at -> Instant,
        /// The account; none for the system itself.
        actor -> Nullable<Uid>,
        /// Its user name.
        actor_name -> Text,
        /// In which role.
        role -> Nullable<Text>,
        /// What was done.
        action -> Text,
        /// To what: a public code or identity.
        subject -> Text,
        /// The unit it belongs to.
        unit -> Nullable<Text>,
        /// From which network address.
        address -> Nullable<Text>,
        /// In which request.
        request_id -> Nullable<Text>,
        /// The rest; nothing personal.
        detail -> Json,
        /// Hash of the entry before.
        prev_hash -> Text,
        /// Hash of this entry and the one before.
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What others are to be told, written in the transaction of the change.
    outbox (id) {
        /// Identity, ordered by time.
        id -> Uid,
        /// When it happened.
        at -> Instant,
        /// What kind of message it is.
        topic -> Text,
        /// What it is about: a public code.
        subject -> Text,
        /// The message.
        body -> Json,
        /// When it was handed on.
        dispatched_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Answers kept for repeated requests, scoped to caller and route.
    idempotency_keys (scope) {
        /// Digest of caller, route and Idempotency-Key.
        scope -> Text,
        /// Digest of path, query and body: the same key with another request is refused.
        fingerprint -> Text,
        /// Status of the answer.
        status -> Integer,
        /// Headers of the answer.
        headers -> Json,
        /// Body of the answer.
        body -> Text,
        /// When it was answered.
        created_at -> Instant,
        /// Until when it is answered again.
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Imports as leased, resumable jobs.
    imports (id) {
        /// Identity.
        id -> Uid,
        /// What is imported.
        kind -> Text,
        /// How far it is.
        state -> Text,
        /// Account that asked for it.
        created_by -> Uid,
        /// Its user name.
        created_by_name -> Text,
        /// How it is to be done, such as a dry run.
        options -> Json,
        /// When it was taken in.
        created_at -> Instant,
        /// When it ended.
        finished_at -> Nullable<Instant>,
        /// Lines of the file.
        rows_total -> BigInt,
        /// Lines looked at.
        rows_done -> BigInt,
        /// Lines that were refused.
        rows_failed -> BigInt,
        /// Lines whose dossier was there already.
        rows_unchanged -> BigInt,
        /// Dossiers on which the portal decided otherwise than the law.
        disagreements -> BigInt,
        /// The line to go on with.
        next_line -> BigInt,
        /// Whether it is to be called off.
        cancel_requested -> Bool,
        /// Why nothing could be read.
        failure -> Nullable<Text>,
        /// Process that works it.
        lease_owner -> Nullable<Uid>,
        /// Until when a silent one keeps it.
        lease_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// The file of an import in pieces of whole lines, removed when it is done.
    import_chunks (import_id, first_line) {
        /// The import.
        import_id -> Uid,
        /// Number of its first line, from 1.
        first_line -> BigInt,
        /// How many lines it holds.
        line_count -> BigInt,
        /// The lines.
        content -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What was wrong, by line and column.
    import_errors (import_id, line, position) {
        /// The import.
        import_id -> Uid,
        /// Number of the line.
        line -> BigInt,
        /// Order of what is wrong in one line.
        position -> Integer,
        /// The column.
        column_name -> Text,
        /// What is wrong, as a code.
        code -> Text,
        /// The same in Vietnamese.
        message_vi -> Text,
        /// The same in English.
        message_en -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Dossiers of an import on which the portal decided otherwise than the law.
    import_disagreements (import_id, code) {
        /// The import.
        import_id -> Uid,
        /// Mã hồ sơ.
        code -> Text,
        /// What the portal decided.
        portal_outcome -> Text,
        /// What the law gives.
        outcome -> Text,
        /// Conditions of the law that are not met.
        failed_conditions -> Json,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Who works a dossier, from when to when: never overwritten, only ended.
    dossier_assignments (id) {
        /// Identity.
        id -> Uid,
        /// The dossier.
        dossier_id -> Uid,
        /// What part in it is given.
        kind -> Text,
        /// Officer it is given to.
        account_id -> Uid,
        /// Their user name.
        user_name -> Text,
        /// Account that gave it.
        assigned_by -> Uid,
        /// Its user name.
        assigned_by_name -> Text,
        /// Why.
        reason -> Nullable<Text>,
        /// From when.
        valid_from -> Instant,
        /// Until when; none while it lasts.
        valid_to -> Nullable<Instant>,
        /// Account that ended it.
        ended_by -> Nullable<Uid>,
        /// Its user name.
        ended_by_name -> Nullable<Text>,
        /// Why it was ended.
        end_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Work handed to another officer for a period; both days belong to it.
    delegations (id) {
        /// Identity.
        id -> Uid,
        /// Officer who is stood in for.
        from_account -> Uid,
        /// Their user name.
        from_name -> Text,
        /// Officer who stands in.
        to_account -> Uid,
        /// Their user name.
        to_name -> Text,
        /// Role that is lent.
        role -> Text,
        /// Unit at which it is held.
        unit -> Text,
        /// First day.
        valid_from -> Date,
        /// Last day.
        valid_to -> Date,
        /// Why.
        reason -> Nullable<Text>,
        /// Account that made it.
        created_by -> Uid,
        /// Its user name.
        created_by_name -> Text,
        /// When it was made.
        created_at -> Instant,
        /// When it was ended early.
        ended_at -> Nullable<Instant>,
        /// Account that ended it.
        ended_by -> Nullable<Uid>,
        /// Its user name.
        ended_by_name -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Letters of apology, drafted by the timer or by an extension; one an occasion and due date.
    letters (id) {
        /// Identity.
        id -> Uid,
        /// The dossier.
        dossier_id -> Uid,
        /// What the letter is for.
        occasion -> Text,
        /// Whether it is drafted, reviewed, issued or discarded.
        state -> Text,
        /// The due instant it speaks of.
        due_at -> Instant,
        /// The new due instant it names.
        new_due_at -> Nullable<Instant>,
        /// Template it was made from.
        template -> Text,
        /// The text; personal.
        body -> Text,
        /// Account that acts on it next.
        acts_account -> Nullable<Uid>,
        /// Its user name.
        acts_name -> Nullable<Text>,
        /// In which role.
        acts_role -> Text,
        /// Who drafted it.
        drafted_by -> Text,
        /// When.
        drafted_at -> Instant,
        /// Counts its changes; what a writer must have seen (If-Match).
        version -> BigInt,
        /// Why it is late, in words for the applicant.
        reason -> Nullable<Text>,
        /// User name of who changed it last.
        edited_by -> Nullable<Text>,
        /// When.
        edited_at -> Nullable<Instant>,
        /// User name of who looked it through.
        reviewed_by -> Nullable<Text>,
        /// When.
        reviewed_at -> Nullable<Instant>,
        /// Number of the issued letter, from 1 within its unit and year.
        number -> Nullable<BigInt>,
        /// Unit whose number it is.
        number_unit -> Nullable<Text>,
        /// Year whose number it is.
        number_year -> Nullable<Integer>,
        /// Day that the issued letter bears.
        issued_on -> Nullable<Date>,
        /// Name of who signed it.
        signer -> Nullable<Text>,
        /// Their office.
        signer_title -> Nullable<Text>,
        /// User name of who issued it.
        issued_by -> Nullable<Text>,
        /// When.
        issued_at -> Nullable<Instant>,
        /// User name of who discarded it.
        discarded_by -> Nullable<Text>,
        /// When.
        discarded_at -> Nullable<Instant>,
        /// Why it was not sent.
        discard_reason -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;

    /// Numbers of letters of apology: one sequence a unit and year.
    letter_numbers (unit, year) {
        /// The unit.
        unit -> Text,
        /// The year.
        year -> Integer,
        /// The next number.
        next -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Texts that letters are made from, dated; the shipped text holds where there is none.
    letter_templates (id) {
        /// Identity.
        id -> Uid,
        /// What the letter is for.
        occasion -> Text,
        /// First day it is used.
        valid_from -> Date,
        /// The text with its places to fill.
        body -> Text,
        /// The document it follows.
        source -> Text,
        /// Account that made it.
        created_by -> Uid,
        /// Its user name.
        created_by_name -> Text,
        /// When it was made.
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Why dossiers were refused.
    dossier_reasons (reason, dossier_id) {
        /// The dossier.
        dossier_id -> Uid,
        /// Reason code of declining, failed condition of a rejection, or `not_coded`.
        reason -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Spans in which an open dossier was past its due date, written when they end.
    dossier_overdue_spans (dossier_id, since) {
        /// The dossier.
        dossier_id -> Uid,
        /// From when it was overdue.
        since -> Instant,
        /// When it was decided, ended or paused, or its due date moved.
        until -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// What changes add to figures by reason and officer's unit, until the roll-up takes it in.
    figure_part_deltas (id) {
        /// Identity.
        id -> Uid,
        /// Day in Vietnam on which it happened.
        day -> Date,
        /// Procedure of the dossier.
        procedure_code -> Text,
        /// Unit that received it.
        unit -> Text,
        /// How it came in.
        channel -> Text,
        /// What happened, such as approved or not_accepted.
        figure -> Text,
        /// By what it is counted: reason or officer_unit.
        part -> Text,
        /// Which reason or unit.
        part_key -> Text,
        /// How many, to be added.
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures by reason and officer's unit, rolled up by day.
    figure_part_days (day, procedure_code, unit, channel, figure, part, part_key) {
        /// Day in Vietnam on which it happened.
        day -> Date,
        /// Procedure of the dossier.
        procedure_code -> Text,
        /// Unit that received it.
        unit -> Text,
        /// How it came in.
        channel -> Text,
        /// What happened, such as approved or not_accepted.
        figure -> Text,
        /// By what it is counted: reason or officer_unit.
        part -> Text,
        /// Which reason or unit.
        part_key -> Text,
        /// How many.
        n -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::column::{Instant, Json, Uid};

    /// Figures counted anew and compared.
    figure_checks (id) {
        /// Identity.
        id -> Uid,
        /// The night it belongs to; none when somebody asked for it.
        day -> Nullable<Date>,
        /// How far it is.
        state -> Text,
        /// When it began.
        started_at -> Instant,
        /// When it ended.
        finished_at -> Nullable<Instant>,
        /// First day compared.
        first_day -> Date,
        /// Last day compared.
        last_day -> Date,
        /// Dossiers counted anew.
        dossiers -> BigInt,
        /// Numbers compared.
        comparisons -> BigInt,
        /// Numbers that differ.
        faults -> BigInt,
        /// The first of them: unit, period, figure, what is kept, what the events come to.
        findings -> Json,
        /// Why it could not be carried out.
        failure -> Nullable<Text>,
        /// Process that is at it.
        lease_owner -> Nullable<Uid>,
        /// Until when nobody else takes it up.
        lease_until -> Nullable<Instant>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(audit_heads, audit_entries);
diesel::allow_tables_to_appear_in_same_query!(accounts, account_grants);
diesel::allow_tables_to_appear_in_same_query!(dossiers, dossier_assignments, letters);
diesel::allow_tables_to_appear_in_same_query!(dossier_papers, dossiers);
diesel::allow_tables_to_appear_in_same_query!(dossier_events, dossiers);
diesel::allow_tables_to_appear_in_same_query!(benefit_events, benefits);
diesel::allow_tables_to_appear_in_same_query!(dossiers, dossier_reasons, dossier_overdue_spans);
