//! Puts the interface together: routes, document, middlewares, listeners.
//!
//! One list of handlers makes the server and the document, so a handler that is served is documented. The
//! document itself is built with the program from the committed file, which a test holds to the code:
//! making it anew in every process would cost each start time and memory.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::Compress;
use actix_web::web::Bytes;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;

use super::body::BodyLimits;
use super::middleware::{Edge, EdgeSettings, Routes};
use super::openapi::{complete, head};
use super::problem::{ErrorCode, Problem};
use super::rate::{Limiter, PublicLimit};
use super::register::{Operations, Register};
use super::routes::benefits;
use super::routes::{
    actions, assignments, batch, delegations, dossiers, drafts, health, imports, letters, meta, papers,
    procedures, queue, ratings, registers, sessions, statistics, timeline, unemployment, units, uploads,
};
use crate::health::{Check, Health};
use crate::http::routes::{reference_tables, rule_books};
use crate::state::State;

/// Everything below `/api/v1`.
fn version_1(config: &mut impl Register) {
    config
        .service(reference_tables::list_reference_tables)
        .service(reference_tables::list_reference_table_rows)
        .service(rule_books::list_rule_books)
        .service(rule_books::create_rule_book)
        .service(rule_books::get_rule_book)
        .service(rule_books::update_rule_book)
        .service(rule_books::delete_rule_book)
        .service(rule_books::validate_rule_book)
        .service(rule_books::list_rule_book_differences)
        .service(rule_books::list_rule_book_due_dates)
        .service(rule_books::publish_rule_book)
        .service(rule_books::simulate_rule_book)
        .service(rule_books::rehearse_rule_book)
        .service(rule_books::get_rule_book_rehearsal)
        .service(rule_books::list_recomputations)
        .service(rule_books::get_recomputation)
        .service(sessions::open_session)
        .service(sessions::refresh_session)
        .service(sessions::close_session)
        .service(sessions::get_me)
        .service(meta::list_codes)
        .service(meta::list_errors)
        .service(meta::list_state_machines)
        .service(units::list_units)
        .service(units::get_unit)
        .service(units::list_unit_descendants)
        .service(procedures::list_procedures)
        .service(procedures::count_procedures)
        // Before the codes: `export` is none.
        .service(procedures::exchange::export_procedures)
        .service(procedures::exchange::import_procedures)
        .service(procedures::get_procedure)
        .service(procedures::list_procedure_versions)
        .service(procedures::versions::create_procedure)
        .service(procedures::versions::create_procedure_version)
        .service(procedures::versions::get_procedure_version)
        .service(procedures::versions::replace_procedure_version)
        .service(procedures::versions::delete_procedure_version)
        .service(procedures::versions::validate_procedure_version)
        .service(procedures::versions::publish_procedure_version)
        .service(procedures::versions::end_procedure_version)
        .service(procedures::blank_forms::put_procedure_blank_form)
        .service(procedures::blank_forms::get_procedure_blank_form)
        .service(procedures::blank_forms::delete_procedure_blank_form)
        .service(unemployment::simulate_deadline)
        .service(unemployment::assess_unemployment)
        .service(benefits::list_unemployment_benefits)
        .service(benefits::receive_unemployment_benefit)
        .service(benefits::get_unemployment_benefit)
        .service(benefits::list_benefit_events)
        .service(benefits::list_job_search_declarations)
        .service(benefits::list_benefit_transitions)
        .service(benefits::declare_job_search)
        .service(benefits::exempt_from_declarations)
        .service(benefits::withdraw_declaration_exemption)
        .service(benefits::record_job_refusal)
        .service(benefits::suspend_unemployment_benefit)
        .service(benefits::resume_unemployment_benefit)
        .service(benefits::terminate_unemployment_benefit)
        .service(benefits::cancel_unemployment_benefit)
        .service(benefits::transfer_unemployment_benefit)
        .service(benefits::pay_benefit_month)
        .service(benefits::recover_benefit_months)
        .service(benefits::record_benefit_repayment)
        .service(dossiers::track_dossier)
        .service(drafts::create_draft)
        .service(drafts::list_drafts)
        .service(drafts::get_draft)
        .service(drafts::save_draft)
        .service(drafts::delete_draft)
        .service(drafts::submit_draft)
        .service(dossiers::submit_dossier)
        .service(dossiers::lists::list_dossiers)
        .service(dossiers::lists::search_dossiers)
        .service(dossiers::get_dossier)
        .service(dossiers::list_dossier_events)
        .service(uploads::create_upload)
        .service(uploads::get_upload)
        .service(uploads::delete_upload)
        .service(papers::list_dossier_papers)
        .service(papers::get_dossier_paper_content)
        .service(papers::replace_dossier_paper)
        .service(dossiers::list_dossier_transitions)
        .service(dossiers::get_dossier_deadline)
        .service(timeline::list_dossier_timeline)
        .service(timeline::get_dossier_eligibility)
        .service(ratings::rate_dossier)
        .service(ratings::get_dossier_rating)
        .service(ratings::rate_tracked_dossier)
        // Before the actions: `batch` is no dossier code.
        .service(assignments::assign_dossiers)
        .service(batch::act_on_dossiers)
        .service(actions::accept_dossier)
        .service(actions::decline_dossier)
        .service(actions::start_dossier)
        .service(actions::request_dossier_supplement)
        .service(actions::supplement_dossier)
        .service(actions::request_dossier_payment)
        .service(actions::confirm_dossier_payment)
        .service(actions::forward_dossier)
        .service(actions::send_back_dossier)
        .service(actions::propose_dossier_outcome)
        .service(actions::decide_dossier)
        .service(actions::extend_dossier)
        .service(actions::hand_over_dossier)
        .service(actions::withdraw_dossier)
        .service(actions::stop_dossier)
        .service(queue::count_queue)
        .service(letters::list_dossier_letters)
        .service(letters::get_dossier_letter)
        .service(letters::list_waiting_letters)
        .service(letters::get_dossier_letter_form)
        .service(letters::edit_dossier_letter)
        .service(letters::review_dossier_letter)
        .service(letters::issue_dossier_letter)
        .service(letters::discard_dossier_letter)
        .service(letters::list_letter_templates)
        .service(letters::create_letter_template)
        .service(registers::get_dossier_receipt)
        .service(registers::get_dossier_control_sheet)
        .service(registers::list_dossier_register)
        .service(assignments::list_dossier_assignments)
        .service(assignments::assign_dossier)
        .service(assignments::end_dossier_assignment)
        .service(assignments::hand_over_work)
        .service(assignments::list_officers)
        .service(delegations::list_delegations)
        .service(delegations::delegate_work)
        .service(delegations::end_delegation)
        .service(imports::create_import)
        .service(imports::list_imports)
        .service(imports::get_import)
        .service(imports::list_import_errors)
        .service(imports::list_import_disagreements)
        .service(imports::cancel_import)
        .service(statistics::get_unemployment_statistics)
        .service(statistics::get_dossier_statistics)
        .service(ratings::get_rating_statistics)
        .service(statistics::get_refusal_statistics)
        .service(statistics::list_self_checks);
}

