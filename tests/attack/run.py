#!/usr/bin/env python3
"""Attacks a server of its own as strangers and contributors would, all at once, and measures what others notice meanwhile.

    tests/attack/run.py [--binary target/release/pressroom] [--seconds 20] [--database sqlite|postgres]

Needs Python 3.11 and an optimised binary; PostgreSQL is measured too where its programs are in PATH. It prints a table for each
database, and fails where a goal is missed. On a machine that does other work the times say little.
"""
import argparse
import collections
import http.client
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

TOP = pathlib.Path(__file__).resolve().parents[2]
# Milliseconds that 99 of 100 requests may take, and bytes of memory: the sum in docs/operations.md.
GOALS = {"healthz": 50, "cached read": 50, "uncached read": 300, "sign-in": 300}
MEMORY = 1_500_000_000
ATTACKERS, SEARCHERS = 20, 40
PASSWORD = "seventeen quiet herons"


class Client:
    """One connection, from one address as a proxy in front would tell it."""

    def __init__(self, port, address, token=None):
        self.port, self.address, self.token, self.connection = port, address, token, None

    def ask(self, method, path, body=None, **headers):
        """The status and the bytes of the answer; the status is the error's name where there is none."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["X-Forwarded-For"] = self.address
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        for fresh in (False, True):
            try:
                if self.connection is None:
                    self.connection, fresh = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), True
                self.connection.request(method, path, body, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as error:
                # A refused body's connection is closed: its next request needs another.
                self.connection.close()
                self.connection = None
                if fresh:
                    return type(error).__name__, b""

    def need(self, *request, **headers):
        status, body = self.ask(*request, **headers)
        if status not in (200, 201, 204):
            sys.exit(f"{request[:2]} answers {status} {body[:300]!r}")
        return json.loads(body) if body else None


def of_size(text, size):
    return (text * (size // len(text) + 1))[:size]


def bomb():
    """A small PNG whose colour profile inflates to a gigabyte and a half."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pack, profile = zlib.compressobj(9), b"icc\0\0"
    zeros = bytes(1 << 20)
    profile += b"".join(pack.compress(zeros) for _ in range(1_500)) + pack.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"iCCP", profile) + pixels + chunk(b"IEND", b"")


def form(name, data, boundary="x"):
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode()


