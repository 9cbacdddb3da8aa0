use super::*;
use actix_web::body::MessageBody;

fn rendering(language: Language) -> Rendering {
    Rendering {
        language,
        request_id: "req-00000001".to_owned(),
        trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
    }
}

#[test]
fn a_problem_has_the_members_of_rfc_9457_and_ours() {
    let problem = Problem::new(ErrorCode::TransitionNotAllowed)
        .with_detail(Text::new("Hồ sơ đã kết thúc", "The dossier has ended"))
        .with_allowed(["hand-over"]);
    let body = serde_json::to_value(problem.body(&rendering(Language::Vi))).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "type": "/docs/errors#transition_not_allowed",
            "title": "Trạng thái hiện tại không cho phép thao tác này",
            "status": 409,
            "detail": "Hồ sơ đã kết thúc",
            "instance": "urn:request:req-00000001",
            "code": "transition_not_allowed",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "allowed": ["hand-over"]
        })
    );
    let english = problem.body(&rendering(Language::En));
    assert_eq!(english.detail.as_deref(), Some("The dossier has ended"));
    assert_eq!(english.title, "The current status does not allow this step");
}

#[test]
fn headers_follow_the_code() {
    let names = |problem: Problem| {
        let response = problem.error_response();
        let header = |name| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        (header(header::RETRY_AFTER), header(header::WWW_AUTHENTICATE))
    };
    assert_eq!(names(Problem::new(ErrorCode::Overloaded)), (Some("1".to_owned()), None));
    assert_eq!(names(Problem::new(ErrorCode::RateLimited).with_retry_after(0)).0.as_deref(), Some("1"));
    assert_eq!(names(Problem::new(ErrorCode::RateLimited).with_retry_after(900)).0.as_deref(), Some("900"));
    assert_eq!(names(Problem::new(ErrorCode::Unauthenticated)), (None, Some("Bearer".to_owned())));
    assert_eq!(names(AuthError::Expired.into()).1.as_deref(), Some(r#"Bearer error="invalid_token""#));
    assert_eq!(names(Problem::new(ErrorCode::NotFound)), (None, None));
}

#[test]
fn the_cause_is_for_the_log_only() {
    let problem = Problem::internal("no such table: dossier");
    assert_eq!(problem.cause(), Some("no such table: dossier"));
    let answered = problem.clone().rendered_for(rendering(Language::En)).error_response();
    let body = answered.into_body().try_into_bytes().unwrap();
    assert!(!body.is_empty());
    assert!(!String::from_utf8_lossy(&body).contains("table"));
    assert_eq!(problem.to_string(), "internal");
}

#[test]
fn errors_of_the_framework_become_problems() {
    let problem = |error: actix_web::Error| Problem::from(&error).code();
    assert_eq!(problem(actix_web::error::ErrorNotFound("x")), ErrorCode::NotFound);
    assert_eq!(problem(actix_web::error::ErrorInternalServerError("x")), ErrorCode::Internal);
    assert_eq!(problem(actix_web::error::PayloadError::Overflow.into()), ErrorCode::PayloadTooLarge);
    assert_eq!(problem(Problem::new(ErrorCode::Conflict).into()), ErrorCode::Conflict);
    assert!(Problem::from(&actix_web::error::ErrorBadRequest("Nguyễn Thị Lan")).cause().is_none());
}
