"""`molt-build schema [KIND]`: the JSON Schemas of manifests and of results, printed or written."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from molt_build.errors import EXIT_DONE, UsageError
from molt_build.manifests import schema

RESULT = "result"  # of a run: not a manifest
KINDS = (*schema.KINDS, RESULT)


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
        print(json.dumps({"written": files}) if args.json else "\n".join(files))
        return EXIT_DONE
    if args.kind is not None:
        print(_page(args.kind) if args.format == "markdown" else schema_text(args.kind), end="")
        return EXIT_DONE
    if args.format == "markdown":
        raise UsageError("--format markdown needs a kind", f"one of: {', '.join(KINDS)}")
    kinds = {kind: json.loads(schema_text(kind))["description"] for kind in KINDS}
    if args.json:
        print(json.dumps({"kinds": kinds}, indent=2))
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
    if kind != RESULT:
        return schema.text(kind)
    from molt_build.results.schema import as_text, result_schema

    return as_text(result_schema())
