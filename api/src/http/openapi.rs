//! The document: head, security, and what every operation has in common.
//!
//! Paths and bodies come from the handlers. Who may call, which errors can come, headers and
//! examples are added here from the tables that the code itself uses, so they cannot differ.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use domain::access::{Action, roles_for};
use domain::dossier::transition::TRANSITIONS;
use serde_json::{Map, Value};
use utoipa::openapi::path::{HttpMethod, Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr, Required,
    Response, ResponseBuilder, ServerBuilder,
};

use super::examples;
use super::problem::{ErrorCode, FieldProblemBody, ProblemBody};
use super::views::meta::in_path;

/// Who an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Whoever asks.
    Everybody,
    /// Those who have this action.
    Having(Action),
    /// Those who have the action that the path names.
    HavingNamed,
}

/// Operations beside the actions on dossiers that take `If-Match`.
const CONDITIONAL: &[&str] = &[
    "save_draft",
    "delete_draft",
    "submit_draft",
    "rate_dossier",
    "replace_dossier_paper",
    "edit_dossier_letter",
    "review_dossier_letter",
    "issue_dossier_letter",
    "discard_dossier_letter",
    "replace_procedure_version",
    "delete_procedure_version",
    "publish_procedure_version",
    "end_procedure_version",
];

/// Operations beside the actions on dossiers that take `Idempotency-Key`.
const KEYED: &[&str] = &[
    "submit_dossier",
    "create_import",
    "receive_unemployment_benefit",
    "cancel_import",
    "create_rule_book",
    "publish_rule_book",
    "rehearse_rule_book",
    "create_draft",
    "submit_draft",
    "assign_dossier",
    "end_dossier_assignment",
    "delegate_work",
    "end_delegation",
    "create_upload",
    "replace_dossier_paper",
    "create_letter_template",
    "review_dossier_letter",
    "issue_dossier_letter",
    "discard_dossier_letter",
    "rate_tracked_dossier",
    "create_procedure",
    "create_procedure_version",
    "publish_procedure_version",
    "end_procedure_version",
    "import_procedures",
];

/// Operations that move money: a repeat must not move it twice, so the key is required.
const MOVES_MONEY: &[&str] = &["pay_benefit_month", "recover_benefit_months", "record_benefit_repayment"];

/// Operations beside the actions on dossiers that answer an `ETag`.
const TAGGED: &[&str] = &[
    "submit_dossier",
    "get_dossier",
    "create_rule_book",
    "get_rule_book",
    "update_rule_book",
    "publish_rule_book",
    "get_unemployment_benefit",
    "receive_unemployment_benefit",
    "create_draft",
    "get_draft",
    "get_dossier_letter",
    "edit_dossier_letter",
    "review_dossier_letter",
    "issue_dossier_letter",
    "discard_dossier_letter",
    "save_draft",
    "submit_draft",
    "replace_dossier_paper",
    "rate_dossier",
    "get_dossier_rating",
    "get_procedure",
    "create_procedure",
    "create_procedure_version",
    "get_procedure_version",
    "replace_procedure_version",
    "publish_procedure_version",
    "end_procedure_version",
    "put_procedure_blank_form",
    "get_procedure_blank_form",
];

/// Operations that answer a `Location`.
const LOCATED: &[&str] = &[
    "rehearse_rule_book",
    "submit_dossier",
    "create_import",
    "create_draft",
    "submit_draft",
    "create_upload",
    "create_procedure",
    "create_procedure_version",
];

/// Further operations that what is asked for may be illegal for now.
const CONFLICTING: &[&str] = &[
    "create_draft",
    "delete_upload",
    "rate_tracked_dossier",
    "create_procedure",
    "validate_procedure_version",
    "put_procedure_blank_form",
    "delete_procedure_blank_form",
];

/// The operation whose path names the action it needs.
const NAMES_ITS_ACTION: &str = "act_on_dossiers";

