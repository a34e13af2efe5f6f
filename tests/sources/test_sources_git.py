"""Pinned git sources: real repositories, fetched over file://."""

from __future__ import annotations

import http.server
import shutil
import threading
from pathlib import Path

import pytest
from build_projects import needs
from source_places import Repository, fetch, left, repository, served, source

from molt_build.errors import SourceRefused, SourceUnreachable, UsageError
from molt_build.sources import git as git_source

FILES = {
    "bench/one.py": "print(1)\n",
    "bench/data/words.txt": "words\n",
    "other/large.txt": "large\n",
    "LICENSE": "free\n",
}


@pytest.fixture
def upstream(tmp_path: Path) -> Repository:
    needs("git")
    return repository(tmp_path / "remote")


def names(tree: Path) -> list[str]:
    return sorted(str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file())


def test_a_commit_by_its_full_id(upstream: Repository, tmp_path: Path) -> None:
    first = upstream.commit(FILES)
    upstream.commit({"bench/one.py": "print(2)\n"})
    tree = fetch(source(git=upstream.url, commit=first), tmp_path)
    assert names(tree) == sorted(FILES)
    assert (tree / "bench/one.py").read_text() == "print(1)\n"


def test_only_what_lies_under_the_paths(upstream: Repository, tmp_path: Path) -> None:
    commit = upstream.commit(FILES)
    blob = upstream.git("rev-parse", f"{commit}:other/large.txt")
    # A mirror that lacks a file which is not asked for serves all the same.
    (upstream.bare / "objects" / blob[:2] / blob[2:]).unlink()
    wanted = source(git=upstream.url, commit=commit, paths=("bench/*.py", "bench/data/**"))
    tree = fetch(wanted, tmp_path)
    assert names(tree) == ["bench/data/words.txt", "bench/one.py"]
    with pytest.raises(SourceUnreachable):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    # Other paths of the same commit are another tree.
    assert names(fetch(source(git=upstream.url, commit=commit, paths=("LICENSE",)), tmp_path)) == [
        "LICENSE"
    ]


def test_paths_without_files(upstream: Repository, tmp_path: Path) -> None:
    commit = upstream.commit(FILES)
    with pytest.raises(UsageError, match="has no files under benchmarks"):
        fetch(source(git=upstream.url, commit=commit, paths=("benchmarks/*",)), tmp_path)
    assert left(tmp_path) == []


def test_a_second_use_needs_no_network(upstream: Repository, tmp_path: Path) -> None:
    commit = upstream.commit(FILES)
    upstream.git("tag", "v1")
    upstream.git("push", "--quiet", "origin", "v1")
    wanted = source(git=upstream.url, commit=commit, ref="v1")
    tree = fetch(wanted, tmp_path)
    shutil.rmtree(upstream.bare)
    assert fetch(wanted, tmp_path) == tree
    with pytest.raises(SourceUnreachable, match="git could not fetch"):
        fetch(source(git=upstream.url, commit="0" * 40), tmp_path)


def test_what_the_user_says_instead(
    upstream: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = upstream.commit(FILES)
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "{upstream.url}"]\n\tinsteadOf = https://example.invalid/games\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    tree = fetch(source(git="https://example.invalid/games", commit=commit), tmp_path)
    assert names(tree) == sorted(FILES)


def test_a_tag_that_moved(upstream: Repository, tmp_path: Path) -> None:
    first = upstream.commit(FILES)
    upstream.git("tag", "-a", "v1", "-m", "the first")
    upstream.git("push", "--quiet", "origin", "v1")
    assert fetch(source(git=upstream.url, commit=first, ref="v1"), tmp_path / "before").is_dir()
    second = upstream.commit({"bench/one.py": "import os\n"})
    upstream.git("tag", "-f", "-a", "v1", "-m", "another")
    upstream.git("push", "--quiet", "--force", "origin", "v1")
    with pytest.raises(SourceRefused) as refused:
        fetch(source(git=upstream.url, commit=first, ref="v1"), tmp_path)
    assert f"tag v1 moved: it was pinned at {first} and is now {second}" in refused.value.message
    assert left(tmp_path) == []


def test_a_branch_may_move(upstream: Repository, tmp_path: Path) -> None:
    first = upstream.commit(FILES)
    upstream.commit({"bench/one.py": "print(2)\n"})
    tree = fetch(source(git=upstream.url, commit=first, ref="main"), tmp_path)
    assert (tree / "bench/one.py").read_text() == "print(1)\n"


