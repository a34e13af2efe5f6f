"""`molt-build schema [KIND]`: the JSON Schemas of manifests, results and of what commands print."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from molt_build.cli.documents import output_schema, print_document
from molt_build.errors import EXIT_DONE, UsageError
from molt_build.manifests import schema

EXAMPLES = (
    "molt-build schema toolchain",
    "molt-build schema --write schemas",
)

RESULT = "result"  # of a run: not a manifest
OUTPUT = "output"  # of a command with --json
KINDS = (*schema.KINDS, RESULT, OUTPUT)


@dataclass(frozen=True)
class Kinds:
    """The schemas that there are."""

    kinds: Annotated[Mapping[str, str], "By name, what each describes."]


@dataclass(frozen=True)
class WrittenSchemas:
    """The schemas that were written."""

    written: Annotated[tuple[str, ...], "Their files."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `molt-build schema`."""
    parser.add_argument("kind", nargs="?", metavar="KIND", help="one of: " + ", ".join(KINDS))
    parser.add_argument(
        "--write",
        metavar="DIR",
        help="write all of them there, as KIND.schema.json: the first line of a manifest leads an "
        "editor to schemas/ beside manifests/",
    )
    parser.add_argument(
        "--format",
        choices=("json", "markdown"),
        default="json",
        help="json (the default): the schema itself; markdown: a page that explains each property",
    )
    parser.add_argument("--json", action="store_true", help="the list of kinds for programs")


def run(args: argparse.Namespace) -> int:
    """Print the schema as it is published; without a kind, each kind with its description."""
    if args.write is not None:
        if args.kind is not None:
            raise UsageError("--write writes all schemas", f"without {args.kind}")
        files = write_schemas(Path(args.write))
        if args.json:
            print_document(WrittenSchemas(tuple(files)))
        else:
            print("\n".join(files))
        return EXIT_DONE
    if args.kind is not None:
        print(_page(args.kind) if args.format == "markdown" else schema_text(args.kind), end="")
        return EXIT_DONE
    if args.format == "markdown":
        raise UsageError("--format markdown needs a kind", f"one of: {', '.join(KINDS)}")
    kinds = {kind: json.loads(schema_text(kind))["description"] for kind in KINDS}
    if args.json:
        print_document(Kinds(kinds))
    else:
        width = max(map(len, kinds))
        for kind, description in kinds.items():
            print(f"{kind:<{width}}  {description}")
    return EXIT_DONE


def write_schemas(folder: Path) -> list[str]:
    """Write all schemas into a folder, over those that lie there; their paths. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for kind in KINDS:
        file = folder / f"{kind}.schema.json"
        file.write_text(schema_text(kind), encoding="utf-8")
        files.append(str(file))
    return files


def _page(kind: str) -> str:
    from molt_build.report.schema_reference import schema_page

    return schema_page(kind, json.loads(schema_text(kind)))


def schema_text(kind: str) -> str:
    """The JSON text of a kind's schema; raises `UsageError` for an unknown kind."""
    if kind not in (RESULT, OUTPUT):
        return schema.text(kind)
    from molt_build.schema_of_types import as_text

    if kind == OUTPUT:
        return as_text(output_schema())
    from molt_build.results.schema import result_schema

    return as_text(result_schema())
