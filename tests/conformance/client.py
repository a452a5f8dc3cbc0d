"""What the checks share: requests to the server under test, of the standard library alone.

python3 client.py ready   waits until BASE_URL/readyz answers 200 (a minute at most)
python3 client.py token   logs in with ADMIN_EMAIL and ADMIN_PASSWORD and prints the access token
python3 client.py port    prints a port that is free
"""
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request


def base():
    return os.environ["BASE_URL"].rstrip("/")


def get(path, accept="*/*"):
    """The status, the headers and the bytes that a path (or a URL of the server) answers."""
    url = path if "://" in path else base() + path
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": accept}), timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def ready():
    until = time.monotonic() + 60
    while True:
        try:
            status, _, body = get("/readyz")
            if status == 200:
                return
            seen = f"{status} {body[:300]!r}"
        except OSError as error:
            seen = str(error)
        if time.monotonic() > until:
            sys.exit(f"{base()}/readyz is not ready after a minute: {seen}")
        time.sleep(0.05)


def token():
    who = {"email": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]}
    request = urllib.request.Request(base() + "/v1/auth/login", data=json.dumps(who).encode(), method="POST",
                                     headers={"Content-Type": "application/json", "Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            print(json.load(answer)["access_token"])
    except urllib.error.HTTPError as error:
        sys.exit(f"login answers {error.code} {error.read()[:300]!r}")


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        print(free.getsockname()[1])


if __name__ == "__main__":
    {"ready": ready, "token": token, "port": port}[sys.argv[1]]()
