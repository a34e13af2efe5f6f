"""What formats of other tools are, as far as their own pages and readers say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

BENCHER = {  # what Bencher's page of the format says, and no more
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[a-z][a-z0-9-]{0,63}$"},
        "additionalProperties": {
            "type": "object",
            "properties": {
                name: {"type": "number"} for name in ("value", "lower_value", "upper_value")
            },
            "required": ["value"],
            "additionalProperties": False,
        },
    },
}
ACTION = {  # what the action takes of each entry; an empty list is an error to it
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "value": {"type": "number"},
            **{name: {"type": "string"} for name in ("name", "unit", "range", "extra")},
        },
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
    },
}

_COMMAND = re.compile(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)")
_PROPERTIES = {"title", "file", "line", "endLine", "col", "endColumn"}
_ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}

# Of junit-10.xsd of Jenkins' plugin for xUnit: attributes that must and may be there, and children.
_JUNIT: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log"}
        | {"url", "version"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {"skipped", "errors", "failure", "rerunFailure", "rerunError", "flakyFailure", "flakyError"}
        | {"system-out", "system-err"},
    ),
    "failure": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}
_SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]{0,3})?")


def annotations(text: str) -> list[tuple[str, dict[str, str], str]]:
    """(level, properties, message) of each line, which must be a workflow command of GitHub."""
    found = []
    for line in text.splitlines():
        match = _COMMAND.fullmatch(line)
        assert match is not None, line
        pairs = (pair.partition("=") for pair in match[2].split(","))
        properties = {name: _plain(value) for name, _, value in pairs}
        assert set(properties) <= _PROPERTIES, properties
        found.append((match[1], properties, _plain(match[3])))
    return found


def _plain(text: str) -> str:
    return re.sub("%25|%0D|%0A|%3A|%2C", lambda found: _ESCAPES[found[0]], text)


def junit(text: str) -> ElementTree.Element:
    """The suite in a test report, which must be what the schema says, and count right."""
    root = ElementTree.fromstring(text)
    assert root.tag in ("testsuite", "testsuites")
    for part in root.iter():
        needed, allowed, children = _JUNIT[part.tag]
        assert needed <= set(part.attrib) <= needed | allowed, (part.tag, part.attrib)
        assert {child.tag for child in part} <= children, part.tag
        if children:
            assert not (part.text or "").strip() and not (part.tail or "").strip()
        if part.tag == "testsuite":
            assert _SUREFIRE_TIME.fullmatch(part.get("time", ""))
            cases = list(part.iter("testcase"))
            assert part.get("tests") == str(len(cases))
            for word, tag in (("failures", "failure"), ("skipped", "skipped")):
                count = sum(case.find(tag) is not None for case in cases)
                assert part.get(word, "0") == str(count), word
    return root
