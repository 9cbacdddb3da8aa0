//! The one table of error codes: stable text, status, and a title in both languages.
//!
//! A code is what programs decide by; it never changes its meaning. Titles are for people. Add a
//! row here and nowhere else: the document, the catalogue of errors and the tests read this table.

use actix_web::http::StatusCode;

macro_rules! errors {
    ($($(#[$meta:meta])* $variant:ident => $code:literal, $status:ident, $vi:literal, $en:literal;)+) => {
        /// Everything that can go wrong for a caller.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$meta])* $variant),+ }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text.
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code),+ } }

            /// The HTTP status.
            pub fn status(self) -> StatusCode { match self { $(Self::$variant => StatusCode::$status),+ } }

            /// The Vietnamese title.
            pub fn title_vi(self) -> &'static str { match self { $(Self::$variant => $vi),+ } }

            /// The English title.
            pub fn title_en(self) -> &'static str { match self { $(Self::$variant => $en),+ } }
        }
    };
}

errors! {
    // 400: the request cannot be read.
    /// A request the server cannot make sense of.
    BadRequest => "bad_request", BAD_REQUEST, "Yêu cầu không hợp lệ", "Bad request";
    /// The body is no JSON, or holds a key twice.
    MalformedJson => "malformed_json", BAD_REQUEST, "Nội dung không phải JSON hợp lệ", "The body is not valid JSON";
    /// Bytes that are no UTF-8.
    InvalidUtf8 => "invalid_utf8", BAD_REQUEST, "Nội dung không phải UTF-8", "The body is not UTF-8";
    /// Arrays and objects inside each other beyond the limit.
    BodyTooDeep => "body_too_deep", BAD_REQUEST, "Nội dung lồng nhau quá sâu", "The body is nested too deeply";
    /// A field that the operation does not know.
    UnknownField => "unknown_field", BAD_REQUEST, "Có trường không được hỗ trợ", "Unknown field";
    /// A query parameter that the operation does not know.
    UnknownQueryParameter => "unknown_query_parameter", BAD_REQUEST, "Có tham số truy vấn không được hỗ trợ", "Unknown query parameter";
    /// A query parameter with a value that is not acceptable.
    InvalidQueryParameter => "invalid_query_parameter", BAD_REQUEST, "Tham số truy vấn không hợp lệ", "Invalid query parameter";
    /// A header that cannot be read.
    InvalidHeader => "invalid_header", BAD_REQUEST, "Tiêu đề HTTP không hợp lệ", "Invalid header";
    /// A cursor that was changed, is not ours, or belongs to other filters.
    InvalidCursor => "invalid_cursor", BAD_REQUEST, "Con trỏ trang không hợp lệ", "Invalid cursor";
    /// An `Idempotency-Key` that is empty, too long or holds other than visible ASCII.
    IdempotencyKeyInvalid => "idempotency_key_invalid", BAD_REQUEST, "Khóa chống lặp không hợp lệ", "Invalid Idempotency-Key";
    /// An operation that moves money or a batch was sent without `Idempotency-Key`.
    IdempotencyKeyRequired => "idempotency_key_required", BAD_REQUEST, "Thiếu khóa chống lặp", "Idempotency-Key required";
    // 401: who is calling is not known.
    /// No access token.
    Unauthenticated => "unauthenticated", UNAUTHORIZED, "Chưa đăng nhập", "Not signed in";
    /// The access token is past its end.
    TokenExpired => "token_expired", UNAUTHORIZED, "Phiên đăng nhập đã hết hạn", "The access token has expired";
    /// The access token is not one of ours, was changed or was revoked.
    TokenInvalid => "token_invalid", UNAUTHORIZED, "Mã truy cập không hợp lệ", "The access token is not valid";
    /// User name or password is wrong; which one is not told.
    InvalidCredentials => "invalid_credentials", UNAUTHORIZED, "Sai tên đăng nhập hoặc mật khẩu", "Wrong user name or password";
    /// The refresh token is unknown or past its end.
    RefreshInvalid => "refresh_invalid", UNAUTHORIZED, "Mã làm mới không hợp lệ", "The refresh token is not valid";
    /// An old refresh token was used again: the whole family has ended.
    RefreshReused => "refresh_reused", UNAUTHORIZED, "Mã làm mới đã được dùng, phiên bị chấm dứt", "The refresh token was used before, the session has ended";
    // 403 and 404: what the caller may do or know.
    /// The caller may know of the thing but not do this.
    Forbidden => "forbidden", FORBIDDEN, "Không có quyền thực hiện", "Not allowed";
    /// Who proposed may not decide.
    SeparationOfDuties => "separation_of_duties", FORBIDDEN, "Người đề xuất không được phê duyệt", "Separation of duties";
    /// The caller may take this step, but not at the stage at which the dossier stands: another role or level works it.
    NotOfThisStage => "not_of_this_stage", FORBIDDEN, "Bước hiện tại thuộc vai trò hoặc cấp khác", "Another role or level works this stage";
    /// There is no such thing, or the caller may not know of it.
    NotFound => "not_found", NOT_FOUND, "Không tìm thấy", "Not found";
    /// The address exists, but not with this method.
    MethodNotAllowed => "method_not_allowed", METHOD_NOT_ALLOWED, "Phương thức không được hỗ trợ", "Method not allowed";
    /// None of the accepted media types can be produced.
    NotAcceptable => "not_acceptable", NOT_ACCEPTABLE, "Không có định dạng phù hợp", "Not acceptable";
    /// The client sent its request too slowly.
    RequestTimeout => "request_timeout", REQUEST_TIMEOUT, "Yêu cầu gửi quá chậm", "The request came too slowly";
    // 409: illegal now.
    /// The status of the thing does not allow this step; `allowed` says which it does.
    TransitionNotAllowed => "transition_not_allowed", CONFLICT, "Trạng thái hiện tại không cho phép thao tác này", "The current status does not allow this step";
    /// The step is legal, but something that it needs is missing.
    TransitionBlocked => "transition_blocked", CONFLICT, "Chưa đủ điều kiện để thực hiện thao tác này", "The step cannot be taken yet";
    /// A request with this `Idempotency-Key` is still running.
    IdempotencyInProgress => "idempotency_in_progress", CONFLICT, "Yêu cầu cùng khóa đang được xử lý", "A request with this key is still running";
    /// Nothing was wrong with this item, but others of its batch were refused and it is all or nothing.
    BatchNotApplied => "batch_not_applied", CONFLICT, "Lô không được thực hiện vì có hồ sơ khác bị từ chối", "The batch was not applied, other items were refused";
    /// The dossier is not settled yet, so it cannot be rated.
    RatingNotOpen => "rating_not_open", CONFLICT, "Hồ sơ chưa giải quyết xong nên chưa thể đánh giá", "The dossier is not settled yet";
    /// The time in which the rating could be changed has passed.
    RatingClosed => "rating_closed", CONFLICT, "Đã hết thời gian sửa đánh giá", "The rating can no longer be changed";
    /// There are as many of them as one account may have.
    LimitReached => "limit_reached", CONFLICT, "Đã đạt số lượng tối đa", "There are as many as there may be";
    /// The thing exists already, or was changed at the same time.
    Conflict => "conflict", CONFLICT, "Xung đột dữ liệu", "Conflict";
    // 412 to 428: conditions and sizes.
    /// The thing has changed since its `ETag` was read.
    PreconditionFailed => "precondition_failed", PRECONDITION_FAILED, "Dữ liệu đã thay đổi, hãy tải lại", "The resource has changed, read it again";
    /// The body is larger than the operation takes.
    PayloadTooLarge => "payload_too_large", PAYLOAD_TOO_LARGE, "Nội dung quá lớn", "The body is too large";
    /// The address is longer than the server reads.
    UriTooLong => "uri_too_long", URI_TOO_LONG, "Địa chỉ quá dài", "The address is too long";
    /// The body is of a type or encoding that the operation does not take.
    UnsupportedMediaType => "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Kiểu nội dung không được hỗ trợ", "Unsupported media type";
    /// No part of the asked range exists.
    RangeNotSatisfiable => "range_not_satisfiable", RANGE_NOT_SATISFIABLE, "Khoảng dữ liệu không tồn tại", "Range not satisfiable";
    /// The body is well-formed but not acceptable; `errors` says where.
    ValidationFailed => "validation_failed", UNPROCESSABLE_ENTITY, "Dữ liệu không hợp lệ", "The data is not acceptable";
    /// A file is empty, of a type that is not taken, or not of the type it was said to be.
    FileNotAcceptable => "file_not_acceptable", UNPROCESSABLE_ENTITY, "Tệp không được chấp nhận", "The file is not acceptable";
    /// The `Idempotency-Key` was used with another body.
    IdempotencyKeyReused => "idempotency_key_reused", UNPROCESSABLE_ENTITY, "Khóa chống lặp đã dùng cho nội dung khác", "The Idempotency-Key was used with another body";
    /// A change of state needs `If-Match`.
    PreconditionRequired => "precondition_required", PRECONDITION_REQUIRED, "Thiếu If-Match", "If-Match required";
    // 429 and 5xx: come back later.
    /// More requests than the quota.
    RateLimited => "rate_limited", TOO_MANY_REQUESTS, "Quá nhiều yêu cầu", "Too many requests";
    /// A queue or pool is full.
    Overloaded => "overloaded", SERVICE_UNAVAILABLE, "Hệ thống đang quá tải", "Overloaded";
    /// Something that the answer needs cannot be reached.
    Unavailable => "unavailable", SERVICE_UNAVAILABLE, "Hệ thống tạm thời gián đoạn", "Temporarily unavailable";
    /// The server is stopping.
    ShuttingDown => "shutting_down", SERVICE_UNAVAILABLE, "Máy chủ đang dừng", "Shutting down";
    /// The connection was lost during the commit; whether it took place must be looked up.
    CommitUnknown => "commit_unknown", SERVICE_UNAVAILABLE, "Chưa rõ kết quả ghi, hãy gửi lại với cùng khóa chống lặp", "The outcome of the write is not known, send it again with the same key";
    /// The answer took longer than allowed.
    Timeout => "timeout", SERVICE_UNAVAILABLE, "Xử lý quá thời gian cho phép", "The answer took too long";
    /// There is no room left for files.
    StorageFull => "storage_full", INSUFFICIENT_STORAGE, "Hết dung lượng lưu trữ", "No storage space left";
    /// A fault of the server; the identifier of the request helps to find it.
    Internal => "internal", INTERNAL_SERVER_ERROR, "Lỗi hệ thống", "Internal error";
}

