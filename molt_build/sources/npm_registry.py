"""The tarball of a package's version, on the npm registry that the user's npm is configured for.

Settings are read as npm reads them: variables (`NPM_CONFIG_REGISTRY`), the project's `.npmrc`, the
user's; a scope (`@scope/name`) may have a registry of its own, and a registry its credentials.
Where none of these names a registry, npm itself is asked, which knows more files and the default.
Of a registry two things are asked: what it says of the package (its *packument*) and the tarball.
Nothing of a package is run, and what it depends on is not fetched.

The formats are told on npm's pages about `npmrc` and about package metadata.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from molt_build import processes
from molt_build.errors import EnvironmentFailed, SourceRefused, SourceUnreachable
from molt_build.sources.download import (
    MAX_PAGE_BYTES,
    Access,
    download,
    file_name,
    read_page,
    split_credentials,
)

_ACCEPT = "application/vnd.npm.install-v1+json, application/json;q=0.8"
_VARIABLE = re.compile(r"\$\{([^}$]+)\}")  # of the environment, in a .npmrc
_ALGORITHMS = ("sha512", "sha384", "sha256", "sha1")  # of `integrity`, the strongest first
_VERSIONS_SHOWN = 5
_HINT = "check the network, and what npm says: npm config get registry"
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class _Registry:
    url: str  # without credentials and without a / at its end
    access: Access


def fetch_package(name: str, version: str, sha256: str, project: Path, destination: Path) -> None:
    """Write the tarball of a version, which must have that digest, to `destination`.

    `project` is the folder whose settings of npm hold. Raises `SourceRefused` when it has another
    digest, `SourceUnreachable` when it cannot be had.
    """
    file, digest, _ = _download(name, version, project, destination)
    if digest != sha256:
        message = f"{name} {version}: {file} has SHA-256 {digest}, but {sha256} is pinned"
        raise SourceRefused(message, "check where it came from; then pin the new digest")


def pick_package(name: str, version: str, project: Path, destination: Path) -> str:
    """Write the tarball of a version to `destination`; its SHA-256.

    Raises `SourceRefused` when it has not the digest that the registry declares for it.
    """
    file, sha256, declared = _download(name, version, project, destination)
    strongest = next(_declared_digests(declared), None)
    if strongest is not None and _digest(destination, strongest[0]) != strongest[1]:
        message = f"{file} has not the {strongest[0]} digest that its registry says"
        raise SourceRefused(message, "try again; nothing was pinned")
    return sha256


def _download(
    name: str, version: str, project: Path, destination: Path
) -> tuple[str, str, Mapping[str, Any]]:
    """The name and SHA-256 of the tarball, now at `destination`, and what its registry says."""
    try:
        registry = _configured_registry(name, project)
        declared = _declared(registry, name, version)
        failure: SourceUnreachable | None = None
        for url in _places(registry, name, declared["tarball"]):
            try:
                sha256 = download(url, destination, registry.access)
            except SourceUnreachable as error:
                failure = failure or error
                continue
            return file_name(url), sha256, declared
        raise failure or SourceUnreachable("its registry names no tarball")
    except SourceUnreachable as error:
        message = f"{name} {version} cannot be fetched: {error.message}"
        raise SourceUnreachable(message, error.hint or _HINT) from error


def _declared(registry: _Registry, name: str, version: str) -> Mapping[str, Any]:
    """What the registry says of the files of a version: `dist`."""
    page = read_page(
        f"{registry.url}/{quote(name, safe='@')}", registry.access, _ACCEPT, MAX_PAGE_BYTES
    )
    try:
        document = json.loads(page.content)
        versions = document["versions"]
        if version not in versions:
            newest = [*versions][-_VERSIONS_SHOWN:]
            message = f"{registry.url} has no such version"
            raise SourceUnreachable(message, f"its newest: {', '.join(newest) or 'none'}")
        declared: Mapping[str, Any] = versions[version]["dist"]
        if not isinstance(declared["tarball"], str):
            raise TypeError("a tarball that is no URL")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceUnreachable(f"{page.url} is no page of an npm registry: {error}") from error
    return declared


def _places(registry: _Registry, name: str, tarball: str) -> Iterator[str]:
    """Where a tarball may be had, in order.

    A mirror may hand on where another registry has it. Its own place is asked first then, as npm
    does for what the default registry says; what arrives is checked against the pin either way.
    """
    url = urljoin(f"{registry.url}/", tarball)
    is_elsewhere = urlsplit(url).netloc != urlsplit(registry.url).netloc
    if is_elsewhere:
        yield f"{registry.url}/{quote(name, safe='@/')}/-/{quote(file_name(url))}"
    if url.startswith(("http:", "https:")):  # no server sends us to our own files
        yield url


def _declared_digests(declared: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(algorithm, digest) that a registry declares for a tarball, the strongest first."""
    integrity, shasum = declared.get("integrity"), declared.get("shasum")
    words = integrity.split() if isinstance(integrity, str) else []
    given = dict(word.partition("?")[0].split("-", 1) for word in words if "-" in word)
    try:
        for algorithm in _ALGORITHMS:
            if algorithm in given:
                yield algorithm, base64.b64decode(given[algorithm], validate=True)
        if isinstance(shasum, str):
            yield "sha1", bytes.fromhex(shasum)
    except (ValueError, binascii.Error) as error:
        raise SourceUnreachable(f"its registry declares a digest that is none: {error}") from error


