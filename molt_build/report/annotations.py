"""What is wrong with manifests, in the forms that other tools show beside the lines.

`github`: workflow commands, which GitHub Actions turns into annotations of a change (its docs,
"Workflow commands": `::error file=...,line=...,col=...,title=...::message`). `sarif`: the Static
Analysis Results Interchange Format 2.1.0 (OASIS), which code hosts and editors read.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from molt_build import __version__
from molt_build.manifests.diagnostics import Diagnostic

_TITLE = "molt-build check"
_RULE = "manifest"


def github(project: str, diagnostics: Sequence[Diagnostic]) -> str:
    """A line for each; files as they are seen from the working folder."""
    lines = []
    for one in diagnostics:
        place = {
            "file": _file(project, one),
            "line": str(one.line),
            "col": str(one.column),
            "title": _TITLE,
        }
        properties = ",".join(f"{name}={escaped(value, ':,')}" for name, value in place.items())
        lines.append(f"::error {properties}::{escaped(_text(one))}\n")
    return "".join(lines)


def sarif(project: str, diagnostics: Sequence[Diagnostic]) -> str:
    """One run with a result for each."""
    results = [
        {
            "ruleId": _RULE,
            "level": "error",
            "message": {"text": _text(one)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(_file(project, one))},
                        "region": {"startLine": one.line, "startColumn": one.column},
                    }
                }
            ],
        }
        for one in diagnostics
    ]
    rule = {"id": _RULE, "shortDescription": {"text": "A manifest says what it cannot say."}}
    driver = {"name": "molt-build", "version": __version__, "rules": [rule]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"version": "2.1.0", "runs": [run]}, indent=2) + "\n"


FORMATS: Mapping[str, Callable[[str, Sequence[Diagnostic]], str]] = {
    "github": github,
    "sarif": sarif,
}


def _text(one: Diagnostic) -> str:
    key = f"{one.path}: " if one.path else ""
    hint = f" (hint: {one.hint})" if one.hint else ""
    return f"{key}{one.message}{hint}"


def _file(project: str, one: Diagnostic) -> str:
    """From the working folder where it lies below, else the whole path."""
    path = os.path.join(os.path.abspath(project), one.file)
    relative = os.path.relpath(path)
    return path if relative.startswith(os.pardir) else relative


def _uri(path: str) -> str:
    return Path(path).as_uri() if os.path.isabs(path) else quote(path)


def escaped(text: str, more: str = "") -> str:
    """As workflow commands want it: the percent sign first."""
    for letter in "%\r\n" + more:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