/// What is asked most, put before all else: a path is tried against one expression after another, each with an
/// allocation, some thirty before the right one. The document keeps its own order. Nothing may stand here whose
/// path is also that of something which [`version_1`] names before it.
fn asked_most(config: &mut impl Register) {
    config
        .service(dossiers::submit_dossier)
        .service(dossiers::lists::list_dossiers)
        .service(dossiers::get_dossier)
        .service(dossiers::list_dossier_transitions);
}

/// What stands outside of the versions.
fn unversioned(config: &mut impl Register) {
    config
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(health::get_version)
        .service(sessions::get_jwks);
}

/// Where version 1 stands.
const VERSION_1: &str = "/api/v1";

/// Every operation: its method, path and name.
pub fn operations() -> Operations {
    let mut all = Operations::below("");
    unversioned(&mut all);
    let mut versioned = Operations::below(VERSION_1);
    version_1(&mut versioned);
    all.and(versioned)
}

/// The document of the interface, made from the code.
pub fn document() -> OpenApi {
    let (_, api) = App::new()
        .into_utoipa_app()
        .openapi(head())
        .configure(|config| unversioned(config))
        .service(utoipa_actix_web::scope(VERSION_1).configure(|config| version_1(config)))
        .split_for_parts();
    complete(api)
}

/// The document as YAML, as it is committed.
///
/// # Errors
/// When the document has no YAML form.
pub fn document_yaml() -> anyhow::Result<String> {
    Ok(document().to_yaml()?)
}