def _digest(file: Path, algorithm: str) -> bytes:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, algorithm).digest()


def _configured_registry(name: str, project: Path) -> _Registry:
    """The registry of a package; `SourceUnreachable` when nothing names one."""
    told = _settings(project)
    scope = name.partition("/")[0] if name.startswith("@") else ""
    named = told.get(f"{scope}:registry") or told.get("registry") or _default_registry(project)
    url, own = split_credentials(named)
    url = url.rstrip("/")
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceUnreachable(f"{url!r} is no URL of a registry", _HINT)
    host = urlsplit(url).netloc
    words, token = _credentials(told, url)
    given = own or words
    is_plain = url.startswith("http:")
    proxy = told.get("proxy") if is_plain else told.get("https-proxy") or told.get("proxy")
    return _Registry(
        url,
        Access(
            certificates=told.get("cafile"),
            proxy=proxy,
            credentials={} if given is None else {host: given},
            tokens={} if token is None or given is not None else {host: token},
        ),
    )


def _default_registry(project: Path) -> str:
    """What npm says where no setting that is read here names a registry."""
    npm = shutil.which("npm")
    if npm is None:
        message = "no registry is known: no setting of npm names one, and npm is not here to ask"
        raise SourceUnreachable(message, "set NPM_CONFIG_REGISTRY, or registry=URL in ~/.npmrc")
    try:
        said = processes.output(
            [npm, "config", "get", "registry"], cwd=project, timeout_s=_TIMEOUT_S
        )
    except EnvironmentFailed as error:
        raise SourceUnreachable("npm does not say which registry it uses", _HINT) from error
    return said.strip()


def _settings(project: Path) -> dict[str, str]:
    """What npm is configured for: the user's file, the project's over it, variables over both."""
    variables = {
        _key(name[len("npm_config_") :]): value
        for name, value in os.environ.items()
        if name.lower().startswith("npm_config_") and value
    }
    of_user = variables.get("userconfig") or os.path.join(os.path.expanduser("~"), ".npmrc")
    return {**_read(Path(of_user)), **_read(project / ".npmrc"), **variables}


def _key(name: str) -> str:
    """The setting that a variable of this name is for."""
    if name.startswith("//"):  # of a registry
        return name
    return (name[:1] + name[1:].replace("_", "-")).lower()


def _read(file: Path) -> dict[str, str]:
    """The settings of a .npmrc; nothing where there is none."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    told = {}
    for line in map(str.strip, text.splitlines()):
        name, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";", "[")):
            value = value.strip().strip("\"'")
            told[name.strip()] = _VARIABLE.sub(lambda one: os.environ.get(one[1], one[0]), value)
    return told


def _credentials(told: Mapping[str, str], url: str) -> tuple[str | None, str | None]:
    """("user:word", None) or (None, token) that settings have for a registry, or for above it."""
    parts = urlsplit(url)
    names = [name for name in parts.path.split("/") if name]
    for depth in range(len(names), -1, -1):
        place = "//" + "/".join([parts.netloc, *names[:depth]]) + "/"
        of_place = {key: told.get(f"{place}:{key}") for key in ("_authToken", "_auth", "username")}
        password = told.get(f"{place}:_password")
        try:
            if of_place["_authToken"]:
                return None, of_place["_authToken"]
            if of_place["_auth"]:
                return base64.b64decode(of_place["_auth"]).decode(), None
            if of_place["username"] and password:
                return f"{of_place['username']}:{base64.b64decode(password).decode()}", None
        except ValueError as error:
            message = f"npm's settings have credentials for {place} that are not in base64"
            raise SourceUnreachable(message, _HINT) from error
    return None, None
