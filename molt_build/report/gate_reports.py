"""What gates say to other tools: a test report, annotations of a change, a job's summary.

`junit`: the XML that CI systems read of test runs, as Jenkins' `junit-10.xsd` describes it. A gate
is a test case; a stale or unmeasured one is skipped, which no reader takes for passed. `github`:
workflow commands of GitHub Actions, one for each verdict that anybody must see, whatever the number
of gates: a page full of them is read by nobody. `summary`: Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from molt_build.report.annotations import escaped
from molt_build.report.formatting import markdown_table
from molt_build.report.gate_words import TITLES, gate_line, gate_rows, headline, lines_of
from molt_build.results.gates import GatesResult, GateVerdict, JudgedGate
from molt_build.watch import counted

_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # 1.0, 2.2
_TITLE = "molt-build gates"
_MOST_LINES = 10  # of one annotation
_LEVELS: tuple[tuple[str, tuple[GateVerdict, ...]], ...] = (
    ("error", ("fail",)),
    ("warning", ("warn",)),
    ("notice", ("stale", "unmeasured")),
)


def junit(result: GatesResult) -> str:
    """One suite with a case for each gate."""
    skipped = result.of("stale", "unmeasured")
    suite = ElementTree.Element(
        "testsuite",
        name=_TITLE,
        tests=str(len(result.gates)),
        failures=str(len(result.of("fail"))),
        errors="0",
        skipped=str(len(skipped)),
        timestamp=result.started.rstrip("Z"),
    )
    for gate in result.gates:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"gates.{gate.against}", name=gate.gate, time="0"
        )
        if gate.verdict == "fail":
            failure = ElementTree.SubElement(case, "failure", message=gate_line(gate), type="fail")
            failure.text = _details(gate)
        elif gate in skipped:
            message = f"{gate.verdict}: {gate.reason}"
            ElementTree.SubElement(case, "skipped", message=message)
        else:
            ElementTree.SubElement(case, "system-out").text = f"{gate.verdict}\n{_details(gate)}"
    ElementTree.indent(suite)
    for part in suite.iter():
        part.text = None if part.text is None else _NO_XML.sub("\ufffd", part.text)
        part.attrib |= {name: _NO_XML.sub("\ufffd", said) for name, said in part.attrib.items()}
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def github(result: GatesResult) -> str:
    """At most one line for each level."""
    lines = []
    for level, verdicts in _LEVELS:
        gates = result.of(*verdicts)
        if gates:
            said = lines_of(gates[:_MOST_LINES])
            said += [f"and {len(gates) - _MOST_LINES} more"] if len(gates) > _MOST_LINES else []
            title = f"{_TITLE}: {counted(len(gates), 'gate')} {' or '.join(verdicts)}"
            text = escaped("\n".join(said))
            lines.append(f"::{level} title={escaped(title, ':,')}::{text}\n")
    return "".join(lines)


def summary(result: GatesResult) -> str:
    """Markdown for a job's summary: the headline, then a row for each gate."""
    return "\n".join(_summary(result)) + "\n"


def _summary(result: GatesResult) -> Iterator[str]:
    head = result.head
    yield f"## Gates: {headline(result)}"
    yield ""
    yield from markdown_table([TITLES, *gate_rows(result)], is_text=True)
    yield ""
    if head.commit is not None:
        dirty = ", with changes" if head.is_dirty else ""
        branch = f" on {head.branch}" if head.branch else ""
        yield f"Commit {head.commit[:12]}{branch}{dirty}; {result.environment.machine_class}."


def _details(gate: JudgedGate) -> str:
    found = gate.evidence
    rows = [gate.description, f"owner: {gate.owner}", gate_line(gate), *gate.notes]
    rows += [f"by {found.run}, {found.age_days:g} days old"] if found is not None else []
    rows += [f"beside {gate.base}"] if gate.base is not None else []
    return "\n".join(rows)
