"""Places that sources are fetched from in tests: git repositories, package indexes, archives."""

from __future__ import annotations

import hashlib
import http.server
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from molt_build.manifests.workload import Source
from molt_build.sources.source import source_root
from molt_build.store.backoff import Backoff
from molt_build.store.lock_log import LockLog
from molt_build.store.locks import Waiting


def source(**facts: object) -> Source:
    """A source of which only this is said."""
    nothing = dict.fromkeys(("project", "archive", "sha256", "git", "commit"))
    return Source(**{**nothing, "root": ".", **facts})  # type: ignore[arg-type]


def fetch(wanted: Source, folder: Path) -> Path:
    """The source's folder, fetched into the cache `folder / "cache"`."""
    return source_root(wanted, folder, folder / "cache", Waiting(LockLog(), Backoff(60.0)))


def left(folder: Path) -> list[str]:
    """The files that fetching left in the cache."""
    cache = folder / "cache"
    return sorted(str(path.relative_to(cache)) for path in cache.rglob("*") if path.is_file())


def sha256(content: bytes) -> str:
    """The digest that would be pinned."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Repository:
    """A bare git repository, and the work tree that pushes to it."""

    bare: Path
    work: Path

    @property
    def url(self) -> str:
        """Its file:// URL."""
        return self.bare.as_uri()

    def git(self, *words: str, given: str = "") -> str:
        """git in the work tree, with `given` as its input; what it prints."""
        who = ("user.name=T", "user.email=t@example.org", "commit.gpgsign=false")
        settings = [part for setting in who for part in ("-c", setting)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        ran = subprocess.run(
            ["git", "-C", str(self.work), *settings, *words],
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.strip()

    def tree(self, entries: str) -> str:
        """Make a tree of entries as `git ls-tree` prints them; its id."""
        return self.git("mktree", given=entries + "\n")

    def publish(self, tree: str) -> str:
        """Commit a tree and push it to a branch of its own; the commit's id."""
        commit = self.git("commit-tree", "-m", "made", tree)
        self.git("push", "--quiet", "origin", f"{commit}:refs/heads/made")
        return commit

    def commit(self, files: Mapping[str, str]) -> str:
        """Commit these files and push; the commit's id."""
        for name, text in files.items():
            (self.work / name).parent.mkdir(parents=True, exist_ok=True)
            (self.work / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "more")
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")


def repository(folder: Path) -> Repository:
    """An empty repository below `folder`."""
    made = Repository(folder / "upstream.git", folder / "work")
    made.work.mkdir(parents=True)
    made.git("init", "--quiet", "--bare", "-b", "main", str(made.bare))
    made.git("init", "--quiet", "-b", "main")
    made.git("remote", "add", "origin", str(made.bare))
    return made


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers a request, and logs none."""

    def answer(self, kind: str, body: bytes) -> None:
        """Send a document of this media type."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def package_index(
    name: str, files: Mapping[str, bytes], *, form: str, declared: Mapping[str, str] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """A package index on loopback with one project: its URL, and the paths asked of it so far.

    `form` is "html" (PEP 503) or "json" (PEP 691). `declared` are the digests it tells; by default
    the true ones.
    """
    digests = {file: sha256(content) for file, content in files.items()}
    digests |= declared or {}
    asked: list[str] = []

    class Handler(Answering):
        def do_GET(self) -> None:
            asked.append(self.path)
            file = self.path.rpartition("/")[2]
            if self.path == f"/simple/{name}/" and form == "json":
                rows = [
                    {"filename": f, "url": f"../../files/{f}", "hashes": {"sha256": digests[f]}}
                    for f in files
                ]
                kind = "application/vnd.pypi.simple.v1+json"
                body = json.dumps({"meta": {"api-version": "1.0"}, "files": rows}).encode()
            elif self.path == f"/simple/{name}/":
                kind = "text/html"
                body = "".join(
                    f'<a href="../../files/{f}#sha256={digests[f]}">{f}</a>' for f in files
                ).encode()
            elif file in files:
                kind, body = "application/octet-stream", files[file]
            else:
                self.send_error(404)
                return
            self.answer(kind, body)

    with served(Handler) as url:
        yield f"{url}/simple", asked


@contextmanager
def served(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server on a free port of loopback; its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
