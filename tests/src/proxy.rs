//! A proxy before PostgreSQL that can misbehave as networks do: cut a connection in the middle of
//! a commit, be slow, or swallow everything without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// What the proxy does to what goes through it.
#[derive(Debug, Default)]
pub struct Mischief {
    /// Cuts the next connection that sends COMMIT: the server gets it, the client no answer. Once.
    pub cut_next_commit: AtomicBool,
    /// Cuts the connection that sends the n-th message from now on, before the server gets it. Once;
    /// 0 for none.
    pub cut_message: AtomicI64,
    /// How often a connection was cut.
    pub cuts: AtomicU64,
    /// Delay of every answer, in milliseconds.
    pub delay_ms: AtomicU64,
    /// Nothing goes through any more, and nobody is told.
    pub swallow: AtomicBool,
}

/// A proxy; it lives as long as the process.
#[derive(Debug, Clone)]
pub struct Proxy {
    port: u16,
    /// What it does.
    pub mischief: Arc<Mischief>,
}

impl Proxy {
    /// Listens on a free port and passes on to an address such as `127.0.0.1:5432`.
    pub fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mischief, server) = (Arc::new(Mischief::default()), server.to_owned());
        let passed = mischief.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is gone shows itself as a closed connection.
                let Ok(to) = TcpStream::connect(&server) else { continue };
                pass(client, to, &passed);
            }
        });
        Self { port, mischief }
    }

    /// The same database, reached through the proxy.
    pub fn through(&self, url: &str) -> String {
        let (before, rest) = url.split_once('@').unwrap();
        let (_, database) = rest.split_once('/').unwrap();
        format!("{before}@127.0.0.1:{}/{database}", self.port)
    }
}

/// Host and port of a database's address.
pub fn server_of(url: &str) -> String {
    url.split_once('@').unwrap().1.split('/').next().unwrap().to_owned()
}

fn pass(client: TcpStream, server: TcpStream, mischief: &Arc<Mischief>) {
    let cut = Arc::new(AtomicBool::new(false));
    let (up, down) = (mischief.clone(), mischief.clone());
    let (from, to, doomed) = (client.try_clone().unwrap(), server.try_clone().unwrap(), cut.clone());
    std::thread::spawn(move || {
        copy(from, to, |bytes| {
            let commit = bytes.windows(6).any(|w| w == b"COMMIT");
            if commit && up.cut_next_commit.swap(false, Ordering::AcqRel) {
                doomed.store(true, Ordering::Release);
            }
            if up.cut_message.load(Ordering::Acquire) > 0
                && up.cut_message.fetch_sub(1, Ordering::AcqRel) == 1
            {
                up.cuts.fetch_add(1, Ordering::AcqRel);
                return false;
            }
            while up.swallow.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(20));
            }
            true
        });
    });
    std::thread::spawn(move || {
        copy(server, client, |_| {
            if cut.load(Ordering::Acquire) {
                down.cuts.fetch_add(1, Ordering::AcqRel);
                return false;
            }
            let delay = down.delay_ms.load(Ordering::Acquire);
            std::thread::sleep(Duration::from_millis(delay));
            while down.swallow.load(Ordering::Acquire) {
                std::thread::sleep(Duration::from_millis(20));
            }
            true
        });
    });
}

/// Passes bytes on until either side ends, or `look` says that the connection is to be cut.
fn copy(mut from: TcpStream, mut to: TcpStream, look: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n) = from.read(&mut buffer) {
        if n == 0 || !look(&buffer[..n]) || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
