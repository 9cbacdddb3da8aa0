//! What may be asked of a list of dossiers.

use chrono::NaiveDate;
use domain::dossier::queue::Lateness;
use domain::dossier::status::{Outcome, Status};
use domain::procedure::{Channel, OnlineLevel};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::http::format::Format;
use crate::http::views::codes;

domain::codes! {
    /// What a figure counts, for the list behind it.
    pub enum CountedAs {
        /// Kỳ trước chuyển sang.
        CarriedOver => "carried_over", "Kỳ trước chuyển sang", "Carried over",
        /// Hồ sơ đã nhận.
        Received => "received", "Đã nhận", "Received",
        /// Nhận trực tuyến.
        ReceivedOnline => "received_online", "Nhận trực tuyến", "Received online",
        /// Đã giải quyết.
        Settled => "settled", "Đã giải quyết", "Settled",
        /// Đủ điều kiện.
        Approved => "approved", "Đủ điều kiện", "Approved",
        /// Không đủ điều kiện.
        Rejected => "rejected", "Không đủ điều kiện", "Rejected",
        /// Kết quả khác.
        OtherResults => "other_results", "Kết quả khác", "Other results",
        /// Đúng hạn.
        InTime => "in_time", "Đúng hạn", "In time",
        /// Quá hạn.
        Late => "late", "Quá hạn", "Late",
        /// Rút.
        Withdrawn => "withdrawn", "Rút", "Withdrawn",
        /// Dừng.
        Stopped => "stopped", "Dừng", "Stopped",
        /// Không được tiếp nhận.
        NotAccepted => "not_accepted", "Không được tiếp nhận", "Not accepted",
        /// Đang giải quyết.
        Open => "open", "Đang giải quyết", "Still open",
        /// Đang giải quyết và quá hạn.
        OpenOverdue => "open_overdue", "Đang giải quyết quá hạn", "Open and overdue",
        /// Đang xem xét: another name of `open`, as the figures of unemployment benefit have it.
        UnderReview => "under_review", "Đang xem xét", "Under review",
    }
}

domain::codes! {
    /// Order of a list of dossiers.
    pub enum Sort {
        /// Mới nhất trước.
        NewestFirst => "-submitted_at", "Mới nhất trước", "Newest first",
        /// Cũ nhất trước.
        OldestFirst => "submitted_at", "Cũ nhất trước", "Oldest first",
        /// Gần hạn nhất trước; hồ sơ không có hạn ở cuối.
        DueFirst => "due_at", "Gần hạn nhất trước", "Due soonest first, without due date last",
        /// Gần hạn của bước nhất trước; chỉ cùng với `stage_lateness` là `late`, `due_soon` hoặc `on_time`.
        StageDueFirst => "stage_due_at", "Gần hạn của bước nhất trước", "Due soonest at their stage first; only with a `stage_lateness` of those that have such an instant",
    }
}

domain::codes! {
    /// How a list is counted.
    pub enum Counting {
        /// Chính xác.
        Exact => "exact", "Chính xác", "Exact",
        /// Tối đa 1.000.
        Capped => "capped", "Tối đa 1.000", "Up to 1,000",
    }
}

