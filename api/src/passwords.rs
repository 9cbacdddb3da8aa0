//! Passwords: Argon2id hashes as PHC strings, computed on threads of their own.
//!
//! Owns the policy of passwords, hashing and verification. A hash takes tens of milliseconds and
//! tens of MiB on purpose, so only a few are computed at a time, a bounded number waits, and the
//! rest is refused at once: a flood of sign-ins must starve neither memory nor the database's
//! threads. It does not know accounts; a name that has none is verified against a dummy, so that
//! the time of the answer tells nothing.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization;

use crate::config::{Config, Secret};

/// Fewest characters of a password.
pub const SHORTEST: usize = 12;
/// Most characters of a password.
pub const LONGEST: usize = 128;

/// Why a password cannot be hashed or checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Fewer than [`SHORTEST`] characters.
    #[error("the password is too short")]
    TooShort,
    /// More than [`LONGEST`] characters.
    #[error("the password is too long")]
    TooLong,
    /// Too many wait already.
    #[error("too many passwords are being checked")]
    Overloaded,
    /// A stored hash that is none, or settings that Argon2 does not take.
    #[error("password hashing failed: {0}")]
    Failed(String),
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right; `rehash` when the stored hash was made with other settings than today's.
    Right {
        /// Whether to store a new hash.
        rehash: bool,
    },
    /// Wrong, or there is no such account.
    Wrong,
}

/// Hashes and checks, without threads of its own: for the command line.
#[derive(Debug, Clone)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// Checked in place of the hash of an account that does not exist.
    dummy: String,
}

impl Hasher {
    /// With the settings of Argon2.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when Argon2 does not take them.
    pub fn new(memory_kib: u32, iterations: u32, parallelism: u32) -> Result<Self, PasswordError> {
        let params = Params::new(memory_kib, iterations, parallelism, None).map_err(failed)?;
        let dummy = dummy(&params)?;
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), dummy })
    }

    /// The hash of a new password, to be stored.
    ///
    /// # Errors
    /// [`PasswordError`] when the password breaks the policy or hashing fails.
    pub fn hash(&self, password: &Secret) -> Result<String, PasswordError> {
        check_policy(password)?;
        let hash = self.argon2.hash_password(normal(password).as_bytes()).map_err(failed)?;
        Ok(hash.to_string())
    }

    /// Whether a password is the one whose hash is stored; none stored takes the same time.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when the stored text is no hash.
    pub fn verify(&self, password: &Secret, stored: Option<&str>) -> Result<Verdict, PasswordError> {
        let hash = PasswordHash::new(stored.unwrap_or(&self.dummy)).map_err(failed)?;
        // What cannot have been stored is cut, not refused at once: the time stays the same.
        let typed: String = normal(password).chars().take(LONGEST + 1).collect();
        let matches = self.argon2.verify_password(typed.as_bytes(), &hash).is_ok();
        if !matches || stored.is_none() {
            return Ok(Verdict::Wrong);
        }
        let made_with = Params::try_from(&hash).map_err(failed)?;
        let wanted = self.argon2.params();
        let rehash = (made_with.m_cost(), made_with.t_cost(), made_with.p_cost())
            != (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
            || hash.algorithm.as_str() != "argon2id";
        Ok(Verdict::Right { rehash })
    }
}

/// A hash of these settings that nobody knows a password of. Drawn and not computed: checking against it takes
/// the same time, and a start need not wait for it.
fn dummy(params: &Params) -> Result<String, PasswordError> {
    let mut drawn = [0_u8; 16 + 32];
    getrandom::fill(&mut drawn).map_err(failed)?;
    let (salt, hash) = drawn.split_at(16);
    let text = format!(
        "$argon2id$v={}$m={},t={},p={}${}${}",
        u32::from(Version::V0x13),
        params.m_cost(),
        params.t_cost(),
        params.p_cost(),
        STANDARD_NO_PAD.encode(salt),
        STANDARD_NO_PAD.encode(hash)
    );
    PasswordHash::new(&text).map_err(failed)?;
    Ok(text)
}

