//! The document: head, security, and what every operation has in common.
//!
//! Paths and bodies come from the handlers. Who may call, which errors can come, headers and
//! examples are added here from the tables that the code itself uses, so they cannot differ.

mod operations;

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

pub use self::operations::NEEDS;
use self::operations::{CONDITIONAL, CONFLICTING, KEYED, LOCATED, MOVES_MONEY, TAGGED};
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

/// The operation whose path names the action it needs.
const NAMES_ITS_ACTION: &str = "act_on_dossiers";

/// The action on dossiers with this name in a path.
pub fn action_in_path(name: &str) -> Option<Action> {
    TRANSITIONS.iter().map(|row| row.action).find(|action| in_path(*action) == name)
}

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
