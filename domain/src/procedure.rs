//! Catalogue entries: what a procedure asks for, how long it may take and who works it.
//!
//! Owns the version of a procedure as a value and what must hold before it is published. It must
//! not know how a form is checked; the schema travels as text.

pub mod check;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::access::{Role, Station};
use crate::deadline::Limit;
use crate::money::Dong;
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

impl Channel {
    /// The channels that count as online: the province's portal and the national one.
    pub const ONLINE: &'static [Self] = &[Self::Online, Self::NationalPortal];
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
        /// Its last day in force is over.
        Ended => "ended", "Đã hết hiệu lực", "Ended",
    }
}

crate::codes! {
    /// What is paid for a procedure (Law on Fees and Charges 97/2015/QH13 art. 3).
    pub enum FeeKind {
        /// Phí: covers the cost of a service.
        Fee => "fee", "Phí", "Fee",
        /// Lệ phí: a fixed amount for an act of the state.
        Charge => "charge", "Lệ phí", "Charge",
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
    /// Who works it there; none where the procedure does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Its own share of the time limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
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
    /// In which case it is wanted, where not always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_vi: Option<String>,
}

/// Phí, lệ phí.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// Which of the two.
    pub kind: FeeKind,
    /// What it is for.
    pub name_vi: String,
    /// Whole đồng, not negative.
    pub amount_vnd: Dong,
    /// For which channel alone, such as a lower charge online.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The document that sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_basis: Option<String>,
}

/// Căn cứ pháp lý.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalBasis {
    /// Số, ký hiệu văn bản, for example `28/2015/NĐ-CP`.
    pub number: String,
    /// Trích yếu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_vi: Option<String>,
    /// Điều, khoản.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
}

/// Kết quả thực hiện: what an applicant receives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultKind {
    /// Code of the national list, for example `KQ.G07.000298`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Vietnamese name.
    pub name_vi: String,
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
    /// The level of government that settles it.
    pub level: Level,
    /// Further levels that offer it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_levels: Vec<Level>,
    /// Agency identifier of the unit that is competent for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What an agency puts behind the national code in its own lists, for example `H08`; kept apart
    /// because synchronisation compares national codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_suffix: Option<String>,
    /// Số quyết định công bố.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_number: Option<String>,
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
    /// Phí, lệ phí; nothing where it is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fees: Vec<Fee>,
    /// Yêu cầu, điều kiện thực hiện.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Kết quả thực hiện.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultKind>,
    /// Căn cứ pháp lý.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub legal_basis: Vec<LegalBasis>,
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

    /// Every level that offers it, the settling one first.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        std::iter::once(self.level).chain(self.other_levels.iter().copied().filter(|l| *l != self.level))
    }

    /// Whether both say the same, whenever they are in force.
    pub fn same_content(&self, other: &Self) -> bool {
        let undated = |p: &Self| Self { valid_from: NaiveDate::MIN, valid_to: None, ..p.clone() };
        undated(self) == undated(other)
    }

    /// How a version stands on a day, from whether it was published and its last day.
    pub fn state(&self, published: bool, today: NaiveDate) -> VersionState {
        match self.valid_to {
            _ if !published => VersionState::Draft,
            Some(last) if last < today => VersionState::Ended,
            _ => VersionState::Published,
        }
    }

    /// The stage with this place in the order.
    pub fn stage(&self, order: i32) -> Option<&Stage> {
        self.stages.iter().find(|s| s.order == order)
    }

    /// Who works the stage with this place in the order.
    pub fn station(&self, order: i32) -> Option<Station> {
        self.stage(order).map(|stage| Station { level: stage.level, role: stage.role })
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