/// The action on dossiers with this name in a path.
pub fn action_in_path(name: &str) -> Option<Action> {
    TRANSITIONS.iter().map(|row| row.action).find(|action| in_path(*action) == name)
}

/// The action that each operation behind sign-in needs.
pub const NEEDS: &[(&str, Action)] = &[
    ("create_draft", Action::KeepDraft),
    ("list_drafts", Action::KeepDraft),
    ("get_draft", Action::KeepDraft),
    ("save_draft", Action::KeepDraft),
    ("delete_draft", Action::KeepDraft),
    ("submit_draft", Action::KeepDraft),
    ("submit_dossier", Action::Submit),
    ("get_dossier", Action::ReadDossier),
    ("list_dossier_events", Action::ReadDossier),
    ("list_dossier_papers", Action::ReadDossier),
    ("create_upload", Action::UploadPaper),
    ("get_upload", Action::UploadPaper),
    ("delete_upload", Action::UploadPaper),
    ("get_dossier_paper_content", Action::ReadPaper),
    ("replace_dossier_paper", Action::ReplacePaper),
    ("list_dossier_transitions", Action::ReadDossier),
    ("list_rule_books", Action::ReadRuleBook),
    ("get_rule_book", Action::ReadRuleBook),
    ("validate_rule_book", Action::ReadRuleBook),
    ("list_rule_book_differences", Action::ReadRuleBook),
    ("list_recomputations", Action::ReadRuleBook),
    ("get_recomputation", Action::ReadRuleBook),
    ("create_rule_book", Action::EditRuleBook),
    ("update_rule_book", Action::EditRuleBook),
    ("delete_rule_book", Action::EditRuleBook),
    ("simulate_rule_book", Action::EditRuleBook),
    ("list_rule_book_due_dates", Action::EditRuleBook),
    ("publish_rule_book", Action::PublishRuleBook),
    ("rehearse_rule_book", Action::PublishRuleBook),
    ("get_rule_book_rehearsal", Action::PublishRuleBook),
    ("get_dossier_deadline", Action::ReadDossier),
    ("list_dossier_timeline", Action::ReadDossier),
    ("get_dossier_eligibility", Action::ReadEligibility),
    ("rate_dossier", Action::Rate),
    ("get_dossier_rating", Action::ReadDossier),
    ("list_dossiers", Action::ReadDossier),
    ("search_dossiers", Action::ReadDossier),
    ("accept_dossier", Action::Accept),
    ("decline_dossier", Action::Decline),
    ("start_dossier", Action::Start),
    ("request_dossier_supplement", Action::RequestSupplement),
    ("supplement_dossier", Action::Supplement),
    ("request_dossier_payment", Action::RequestPayment),
    ("confirm_dossier_payment", Action::ConfirmPayment),
    ("forward_dossier", Action::Forward),
    ("send_back_dossier", Action::SendBack),
    ("propose_dossier_outcome", Action::Propose),
    ("decide_dossier", Action::Decide),
    ("extend_dossier", Action::Extend),
    ("hand_over_dossier", Action::HandOver),
    ("withdraw_dossier", Action::Withdraw),
    ("stop_dossier", Action::Stop),
    ("count_queue", Action::ReadQueue),
    ("list_dossier_assignments", Action::ReadDossier),
    ("assign_dossier", Action::AssignDossier),
    ("end_dossier_assignment", Action::AssignDossier),
    ("assign_dossiers", Action::AssignDossier),
    ("hand_over_work", Action::HandOverWork),
    ("list_officers", Action::ReadOfficers),
    ("list_waiting_letters", Action::ReadLetter),
    ("list_dossier_letters", Action::ReadIssuedLetter),
    ("get_dossier_letter", Action::ReadIssuedLetter),
    ("get_dossier_letter_form", Action::ReadIssuedLetter),
    ("edit_dossier_letter", Action::EditLetter),
    ("review_dossier_letter", Action::ReviewLetter),
    ("issue_dossier_letter", Action::IssueLetter),
    ("discard_dossier_letter", Action::DiscardLetter),
    ("list_letter_templates", Action::ReadLetterTemplates),
    ("create_letter_template", Action::ChangeLetterTemplates),
    ("get_dossier_receipt", Action::ReadDossier),
    ("get_dossier_control_sheet", Action::ReadRegister),
    ("list_dossier_register", Action::ReadRegister),
    ("list_delegations", Action::DelegateWork),
    ("delegate_work", Action::DelegateWork),
    ("end_delegation", Action::DelegateWork),
    ("list_unemployment_benefits", Action::ReadBenefit),
    ("get_unemployment_benefit", Action::ReadBenefit),
    ("receive_unemployment_benefit", Action::ReceiveBenefit),
    ("list_benefit_events", Action::ReadBenefit),
    ("list_job_search_declarations", Action::ReadBenefit),
    ("list_benefit_transitions", Action::ReadBenefit),
    ("declare_job_search", Action::DeclareJobSearch),
    ("exempt_from_declarations", Action::ExemptDeclaration),
    ("withdraw_declaration_exemption", Action::WithdrawExemption),
    ("record_job_refusal", Action::RecordJobRefusal),
    ("suspend_unemployment_benefit", Action::SuspendBenefit),
    ("resume_unemployment_benefit", Action::ResumeBenefit),
    ("terminate_unemployment_benefit", Action::TerminateBenefit),
    ("cancel_unemployment_benefit", Action::CancelBenefit),
    ("transfer_unemployment_benefit", Action::TransferBenefit),
    ("pay_benefit_month", Action::PayBenefit),
    ("recover_benefit_months", Action::RecoverBenefit),
    ("record_benefit_repayment", Action::RecordRepayment),
    ("create_import", Action::RunImport),
    ("list_imports", Action::RunImport),
    ("get_import", Action::RunImport),
    ("list_import_errors", Action::RunImport),
    ("list_import_disagreements", Action::RunImport),
    ("cancel_import", Action::RunImport),
    ("create_procedure", Action::EditCatalogue),
    ("create_procedure_version", Action::EditCatalogue),
    ("replace_procedure_version", Action::EditCatalogue),
    ("delete_procedure_version", Action::EditCatalogue),
    ("validate_procedure_version", Action::EditCatalogue),
    ("publish_procedure_version", Action::PublishCatalogue),
    ("end_procedure_version", Action::PublishCatalogue),
    ("put_procedure_blank_form", Action::EditCatalogue),
    ("delete_procedure_blank_form", Action::EditCatalogue),
    ("export_procedures", Action::ReadCatalogue),
    ("import_procedures", Action::PublishCatalogue),
    ("get_unemployment_statistics", Action::ReadStatistics),
    ("get_dossier_statistics", Action::ReadStatistics),
    ("get_rating_statistics", Action::ReadStatistics),
    ("get_refusal_statistics", Action::ReadStatistics),
    ("list_self_checks", Action::ReadStatistics),
    ("get_me", Action::ReadOwnAccount),
    ("close_session", Action::ReadOwnAccount),
];

