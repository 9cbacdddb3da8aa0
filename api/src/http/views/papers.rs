//! Papers of dossiers and their files.

use domain::dossier::command::PaperIn;
use domain::dossier::paper::{FileState, PaperKind, ScanState};
use persistence::uploads::Upload;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use super::{At, codes};
use crate::app::papers::Filed;

/// A paper handed in, in exactly one of four ways: the original or a copy on paper, a file, or a
/// paper of an earlier dossier of the same person
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaperBody {
    /// Code of the paper in the procedure
    #[validate(length(min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100, example = "mau_03")]
    pub code: String,
    /// The original, on paper
    #[serde(default)]
    pub original: bool,
    /// A copy, on paper
    #[serde(default)]
    pub copy: bool,
    /// Identity of the uploaded file that it is
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub upload: Option<String>,
    /// Identity of the paper of an earlier dossier of the same person that it is
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub reuse: Option<String>,
}

impl PaperBody {
    /// The papers in the domain's own type.
    pub fn domain(papers: Vec<Self>) -> Vec<PaperIn> {
        let paper = |p: Self| PaperIn {
            code: p.code,
            original: p.original,
            copy: p.copy,
            upload: p.upload,
            reuse: p.reuse,
        };
        papers.into_iter().map(paper).collect()
    }
}

/// What takes the place of a paper, in exactly one of four ways
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplacePaper {
    /// The original, on paper
    #[serde(default)]
    pub original: bool,
    /// A copy, on paper
    #[serde(default)]
    pub copy: bool,
    /// Identity of the uploaded file that it is
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub upload: Option<String>,
    /// Identity of the paper of an earlier dossier of the same person that it is
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(min_length = 1, max_length = 200)]
    pub reuse: Option<String>,
}

impl ReplacePaper {
    /// The paper in the domain's own type; its code is that of the one it replaces.
    pub fn domain(self) -> PaperIn {
        PaperIn {
            code: String::new(),
            original: self.original,
            copy: self.copy,
            upload: self.upload,
            reuse: self.reuse,
        }
    }
}

/// A file that was brought in
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadView {
    /// Identity, to be named by a paper
    #[schema(example = "018bd0a2-3f00-7000-8000-000000000001")]
    pub id: String,
    /// How far it has come
    #[schema(schema_with = codes::<FileState>)]
    pub state: FileState,
    /// Name
    #[schema(example = "Sổ BHXH.pdf")]
    pub name: String,
    /// What it is, by its content
    #[schema(example = "application/pdf")]
    pub media_type: String,
    /// Size in bytes
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    /// How many pages a PDF states; null until they are counted, and for what states none: another type, or
    /// an encrypted or broken file
    #[schema(example = 3)]
    pub pages: Option<u32>,
    /// What the scanner says of it
    #[schema(schema_with = codes::<ScanState>)]
    pub scan: ScanState,
    /// When it came in
    pub created_at: At,
    /// When it is removed unless a dossier names it; null once one does
    pub expires_at: Option<At>,
}

impl UploadView {
    /// A file as its owner sees it.
    pub fn of(u: &Upload) -> Self {
        Self {
            id: u.id.to_string(),
            state: u.state,
            name: u.name.clone(),
            media_type: u.media_type.clone(),
            size: u.size,
            sha256: u.sha256.clone(),
            pages: u.pages,
            scan: u.scan,
            created_at: At(u.created_at),
            expires_at: u.expires_at.map(At),
        }
    }
}

/// The file of a paper
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperFileView {
    /// Name
    pub name: String,
    /// What it is, by its content
    #[schema(example = "application/pdf")]
    pub media_type: String,
    /// Size in bytes
    pub size: u64,
    /// SHA-256 of the content, in hexadecimal digits
    #[schema(min_length = 64, max_length = 64)]
    pub sha256: String,
    /// How many pages a PDF states; null until they are counted, and for what states none: another type, or
    /// an encrypted or broken file
    #[schema(example = 3)]
    pub pages: Option<u32>,
}

/// A paper that was handed in
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperView {
    /// Identity
    pub id: String,
    /// Code of the paper in the procedure
    #[schema(example = "so_bhxh")]
    pub code: String,
    /// How it was handed in
    #[schema(schema_with = codes::<PaperKind>)]
    pub kind: PaperKind,
    /// Whether the original lies in the archive
    pub original: bool,
    /// Identity of the upload that it is
    pub upload: Option<String>,
    /// Its file, for those who may read it; null for one that lies elsewhere, too
    pub file: Option<PaperFileView>,
    /// When
    pub handed_in_at: At,
    /// The paper of an earlier dossier that it is
    pub reused_from: Option<String>,
    /// When another took its place
    pub replaced_at: Option<At>,
    /// Which
    pub replaced_by: Option<String>,
}

impl PaperView {
    /// A paper as it is shown; the names of files are personal.
    pub fn of(filed: &Filed, sees_persons: bool) -> Self {
        let (p, file) = (&filed.paper, filed.file.as_ref().filter(|_| sees_persons));
        Self {
            id: p.id.to_string(),
            code: p.code.clone(),
            kind: p.kind,
            original: p.original,
            upload: p.upload.map(|id| id.to_string()),
            file: file.map(|f| PaperFileView {
                name: f.name.clone(),
                media_type: f.media_type.clone(),
                size: f.size,
                sha256: f.sha256.clone(),
                pages: f.pages,
            }),
            handed_in_at: At(p.handed_in_at),
            reused_from: p.reused_from.map(|id| id.to_string()),
            replaced_at: p.replaced_at.map(At),
            replaced_by: p.replaced_by.map(|id| id.to_string()),
        }
    }
}

/// Papers of a dossier
#[derive(Debug, Serialize, ToSchema)]
pub struct PapersView {
    /// Papers, oldest first
    pub items: Vec<PaperView>,
}

/// Which papers are listed
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Also those that were replaced
    #[serde(default)]
    pub history: bool,
}
