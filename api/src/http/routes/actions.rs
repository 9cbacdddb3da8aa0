//! The actions on a dossier: fifteen operations over one use case.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, post, web};
use domain::access::Action;
use persistence::Foresight;

use crate::app::dossiers::{Asked, perform};
use crate::app::error::Error;
use crate::http::auth::Signed;
use crate::http::body::{RawBody, parse_slice};
use crate::http::hop::{self, Writing, answer};
use crate::http::problem::{ErrorCode, Problem};
use crate::http::query::Query;
use crate::http::shed;
use crate::http::views::dossiers::{
    AcceptBody, ActionBody, ConfirmPaymentBody, DecideBody, DeclineBody, DossierView, DryRun, ExtendBody,
    ForwardBody, HandOverBody, ProposeBody, RequestPaymentBody, RequestSupplementBody, SendBackBody,
    StartBody, StopBody, SupplementBody, WithdrawBody,
};

/// A body as a command.
fn command<B: ActionBody>(body: B) -> Result<Asked, Problem> {
    body.asked().map_err(|wrong| Problem::from(Error::Invalid(wrong)))
}

/// Serves every action. What could not be read is told only after 404 and 403.
async fn act<B: ActionBody>(
    signed: Signed,
    request: HttpRequest,
    code: &str,
    query: Query<DryRun>,
    body: RawBody,
    action: Action,
) -> Result<HttpResponse, Problem> {
    let code = hop::code(code)?;
    shed::step(&signed, &code)?;
    let asked = body.parse_or_default::<B>().and_then(command);
    let expected = hop::expected(&request)?;
    let writing = Writing::of(&request, &signed, &body, code.as_str(), query.dry_run)?
        .foreseeing(Foresight::dossier(&code));
    let (asked, unreadable) = hop::apart(asked);
    let done = hop::write(&signed, writing, move |cx, tx| {
        let stored = perform(cx, tx, &code, action, asked.as_ref(), &expected)?;
        let tag = hop::tag(stored.dossier.version).as_str().to_owned();
        answer(StatusCode::OK, vec![(header::ETAG, tag)], &DossierView::of(cx, &stored)?)
    })
    .await;
    hop::told(done, unreadable)
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])+ $name:ident($path:literal, $operation:literal, $action:ident, $body:ident);)+) => { $(
        $(#[doc = $doc])+
        #[utoipa::path(tag = "dossier actions", operation_id = $operation, request_body = $body,
            params(("code" = String, Path, description = "Dossier code", example = "H08.15-231115-0001"), DryRun), security(("bearer" = [])),
            responses((status = 200, description = "The dossier after it", body = DossierView)))]
        #[post($path)]
        pub async fn $name(signed: Signed, request: HttpRequest, code: web::Path<String>, query: Query<DryRun>, body: RawBody) -> Result<HttpResponse, Problem> {
            act::<$body>(signed, request, &code, query, body, Action::$action).await
        }
    )+

        /// The body of an action, out of a batch of them.
        ///
        /// # Errors
        /// As of the action alone; 404 for what is no action on a dossier.
        pub fn asked(action: Action, body: &[u8]) -> Result<Asked, Problem> {
            match action {
                $(Action::$action => parse_slice::<$body>(body).and_then(command),)+
                _ => Err(Problem::new(ErrorCode::NotFound)),
            }
        }
    };
}

actions! {
    /// Accept a dossier
    ///
    /// The clock starts; the answer carries the due date.
    accept_dossier("/dossiers/{code}/accept", "accept_dossier", Accept, AcceptBody);
    /// Decline a dossier
    ///
    /// It is not taken in; the reason is coded and rests on a provision.
    decline_dossier("/dossiers/{code}/decline", "decline_dossier", Decline, DeclineBody);
    /// Start work on a dossier
    ///
    /// An accepted dossier goes to its case officer.
    start_dossier("/dossiers/{code}/start", "start_dossier", Start, StartBody);
    /// Request a supplement
    ///
    /// The clock pauses, if it runs, until the applicant brings what is missing.
    request_dossier_supplement("/dossiers/{code}/request-supplement", "request_dossier_supplement", RequestSupplement, RequestSupplementBody);
    /// Supplement a dossier
    ///
    /// Papers or a changed form; the clock runs on and the dossier goes back to where it came from.
    supplement_dossier("/dossiers/{code}/supplement", "supplement_dossier", Supplement, SupplementBody);
    /// Request a payment
    ///
    /// The clock pauses, if it runs, until the payment is confirmed.
    request_dossier_payment("/dossiers/{code}/request-payment", "request_dossier_payment", RequestPayment, RequestPaymentBody);
    /// Confirm a payment
    ///
    /// The clock runs on and the dossier goes back to where it came from.
    confirm_dossier_payment("/dossiers/{code}/confirm-payment", "confirm_dossier_payment", ConfirmPayment, ConfirmPaymentBody);
    /// Forward a dossier
    ///
    /// To the next stage; the stage clock restarts.
    forward_dossier("/dossiers/{code}/forward", "forward_dossier", Forward, ForwardBody);
    /// Send a dossier back
    ///
    /// To an earlier stage; what was proposed is void.
    send_back_dossier("/dossiers/{code}/send-back", "send_back_dossier", SendBack, SendBackBody);
    /// Propose an outcome
    ///
    /// Where law decides, the answer carries the assessment, and an outcome that departs from it
    /// needs a reason.
    propose_dossier_outcome("/dossiers/{code}/propose", "propose_dossier_outcome", Propose, ProposeBody);
    /// Decide a dossier
    ///
    /// By an approver who did not propose; bound to the proposal's assessment. On approval of
    /// unemployment benefit the benefit is granted in the same transaction.
    decide_dossier("/dossiers/{code}/decide", "decide_dossier", Decide, DecideBody);
    /// Extend the due date
    ///
    /// With a letter of apology, at most as often as the procedure allows.
    extend_dossier("/dossiers/{code}/extend", "extend_dossier", Extend, ExtendBody);
    /// Hand the result over
    ///
    /// The last step of a settled dossier.
    hand_over_dossier("/dossiers/{code}/hand-over", "hand_over_dossier", HandOver, HandOverBody);
    /// Withdraw a dossier
    ///
    /// By the applicant, before a decision.
    withdraw_dossier("/dossiers/{code}/withdraw", "withdraw_dossier", Withdraw, WithdrawBody);
    /// Stop a dossier
    ///
    /// With a coded reason, such as a supplement that did not come.
    stop_dossier("/dossiers/{code}/stop", "stop_dossier", Stop, StopBody);
}
