"""R-27, run in a network namespace of its own: connections to the database die without a word.

half_open.py MOTCUA SOCKET DATABASE TOKEN: before PostgreSQL's Unix socket stands a forwarder on the
loopback of this namespace. All packets of the connections that are open are then dropped, as when
a router forgets them; new connections work. Prints how long reads and writes failed, and how often.
"""

import json, os, socket, subprocess, sys, threading, time, urllib.error, urllib.request

binary, unix, database, token = sys.argv[1:5]
DATABASE_PORT, PORT = 7001, 7002


def run(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def copy(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def forward(listener):
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(unix)
        for pair in ((client, server), (server, client)):
            threading.Thread(target=copy, args=pair, daemon=True).start()


def call(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", method=method)
    request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def read():
    return call("GET", "/api/v1/dossiers?limit=1&count=exact")


def write():
    return call("POST", "/api/v1/dossiers", json.loads(os.environ["BODY"]))


def ports():
    """Local ports of this side's established connections to the database."""
    found = set()
    for line in open("/proc/net/tcp").readlines()[1:]:
        local, remote, state = line.split()[1:4]
        if state == "01" and int(remote.split(":")[1], 16) == DATABASE_PORT:
            found.add(int(local.split(":")[1], 16))
    return found


run("ip", "link", "set", "lo", "up")
listener = socket.create_server(("127.0.0.1", DATABASE_PORT), backlog=64)
threading.Thread(target=forward, args=(listener,), daemon=True).start()
environment = dict(
    os.environ,
    MOTCUA_DATABASE_URL=f"postgres://postgres@127.0.0.1:{DATABASE_PORT}/{database}",
    MOTCUA_ADMIN_BIND="off",
    MOTCUA_POOL_SIZE="6",
)
service = subprocess.Popen(
    [binary, "serve", "--bind", f"127.0.0.1:{PORT}"], env=environment, stderr=subprocess.DEVNULL
)
try:
    for _ in range(100):
        if read() == 200:
            break
        time.sleep(0.1)
    threads = [threading.Thread(target=lambda: [read() for _ in range(20)]) for _ in range(8)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert write() == 201
    dead = ports()
    for port in dead:
        for side in ("--sport", "--dport"):
            run("iptables", "-A", "INPUT", "-p", "tcp", side, str(port), "-j", "DROP")
    begun, result = time.monotonic(), {"connections": len(dead)}

    def until_well(name, ask, good):
        failures, well = [], None
        while time.monotonic() - begun < 40:
            status = ask()
            if status == good:
                well = well or time.monotonic() - begun
            else:
                failures.append(status)
                well = None
            if well and time.monotonic() - begun - well > 3:
                break
            time.sleep(0.1)
        result[name] = {"seconds": well, "failures": failures}

    both = [
        threading.Thread(target=until_well, args=("reads", read, 200)),
        threading.Thread(target=until_well, args=("writes", write, 201)),
    ]
    [t.start() for t in both]
    [t.join() for t in both]
    result["alive"] = call("GET", "/healthz")
    result["left"] = len(dead & ports())
    print(json.dumps(result))
finally:
    service.kill()
    service.wait()
