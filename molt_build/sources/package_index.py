"""The files of a package's release, on the package indexes that the user's pip is configured for.

`pip config list` says which these are: settings files and PIP_* variables, as for `pip download`,
whose help names the index where nothing is set.
They are read as the Simple API says (PEP 503 for HTML, PEP 691 for JSON). Nothing of a package is
run, nor is pip asked to look into one.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from packaging.tags import sys_tags
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from molt_build import processes
from molt_build.errors import EnvironmentFailed, SourceRefused, SourceUnreachable, UsageError
from molt_build.sources.download import (
    MAX_PAGE_BYTES,
    Access,
    download,
    file_name,
    read_page,
    split_credentials,
    url_of,
)

_FOREIGN = 1 << 20  # the rank of a file that does not suit this machine
_DEFAULT_INDEX = re.compile(r"--index-url.*?\(default\s+([^\s)]+)\)", re.DOTALL)  # in pip's help
_ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1"
)


@dataclass(frozen=True)
class PackageFile:
    """A file of a release as an index names it."""

    name: str
    url: str
    sha256: str | None  # as the index declares it
    size_bytes: int | None = None  # likewise


@dataclass(frozen=True)
class _Indexes:
    simple: tuple[str, ...]  # base URLs without credentials, in pip's order
    links: tuple[str, ...]  # folders and pages with links
    access: Access


def fetch_release(name: str, version: str, kind: str, sha256: str, destination: Path) -> None:
    """Write the file of that digest to `destination`.

    An index that declares only other digests for the release is not downloaded from at all.
    Raises `SourceRefused` when none of the files has the digest, `SourceUnreachable` when there
    are none.
    """
    indexes = _configured_indexes()
    files = _release_files(indexes, name, version, kind)
    fitting = [file for file in files if file.sha256 == sha256]
    seen = {file.name: file.sha256 for file in files if file.sha256 is not None}
    for file in fitting or [file for file in files if file.sha256 is None]:
        digest = download(file.url, destination, indexes.access)
        if digest == sha256:
            return
        seen[file.name] = digest
    listed = "; ".join(f"{file} has SHA-256 {digest}" for file, digest in sorted(seen.items()))
    message = f"{name} {version}: {listed}, but {sha256} is pinned"
    raise SourceRefused(message, "check where it came from; then pin the new digest")


def pick_release(name: str, version: str, kind: str, destination: Path) -> PackageFile:
    """Write the file of a release that suits best to `destination`, and say which it is.

    Raises `SourceRefused` when it has not the digest that the index declares for it.
    """
    indexes = _configured_indexes()
    file = _release_files(indexes, name, version, kind)[0]
    digest = download(file.url, destination, indexes.access)
    if file.sha256 not in (None, digest):
        message = f"{file.name} has SHA-256 {digest}, but its index says {file.sha256}"
        raise SourceRefused(message, "try again; nothing was pinned")
    return replace(file, sha256=digest)


def size_of_release(name: str, version: str, allowed: frozenset[str]) -> int | None:
    """Bytes of the file of a release that suits this machine best, of those with these digests.

    None where the index does not say it, or there is none. Raises `SourceUnreachable` when no index
    answers.
    """
    indexes = _configured_indexes()
    suiting = []
    for kind in ("wheel", "sdist"):
        with suppress(_NothingOfIt):
            files = _release_files(indexes, name, version, kind, is_for_this_machine=True)
            found = [file for file in files if file.sha256 in (None, *allowed)]
            # Unlike who pins, pip takes a file made for this machine before one for all.
            suiting += sorted(found, key=lambda file: file.name.endswith("-none-any.whl"))
    return suiting[0].size_bytes if suiting else None


def _configured_indexes() -> _Indexes:
    """What pip is configured for here; `EnvironmentFailed` when it does not say."""
    told: dict[str, str] = {}
    try:
        lines = _pip_says("config", "list").splitlines()
        for section in ("global", "download", ":env:"):  # the last one counts
            for line in lines:
                name, equals, value = line.removeprefix(f"{section}.").partition("=")
                if equals and line.startswith(f"{section}.") and (text := ast.literal_eval(value)):
                    told[name] = text
        is_allowed = told.get("no-index", "").lower() not in ("y", "yes", "t", "true", "on", "1")
        if is_allowed and "index-url" not in told:
            [told["index-url"]] = _DEFAULT_INDEX.findall(_pip_says("download", "--help"))
    except (EnvironmentFailed, ValueError, SyntaxError) as error:
        message = "pip does not say which package index it uses"
        raise EnvironmentFailed(message, "see what it says to: pip config list") from error
    extra = told.get("extra-index-url", "").split()
    named = [told["index-url"], *extra] if is_allowed else []
    split = [split_credentials(url_of(url, Path.cwd())) for url in named]
    credentials = {urlsplit(url).netloc: words for url, words in split if words is not None}
    return _Indexes(
        tuple(url.rstrip("/") for url, _ in split),
        tuple(url_of(link, Path.cwd()) for link in told.get("find-links", "").split()),
        Access(told.get("cert"), told.get("client-cert"), told.get("proxy"), credentials),
    )


def _pip_says(*words: str) -> str:
    return processes.output([sys.executable, "-P", "-m", "pip", *words], timeout_s=60)


class _NothingOfIt(SourceUnreachable):
    """Indexes answer, and have no such file of the release."""


def _release_files(
    indexes: _Indexes, name: str, version: str, kind: str, *, is_for_this_machine: bool = False
) -> list[PackageFile]:
    """The files of a release, those that suit this machine best first; never empty.

    With `is_for_this_machine` only those that suit it at all. `kind` is "sdist" or "wheel". Raises
    `SourceUnreachable` when no index has any, or none answers, and `UsageError` for what is no
    version.
    """
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise UsageError(f"{version!r} is no version of a package") from error
    project = canonicalize_name(name)
    pages = [f"{url}/{project}/" for url in indexes.simple]
    pages = [f"{page}index.html" if page.startswith("file:") else page for page in pages]
    failure: SourceUnreachable | None = None
    found: dict[tuple[str, str | None], tuple[int, PackageFile]] = {}
    for page in (*pages, *indexes.links):
        try:
            files = list(_listing(page, indexes.access))
        except SourceUnreachable as error:
            failure = failure or error
            continue
        for file in files:
            rank = _rank(file.name, project, wanted, kind)
            if rank is not None and not (is_for_this_machine and rank == _FOREIGN):
                found.setdefault((file.name, file.sha256), (rank, file))
    if not found:
        message = f"{name} {version} cannot be fetched: no package index has a {kind} of it"
        if failure is not None:
            message = f"{name} {version} cannot be fetched: {failure.message}"
        unreachable = SourceUnreachable if failure is not None else _NothingOfIt
        raise unreachable(message, "check the network, and what pip says: pip config list")
    return [file for _, file in sorted(found.values(), key=lambda pair: pair[0])]


def _listing(place: str, access: Access) -> Iterator[PackageFile]:
    """All files that lie in a folder, or that a page names."""
    is_local = place.startswith("file:")
    folder = Path(unquote(urlsplit(place).path))
    if is_local and folder.is_dir():
        for path in sorted(folder.iterdir()):
            yield PackageFile(path.name, path.as_uri(), None, path.stat().st_size)
        return
    page = read_page(place, access, _ACCEPT, MAX_PAGE_BYTES)
    read = _json_links if page.kind.endswith("json") else _html_links
    try:
        for link, sha256, size in read(page.content, page.url):
            url, fragment = urldefrag(link)
            kind, _, digest = fragment.partition("=")
            if url.startswith("file:") and not is_local:
                continue  # no server sends us to our own files
            declared = sha256 or (digest if kind == "sha256" else None)
            yield PackageFile(file_name(url), url, declared, size)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceUnreachable(f"{page.url} is no page of a package index: {error}") from error


_Link = tuple[str, str | None, int | None]  # where it leads, SHA-256 and bytes where they are said


def _json_links(content: bytes, url: str) -> Iterator[_Link]:
    for row in json.loads(content)["files"]:
        size = row.get("size")  # of some indexes only (PEP 700)
        is_said = isinstance(size, int) and size >= 0
        yield urljoin(url, row["url"]), row["hashes"].get("sha256"), size if is_said else None


def _html_links(content: bytes, url: str) -> Iterator[_Link]:
    parser = _Links()
    parser.feed(content.decode("utf-8", "replace"))
    parser.close()
    base = urljoin(url, parser.base)
    return ((urljoin(base, link), None, None) for link in parser.links)


class _Links(HTMLParser):
    """The targets of a page's anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if target and tag == "a":
            self.links.append(target)
        elif target and tag == "base":
            self.base = target


def _rank(file: str, project: str, version: Version, kind: str) -> int | None:
    """How well a file suits (less is better); None when it is no such file of the release."""
    try:
        if kind == "sdist":
            is_release = parse_sdist_filename(file) == (project, version)
            return int(not file.endswith(".tar.gz")) if is_release else None
        of, its_version, _, tags = parse_wheel_filename(file)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return None
    if (of, its_version) != (project, version):
        return None
    if any(tag.platform == "any" and tag.abi == "none" for tag in tags):
        return 0
    return next((n for n, tag in enumerate(sys_tags(), 1) if tag in tags), _FOREIGN)