impl ErrorCode {
    /// The seconds after which to come back, where the status promises them.
    pub fn default_retry_after(self) -> Option<u32> {
        let promised =
            matches!(self.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        (promised || self == Self::IdempotencyInProgress).then_some(1)
    }

    /// The code with this text, if there is one.
    pub fn from_code(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.code() == text)
    }

    /// The code for a status that the framework chose by itself.
    pub fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PRECONDITION_FAILED => Self::PreconditionFailed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::URI_TOO_LONG => Self::UriTooLong,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::RANGE_NOT_SATISFIABLE => Self::RangeNotSatisfiable,
            StatusCode::UNPROCESSABLE_ENTITY => Self::ValidationFailed,
            StatusCode::PRECONDITION_REQUIRED => Self::PreconditionRequired,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::BAD_GATEWAY => Self::Unavailable,
            StatusCode::GATEWAY_TIMEOUT => Self::Timeout,
            StatusCode::INSUFFICIENT_STORAGE => Self::StorageFull,
            other if other.is_client_error() => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_found_again() {
        let codes: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_code(code.code()), Some(*code));
            assert!(code.code().chars().all(|c| c.is_ascii_lowercase() || c == '_' || c.is_ascii_digit()));
            assert!(!code.title_vi().is_empty() && !code.title_en().is_empty());
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }

    #[test]
    fn every_429_and_503_says_when_to_come_back() {
        for code in ErrorCode::ALL {
            let status = code.status().as_u16();
            assert!(![429, 503].contains(&status) || code.default_retry_after().is_some(), "{}", code.code());
        }
    }

    #[test]
    fn a_status_of_the_framework_finds_a_code_of_that_status() {
        for status in [401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415, 416, 422, 428, 429, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(ErrorCode::from_status(status).status(), status);
        }
        assert_eq!(ErrorCode::from_status(StatusCode::IM_A_TEAPOT), ErrorCode::BadRequest);
        assert_eq!(ErrorCode::from_status(StatusCode::NOT_IMPLEMENTED), ErrorCode::Internal);
    }
}