/// Whom a method on a path template is for.
pub fn needed(method: &str, pattern: &str) -> For {
    static BY_PATTERN: OnceLock<BTreeMap<String, Vec<(&str, For)>>> = OnceLock::new();
    let by_pattern = BY_PATTERN.get_or_init(|| {
        let mut map: BTreeMap<String, Vec<(&str, For)>> = BTreeMap::new();
        for operation in super::server::operations().iter() {
            map.entry(operation.path.clone()).or_default().push((operation.method, meant_for(&operation.id)));
        }
        map
    });
    let mut of_path = by_pattern.get(pattern).into_iter().flatten();
    of_path.find(|(m, _)| *m == method).map_or(For::Everybody, |(_, who)| *who)
}

/// Who an operation is for.
pub fn meant_for(operation_id: &str) -> For {
    if operation_id == NAMES_ITS_ACTION {
        return For::HavingNamed;
    }
    NEEDS
        .iter()
        .find(|(id, _)| *id == operation_id)
        .map_or(For::Everybody, |(_, action)| For::Having(*action))
}

const DESCRIPTION: &str = "Backend of a provincial one-stop department: dossiers from submission to the result handed \
    over, lawful deadlines, unemployment benefit and figures. Errors are RFC 9457 problems with a stable `code`, in \
    Vietnamese or English by `Accept-Language`. Instants are answered in +07:00; money is whole đồng.";

