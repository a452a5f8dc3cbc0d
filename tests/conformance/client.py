"""What the checks share: requests to the server under test, of the standard library alone.

python3 client.py ready   waits until BASE_URL/readyz answers 200 (a minute at most)
python3 client.py token   logs in with ADMIN_EMAIL and ADMIN_PASSWORD and prints an API token of all scopes, which outlives logins
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


def get(path, accept="*/*", **headers):
    """The status, the headers and the bytes that a path (or a URL of the server) answers."""
    url = path if "://" in path else base() + path
    headers = {"Accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:
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


def post(path, body, bearer=None):
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(base() + path, data=json.dumps(body).encode(), method="POST", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"POST {path} answers {error.code} {error.read()[:300]!r}")


def token():
    session = post("/v1/auth/login", {"email": os.environ["ADMIN_EMAIL"], "password": os.environ["ADMIN_PASSWORD"]})
    document = json.loads(get("/openapi.json")[2])
    scopes = document["components"]["schemas"]["Scope"]["enum"]
    print(post("/v1/tokens", {"name": "conformance", "scopes": scopes}, session["access_token"])["secret"])


def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        print(free.getsockname()[1])


if __name__ == "__main__":
    {"ready": ready, "token": token, "port": port}[sys.argv[1]]()
