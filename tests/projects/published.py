"""What commands print with `--json`, held to the schema that is published."""

from __future__ import annotations

import json
from typing import Any

from build_projects import REPOSITORY
from jsonschema import Draft202012Validator

from molt_build.cli.documents import definition

SCHEMA = json.loads((REPOSITORY / "schemas/output.schema.json").read_text())


def assert_published(words: str, plain: Any) -> None:
    """That it is what the schema says of the command: `cache stats`, `bench --list`."""
    schema = {"$ref": f"#/$defs/{definition(words)}", "$defs": SCHEMA["$defs"]}
    errors = list(Draft202012Validator(schema).iter_errors(plain))
    assert not errors, (words, [f"{e.json_path}: {e.message[:300]}" for e in errors[:3]])