def attacks(known):
    """Name and function of every attack. A function is given a client without and one with a contributor's token."""
    bodies = [
        ("markdown", "[^a]: x\n\n" + of_size("[^a]", 1_000_000)),
        ("markdown", "|a" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|b\n" * 200_000),
        ("html", "<p " + "".join(f"a{n} " for n in range(120_000)) + ">"),
        ("markdown", of_size("- " * 500 + "\n", 1_000_000)),
        ("markdown", of_size("word *em* [l](http://e.example/) ", 900_000)),
    ]
    renders = [json.dumps({"title": "A", "body": {"format": f, "source": s}}).encode() for f, s in bodies]
    text = {"Content_Type": "application/json"}
    image = form("a.png", bomb())
    long = "b" * 50_000
    boundary = of_size("--" + long[:-1] + "c", 2_000_000).encode()
    queries = "{" + " ".join(f"a{n}: posts(first: 100) {{ nodes {{ html }} }}" for n in range(40)) + "}"
    variables = b'{"query":"{site{name}}","variables":{"a":[' + b"1," * 1_000_000 + b"1]}}"
    documents = [of_size("{a", 1_900_000), "{" + of_size("a:site{name} ", 1_900_000) + "}", "query(" + of_size("$a:Int=[1] ", 1_900_000)]
    deep = {"parent": None, "depth": 0}

    def key():
        return f"{random.getrandbits(64):016x}"

    def guest(body, parent=None):
        name = f"G {key()[:6]}"
        return {"body": body, "parent_id": parent, "author": {"name": name, "email": f"{key()}@example.org"}}

    def reply(who, _):
        status, body = who.ask("POST", f"/v1/posts/{known['thread']}/comments", guest("And so " + key(), deep["parent"]))
        if status == 201:
            made = json.loads(body)
            if made["status"] == "approved":
                deep["parent"] = made["id"]
        return status

    pills = "港" * 6_700 + " ".join(f"[cheap viagra {n}](http://pills{n}.example/)" for n in range(200))
    say = f"/v1/posts/{known['chinese']}/comments"
    diff = f"/v1/posts/{known['long']}/revisions/diff?from=1&to=2"
    preview = f"/v1/posts/{known['long']}?preview={known['preview']}&include=comments,links,related"
    nested = b"[" * 1_000_000
    return [
        ("T10 boundary", lambda who, _: who.ask(
            "POST", "/v1/media", boundary, Content_Type=f"multipart/form-data; boundary={long}", Idempotency_Key=key())[0]),
        ("T11 large bodies", lambda who, _: who.ask(
            "POST", "/v1/auth/login", b'{"email":"' + b"a" * 20_000_000, Idempotency_Key=key(), **text)[0]),
        ("T11 nested JSON", lambda who, _: who.ask("POST", "/v1/auth/login", nested, **text)[0]),
        ("T12 kept answers", lambda who, _: who.ask(
            "POST", "/graphql", {"query": f"{{ k{key()}: posts {{ nodes {{ html }} }} }}"}, Idempotency_Key=key())[0]),
        ("T12 kept 404s", lambda who, _: who.ask("POST", f"/v1/posts/{key()}/comments", guest("x"), Idempotency_Key=key())[0]),
        ("T13 rendering", lambda _, who: who.ask("POST", "/v1/posts", random.choice(renders), **text)[0]),
        ("T13 rendering 2", lambda _, who: who.ask("POST", "/v1/posts", random.choice(renders), **text)[0]),
        ("T13 comparing", lambda who, _: Client(who.port, who.address, known["author"]).ask("GET", diff)[0]),
        ("T13 previews", lambda who, _: who.ask("GET", preview)[0]),
        ("T13 judging", lambda who, _: who.ask("POST", say, guest("河水 " + key()))[0]),
        ("T13 GraphQL", lambda who, _: who.ask("POST", "/graphql", {"query": queries})[0]),
        ("T13 variables", lambda who, _: who.ask("POST", "/graphql", variables, **text)[0]),
        ("T13 documents", lambda who, _: who.ask("POST", "/graphql", {"query": random.choice(documents)})[0]),
        ("T13 passwords", lambda who, _: who.ask("POST", "/v1/auth/login", {"email": f"{key()}@e.example", "password": "x" * 4_000})[0]),
        ("T13 long password", lambda _, who: who.ask("POST", "/v1/auth/password", {
            "current_password": "x", "new_password": "\u0344" * 300_000})[0]),
        ("T14 colour profile", lambda _, who: who.ask(
            "POST", "/v1/media", image, Content_Type="multipart/form-data; boundary=x")[0]),
        ("T16 deep thread", reply),
        ("T19 wall of links", lambda who, _: who.ask("POST", say, guest(pills))[0]),
        ("T19 changed suffix", lambda who, _: who.ask("POST", say, guest(of_size("buy our fine ropes today ", 18_000) + key()))[0]),
    ]


def searches():
    words = "the a of and to in is it for on with as at by from his her water river city light".split()
    while True:
        q = " ".join(random.sample(words, 12)) + f" {random.choice('abcdefgh')}{random.choice('aeiou')}"
        yield "/v1/search?limit=100&q=" + q.replace(" ", "+") if random.random() < 0.7 else "/v1/posts?limit=100&q=" + q.replace(" ", "+")


def attack(port, all_attacks, tokens, until, which, counts):
    """One process of attackers: clients of threads, since they mostly wait."""
    os.nice(10)
    seen = collections.Counter()

    def client(n):
        name, act = all_attacks[n % len(all_attacks)]
        while time.time() < until:
            # Strangers come from many networks, contributors from their accounts.
            address = f"198.{random.randrange(18, 20)}.{random.randrange(256)}.{random.randrange(256)}"
            who, writer = Client(port, address), Client(port, address, tokens[n % len(tokens)])
            for _ in range(5):
                if time.time() < until:
                    seen[name, str(act(who, writer))] += 1

    def searcher(n):
        for path in searches():
            if time.time() >= until:
                return
            seen["searches", str(Client(port, f"198.18.{n}.{random.randrange(256)}").ask("GET", path)[0])] += 1

    threads = [threading.Thread(target=searcher if kind == "search" else client, args=(n,)) for kind, n in which]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts.put(dict(seen))


def probe(port, known, name, until, results):
    """One process that asks as others do, and notes how long it takes."""
    try:
        os.nice(-10)
    except PermissionError:
        pass
    client, times, seen, n = Client(port, known["addresses"][name]), [], collections.Counter(), 0
    if name.startswith("write"):
        client.token = known["editor"]
    while time.time() < until:
        n += 1
        begun = time.perf_counter()
        if name == "healthz":
            status, _ = client.ask("GET", "/healthz")
        elif name == "cached read":
            status, _ = client.ask("GET", f"/v1/posts/{known['post']}")
        elif name == "uncached read":
            status, _ = client.ask("GET", f"/v1/posts?published_before=2100-01-01T00:00:00.{n:06}Z")
        elif name == "sign-in":
            status, _ = client.ask("POST", "/v1/auth/login", {"email": "editor@example.org", "password": PASSWORD})
        elif name == "write: change":
            status, _ = client.ask("PATCH", f"/v1/posts/{known['own']}?publish=true", {"subtitle": f"Number {n}"})
        else:
            client.token = None
            said = f"A fine read, the {n}th that I liked; the part on rope {random.getrandbits(30)} above all."
            status, _ = client.ask("POST", f"/v1/posts/{known['own']}/comments",
                                   {"body": said, "author": {"name": "Ada", "email": "ada@example.org"}})
        times.append((time.perf_counter() - begun) * 1000)
        seen[str(status)] += 1
        time.sleep({"healthz": 0.01, "cached read": 0.01, "uncached read": 0.03, "sign-in": 0.6,
                    "write: change": 0.2}.get(name, 3.2))
    results.put((name, times, dict(seen)))


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


PROBES = [*GOALS, "write: change", "write: comment"]


def measure(server, port, known, tokens, seconds, all_attacks=()):
    """What others notice for so long: for each probe its times and answers; and the most memory, and what attackers were answered."""
    until, results, counts = time.time() + seconds, multiprocessing.Queue(), multiprocessing.Queue()
    jobs = [multiprocessing.Process(target=probe, args=(port, known, name, until, results)) for name in PROBES]
    clients = [("attack", n) for n in range(ATTACKERS)] + [("search", n) for n in range(SEARCHERS)]
    parts = [clients[n::4] for n in range(4)] if all_attacks else []
    jobs += [multiprocessing.Process(target=attack, args=(port, all_attacks, tokens, until, part, counts)) for part in parts]
    for job in jobs:
        job.start()
    most = 0
    while time.time() < until:
        most = max(most, resident(server.pid))
        time.sleep(0.1)
    found = [results.get(timeout=120) for _ in PROBES]
    answered = collections.Counter()
    for _ in parts:
        answered.update(counts.get(timeout=120))
    for job in jobs:
        job.join()
    return {name: (sorted(times), seen) for name, times, seen in found}, most, answered


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start_postgres(folder):
    data, port = folder / "postgres", free_port()
    subprocess.run(["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"], check=True, stdout=subprocess.DEVNULL)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"
    subprocess.run(["pg_ctl", "-D", data, "-w", "-o", options, "-l", folder / "postgres.log", "start"], check=True, stdout=subprocess.DEVNULL)
    return data, f"postgres://postgres@127.0.0.1:{port}/postgres"


def prepare(port, admin):
    """Accounts and posts: what attackers and others need."""
    root = Client(port, "203.0.113.1")
    root.token = root.need("POST", "/v1/auth/login", admin)["access_token"]
    tokens = []
    for role, email in [("editor", "editor@example.org")] + [("contributor", f"c{n}@example.org") for n in range(6)]:
        root.need("POST", "/v1/users", {"email": email, "name": email, "password": PASSWORD, "role": role})
        session = root.need("POST", "/v1/auth/login", {"email": email, "password": PASSWORD})
        tokens.append(session["access_token"])
    editor = Client(port, "203.0.113.2", tokens[0])

    def published(slug, source):
        editor.need("POST", "/v1/posts?publish=true", {
            "title": slug, "slug": slug, "body": {"format": "markdown", "source": source}})
        return slug

    words = "the water of a city is light and river to in it for on with as at by from his her".split()
    for n in range(60):
        text = " ".join(random.choice(words) + (f"{n}" if k % 7 == 0 else "") for k in range(25_000))
        published(f"long-{n}", text)
    known = {"editor": tokens[0], "author": tokens[1], "own": published("own", "Of ropes."), "thread": published("thread", "Of threads."),
             "chinese": published("chinese", "".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(64_000)))}
    lines = ["".join(f"{word} {n}\n" for n in range(70_000)) for word in ("old", "new")]
    author = Client(port, "203.0.113.3", tokens[1])
    author.need("POST", "/v1/posts", {"title": "Long", "slug": "long", "body": {"format": "markdown", "source": lines[0]}})
    author.need("PATCH", "/v1/posts/long", {"body": {"source": lines[1]}})
    known["long"] = "long"
    known["preview"] = author.need("POST", "/v1/posts/long/preview", {})["token"]
    known["post"] = root.need("GET", "/v1/posts?limit=1")["data"][0]["slug"]
    known["addresses"] = {name: f"203.0.113.{10 + n}" for n, name in enumerate(PROBES)}
    # Attackers write as contributors; the one who owns the revisions is the first of them.
    return known, tokens[1:]


