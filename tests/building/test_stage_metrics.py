"""Numbers that a stage tells about itself: kept in the entry, told wherever the result is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from build_projects import Project, executed, statuses
from case_projects import case_project

METRICS = (
    'metrics = { path = "{module}.stats", '
    'values = { parse_s = "phases.parse", operations = "counts.ops", size_bytes = "size" } }\n'
)
STATS = '{"phases": {"parse": 0.25}, "counts": {"ops": 7}, "size": 4096, "more": [1]}'
TOLD = {"parse_s": 0.25, "operations": 7, "size_bytes": 4096}
TOOLCHAIN = "manifests/toolchains/toy.toml"


def tells(project: Project, stats: str | None = STATS, metrics: str = METRICS) -> None:
    """Let `translate` tell about itself, in this file."""
    project.replace(TOOLCHAIN, 'name = "translate"\n', f'name = "translate"\n{metrics}')
    line = f"    printf '%s' '{stats}' > \"${{2%.toy}}.stats\"\n" if stats is not None else ""
    project.replace("tools/toyc", "translate)\n", f"translate)\n{line}")


def of(report: object, stage: str = "translate") -> object:
    """What a stage told in a report, or an explanation."""
    rows = report["actions"] if isinstance(report, dict) else report
    assert isinstance(rows, list)
    return next(row.get("metrics") for row in rows if row["stage"] == stage)


def test_they_are_told_however_the_result_was_come_by(toys: Project, tmp_path: Path) -> None:
    tells(toys)
    first = toys.build("one")
    assert executed(first) == ["one translate", "one assemble"]
    assert of(first) == TOLD and of(first, "assemble") is None
    warm = toys.build("one")  # by the plan alone
    assert statuses(warm)["one translate"] == "up-to-date" and of(warm) == TOLD
    assert of(toys.build("one", "--target=native", "--trace=trace")) == TOLD
    spans = (toys.root / "trace").read_text()
    assert '"metrics":{"parse_s":0.25' in spans.replace(" ", "")
    twin = toys.copy(tmp_path / "twin")
    explained = twin.explain("one")
    assert explained[0]["status"] == "hit" and of(explained) == TOLD
    assert "told: parse_s 0.25, operations 7, size_bytes 4096" in twin.run("explain", "one").out
    hit = twin.build("one")
    assert statuses(hit)["one translate"] == "hit" and of(hit) == TOLD


def test_a_declaration_is_part_of_the_key_of_its_stage_alone(toys: Project) -> None:
    """An entry without metrics is never served to a stage that declares some, nor any other's."""
    tells(toys, metrics="")
    before = toys.build("one")
    tells(toys, None)
    again = toys.build("one")
    assert executed(again) == ["one translate"]
    assert of(again) == TOLD
    keys = [{row["stage"]: row["key"] for row in report["actions"]} for report in (before, again)]
    assert keys[0]["translate"] != keys[1]["translate"]
    toys.replace(TOOLCHAIN, ', size_bytes = "size"', "")
    [row] = [row for row in toys.explain("one") if row["status"] == "miss"]
    assert row["changed"] == ["metrics"]
    assert of(toys.build("one")) == {"parse_s": 0.25, "operations": 7}


@pytest.mark.parametrize(
    ("stats", "said"),
    [
        (None, "translate left no one.stats, its metrics"),
        ("{", "one.stats is no JSON: "),
        ("[" * 100_000, "one.stats is no JSON: "),
        ("[1]", "metric parse_s is missing: one.stats has no phases"),
        ('{"phases": {}}', "metric parse_s is missing: one.stats has no phases.parse"),
        (STATS.replace("0.25", '"0.25"'), 'parse_s is no number: phases.parse in one.stats is "0'),
        (STATS.replace("0.25", "true"), "parse_s is no number: phases.parse in one.stats is true"),
        (STATS.replace("0.25", "NaN"), "parse_s is no number: phases.parse in one.stats is NaN"),
        (STATS.replace("7", "9" * 400), "operations is no number: counts.ops in one.stats is 9"),
    ],
)
def test_what_is_not_there_fails_its_stage(toys: Project, stats: str | None, said: str) -> None:
    tells(toys, None)
    if stats is not None:
        toys.write("tools/stats", stats)
        line = 'translate)\n    cp "$(dirname "$0")/stats" "${2%.toy}.stats"\n'
        toys.replace("tools/toyc", "translate)\n", line)
    report = toys.build("one", code=1)
    [row] = report["actions"]
    assert row["status"] == "failed" and said in row["message"]
    assert row["message"].startswith("one: toy translate")


def test_numbers_of_an_earlier_run_in_a_slot_are_none(toys: Project) -> None:
    tells(toys, metrics=METRICS.replace('"{module}.stats"', '"{shard}/stats"'))
    toys.replace(TOOLCHAIN, METRICS[:10], "needs_shard = true\n" + METRICS[:10])
    toys.replace(TOOLCHAIN, '"{flags}"]', '"{flags}", "{shard}/stats"]')
    toys.replace("tools/toyc", '"${2%.toy}.stats"', '"$5"')
    assert of(toys.build("one")) == TOLD
    toys.replace("tools/toyc", '> "$5"', "> /dev/null")
    report = toys.build("one", code=1)
    assert "left no stats, its metrics" in report["actions"][0]["message"]


def test_entries_from_before_are_still_read(toys: Project) -> None:
    toys.build("one")
    for file in (toys.cache / "store/entries").rglob("*.json"):
        assert "metrics" not in json.loads(file.read_text())["value"]  # as they were written
    shutil.rmtree(toys.root / ".molt-build")
    assert executed(toys.build("one")) == []


def test_they_are_metrics_of_cells_and_kpis(tmp_path: Path) -> None:
    cases = case_project(tmp_path)
    cases.project.replace(
        TOOLCHAIN,
        'name = "copy"\n',
        'name = "copy"\nmetrics = { path = "stats", values = { lines = "lines", t_s = "t" } }\n',
    )
    cases.project.replace("tools/copyc", "sed", 'echo \'{"lines": 3, "t": 0.5}\' > stats\nsed')
    kpis = "".join(
        f'\n[[kpis]]\nname = "{name}"\nmetric = "copy.{metric}"\nmax = {limit}\nsource = "ours"\n'
        for name, metric, limit in (("few", "lines", 6), ("fast", "t_s", 0.9))
    )
    cases.write_case("warm", f'cache_state = "warm"\nrepeats = 2\n{kpis}')
    result = cases.run()
    assert result.code == 0, result.err
    [cell] = cases.result().cells
    assert dict(cell.metrics) == {"copy.lines": 6, "copy.t_s": 1.0}  # over two programs
    assert [dict(sample.metrics) for sample in cell.samples] == [dict(cell.metrics)] * 2
    assert [(kpi.name, kpi.value, kpi.is_green) for kpi in cell.kpis] == [
        ("few", 6, True),
        ("fast", 1.0, False),
    ]
    run = f"compile_progress/{cases.folders()[-1].name}"
    shown = cases.project.run("history", "show", run)
    assert "copy.lines" in shown.out and "copy.t_s" in shown.out