const TAGS: &[(&str, &str)] = &[
    ("dossiers", "Dossiers: handing in, reading, listing"),
    ("drafts", "Packages that are still being filled in"),
    ("dossier actions", "Every step of a dossier's way"),
    ("papers", "Papers of dossiers and their files"),
    ("rule books", "Calendar, amounts and laws: drafting, checking, publishing"),
    ("reference tables", "The dated tables of the law, for everybody"),
    ("tracking", "Following a dossier without signing in"),
    ("ratings", "What applicants say of settled dossiers"),
    ("queue", "What waits, and for what"),
    ("letters", "Letters of apology and the texts they are made from"),
    ("registers", "Receipt, control sheet and register"),
    ("assignments", "Who works a dossier, and who stands in for whom"),
    ("deadlines", "Due dates without a dossier"),
    ("unemployment", "Unemployment benefit"),
    ("benefit actions", "Every step of a benefit's life"),
    ("imports", "Imports as jobs"),
    ("statistics", "Figures as of any instant"),
    ("procedures", "The catalogue of procedures"),
    ("units", "Organisation units, old and new"),
    ("sign-in", "Sessions, tokens and keys"),
    ("meta", "What the interface says of itself"),
    ("health", "Whether the process lives and is ready"),
];

/// Head of the document, before the handlers add themselves.
pub fn head() -> OpenApi {
    let mut api = OpenApi::new(
        InfoBuilder::new()
            .title("Motcua")
            .version(env!("CARGO_PKG_VERSION"))
            .description(Some(DESCRIPTION))
            .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
            .contact(Some(
                utoipa::openapi::ContactBuilder::new()
                    .name(Some("Motcua maintainers"))
                    .url(Some("https://motcua.example/"))
                    .build(),
            ))
            .build(),
        utoipa::openapi::Paths::new(),
    );
    api.servers = Some(vec![ServerBuilder::new().url("/").description(Some("This instance")).build()]);
    api.tags = Some(
        TAGS.iter()
            .map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build())
            .collect(),
    );
    let mut components = Components::new();
    components.add_security_scheme(
        "bearer",
        SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build()),
    );
    api.components = Some(components);
    api
}

/// Adds to every operation what all have in common.
pub fn complete(mut api: OpenApi) -> OpenApi {
    let components = api.components.get_or_insert_with(Components::new);
    for (name, schema) in [
        ("Problem", <ProblemBody as utoipa::PartialSchema>::schema()),
        ("FieldProblemBody", <FieldProblemBody as utoipa::PartialSchema>::schema()),
    ] {
        components.schemas.insert(name.to_owned(), schema);
    }
    for status in [400, 401, 403, 404, 408, 409, 412, 413, 415, 416, 422, 428, 429, 500, 503, 507] {
        components.responses.insert(problem_name(status), RefOr::T(problem_response(status)));
    }
    let examples = examples::all();
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
            (HttpMethod::Delete, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                finish(path, &method, operation, &examples);
            }
        }
    }
    api
}

fn problem_name(status: u16) -> String {
    format!("Problem{status}")
}

fn problem_response(status: u16) -> Response {
    let codes: Vec<&str> =
        ErrorCode::ALL.iter().filter(|c| c.status().as_u16() == status).map(|c| c.code()).collect();
    let mut response = ResponseBuilder::new()
        .description(format!("Problem with `code` one of: {}", codes.join(", ")))
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        );
    if matches!(status, 429 | 503) {
        response = response.header("Retry-After", integer_header("Seconds after which to come back"));
    }
    if status == 429 {
        response = response
            .header("RateLimit-Policy", text_header("The quota"))
            .header("RateLimit", text_header("What is left of it"));
    }
    response.build()
}

