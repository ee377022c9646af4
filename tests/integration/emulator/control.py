"""Faults of AWS on demand, counted calls: a layer before the moto server."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from execution import World


PATH = "/_emulator"
SCOPE = re.compile(r"Credential=(?P<who>[^/]+)/\d+/[^/]+/(?P<service>[^/]+)/aws4_request")


class Control:
    """Answers ``/_emulator`` itself, injects faults, and hands everything else to moto.

    A rule is ``{"service": "batch", "action": "submitjob", "who": "driver", "status": 429,
    "code": "TooManyRequestsException", "every": 2, "times": 10, "after": false}``: whatever is
    given must match (action: a regular expression on ``METHOD path`` or the action's name);
    ``after`` lets AWS act and loses its answer; ``delay`` holds the answer back for so many
    seconds; ``stale`` repeats a listing for so many seconds.
    """

    def __init__(self, app: Any, world: World) -> None:
        self.app, self.world = app, world
        self.rules: list[dict[str, Any]] = []
        self.calls: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.listings: dict[str, tuple[float, tuple[str, Any, list[bytes]]]] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(PATH):
            return self.control(environ, start)
        who, service, action = self.identify(environ)
        with self.lock:
            self.calls[
                f"{who} {service} {action.split(' ')[-1] if service != 's3' else action}"
            ] += 1
            rule = self.matching(who, service, action)
        if action == "DescribeImages" and self.world.any_image:
            start("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
            return [b'{"imageDetails": [{}]}']
        if rule is None:
            return self.app(environ, start)
        if "stale" in rule:
            return self.stale(rule["stale"], environ, start)
        if "delay" in rule:
            answer = list(self.app(environ, start))
            time.sleep(rule["delay"])
            return answer
        if rule.get("after"):
            list(self.app(environ, lambda *_: None))
        return self.refuse(rule, service, start)

    def identify(self, environ: dict[str, Any]) -> tuple[str, str, str]:
        found = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        who, service = (found["who"], found["service"]) if found else ("?", "?")
        action = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        if service == "s3":
            listing = "list-type" in environ.get("QUERY_STRING", "")
            return who, service, f"LIST {environ['PATH_INFO']}" if listing else action
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if service == "batch":
            action = environ["PATH_INFO"].rsplit("/", 1)[-1]
        elif target:
            action = target.rsplit(".", 1)[-1]
        return who, service, action

    def matching(self, who: str, service: str, action: str) -> dict[str, Any] | None:
        for rule in self.rules:
            wanted = (rule.get("who", who), rule.get("service", service))
            if wanted != (who, service) or not re.search(rule.get("action", ""), action):
                continue
            rule["seen"] = rule.get("seen", 0) + 1
            if rule["seen"] % rule.get("every", 1) or rule.get("times") == 0:
                continue
            if "times" in rule:
                rule["times"] -= 1
            return rule
        return None

    def refuse(self, rule: dict[str, Any], service: str, start: Any) -> list[bytes]:
        code, message = rule["code"], rule.get("message", "injected by the emulator")
        if service in {"s3", "sts", "ec2"}:
            body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
            if service != "s3":
                body = f"<ErrorResponse>{body}<RequestId>0</RequestId></ErrorResponse>"
            kind = "application/xml"
        else:
            body, kind = json.dumps({"__type": code, "message": message}), "application/json"
        headers = [("Content-Type", kind), ("x-amzn-ErrorType", code)]
        start(f"{rule['status']} injected", headers)
        return [body.encode()]

    def stale(self, seconds: float, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Answer a listing as it was: what was written since is not in it yet."""
        url = f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        when, answer = self.listings.get(url, (0.0, None))
        if answer is None or time.monotonic() - when > seconds:
            captured: list[Any] = []
            body = list(self.app(environ, lambda *given: captured.extend(given)))
            answer = (captured[0], captured[1], body)
            self.listings[url] = (time.monotonic(), answer)
        start(answer[0], answer[1])
        return answer[2]

    def control(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        given = json.loads(environ["wsgi.input"].read(length) or "{}")
        if environ["REQUEST_METHOD"] == "POST":
            self.change(given)
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(self.state()).encode()]

    def change(self, given: dict[str, Any]) -> None:
        with self.lock:
            self.rules = given.get("rules", self.rules)
            for name in ("reclaims", "hold", "list_lag"):
                setattr(self.world, name, given.get(name, getattr(self.world, name)))
            if given.get("forget"):
                self.calls.clear()
                self.listings.clear()
                self.world.submissions.clear()

    def state(self) -> dict[str, Any]:
        return {
            "calls": dict(self.calls),
            "submissions": list(self.world.submissions),
            "processes": list(self.world.processes),
        }
