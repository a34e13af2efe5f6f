"""Finding a file of a release on the package indexes that the user's pip is configured for.

Which these are pip itself says, in a process of its own, from its settings files, PIP_* variables
and defaults. They are read as the Simple API says (PEP 503 for HTML, PEP 691 for JSON). Nothing of
a package is run, nor is pip asked to look into one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

from molt_build.errors import EnvironmentFailed, SourceUnreachable, UsageError
from molt_build.sources.download import Access, read_page, split_credentials

MAX_PAGE_BYTES = 64 << 20
_ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, "
    "text/html;q=0.1"
)
# pip's own reading of its settings; its modules have had these names since 2019.
_ASK_PIP = """
import json
from pip._internal.commands import create_command
options, _ = create_command("download").parse_args([])
names = "index_url extra_index_urls no_index find_links cert client_cert proxy".split()
print(json.dumps({name: getattr(options, name) for name in names}))
"""


@dataclass(frozen=True)
class Indexes:
    """Where pip looks for packages, and how it speaks to servers."""

    simple: tuple[str, ...]  # base URLs without credentials, in pip's order
    links: tuple[str, ...]  # folders and pages with links
    access: Access


@dataclass(frozen=True)
class PackageFile:
    """A file of a release as an index names it."""

    name: str
    url: str
    sha256: str | None  # as the index declares it


def configured_indexes() -> Indexes:
    """What pip is configured for here; `EnvironmentFailed` when it does not say."""
    command = [sys.executable, "-P", "-c", _ASK_PIP]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        told = json.loads(ran.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError) as error:
        message = "pip does not say which package index it uses"
        raise EnvironmentFailed(message, "see what it says to: pip config list") from error
    named = [] if told["no_index"] else [told["index_url"], *told["extra_index_urls"]]
    split = [split_credentials(url) for url in named if url]
    credentials = {urlsplit(url).netloc: words for url, words in split if words is not None}
    return Indexes(
        tuple(url.rstrip("/") for url, _ in split),
        tuple(told["find_links"]),
        Access(told["cert"], told["client_cert"], told["proxy"], credentials),
    )


def release_files(indexes: Indexes, name: str, version: str, kind: str) -> list[PackageFile]:
    """The files of a release, those that suit this machine best first; never empty.

    `kind` is "sdist" or "wheel". Raises `SourceUnreachable` when no index has any, or none
    answers, and `UsageError` for what is no version.
    """
    try:
        wanted = Version(version)
    except InvalidVersion as error:
        raise UsageError(f"{version!r} is no version of a package") from error
    project = canonicalize_name(name)
    failure: SourceUnreachable | None = None
    found: dict[tuple[str, str | None], tuple[int, PackageFile]] = {}
    for place, pages in (
        *((url, (f"{url}/{project}/", f"{url}/{project}/index.html")) for url in indexes.simple),
        *((link, (link,)) for link in indexes.links),
    ):
        try:
            files = list(_listing(place, pages, indexes.access))
        except SourceUnreachable as error:
            failure = failure or error
            continue
        for file in files:
            rank = _rank(file.name, project, wanted, kind)
            if rank is not None:
                found.setdefault((file.name, file.sha256), (rank, file))
    if not found:
        message = f"{name} {version} cannot be fetched: no package index has a {kind} of it"
        if failure is not None:
            message = f"{name} {version} cannot be fetched: {failure.message}"
        raise SourceUnreachable(message, "check the network, and what pip says: pip config list")
    return [file for _, file in sorted(found.values(), key=lambda pair: pair[0])]


def _listing(place: str, pages: tuple[str, ...], access: Access) -> Iterator[PackageFile]:
    """All files that an index's page or a folder names."""
    scheme = urlsplit(place).scheme
    if scheme not in ("http", "https", "file"):
        folder = Path(place)
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                yield PackageFile(path.name, path.absolute().as_uri(), None)
            return
        pages = (folder.absolute().as_uri(),)
    elif scheme == "file":
        folder = Path(unquote(urlsplit(place).path))
        if pages == (place,) and folder.is_dir():
            yield from _listing(str(folder), (), access)
            return
        pages = pages[-1:]
    page = read_page(pages[0], access, _ACCEPT, MAX_PAGE_BYTES)
    try:
        if page.kind.endswith("json"):
            rows: Iterable[tuple[str, str | None]] = _json_links(page.content)
        else:
            rows = _html_links(page.content, page.url)
        for link, sha256 in rows:
            url, fragment = urldefrag(urljoin(page.url, link))
            kind, _, digest = fragment.partition("=")
            if urlsplit(url).scheme == "file" and scheme in ("http", "https"):
                continue  # no server sends us to our own files
            declared = sha256 or (digest if kind == "sha256" else None)
            yield PackageFile(unquote(urlsplit(url).path.rpartition("/")[2]), url, declared)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceUnreachable(f"{page.url} is no page of a package index: {error}") from error


def _json_links(content: bytes) -> list[tuple[str, str | None]]:
    return [(row["url"], row["hashes"].get("sha256")) for row in json.loads(content)["files"]]


def _html_links(content: bytes, url: str) -> list[tuple[str, str | None]]:
    parser = _Links()
    parser.feed(content.decode("utf-8", "replace"))
    parser.close()
    base = urljoin(url, parser.base)
    return [(urljoin(base, link), None) for link in parser.links]


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
    return next((n for n, tag in enumerate(sys_tags(), 1) if tag in tags), 1 << 20)
