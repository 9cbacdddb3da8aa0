//! A bucket of an S3-compatible store, such as MinIO, Ceph or Amazon's own.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::FilesError;
use crate::config::{Bucket, Secret};

/// How long the store may take to be reached.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one request may take, with all its bytes.
const REQUEST: Duration = Duration::from_secs(300);
/// How often, and how long, a request is tried again.
const TRIES: (usize, Duration) = (2, Duration::from_secs(5));

/// Opens the bucket; whether it is there shows itself at the first request.
pub(super) fn open(
    bucket: &Bucket,
    key: &Secret,
    secret: &Secret,
) -> Result<Arc<dyn ObjectStore>, FilesError> {
    // One provider a process; whoever came first chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (max_retries, retry_timeout) = TRIES;
    let plain = bucket.endpoint.as_ref().is_some_and(|e| e.starts_with("http://"));
    let options =
        ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST).with_allow_http(plain);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(key.reveal())
        .with_secret_access_key(secret.reveal())
        .with_virtual_hosted_style_request(false)
        .with_client_options(options)
        .with_retry(RetryConfig { max_retries, retry_timeout, ..RetryConfig::default() });
    if let Some(endpoint) = &bucket.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let store = builder.build()?;
    Ok(if bucket.prefix.is_empty() {
        Arc::new(store)
    } else {
        Arc::new(PrefixStore::new(store, bucket.prefix.as_str()))
    })
}