macro_rules! filters {
    ($(#[$meta:meta])* $name:ident, $doc:ident, $($extra:tt)*) => {
        $(#[$meta])*
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($extra)*
            /// Only this procedure
            pub procedure: Option<String>,
            /// Only this status
            #[$doc(schema_with = codes::<Status>)]
            pub status: Option<Status>,
            /// Only this outcome
            #[$doc(schema_with = codes::<Outcome>)]
            pub outcome: Option<Outcome>,
            /// Only this unit and what belongs to it
            pub unit: Option<String>,
            /// Only this channel
            #[$doc(schema_with = codes::<Channel>)]
            pub channel: Option<Channel>,
            /// Submitted on or after this day
            pub submitted_from: Option<NaiveDate>,
            /// Submitted on or before this day
            pub submitted_to: Option<NaiveDate>,
            /// Only those that are late, or were when they were decided; or only those that are not
            pub late: Option<bool>,
            /// Only open ones that stand so to their due date, as the queue counts them
            #[$doc(schema_with = codes::<Lateness>)]
            pub lateness: Option<Lateness>,
            /// Only open ones that stand so to the due instant of their stage, as the queue counts them
            #[$doc(schema_with = codes::<Lateness>)]
            pub stage_lateness: Option<Lateness>,
            /// Only those that are not over (neither ended nor handed over), or only those that are
            pub open: Option<bool>,
            /// Only those at this stage
            #[$doc(minimum = 1, maximum = 100)]
            pub stage: Option<i32>,
            /// Only those that this officer is assigned to: an account, `me` (and whom I stand in
            /// for), or `none` for those without a primary
            #[$doc(example = "me")]
            pub assignee: Option<String>,
            /// Only those that this figure counted as of `as_of`
            #[$doc(schema_with = codes::<CountedAs>)]
            pub figure: Option<CountedAs>,
            /// With `figure`: a date (its end) or an instant; now without it
            pub as_of: Option<String>,
            /// With `figure`: only those to whom it happened on or after this day; the beginning without it
            pub from: Option<NaiveDate>,
            /// Only what was received by exactly these units, separated by commas; with `map`, by units for
            /// which these stand together
            pub received_by: Option<String>,
            /// The day whose units `received_by` names
            pub map: Option<NaiveDate>,
            /// Only procedures of this field
            pub field: Option<String>,
            /// Only procedures that are so far online
            #[$doc(schema_with = codes::<OnlineLevel>)]
            pub online_level: Option<OnlineLevel>,
            /// The day whose catalogue says field and online level; that of `as_of` without it
            pub catalogue_on: Option<NaiveDate>,
            /// Only what was refused for this: a reason code of declining, a failed condition, or `not_coded`
            pub reason: Option<String>,
            /// Only what an officer of this unit decided, declined or stopped
            pub officer_unit: Option<String>,
            /// Order; newest first without it
            #[$doc(schema_with = codes::<Sort>)]
            pub sort: Option<Sort>,
            /// Count the whole list too
            #[$doc(schema_with = codes::<Counting>)]
            pub count: Option<Counting>,
            /// Page size, 1 to 200; 50 without it
            #[$doc(minimum = 1, maximum = 200)]
            #[serde(skip_serializing)]
            pub limit: Option<u32>,
            /// Place to go on from
            #[serde(skip_serializing)]
            pub cursor: Option<String>,
        }
    };
}

filters! {
    /// Which dossiers
    #[derive(Debug, Clone, Default, Deserialize, Serialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    DossiersQuery, param,
    /// Form of the answer; by `Accept` without it. `csv` and `xlsx` are the whole list, from `cursor` on where
    /// it is given; with `limit` a page of it and the same `Link` as JSON
    #[param(schema_with = codes::<Format>)]
    #[serde(skip_serializing)]
    pub format: Option<Format>,
}

filters! {
    /// Which dossiers, by personal values too: these never stand in an address
    #[derive(Debug, Clone, Default, Deserialize, Serialize, Validate, ToSchema)]
    SearchBody, schema,
    /// Form of the answer; by `Accept` without it. `csv` and `xlsx` are the whole list, from `cursor` on where
    /// it is given; with `limit` a page of it
    #[schema(schema_with = codes::<Format>)]
    #[serde(skip_serializing)]
    pub format: Option<Format>,
    /// Words of the name; accents may be left out, words may be begun
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200, example = "nguyen thi lan")]
    pub name: Option<String>,
    /// Personal identifier of the applicant or who acts for them
    #[validate(length(min = 9, max = 20))]
    #[schema(min_length = 9, max_length = 20)]
    pub personal_id: Option<String>,
    /// Phone number
    #[validate(length(min = 8, max = 30))]
    #[schema(min_length = 8, max_length = 30)]
    pub phone: Option<String>,
}