fn failed(error: impl std::fmt::Display) -> PasswordError {
    PasswordError::Failed(error.to_string())
}

/// One spelling for all keyboards: some send Vietnamese letters in two parts.
fn normal(password: &Secret) -> String {
    password.reveal().nfc().collect()
}

/// Whether a password may be chosen.
///
/// # Errors
/// [`PasswordError::TooShort`] or [`PasswordError::TooLong`].
pub fn check_policy(password: &Secret) -> Result<(), PasswordError> {
    match normal(password).chars().count() {
        n if n < SHORTEST => Err(PasswordError::TooShort),
        n if n > LONGEST => Err(PasswordError::TooLong),
        _ => Ok(()),
    }
}

type Job = Box<dyn FnOnce(&Hasher) + Send>;

/// The service of sign-in: a few threads behind a short queue.
#[derive(Debug, Clone)]
pub struct Passwords {
    queue: SyncSender<Job>,
}

impl Passwords {
    /// Starts the threads; they end when the last clone is dropped.
    ///
    /// # Errors
    /// [`PasswordError::Failed`] when a thread cannot be started.
    pub fn start(hasher: Hasher, threads: usize, queue: usize) -> Result<Self, PasswordError> {
        let (sender, receiver) = sync_channel::<Job>(queue);
        let (receiver, hasher) = (Arc::new(Mutex::new(receiver)), Arc::new(hasher));
        for n in 0..threads.max(1) {
            let (receiver, hasher) = (Arc::clone(&receiver), Arc::clone(&hasher));
            std::thread::Builder::new()
                .name(format!("password-{n}"))
                .spawn(move || work(&receiver, &hasher))
                .map_err(failed)?;
        }
        Ok(Self { queue: sender })
    }

    /// As the settings say.
    ///
    /// # Errors
    /// As [`Hasher::new`] and [`Passwords::start`].
    pub fn from_config(config: &Config) -> Result<Self, PasswordError> {
        let hasher =
            Hasher::new(config.argon2_memory_kib, config.argon2_iterations, config.argon2_parallelism)?;
        Self::start(hasher, config.password_thread_count(), config.password_queue)
    }

