"""Tracks: what is wrong with their figures and targets is said in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifest_projects import ManifestProject, lone_project
from suite_projects import TRACK

from molt_build.manifests import loading
from molt_build.manifests.figure import LaneFigure
from molt_build.manifests.track import TrackKpi

FILE = "manifests/tracks/OPT-1.toml"
HEAD = TRACK.replace("NAME", "OPT-1").replace("TITLE", "calls")
KPI = '[[kpis]]\nname = "{0}"\ndescription = "Tested."\n{1}\n'
WORDS = KPI.format("k", 'min = 1\nlane = { name = "toys_native", programs = ["toy_sum"] }')


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


def said(project: ManifestProject, text: str) -> list[str]:
    project.write(FILE, HEAD + text)
    return [f"{one.path}: {one.message}" for one in project.diagnostics()]


def test_a_track_is_loaded_with_its_figures(project: ManifestProject) -> None:
    lane = next(iter(loading.load(project.root).lanes))
    text = WORDS.replace("toys_native", lane)
    assert said(project, text) == []
    track = loading.load(project.root).tracks["OPT-1"]
    assert (track.title, track.priority, track.precedence) == ("calls", "P1", 100)
    figure = LaneFigure(lane, ("toy_sum",))
    assert track.kpis == (TrackKpi("k", "Tested.", min=1.0, lane=figure),)
    assert track.kpis[0].source == figure


@pytest.mark.parametrize(
    ("kpi", "message"),
    [
        ('green_runs = { of = "program" }', "kpis[0].max: missing key: max, or min"),
        ('min = 1\nmax = 2\ngates = { take = "judged" }', "kpis[0].min: max is there already"),
        ('friends = { take = "mean" }', "kpis[0].max: missing key"),
        ('max = 1\nlane = { name = "no" }', "kpis[0].lane.name: there is no lane 'no'"),
        ('case = { name = "no", kpi = "k" }', "kpis[0].case.name: there is no case 'no'"),
        ('signal = { name = "no" }', "kpis[0].signal.name: there is no signal 'no'"),
        ("max = 1", "kpis[0]: "),
    ],
)
def test_what_is_wrong_is_said(project: ManifestProject, kpi: str, message: str) -> None:
    (one,) = said(project, KPI.format("k", kpi))
    assert one.startswith(message)


def test_two_kpis_of_one_name_and_programs_of_no_lane(project: ManifestProject) -> None:
    lane = next(iter(loading.load(project.root).lanes))
    text = WORDS.replace("toys_native", lane).replace("toy_sum", "toy_smu")
    wrong = "lane.programs[0]: there is no program 'toy_smu'"
    twice = "kpis[1].name: the KPI 'k' is defined twice"
    assert sorted(said(project, text + text)) == [f"kpis[0].{wrong}", f"kpis[1].{wrong}", twice]
    families = WORDS.replace("toys_native", lane).replace(
        'programs = ["toy_sum"]', 'families = ["x"]'
    )
    assert said(project, families) == [f"kpis[0].lane.families[0]: '{lane}' has no family 'x'"]
