//! Signing in, staying signed in, signing out, and the keys that prove tokens.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use base64::Engine;
use chrono::Duration;
use persistence::accounts::{Account, Session};
use uuid::Uuid;

use crate::app::error::Error;
use crate::app::sessions::{self as app, Exchanged, Lockout};
use crate::config::Secret;
use crate::http::auth::{Public, Signed};
use crate::http::body::RawBody;
use crate::http::hop;
use crate::http::problem::Problem;
use crate::http::query::{NoQuery, Query};
use crate::http::rate::Limiter;
use crate::http::views::sessions::{Me, Refresh, SessionView, SignIn};
use crate::passwords::Verdict;
use crate::state::State;
use crate::tokens::{Grant, NewToken};

/// Counts tries to sign in; shared by all workers.
#[derive(Debug)]
pub struct SignInLimit(pub Limiter);

/// 256 random bits as text.
fn random_token() -> Result<String, Problem> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

/// Signs an access token for an account's session.
///
/// # Errors
/// When there is no key to sign with.
pub fn sign(
    state: &State,
    account: &Account,
    session: Uuid,
    ttl_seconds: u64,
) -> Result<String, crate::tokens::KeyError> {
    let roles = account.actor.grants.iter().map(|g| Grant { role: g.role, unit: g.unit.clone() }).collect();
    let token = NewToken {
        account: account.actor.account,
        session,
        id: state.clock.new_id(),
        version: u32::try_from(account.token_version).unwrap_or(u32::MAX),
        roles,
    };
    state.tokens.sign(token, state.clock.now(), ttl_seconds)
}

fn view(
    state: &State,
    account: &Account,
    session: Uuid,
    refresh_token: String,
) -> Result<SessionView, Problem> {
    let ttl = state.config.token_ttl_seconds;
    let access_token = sign(state, account, session, ttl).map_err(Problem::internal)?;
    Ok(SessionView { access_token, token_type: "Bearer".to_owned(), expires_in: ttl, refresh_token })
}

fn seconds(n: u64) -> Duration {
    Duration::seconds(i64::try_from(n).unwrap_or(i64::MAX / 1_000_000))
}

/// Sign in
///
/// Opens a session for an officer's user name and password. Unknown users and wrong passwords are
/// answered alike; wrong passwords in a row lock the account for a while.
#[utoipa::path(tag = "sign-in", operation_id = "open_session", request_body = SignIn,
    responses((status = 201, description = "The session", body = SessionView)))]
#[post("/auth/sessions")]
pub async fn open_session(
    public: Public,
    limit: web::Data<SignInLimit>,
    request: HttpRequest,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    if let Some(context) = crate::http::context::RequestContext::of(&request) {
        limit.0.check(context.client())?;
    }
    let asked = body.parse::<SignIn>()?;
    let state = public.state.clone();
    let now = state.clock.now();
    let user = asked.user;
    let found = hop::read_public(&public, move |reader| app::find(reader, &user, now)).await?;
    let stored = found.as_ref().and_then(|a| a.password_hash.clone());
    let verdict = state.passwords.verify(Secret::new(asked.password), stored).await?;
    let address = public.origin.address.clone();
    let Some(account) = found else { return Err(Error::WrongCredentials.into()) };
    let lane = account.actor.account.to_string();
    if verdict == Verdict::Wrong {
        let failures = i32::try_from(state.config.lockout_failures).unwrap_or(i32::MAX);
        let lockout = Lockout { failures, lasts: seconds(state.config.lockout_seconds) };
        let wrote = state
            .store
            .write(&lane, move |tx| app::failed(tx, &account, lockout, address.as_ref(), now))
            .await;
        wrote.map_err(Problem::from)?;
        metrics::counter!("auth_logins_total", "outcome" => "wrong", "method" => "password").increment(1);
        return Err(Error::WrongCredentials.into());
    }
    let refresh = random_token()?;
    let session = Session {
        token_hash: app::digest(&refresh),
        family: state.clock.new_id(),
        account: account.actor.account,
        expires_at: now + seconds(state.config.refresh_ttl_seconds),
        used_at: None,
        revoked_at: None,
    };
    let (kept, opened) = (account.clone(), session.clone());
    let wrote: Result<(), Error> =
        state.store.write(&lane, move |tx| app::open(tx, &kept, &opened, address.as_ref(), now)).await;
    wrote?;
    metrics::counter!("auth_logins_total", "outcome" => "right", "method" => "password").increment(1);
    Ok(HttpResponse::Created().json(view(&state, &account, session.family, refresh)?))
}