    /// See [`Hasher::hash`].
    ///
    /// # Errors
    /// As there, and [`PasswordError::Overloaded`].
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        check_policy(&password)?;
        self.run(move |hasher| hasher.hash(&password)).await
    }

    /// See [`Hasher::verify`].
    ///
    /// # Errors
    /// As there, and [`PasswordError::Overloaded`].
    pub async fn verify(&self, password: Secret, stored: Option<String>) -> Result<Verdict, PasswordError> {
        self.run(move |hasher| hasher.verify(&password, stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |hasher| {
            // Who asked has gone: the costly part is left out.
            if !answer.is_closed() {
                let _ = answer.send(work(hasher));
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => PasswordError::Overloaded,
            TrySendError::Disconnected(_) => PasswordError::Failed("the threads have ended".to_owned()),
        })?;
        answered.await.map_err(|_| PasswordError::Failed("the thread gave no answer".to_owned()))?
    }
}

fn work(receiver: &Mutex<Receiver<Job>>, hasher: &Hasher) {
    loop {
        // Held only while waiting: the others hash meanwhile.
        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { break };
        // A job that panics answers by dropping its sender; the thread goes on.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(hasher)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Hasher {
        Hasher::new(8, 1, 1).unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[test]
    fn a_hash_is_a_phc_string_that_verifies() {
        let hasher = cheap();
        let stored = hasher.hash(&secret("mật khẩu dài lắm")).unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        assert_ne!(stored, hasher.hash(&secret("mật khẩu dài lắm")).unwrap());
        let verify = |text: &str| hasher.verify(&secret(text), Some(&stored)).unwrap();
        assert_eq!(verify("mật khẩu dài lắm"), Verdict::Right { rehash: false });
        let in_two_parts: String = "mật khẩu dài lắm".nfd().collect();
        assert_eq!(verify(&in_two_parts), Verdict::Right { rehash: false });
        assert_eq!(verify("mat khau dai lam"), Verdict::Wrong);
        assert_eq!(verify(""), Verdict::Wrong);
        assert_eq!(verify(&"x".repeat(1_000_000)), Verdict::Wrong);
    }

    #[test]
    fn an_unknown_user_is_checked_against_a_dummy() {
        let hasher = cheap();
        assert_eq!(hasher.verify(&secret("no account has this"), None).unwrap(), Verdict::Wrong);
        // As a hash that was computed: the same settings, the same lengths, so the same work.
        let (dummy, real) = (hasher.dummy.clone(), hasher.hash(&secret("a long password")).unwrap());
        let parts = |text: &str| text.split('$').map(str::len).collect::<Vec<_>>();
        assert_eq!(parts(&dummy), parts(&real));
        assert!(dummy.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{dummy}");
        assert_ne!(dummy, cheap().dummy);
    }

    #[test]
    fn a_hash_of_other_settings_asks_for_a_new_one() {
        let stored = Hasher::new(16, 2, 1).unwrap().hash(&secret("a long password")).unwrap();
        let verdict = cheap().verify(&secret("a long password"), Some(&stored)).unwrap();
        assert_eq!(verdict, Verdict::Right { rehash: true });
    }

    #[test]
    fn the_policy_counts_characters() {
        assert_eq!(check_policy(&secret("ệệệệệệệệệệệ")), Err(PasswordError::TooShort));
        assert_eq!(check_policy(&secret("ệệệệệệệệệệệệ")), Ok(()));
        assert_eq!(check_policy(&secret(&"a".repeat(128))), Ok(()));
        assert_eq!(check_policy(&secret(&"a".repeat(129))), Err(PasswordError::TooLong));
    }

    #[test]
    fn broken_hashes_and_settings_are_faults() {
        assert!(matches!(cheap().verify(&secret("x"), Some("plain")), Err(PasswordError::Failed(_))));
        assert!(matches!(Hasher::new(1, 1, 1), Err(PasswordError::Failed(_))));
    }

    #[tokio::test]
    async fn the_service_hashes_and_verifies() {
        let passwords = Passwords::start(cheap(), 2, 8).unwrap();
        let stored = passwords.hash(secret("a long password")).await.unwrap();
        let verdict = passwords.verify(secret("a long password"), Some(stored)).await;
        assert_eq!(verdict, Ok(Verdict::Right { rehash: false }));
        assert_eq!(passwords.hash(secret("short")).await, Err(PasswordError::TooShort));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let passwords = Passwords::start(cheap(), 1, 1).unwrap();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (started, running) = oneshot::channel();
        let blocker = passwords.clone();
        let first = tokio::spawn(async move {
            blocker
                .run(move |_| {
                    let _ = started.send(());
                    let _ = held.recv();
                    Ok(())
                })
                .await
        });
        running.await.unwrap();
        let waiting = passwords.clone();
        let second = tokio::spawn(async move { waiting.run(|_| Ok(())).await });
        tokio::task::yield_now().await;
        assert_eq!(passwords.verify(secret("x"), None).await, Err(PasswordError::Overloaded));
        release.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(second.await.unwrap(), Ok(()));
    }

    #[tokio::test]
    async fn a_panic_in_one_job_does_not_end_the_thread() {
        let passwords = Passwords::start(cheap(), 1, 2).unwrap();
        let broken = passwords.run::<()>(|_| panic!("on purpose")).await;
        assert!(matches!(broken, Err(PasswordError::Failed(_))));
        assert!(passwords.hash(secret("a long password")).await.is_ok());
    }
}