fn text_header(text: &str) -> utoipa::openapi::Header {
    HeaderBuilder::new().schema(Some(text_schema())).description(Some(text)).build()
}

fn integer_header(text: &str) -> utoipa::openapi::Header {
    let schema = ObjectBuilder::new().schema_type(SchemaType::new(Type::Integer)).build();
    HeaderBuilder::new().schema(Some(schema)).description(Some(text)).build()
}

fn text_schema() -> Schema {
    Schema::Object(ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build())
}

fn header_parameter(
    name: &str,
    text: &str,
    required: bool,
    example: &str,
) -> utoipa::openapi::path::Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(if required { Required::True } else { Required::False })
        .description(Some(text))
        .schema(Some(text_schema()))
        .example(Some(serde_json::json!(example)))
        .build()
}

fn finish(path: &str, method: &HttpMethod, operation: &mut Operation, examples: &Map<String, Value>) {
    let id = operation.operation_id.clone().unwrap_or_default();
    let is_batch = id == NAMES_ITS_ACTION;
    let acts = |tag: &str| matches!(tag, "dossier actions" | "benefit actions");
    let is_action = !is_batch && operation.tags.iter().flatten().any(|t| acts(t));
    let is_health = operation.tags.iter().flatten().any(|t| t == "health");
    let is_post = matches!(method, HttpMethod::Post);
    let is_replacement = id == "replace_dossier_paper";
    let is_content = id == "get_dossier_paper_content";
    let mut statuses = vec![429, 500, 503];
    let who = match meant_for(&id) {
        For::Everybody => {
            // Said, not left out: whoever reads the document must not have to guess.
            operation.security = Some(Vec::new());
            "No sign-in needed.".to_owned()
        }
        For::Having(action) => {
            statuses.extend([401, 403]);
            let roles: Vec<String> =
                roles_for(action).map(|(role, reach)| format!("`{role}` ({})", reach.code())).collect();
            format!("Roles: {}.", roles.join(", "))
        }
        For::HavingNamed => {
            statuses.extend([401, 403]);
            "Roles: those of the action.".to_owned()
        }
    };
    if id == "open_session" || id == "refresh_session" {
        statuses.push(401);
    }
    if !is_health {
        statuses.push(400);
    }
    if path.contains('{') || id == "track_dossier" || id == "rate_tracked_dossier" {
        statuses.push(404);
    }
    if operation.request_body.is_some() {
        statuses.extend([408, 413, 415, 422]);
    }
    let mut parameters = operation.parameters.take().unwrap_or_default();
    if CONFLICTING.contains(&id.as_str()) {
        statuses.push(409);
    }
    match id.as_str() {
        "create_upload" => statuses.push(507),
        "get_dossier_paper_content" => statuses.push(416),
        _ => {}
    }
    let changes_law = matches!(
        id.as_str(),
        "update_rule_book" | "delete_rule_book" | "publish_rule_book" | "rehearse_rule_book"
    );
    if is_action || changes_law || CONDITIONAL.contains(&id.as_str()) {
        statuses.extend([409, 412, 428]);
        // The first rating of a dossier rests on nothing that could have been read.
        let needed = id != "rate_dossier";
        parameters.push(RefOr::T(header_parameter("If-Match", "The `ETag` last read", needed, "\"v1\"")));
    }
    let mut retries = "";
    if is_content {
        for (name, text, example) in [
            ("Range", "One range of bytes; several are answered whole", "bytes=0-1023"),
            ("If-Range", "The `ETag` that the range is of", "\"Vb0…\""),
            ("If-None-Match", "The `ETag` that the caller has", "\"Vb0…\""),
        ] {
            parameters.push(RefOr::T(header_parameter(name, text, false, example)));
        }
    }
    let needs_key = is_batch
        || MOVES_MONEY.contains(&id.as_str())
        || matches!(id.as_str(), "assign_dossiers" | "hand_over_work");
    if is_action || needs_key || KEYED.contains(&id.as_str()) {
        parameters.push(RefOr::T(header_parameter(
            "Idempotency-Key",
            "Makes a repeat safe: the same key and request get the same answer for 72 hours",
            needs_key,
            "4f9d2c1e-submit-1",
        )));
        retries = " Idempotent with `Idempotency-Key`.";
    } else if is_post {
        retries = " Safe to repeat.";
    }
    if matches!(id.as_str(), "assign_dossier" | "end_dossier_assignment" | "end_delegation") {
        statuses.push(409);
    }
    operation.parameters = Some(parameters).filter(|p| !p.is_empty());
    let audited = match meant_for(&id) {
        For::Having(action)
            if (is_post || is_replacement || id.contains("_procedure"))
                && !id.starts_with("search")
                && !matches!(method, HttpMethod::Get)
                && id != "validate_procedure_version" =>
        {
            format!(" Audit event: `{action}`.")
        }
        For::HavingNamed => " Audit event: the action, one a dossier.".to_owned(),
        _ => String::new(),
    };
    let audited = match id.as_str() {
        // They write nothing.
        "validate_rule_book" | "simulate_rule_book" => String::new(),
        "rehearse_rule_book" => " Audit event: `rehearse_rule_book`.".to_owned(),
        "delete_upload" => " Audit event: `discard_upload`.".to_owned(),
        "edit_dossier_letter" => " Audit event: `edit_letter`.".to_owned(),
        "delete_draft" => " Audit event: `discard_draft`.".to_owned(),
        "submit_draft" => " Audit event: `submit_dossier`.".to_owned(),
        "rate_dossier" | "rate_tracked_dossier" => " Audit event: `rate`.".to_owned(),
        _ => audited,
    };
    let text = operation.description.take().unwrap_or_default();
    operation.description = Some(format!("{text}\n\n{who}{audited}{retries}"));
    if is_health {
        statuses.clear();
    }
    for status in statuses {
        operation
            .responses
            .responses
            .entry(status.to_string())
            .or_insert_with(|| RefOr::Ref(Ref::from_response_name(problem_name(status))));
    }
    let example = examples.get(&id);
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with('2') {
            continue;
        }
        if let (Some(example), Some((_, RefOr::T(content)))) = (example, response.content.iter_mut().next()) {
            content.example = Some(example.clone());
        }
        if is_content {
            for (name, text) in [
                ("ETag", "Digest of the content"),
                ("Content-Disposition", "Name of the file (RFC 5987)"),
                ("Accept-Ranges", "`bytes`"),
            ] {
                response.headers.insert(name.to_owned(), RefOr::T(text_header(text)));
            }
        }
        if is_action || TAGGED.contains(&id.as_str()) {
            response.headers.insert("ETag".to_owned(), RefOr::T(text_header("Version, for `If-Match`")));
        }
        if LOCATED.contains(&id.as_str()) || id == "create_rule_book" {
            response.headers.insert("Location".to_owned(), RefOr::T(text_header("Where it is")));
        }
    }
    let order: BTreeMap<_, _> = std::mem::take(&mut operation.responses.responses).into_iter().collect();
    operation.responses.responses = order.into_iter().collect();
}

/// Method, path template and operation of everything in the document.
pub fn document_operations() -> Vec<(String, String, String)> {
    let document = super::server::document();
    let mut found = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, operation) in
            [("GET", &item.get), ("POST", &item.post), ("PUT", &item.put), ("DELETE", &item.delete)]
        {
            if let Some(id) = operation.as_ref().and_then(|o| o.operation_id.clone()) {
                found.push((method.to_owned(), path.clone(), id));
            }
        }
    }
    found
}
