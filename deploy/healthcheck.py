"""`python deploy/healthcheck.py web|worker|beat`: exit 0 when that part works. Standard library only."""

import json
import os
import sys
import urllib.request


def main(part: str) -> int:
    """`web` is asked whether it lives; the others are asked of the web service, which has seen their heartbeats."""
    is_web = part == "web"
    base = "http://127.0.0.1:8000" if is_web else os.environ.get("TT_HEALTH_URL", "http://127.0.0.1:8000")
    allowed = os.environ.get("ALLOWED_HOSTS", "localhost").replace(",", " ").split()
    host = allowed[0].lstrip(".") if allowed and allowed[0] != "*" else "localhost"
    request = urllib.request.Request(  # noqa: S310 (http, from our own variable)
        f"{base}/api/{'live' if is_web else 'health'}",
        # As nginx says it: over plain http the program would redirect.
        headers={"Host": host, "X-Forwarded-Proto": "https"},
    )
    try:
        with urllib.request.urlopen(request, timeout=4) as response:  # noqa: S310
            body = json.load(response)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{part}: {error}\n")
        return 1
    state = body["status"] if is_web else body["checks"].get(part, "down")
    if state != "ok":
        sys.stderr.write(f"{part}: {state}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
