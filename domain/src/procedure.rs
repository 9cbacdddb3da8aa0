//! Catalogue entries: what a procedure asks for, how long it may take and who works it.
//!
//! Owns the version of a procedure as a value and what must hold before it is published. It must
//! not know how a form is checked; the schema travels as text.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::deadline::Limit;
use crate::unit::Level;

crate::codes! {
    /// Mức độ dịch vụ công trực tuyến (Decree 42/2022/NĐ-CP art. 11).
    pub enum OnlineLevel {
        /// Toàn trình: everything online, the result online or by public post.
        Full => "full", "Toàn trình", "Fully online",
        /// Một phần: what does not meet that.
        Partial => "partial", "Một phần", "Partly online",
        /// Cung cấp thông tin.
        Information => "information", "Cung cấp thông tin", "Information only",
    }
}

crate::codes! {
    /// Kênh nộp hồ sơ: how a dossier came in.
    pub enum Channel {
        /// Trực tuyến tại cổng của tỉnh.
        Online => "online", "Trực tuyến", "Online",
        /// Trực tiếp tại bộ phận Một cửa.
        InPerson => "in_person", "Trực tiếp", "In person",
        /// Bưu chính công ích.
        Post => "post", "Bưu chính công ích", "Public post",
        /// Cổng Dịch vụ công quốc gia.
        NationalPortal => "national_portal", "Cổng Dịch vụ công quốc gia", "National portal",
    }
}

crate::codes! {
    /// A rule set by which law, not discretion, decides the outcome of a procedure.
    pub enum RuleSet {
        /// Hưởng trợ cấp thất nghiệp.
        UnemploymentBenefit => "unemployment_benefit", "Trợ cấp thất nghiệp", "Unemployment benefit",
    }
}

crate::codes! {
    /// Whether a version may be used.
    pub enum VersionState {
        /// Being written.
        Draft => "draft", "Bản nháp", "Draft",
        /// In force during its validity; never changed again.
        Published => "published", "Đã công bố", "Published",
        /// Taken out of force.
        Ended => "ended", "Đã bãi bỏ", "Ended",
    }
}

/// Bước xử lý: one stage of the way a dossier takes between units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Place in the order, from 1.
    pub order: i32,
    /// Vietnamese name.
    pub name_vi: String,
    /// The level of government whose unit works it.
    pub level: Level,
}

/// Thành phần hồ sơ: a paper that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Code within the procedure, for example `mau_03`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// Whether a dossier without it is not a dossier.
    pub required: bool,
    /// Originals wanted.
    pub originals: u8,
    /// Copies wanted.
    pub copies: u8,
}

/// Phiên bản thủ tục hành chính: a procedure as it is during a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Procedure {
    /// National code, for example `1.001978`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// Lĩnh vực.
    pub field: String,
    /// The level of government that offers it.
    pub level: Level,
    /// How far it is online.
    pub online_level: OnlineLevel,
    /// How a dossier may come in.
    pub channels: Vec<Channel>,
    /// The way through the units; at least one.
    pub stages: Vec<Stage>,
    /// What must be handed in.
    pub papers: Vec<Paper>,
    /// Thời hạn giải quyết; none where it is not known, then a dossier has no due date.
    pub limit: Option<Limit>,
    /// How often a supplement may be asked for (Decree 61/2018/NĐ-CP: once).
    pub max_supplement_requests: u32,
    /// How often the due date may be moved by letter of apology (once).
    pub max_extensions: u32,
    /// The rule set that decides, if law does.
    pub rule: Option<RuleSet>,
    /// JSON Schema (draft 2020-12) of the form, as text; none where any object will do.
    pub form_schema: Option<String>,
    /// First day in force.
    pub valid_from: NaiveDate,
    /// Last day in force.
    pub valid_to: Option<NaiveDate>,
    /// Where the facts come from.
    pub source: String,
    /// How far they are confirmed.
    pub basis: String,
}

impl Procedure {
    /// Whether the version may receive a dossier on this day.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// The stage with this place in the order.
    pub fn stage(&self, order: i32) -> Option<&Stage> {
        self.stages.iter().find(|s| s.order == order)
    }

    /// The stage after this one.
    pub fn stage_after(&self, order: i32) -> Option<&Stage> {
        self.stages.iter().filter(|s| s.order > order).min_by_key(|s| s.order)
    }

    /// The paper with this code.
    pub fn paper(&self, code: &str) -> Option<&Paper> {
        self.papers.iter().find(|p| p.code == code)
    }
}
