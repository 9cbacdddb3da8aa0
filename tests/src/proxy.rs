//! A proxy before PostgreSQL that can misbehave as networks do: cut a connection in the middle of
//! a commit, be slow, or forget the connections that are open without a word.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use socket2::{SockFilter, SockRef};

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
    links: Mutex<Vec<Weak<Link>>>,
}

/// A connection through the proxy.
#[derive(Debug)]
struct Link {
    /// The socket that faces the service.
    client: TcpStream,
    forgotten: AtomicBool,
}

impl Link {
    /// Lets the threads of a forgotten connection wait for the end of the process: whatever they did,
    /// even closing it, would tell the service something.
    fn hold(&self) {
        while self.forgotten.load(Ordering::Acquire) {
            std::thread::park();
        }
    }
}

/// `BPF_RET | BPF_K` with 0: of every packet nothing is let in.
const DROP_EVERYTHING: [SockFilter; 1] = [SockFilter::new(0x06, 0, 0, 0)];

impl Mischief {
    /// Forgets the connections that are open at this moment, as a router does: what the service sends
    /// on them, keepalives included, the kernel neither acknowledges nor resets. New ones work. Gives
    /// the service's ports of those forgotten.
    pub fn forget_open(&self) -> Vec<u16> {
        let links: Vec<_> = self.links.lock().unwrap().drain(..).filter_map(|link| link.upgrade()).collect();
        let mut ports = Vec::new();
        for link in links {
            // One that the service has closed has no other side.
            let Ok(service) = link.client.peer_addr() else { continue };
            link.forgotten.store(true, Ordering::Release);
            SockRef::from(&link.client).attach_filter(&DROP_EVERYTHING).unwrap();
            ports.push(service.port());
        }
        ports
    }
}

/// A proxy; it lives as long as the process.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Where it listens.
    pub port: u16,
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
    let link = Arc::new(Link { client: client.try_clone().unwrap(), forgotten: AtomicBool::new(false) });
    let mut links = mischief.links.lock().unwrap();
    links.retain(|link| link.strong_count() > 0);
    links.push(Arc::downgrade(&link));
    drop(links);
    let same = link.clone();
    std::thread::spawn(move || {
        copy(&same, from, to, |bytes| {
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
            true
        });
    });
    std::thread::spawn(move || {
        copy(&link, server, client, |_| {
            if cut.load(Ordering::Acquire) {
                down.cuts.fetch_add(1, Ordering::AcqRel);
                return false;
            }
            let delay = down.delay_ms.load(Ordering::Acquire);
            std::thread::sleep(Duration::from_millis(delay));
            true
        });
    });
}

/// Passes bytes on until either side ends, or `look` says that the connection is to be cut.
fn copy(link: &Link, mut from: TcpStream, mut to: TcpStream, look: impl Fn(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(n) = from.read(&mut buffer) {
        let goes_on = n > 0 && look(&buffer[..n]);
        link.hold();
        if !goes_on || to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    link.hold();
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
