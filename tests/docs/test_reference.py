"""The reference lacks nothing that the schemas and the parsers say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from build_projects import REPOSITORY, Project
from markdown_pages import check_tables, headings, section

from molt_build.cli.command_line import COMMANDS
from molt_build.cli.reference import AGAIN, reference_pages
from molt_build.cli.schema import KINDS, schema_text
from molt_build.manifests import schema
from molt_build.report.schema_reference import schema_page, slug

FOLDER = REPOSITORY / "docs/reference"


def test_the_pages_are_what_schemas_and_parsers_say() -> None:
    written = {file.name: file.read_text() for file in FOLDER.glob("*.md")}
    stale = {name for name, text in reference_pages().items() if written.pop(name, "") != text}
    assert not stale | set(written), f"write docs/reference anew: {AGAIN}"


def properties(node: Any, root: Any, path: str = "") -> Iterator[str]:
    """The paths of all properties, with a star for each name that is the user's own."""
    definition = root["$defs"].get(node.get("$ref", "").removeprefix("#/$defs/"), {})
    node = {**definition, **node}
    for name, part in node.get("properties", {}).items():
        yield f"{path}{name}"
        yield from properties(part, root, f"{path}{name}.")
    for keyword, key in (("items", ""), ("additionalProperties", "*.")):
        if isinstance(node.get(keyword), dict):
            yield from properties(node[keyword], root, path + key)


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_property_has_a_heading_of_its_own(kind: str) -> None:
    page = (FOLDER / f"{kind}.md").read_text()
    titles = [title.strip("`[]") for level in (2, 3) for title in headings(page, level)]
    assert len(titles) == len(set(map(slug, titles)))
    shared = {title.split(".")[0] for title in titles if title.isidentifier()}
    for path in properties(json.loads(schema.text(kind)), json.loads(schema.text(kind))):
        names = path.split(".")
        ends = [".".join(names[start:]) for start in range(len(names))]
        wanted = {path, *(f"{name}.{end}" for name in shared for end in ends[1:])}
        of_own_names = {
            ".".join("*" if part.isupper() else part for part in title.split("."))
            for title in titles
        }
        tables = {title.removesuffix(".*") for title in of_own_names}
        assert wanted & (of_own_names | tables), path


def test_what_editors_show_is_on_the_page() -> None:
    page = " ".join((FOLDER / "toolchain.md").read_text().split())
    stage = json.loads(schema.text("toolchain"))["properties"]["stages"]["items"]["properties"]
    assert stage["takes_source"]["description"] in page
    assert '`"tokens"`: The text of .py and .pyi files without the words of comments' in page
    for value in stage["depfile"]["properties"]["format"]["enum"]:
        assert f'- `"{value}"`: ' in page


def test_every_command_has_a_section() -> None:
    page = (FOLDER / "commands.md").read_text()
    check_tables(page)
    found = headings(page)
    assert [f"molt-build {name}" for name in COMMANDS] == found[2:]
    assert "`--json` prints [`Built`](output.md#built)." in section(page, "molt-build build")
    assert "$ molt-build build" in section(page, "molt-build build")


def test_schema_prints_a_page_without_links_out_of_it(toys: Project) -> None:
    for kind in KINDS:
        printed = toys.run("schema", kind, "--format", "markdown")
        assert printed.code == 0, printed.err
        assert printed.out == schema_page(kind, json.loads(schema_text(kind)))
        assert "](../" not in printed.out and "](#" in printed.out
    refused = toys.run("schema", "--format", "markdown")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("error: --format markdown needs a kind\n  one of: project,")


def test_a_keyword_without_words_is_an_error() -> None:
    """A page that passes over what a schema says would lack it."""
    table = {"description": "A kind.", "properties": {"a": {"type": "string", "x-new": "?"}}}
    with pytest.raises(ValueError, match="no words for x-new"):
        schema_page("kind", table)


def test_the_pages_are_the_same_wherever_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = reference_pages()
    monkeypatch.setenv("COLUMNS", "44")
    monkeypatch.chdir(Path("/"))
    assert reference_pages() == pages