@pytest.mark.parametrize("commit", ["fcd7d3f", "fcd7d3ff04d8832952615f867cb2d0097714a7b", "main"])
def test_a_short_id(upstream: Repository, tmp_path: Path, commit: str) -> None:
    upstream.commit(FILES)
    with pytest.raises(SourceRefused, match="is no full commit id"):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    assert left(tmp_path) == []


HOOKS = ("post-checkout", "post-index-change", "post-merge", "pre-auto-gc", "reference-transaction")


@pytest.mark.parametrize("setting", ["core.hooksPath", "init.templateDir"])
@pytest.mark.parametrize("paths", [(), ("bench/*.py", ".gitattributes")])
def test_nothing_is_run(
    upstream: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    setting: str,
    paths: tuple[str, ...],
) -> None:
    """Neither the user's hooks, nor filters and submodules that the repository asks for."""
    ran = tmp_path / "ran"
    hooks = tmp_path / "template/hooks"
    hooks.mkdir(parents=True)
    for name in HOOKS:
        (hooks / name).write_text(f"#!/bin/sh\necho {name} >> '{ran}'\n")
        (hooks / name).chmod(0o755)
    inner = repository(tmp_path / "inner")
    inner.commit({"inner.txt": "inner\n"})
    upstream.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.url, "inner")
    commit = upstream.commit({**FILES, ".gitattributes": "* filter=evil\n"})
    settings = {
        setting: str(hooks if setting == "core.hooksPath" else hooks.parent),
        "filter.evil.smudge": f"echo smudge >> '{ran}'; cat",
        "submodule.recurse": "true",
        "fetch.recurseSubmodules": "true",
        "protocol.file.allow": "always",
    }
    for name, value in settings.items():
        upstream.git("config", "--file", str(tmp_path / "gitconfig"), name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    tree = fetch(source(git=upstream.url, commit=commit, paths=paths), tmp_path)
    assert (tree / "bench/one.py").read_text() == FILES["bench/one.py"]
    assert not ran.exists(), ran.read_text()
    assert not (tree / "inner").exists()
    assert not list(tree.rglob(".git"))


def test_a_link_out_of_the_tree(upstream: Repository, tmp_path: Path) -> None:
    (upstream.work / "out").symlink_to("../../../secret")
    commit = upstream.commit(FILES)
    with pytest.raises(SourceRefused, match=r"out is a link to .* leaves the folder"):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    assert left(tmp_path) == []


@pytest.mark.parametrize("name", [".git", ".GIT", ".g\u200cit", "git~1"])
def test_settings_of_git_in_the_tree(upstream: Repository, tmp_path: Path, name: str) -> None:
    """A git that somebody runs in the tree would obey them."""
    upstream.commit(FILES)
    blob = upstream.git("rev-parse", "HEAD:LICENSE")
    inner = upstream.tree(f"100644 blob {blob}\tconfig")
    commit = upstream.publish(upstream.tree(f"040000 tree {inner}\t{name}"))
    with pytest.raises(SourceRefused, match="settings or hooks of a git repository"):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    assert left(tmp_path) == []


@pytest.mark.parametrize("paths", [(), ("**",)])
def test_a_file_in_the_place_of_a_folder(
    upstream: Repository, tmp_path: Path, paths: tuple[str, ...]
) -> None:
    upstream.commit(FILES)
    blob = upstream.git("rev-parse", "HEAD:LICENSE")
    inner = upstream.tree(f"100644 blob {blob}\tb")
    commit = upstream.publish(upstream.tree(f"100644 blob {blob}\ta\n040000 tree {inner}\ta"))
    with pytest.raises(SourceRefused, match=r"a leads through a link|hands over 1 of its 2 files"):
        fetch(source(git=upstream.url, commit=commit, paths=paths), tmp_path)
    assert left(tmp_path) == []


def test_a_tree_of_ten_thousand_million_files(upstream: Repository, tmp_path: Path) -> None:
    upstream.commit(FILES)
    entry = f"100644 blob {upstream.git('rev-parse', 'HEAD:LICENSE')}"
    for _ in range(10):
        tree = upstream.tree("\n".join(f"{entry}\t{number}" for number in range(10)))
        entry = f"040000 tree {tree}"
    commit = upstream.publish(tree)
    with pytest.raises(SourceRefused, match="it has more than 200000 files"):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    assert left(tmp_path) == []


def test_a_repository_that_is_too_big(
    upstream: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = upstream.commit(FILES)
    slow = f"#!/bin/sh\nsleep 1\nexec git-upload-pack '{upstream.bare}'\n"
    (tmp_path / "slow").write_text(slow)
    monkeypatch.setattr(git_source, "_LOCAL_UPLOAD_PACK", f"sh '{tmp_path / 'slow'}'")
    monkeypatch.setattr(git_source, "MAX_DOWNLOAD_BYTES", 10)  # its settings are more than that
    with pytest.raises(SourceRefused, match="sends more than"):
        fetch(source(git=upstream.url, commit=commit), tmp_path)
    assert left(tmp_path) == []


def test_a_transport_that_is_a_command(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with pytest.raises(SourceRefused, match="is fetched by a command"):
        fetch(source(git=f"ext::touch {ran}", commit="0" * 40), tmp_path)
    assert not ran.exists()


def test_a_token_that_git_is_told_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Locked(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    needs("git")
    with served(Locked) as url:
        settings = tmp_path / "gitconfig"
        there = url.replace("://", "://SECRETTOKEN@")
        settings.write_text(f'[url "{there}/"]\n\tinsteadOf = https://example.invalid/\n')
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        with pytest.raises(SourceUnreachable) as error:
            fetch(source(git="https://example.invalid/games", commit="0" * 40), tmp_path)
    assert "could not read Password" in error.value.message
    assert "SECRETTOKEN" not in error.value.message


def test_a_server_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_over.wait(30)

        def log_message(self, format: str, *args: object) -> None:
            pass

    needs("git")
    monkeypatch.setattr(git_source, "FETCH_TIMEOUT_S", 1.0)
    with served(Silent) as url:
        with pytest.raises(SourceUnreachable, match="it took over 1 s"):
            fetch(source(git=f"{url}/games", commit="0" * 40), tmp_path)
        is_over.set()
    assert left(tmp_path) == []


@pytest.mark.parametrize("paths", [(), ("**",)])
def test_attributes_change_no_byte(
    upstream: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: tuple[str, ...]
) -> None:
    """Neither those of the repository, of any of its folders, nor those of the user."""
    unkept = "export-ignore export-subst text eol=crlf ident filter=evil"
    files = {
        "one.py": "# $Id$ $Format:%H$\nprint(1)\n",
        "two.py": "print(2)\r\nprint(3)\n",
        "in/three.py": "# $Id: 0 $\n",
        "in/lone.txt": "words\n",
        "$Format:%H$/\u00e4 long name of a file.py": "print(4)\n" * 100,
    }
    commit = upstream.commit(files)  # before attributes that would change what is stored
    (upstream.work / "run.sh").write_text("#!/bin/sh\n")
    (upstream.work / "run.sh").chmod(0o755)
    (upstream.work / "link").symlink_to("in/three.py")
    rules = {".gitattributes": f"* {unkept}\n", "in/.gitattributes": f"*.py {unkept} -diff\n"}
    entries = {**files, "run.sh": "#!/bin/sh\n", **rules}
    (upstream.work / ".git/info/attributes").write_text("* -text -ident -filter\n")
    commit = upstream.commit(rules)
    settings = tmp_path / "gitconfig"
    (tmp_path / "attributes").write_text(f"* {unkept} working-tree-encoding=UTF-16\n")
    for name, value in {
        "core.attributesFile": str(tmp_path / "attributes"),
        "core.autocrlf": "true",
        "core.eol": "crlf",
        "filter.evil.smudge": "sed s/print/evil/",
        "filter.evil.required": "true",
        "tar.umask": "0777",
    }.items():
        upstream.git("config", "--file", str(settings), name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    tree = fetch(source(git=upstream.url, commit=commit, paths=paths), tmp_path)
    assert names(tree) == sorted([*entries, "link"])
    for name, text in entries.items():
        assert (tree / name).read_bytes() == text.encode(), name
    assert (tree / "link").readlink() == Path("in/three.py")
    executable = [name for name in entries if (tree / name).stat().st_mode & 0o111]
    assert executable == ["run.sh"]
