"""Fetching one file or page from a URL, within limits of size and time."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from molt_build.errors import SourceRefused, SourceUnreachable
from molt_build.watch import counted

MAX_DOWNLOAD_BYTES = 1 << 30
MAX_PAGE_BYTES = 64 << 20  # of what an index or a registry says of a package
FETCH_TIMEOUT_S = 600.0  # for all of it
READ_TIMEOUT_S = 60.0  # without any byte
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Access:
    """How servers are spoken to, beyond what the environment's proxy variables say."""

    certificates: str | None = None  # a file or folder of the trusted ones
    client_certificate: str | None = None  # a file with its key
    proxy: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)  # host: "user:word"
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)  # host: a bearer's


@dataclass(frozen=True)
class Page:
    """A document of a server."""

    url: str  # after redirections
    kind: str  # its media type
    content: bytes


def download(url: str, destination: Path, access: Access | None = None) -> str:
    """Write what is at an http, https or file URL to `destination`; its SHA-256.

    Raises `SourceUnreachable` when it cannot be had whole, `SourceRefused` when it is too big.
    """
    digest = hashlib.sha256()
    with _open(url, access or Access(), {}) as response, open(destination, "wb") as writer:
        for chunk in _chunks(response, url, MAX_DOWNLOAD_BYTES):
            digest.update(chunk)
            writer.write(chunk)
    return digest.hexdigest()


def read_page(url: str, access: Access, accept: str, max_bytes: int) -> Page:
    """A document, read whole; raises as `download` does."""
    with _open(url, access, {"Accept": accept}) as response:
        content = b"".join(_chunks(response, url, max_bytes))
        return Page(response.url, response.headers.get_content_type(), content)


def url_of(location: str, folder: Path) -> str:
    """The URL of what is one already, or a path below (or from) the folder."""
    if re.match(r"(https?|file):", location):
        return location
    return (folder / location).absolute().as_uri()


def file_name(url: str) -> str:
    """The name of the file that a URL leads to."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def split_credentials(url: str) -> tuple[str, str | None]:
    """The URL without its user and password, and these as "user:password"."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return (urlunsplit(parts._replace(netloc=host)), unquote(user)) if at else (url, None)


def _open(url: str, access: Access, headers: Mapping[str, str]) -> Any:
    # Costs more to import than a warm build takes; only a fetch needs it.
    import ssl
    from http.client import HTTPException
    from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

    url, own = split_credentials(url)
    host = urlsplit(url).netloc
    words, token = own or access.credentials.get(host), access.tokens.get(host)
    if words is None and token is None:
        words = _netrc_credentials(url)
    try:
        request = Request(url, headers=dict(headers))
        if request.type not in ("http", "https", "file"):
            raise SourceUnreachable(f"{url} is no http, https or file URL")
        if words is not None:
            encoded = base64.b64encode(words.encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {encoded}")
        elif token is not None:
            request.add_unredirected_header("Authorization", f"Bearer {token}")
        handlers: list[Any] = []
        if access.certificates or access.client_certificate:
            trusted = access.certificates
            is_folder = trusted is not None and Path(trusted).is_dir()
            context = ssl.create_default_context(
                cafile=None if is_folder else trusted, capath=trusted if is_folder else None
            )
            if access.client_certificate:
                context.load_cert_chain(access.client_certificate)
            handlers.append(HTTPSHandler(context=context))
        if access.proxy:
            handlers.append(ProxyHandler({"http": access.proxy, "https": access.proxy}))
        return build_opener(*handlers).open(request, timeout=READ_TIMEOUT_S)
    except (HTTPException, OSError, ValueError) as error:
        raise _unreachable(url, str(error)) from error


def _netrc_credentials(url: str) -> str | None:
    """What the user's netrc has for the host."""
    from netrc import NetrcParseError, netrc

    try:
        found = netrc(os.environ.get("NETRC")).authenticators(urlsplit(url).hostname or "")
    except (OSError, NetrcParseError):
        return None
    return f"{found[0]}:{found[2]}" if found else None


def _chunks(response: Any, url: str, max_bytes: int) -> Iterator[bytes]:
    from http.client import HTTPException

    url, _ = split_credentials(url)
    ends = time.monotonic() + FETCH_TIMEOUT_S
    declared = response.headers.get("Content-Length", "")
    expected = int(declared) if declared.isdecimal() else None
    received = 0
    while expected is None or expected <= max_bytes:
        try:
            chunk: bytes = response.read1(_CHUNK_BYTES)
        except (HTTPException, OSError, ValueError) as error:
            raise _unreachable(url, str(error)) from error
        received += len(chunk)
        if not chunk:
            if expected is not None and received < expected:
                raise _unreachable(url, f"it ended after {received} of {counted(expected, 'byte')}")
            return
        if received > max_bytes:
            break
        if time.monotonic() > ends:
            raise _unreachable(url, f"it took over {FETCH_TIMEOUT_S:.0f} s")
        yield chunk
    raise SourceRefused(f"{url} is bigger than {max_bytes >> 20} MiB", "nothing of it was kept")


def _unreachable(url: str, why: str) -> SourceUnreachable:
    hint = "check the network and the place it is fetched from"
    return SourceUnreachable(f"{url} cannot be fetched: {why}", hint)