def run(binary, database, seconds):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pressroom-attack-"))
    data = server = None
    try:
        url = f"sqlite://{folder}/pressroom.db"
        if database == "postgres":
            data, url = start_postgres(folder)
        port = free_port()
        admin = {"email": "admin@example.org", "password": PASSWORD}
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PRESSROOM_", "DATABASE_"))}
        environment |= {"DATABASE_URL": url, "PRESSROOM_BIND": f"127.0.0.1:{port}", "PRESSROOM_DATA_DIR": str(folder / "data"),
                        "PRESSROOM_ADMIN_EMAIL": admin["email"], "PRESSROOM_ADMIN_PASSWORD": PASSWORD, "PRESSROOM_TRUSTED_PROXIES": "1"}
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen([binary, "serve"], cwd=folder, env=environment, stdout=log, stderr=log)
        probing = Client(port, "203.0.113.1")
        for _ in range(600):
            if probing.ask("GET", "/readyz")[0] == 200:
                break
            time.sleep(0.1)
        known, tokens = prepare(port, admin)
        quiet, _, _ = measure(server, port, known, tokens, max(5, seconds // 4))
        found, most, answered = measure(server, port, known, tokens, seconds, attacks(known))
        return report(database, quiet, found, most, answered, server.poll() is None)
    finally:
        if server:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
        if data:
            subprocess.run(["pg_ctl", "-D", data, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


def report(database, quiet, found, most, answered, lives):
    """Prints the table; answers whether all goals hold."""
    def at(times, share):
        return times[min(len(times) - 1, int(len(times) * share))] if times else float("nan")

    good = lives
    print(f"\n## {database}\n\n| | n | p50 ms | p99 ms | most ms | quiet p99 ms | goal | answers | |\n|---|---|---|---|---|---|---|---|---|")
    for name in PROBES:
        times, seen = found[name]
        refused = sum(n for status, n in seen.items() if status not in ("200", "201"))
        holds = refused == 0 and (name not in GOALS or at(times, 0.99) < GOALS[name])
        good &= holds
        goal = f"p99 < {GOALS[name]}" if name in GOALS else "none refused"
        print(f"| {name} | {len(times)} | {at(times, .5):.1f} | {at(times, .99):.1f} | {at(times, 1):.1f} | "
              f"{at(quiet[name][0], .99):.1f} | {goal} | {seen} | {'' if holds else 'MISSED'} |")
    holds = most < MEMORY
    good &= holds
    print(f"| memory | | | | {most / 1e6:.0f} MB | | < {MEMORY / 1e6:.0f} MB | | {'' if holds else 'MISSED'} |")
    print("\nWhat attackers were answered:")
    kinds = collections.defaultdict(dict)
    for (name, status), n in sorted(answered.items()):
        kinds[name][status] = n
    for name, statuses in kinds.items():
        print(f"  {name}: {statuses}")
    if not lives:
        print("The server ended.")
    sys.stdout.flush()
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default=TOP / "target/release/pressroom", type=pathlib.Path)
    parser.add_argument("--seconds", default=20, type=int)
    parser.add_argument("--database", choices=["sqlite", "postgres"])
    options = parser.parse_args()
    if not options.binary.exists():
        sys.exit(f"{options.binary} is not there: cargo build --release, or --binary PATH")
    databases = [options.database] if options.database else ["sqlite"] + ["postgres"] * bool(shutil.which("initdb"))
    held = [run(options.binary.resolve(), database, options.seconds) for database in databases]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
