"""`molt-build schema [KIND]`: print the JSON Schema of manifests of a kind, or of results."""

from __future__ import annotations

import argparse
import json

from molt_build.errors import EXIT_DONE
from molt_build.manifests import schema

RESULT = "result"  # of a run: not a manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `molt-build schema`."""
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="one of: " + ", ".join((*schema.KINDS, RESULT))
    )
    parser.add_argument("--json", action="store_true", help="the list of kinds for programs")


def run(args: argparse.Namespace) -> int:
    """Print the schema as it is published; without a kind, each kind with its description."""
    if args.kind is not None:
        print(_text(args.kind), end="")
        return EXIT_DONE
    kinds = {kind: json.loads(_text(kind))["description"] for kind in (*schema.KINDS, RESULT)}
    if args.json:
        print(json.dumps({"kinds": kinds}, indent=2))
    else:
        width = max(map(len, kinds))
        for kind, description in kinds.items():
            print(f"{kind:<{width}}  {description}")
    return EXIT_DONE


def _text(kind: str) -> str:
    if kind != RESULT:
        return schema.text(kind)
    from molt_build.results.schema import as_text, result_schema

    return as_text(result_schema())
