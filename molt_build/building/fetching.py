"""Stages that fetch: what they are given of the builder's environment, and what a failure says.

A fetch alone may use a network. So it gets what leads to one on this machine (proxies,
certificates, indexes) and the user's own settings of registries, mirrors and passwords, which lie
in a home that no other stage sees. None of it is in a key, since the lock files say what is
fetched, wherever it comes from; and none of it is told, since it may hold secrets: in what a fetch
prints the names of the variables stand for their values, and the command that a failure shows lacks
them.

What failed for want of a network is tried again, `TRIES` times in all, and then is the
environment's failure, not the program's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from molt_build.building.commands import Ended

TRIES = 3
PAUSES_S = (0.5, 2.0)

# In both cases where tools read both: curl and cargo read http_proxy, npm reads either.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
VARIABLES = (
    *_PROXIES,
    *map(str.lower, _PROXIES),
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_PROXY",
    "PIP_DEFAULT_TIMEOUT",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "GOPROXY",
    "GONOPROXY",
    "GONOSUMDB",
    "GOPRIVATE",
    "GOSUMDB",
)
PREFIXES = ("CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTRY_", "CARGO_REGISTRIES_")
# npm takes its settings in either case.
_NPM = ("registry", "proxy", "https_proxy", "noproxy", "cafile")
# Variable -> where in the home what it names lies, if it is not set.
SETTINGS: Mapping[str, tuple[str, ...]] = {
    "CARGO_HOME": (".cargo",),
    "PIP_CONFIG_FILE": (".config/pip/pip.conf", ".pip/pip.conf"),
    "npm_config_userconfig": (".npmrc",),
    "NETRC": (".netrc",),
}

_UNREACHABLE = (
    "could not resolve",
    "couldn't resolve",
    "name resolution",
    "name or service not known",
    "nodename nor servname",
    "failed to establish a new connection",
    "could not connect",
    "couldn't connect",
    "failed to connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "operation timed out",
    "read timed out",
    "network is unreachable",
    "no route to host",
    "enotfound",
    "eai_again",
    "econnrefused",
    "econnreset",
    "etimedout",
    "enetunreach",
    "dns error",
    "tunnel connection failed",
)
_DISTRUSTED = (
    "certificate verify failed",
    "ssl certificate problem",
    "self-signed certificate",
    "unable to get local issuer certificate",
)


def given_to_fetches() -> dict[str, str]:
    """The variables that a fetch gets, with their values; a stage's own declaration wins."""
    npm = {f"npm_config_{name}" for name in _NPM}
    given = {
        name: value
        for name, value in os.environ.items()
        if name in VARIABLES or name in SETTINGS or name.startswith(PREFIXES) or name.lower() in npm
    }
    for name, places in SETTINGS.items():
        found = (Path.home() / place for place in places)
        path = next((path for path in found if path.exists()), None)
        if path is not None:
            given.setdefault(name, str(path))
    return given


def concealed(ended: Ended, given: Mapping[str, str]) -> Ended:
    """How a command ended, with the names of variables in place of their values."""
    return replace(
        ended, stdout=_without(ended.stdout, given), stderr=_without(ended.stderr, given)
    )


def _without(text: str, given: Mapping[str, str]) -> str:
    hidden = {value: name for name, value in given.items()}
    for name, value in given.items():
        try:
            parts = urlsplit(value)
            secrets = (parts.username, parts.password, f"{parts.username}:{parts.password}")
        except ValueError:
            continue
        hidden |= {secret: name for secret in secrets if secret is not None}
    for value in sorted(hidden, key=len, reverse=True):
        if len(value) > 3:  # shorter ones are words, and no secrets
            text = text.replace(value, "{" + hidden[value] + "}")
    return text


def why_unreachable(ended: Ended) -> str:
    """The line that says that there was no network, or none that is trusted; "" for other ends."""
    if ended.failure is None:
        return ""
    lines = [*ended.stderr.splitlines(), *ended.stdout.splitlines()]
    signs = (*_UNREACHABLE, *_DISTRUSTED)
    return next((line.strip() for line in lines if _has(line, signs)), "")


def tried(
    run: Callable[[], Ended], is_over: Callable[[float], bool], given: Mapping[str, str]
) -> tuple[Ended, int]:
    """Run a fetch until it does not fail for want of a network; how it ended, and the tries.

    `is_over` sleeps so many seconds, and says whether the build is being ended.
    """
    for number, pause_s in enumerate((*PAUSES_S, 0.0), 1):
        ended = concealed(run(), given)
        reason = why_unreachable(ended)
        if not reason or _has(reason, _DISTRUSTED) or number == TRIES or is_over(pause_s):
            break
    return ended, number


def _has(line: str, signs: tuple[str, ...]) -> bool:
    lower = line.lower()
    return any(sign in lower for sign in signs)