/// What readiness looks at.
pub fn probe(state: web::Data<State>) -> Health {
    Health::new(Arc::new(move || {
        let mut checks = vec![match state.store.read(persistence::reference::version) {
            Ok(0) => Check::fail("reference", "no reference data: run `motcua reference load`"),
            Ok(_) => Check::pass("database"),
            Err(error) => Check::fail("database", error),
        }];
        match state.store.read(persistence::migrate::status_of) {
            Ok(all) if all.iter().all(|m| m.applied) => checks.push(Check::pass("migrations")),
            Ok(all) => {
                let pending: Vec<_> = all.into_iter().filter(|m| !m.applied).map(|m| m.name).collect();
                checks.push(Check::fail(
                    "migrations",
                    format_args!("the schema is behind, `motcua migrate up`: {}", pending.join(", ")),
                ));
            }
            Err(error) => checks.push(Check::fail("migrations", error)),
        }
        checks
    }))
}

/// The document as it is served: the committed file, and the same as JSON.
const YAML: &[u8] = include_bytes!("../../../openapi.yaml");
const JSON: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Binds the public listener; gives where it listens and the server, to be spawned.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen(state: &web::Data<State>, health: &Arc<Health>) -> anyhow::Result<(Vec<SocketAddr>, Server)> {
    let config = state.config.clone();
    let mut routes = Routes::of(&operations());
    for path in ["/openapi.json", "/openapi.yaml"] {
        routes.add(path, ["GET"]);
    }
    let edge = Edge::new(EdgeSettings::new(&config, state.clock.clone(), routes.clone()));
    let verifier = state.clone();
    let public = PublicLimit::new(
        Arc::new(Limiter::per_minute("public", config.public_rate_per_minute)),
        Arc::new(move |header| {
            crate::tokens::bearer(header)
                .is_ok_and(|token| verifier.tokens.verify(token, verifier.clock.now()).is_ok())
        }),
    );
    let sign_in =
        web::Data::new(sessions::SignInLimit(Limiter::per_minute("sign-in", config.login_rate_per_minute)));
    let limits =
        BodyLimits { json: config.json_limit_bytes, timeout: Duration::from_millis(config.body_timeout_ms) };
    let (state, health) = (state.clone(), web::Data::from(health.clone()));
    let blocking = config.blocking_threads_per_worker;
    let server = HttpServer::new(move || {
        App::new()
            .configure(unversioned)
            .service(web::scope(VERSION_1).configure(asked_most).configure(version_1))
            .app_data(state.clone())
            .app_data(health.clone())
            .app_data(sign_in.clone())
            .app_data(limits)
            .service(text("/openapi.json", "application/json", JSON))
            .service(text("/openapi.yaml", "application/yaml", YAML))
            .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/openapi.json")))
            .service(web::resource("/docs").to(async || {
                HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
            }))
            .app_data(web::Data::new(routes.clone()))
            .default_service(web::to(nothing_here))
            .wrap(Compress::default())
            .wrap(public.clone())
            .wrap(edge.clone())
    })
    .workers(config.worker_count())
    .worker_max_blocking_threads(blocking)
    .max_connections(config.max_connections)
    .client_request_timeout(Duration::from_millis(config.header_timeout_ms))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(config.shutdown_seconds)
    .disable_signals()
    .bind(config.bind)?;
    let addresses = server.addrs();
    Ok((addresses, server.run()))
}

/// What is not there, or is there for another method.
async fn nothing_here(request: HttpRequest, routes: web::Data<Routes>) -> Result<HttpResponse, Problem> {
    match routes.allow_at(request.path()) {
        Some(allow) if request.method() == actix_web::http::Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allow)).finish())
        }
        Some(allow) => {
            let allow = header::HeaderValue::from_str(allow).map_err(Problem::internal)?;
            Err(Problem::new(ErrorCode::MethodNotAllowed).with_header(header::ALLOW, allow))
        }
        None => Err(Problem::new(ErrorCode::NotFound)),
    }
}

fn text(path: &'static str, content_type: &'static str, body: &'static [u8]) -> actix_web::Resource {
    web::resource(path).route(web::get().to(move || async move {
        HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
            .content_type(content_type)
            .body(Bytes::from_static(body))
    }))
}
