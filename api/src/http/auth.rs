//! Who is calling: the bearer token, read before anything else of a request.
//!
//! [`Signed`] is a synchronous extractor and must be the first argument of a handler, so that 401
//! and the 403 of a missing role are answered before parameters and body are looked at.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest, web};
use domain::access::Action;

use super::context::RequestContext;
use super::openapi::{For, action_in_path, needed};
use super::problem::{ErrorCode, Problem};
use crate::state::{Origin, State, may_somewhere};
use crate::tokens::{AuthError, Claims, bearer};

/// A caller with a valid token.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What the token says.
    pub claims: Arc<Claims>,
    /// Where the request came from.
    pub origin: Origin,
    /// The process.
    pub state: web::Data<State>,
}

/// The answer to a token that is missing or worth nothing.
pub fn unauthenticated(error: AuthError) -> Problem {
    let code = match error {
        AuthError::Missing => ErrorCode::Unauthenticated,
        AuthError::Expired => ErrorCode::TokenExpired,
        _ => ErrorCode::TokenInvalid,
    };
    Problem::new(code)
}

impl Signed {
    /// A caller whose token is good, whatever they may do.
    fn verified(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request
            .app_data::<web::Data<State>>()
            .cloned()
            .ok_or_else(|| Problem::new(ErrorCode::Internal).caused_by("no state"))?;
        let header = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok());
        let header = header.ok_or_else(|| unauthenticated(AuthError::Missing))?;
        let token = bearer(header).map_err(unauthenticated)?;
        let claims = state.tokens.verify(token, state.clock.now()).map_err(unauthenticated)?;
        let context = RequestContext::of(request);
        if let Some(context) = &context {
            let unit = claims.roles.first().and_then(|grant| grant.unit.clone());
            context.set_actor(claims.sub.to_string(), unit);
        }
        let origin = Origin {
            address: context.as_ref().map(|c| c.client().to_string()),
            request_id: context.as_ref().map(|c| c.request_id().to_owned()),
        };
        Ok(Self { claims, origin, state })
    }

    /// A caller with a role for an action, where an operation for everybody needs one by what its body
    /// asks for.
    ///
    /// # Errors
    /// 401; 403 without such a role.
    pub fn having(request: &HttpRequest, action: Action) -> Result<Self, Problem> {
        let signed = Self::verified(request)?;
        if may_somewhere(&signed.claims, action) {
            Ok(signed)
        } else {
            Err(Problem::new(ErrorCode::Forbidden))
        }
    }

    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let signed = Self::verified(request)?;
        // Whoever has no role for the operation at all is refused before anything else is looked at.
        let pattern = request.match_pattern().unwrap_or_default();
        let action = match needed(request.method().as_str(), &pattern) {
            For::Having(action) => action,
            For::HavingNamed => action_in_path(request.match_info().query("action"))
                .ok_or_else(|| Problem::new(ErrorCode::NotFound))?,
            For::Everybody => {
                return Err(Problem::internal("an operation behind sign-in that no table names"));
            }
        };
        if !may_somewhere(&signed.claims, action) {
            return Err(Problem::new(ErrorCode::Forbidden));
        }
        Ok(signed)
    }
}

impl FromRequest for Signed {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}

/// Somebody who need not sign in.
#[derive(Debug, Clone)]
pub struct Public {
    /// Where the request came from.
    pub origin: Origin,
    /// The process.
    pub state: web::Data<State>,
}

impl FromRequest for Public {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let context = RequestContext::of(request);
        let origin = Origin {
            address: context.as_ref().map(|c| c.client().to_string()),
            request_id: context.as_ref().map(|c| c.request_id().to_owned()),
        };
        let state = request.app_data::<web::Data<State>>().cloned();
        ready(match state {
            Some(state) => Ok(Self { origin, state }),
            None => Err(Problem::new(ErrorCode::Internal).caused_by("no state")),
        })
    }
}

impl Signed {
    /// Who calls an operation that is for everybody, if they signed in: some of it may be for those
    /// alone whom the use case lets.
    ///
    /// # Errors
    /// 401 for a token that is worth nothing.
    pub fn if_any(request: &HttpRequest, public: &Public) -> Result<Option<Self>, Problem> {
        let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
        let token = header.to_str().map_err(|_| AuthError::Missing).and_then(bearer);
        let claims = token.and_then(|token| public.state.tokens.verify(token, public.state.clock.now()));
        let claims = claims.map_err(unauthenticated)?;
        Ok(Some(Self { claims, origin: public.origin.clone(), state: public.state.clone() }))
    }
}