/// Stay signed in
///
/// Exchanges a refresh token, once, for the next pair. An old one that comes back ends the whole
/// session.
#[utoipa::path(tag = "sign-in", operation_id = "refresh_session", request_body = Refresh,
    responses((status = 200, description = "The next pair", body = SessionView)))]
#[post("/auth/sessions/refresh")]
pub async fn refresh_session(
    public: Public,
    _query: Query<NoQuery>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    let old = body.parse::<Refresh>()?.refresh_token;
    let state = public.state.clone();
    let (now, next) = (state.clock.now(), random_token()?);
    let expires_at = now + seconds(state.config.refresh_ttl_seconds);
    let (lane, kept) = (app::digest(&old), next.clone());
    let exchanged: Result<Exchanged, Error> =
        state.store.write(&lane, move |tx| app::exchange(tx, &old, &kept, expires_at, now)).await;
    match exchanged? {
        Exchanged::Next(account, family) => {
            Ok(HttpResponse::Ok().json(view(&state, &account, family, next)?))
        }
        Exchanged::Reused => {
            metrics::counter!("auth_refresh_reuse_total").increment(1);
            Err(Error::RefreshReused.into())
        }
    }
}

/// Sign out
///
/// Ends the session of the token; its refresh tokens and, within a minute, its access tokens are
/// worth nothing.
#[utoipa::path(tag = "sign-in", operation_id = "close_session", security(("bearer" = [])),
    responses((status = 204, description = "The session has ended")))]
#[delete("/auth/sessions")]
pub async fn close_session(signed: Signed, _query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let (state, claims, origin) = (signed.state.clone(), signed.claims.clone(), signed.origin.clone());
    let (now, family) = (state.clock.now(), claims.sid);
    let inner = state.clone();
    let ended: Result<(), Error> = state
        .store
        .write(&claims.sub.to_string(), move |tx| {
            inner.cx(&mut tx.reader(), &claims, &origin)?;
            let account = app::present(&mut tx.reader(), claims.sub, family, i64::from(claims.ver), now)?;
            app::end(tx, &account, family, now)
        })
        .await;
    ended?;
    signed.state.forget(&signed.claims);
    Ok(HttpResponse::NoContent().finish())
}

/// Who am I
///
/// The account of the token with its roles.
#[utoipa::path(tag = "sign-in", operation_id = "get_me", security(("bearer" = [])),
    responses((status = 200, description = "The account", body = Me)))]
#[get("/me")]
pub async fn get_me(signed: Signed, _query: Query<NoQuery>) -> Result<HttpResponse, Problem> {
    let me = hop::read(&signed, |cx, _| Ok(Me::of(&cx.actor))).await?;
    Ok(HttpResponse::Ok().json(me))
}

/// Keys that prove tokens
///
/// The public halves of the keys that sign access tokens, as a JSON Web Key Set (RFC 7517).
#[utoipa::path(tag = "sign-in", operation_id = "get_jwks",
    responses((status = 200, description = "The keys", body = serde_json::Value, content_type = "application/json")))]
#[get("/.well-known/jwks.json")]
pub async fn get_jwks(public: Public) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Cache-Control", "public, max-age=300"))
        .json(public.state.tokens.keys().jwks())
}
