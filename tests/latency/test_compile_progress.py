"""compile_progress as a user meets it: real builds, real interruptions, what is told afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from pathlib import Path

import pytest
from build_projects import REPOSITORY
from case_projects import WARM, CaseProject, case_project
from jsonschema import Draft202012Validator
from other_processes import PATIENCE_S, end_of, running, until_told, wait_for

from molt_build.codec import to_plain
from molt_build.history.kpis import kpi_series
from molt_build.history.runs import all_runs
from molt_build.latency.workspace import START
from molt_build.measure.statistics import RatioEstimate
from molt_build.results.cases import CaseCell, CasesResult, Equality
from molt_build.results.files import from_json
from molt_build.runs.recorded import known_runs

SCHEMA = json.loads((REPOSITORY / "schemas/result.schema.json").read_text())
COLD = 'cache_state = "cold"\nrepeats = 2\nwarm_ups = 0\n'
NOCACHE = 'cache_state = "nocache"\nrepeats = 2\n'


@pytest.fixture
def cases(tmp_path: Path) -> CaseProject:
    return case_project(tmp_path)


def cell(result: CasesResult, case: str) -> CaseCell:
    [found] = [cell for cell in result.cells if cell.case == case]
    return found


def printed(out: str) -> CasesResult:
    """What `--json` printed."""
    result = from_json(json.loads(out))
    assert isinstance(result, CasesResult)
    return result


def validate(cases: CaseProject) -> None:
    """The latest run's result is what the published schema says."""
    Draft202012Validator(SCHEMA).validate(
        json.loads((cases.folders()[-1] / "result.json").read_text())
    )


def holds_estimate(estimate: RatioEstimate, blocks: int) -> None:
    """An estimate of so many blocks lies in its interval."""
    assert estimate.blocks == blocks and estimate.low is not None and estimate.high is not None
    assert estimate.low <= estimate.ratio <= estimate.high


def left_behind(cases: CaseProject) -> list[str]:
    """Scratch of runs that still lies about."""
    places = [*cases.project.cache.glob("run-*"), *cases.root.glob(".molt-build/cases/*")]
    return [path.name for path in places]


def test_a_run(cases: CaseProject) -> None:
    cases.write_case("warm", WARM)
    cases.write_case("cold", COLD)
    cases.write_case("nocache", NOCACHE)
    cases.write_case(
        "served",
        NOCACHE + "daemon = true\n[[kpis]]\n"
        'name = "served"\nmetric = "median_s"\nmax = 1\nsource = "program"\n',
    )
    done = cases.run()
    assert done.code == 0, done.err
    result = cases.result()
    validate(cases)
    assert result.is_complete and result.is_recorded and not result.is_resumed
    assert [part.blocks for part in result.parts] == [10]
    assert result.parts[0].noise_before and result.parts[0].noise_after

    warm = cell(result, "warm")
    assert warm.wall_s is not None and warm.ratio_to_interpreter is not None
    assert (warm.wall_s.n, warm.hit_ratio, warm.executed_actions) == (6, 1.0, 0)
    assert all(sample.up_to_date == 2 for sample in warm.samples)
    assert warm.equality == Equality(2, ()) and warm.equality.equal == 2
    holds_estimate(warm.ratio_to_interpreter, 6)
    assert warm.wall_s.p95 is None
    assert warm.wall_s.maximum == max(sample.wall_s for sample in warm.samples)
    assert warm.attribution is not None and warm.attribution.stages["copy"].up_to_date == 2
    [kpi] = warm.kpis
    assert kpi.is_green is True and kpi.value == warm.wall_s.median

    for name in ("cold", "nocache"):
        assert cell(result, name).hit_ratio == 0.0
        assert [sample.executed for sample in cell(result, name).samples] == [2, 2]
        assert cell(result, name).seconds_by_stage["copy"] > 0
    # Three first builds, one warm-up and four samples built both programs.
    built = Counter(cases.project.log())
    assert built == {"one.py": 8, "two.py": 8}

    served = cell(result, "served")
    assert served.status == "skipped" and "no build daemon yet" in served.reason
    assert served.kpis[0].is_green is None
    assert re.search(
        r"not measured: served: this case needs a build daemon, and there is no build daemon yet",
        done.out,
    )
    assert re.search(r"^warm +warm +toy +programs +0\.\d+ +<= 60 +green +1$", done.out, re.M)
    assert left_behind(cases) == []
    page = cases.root / "docs/benchmarks/compile_progress.md"
    assert f"report: {page.relative_to(cases.root)}" in done.err
    assert result.timestamp in page.read_text()
    assert not (cases.project.cache / "store/blobs").is_dir() or not list(
        (cases.project.cache / "store/blobs").rglob("*")
    ), "a case built into the user's own store"


def test_a_red_kpi_of_the_programs_fails_the_run(cases: CaseProject) -> None:
    cases.write_case("warm", WARM.replace("max = 60", "max = 0.0001"))
    cases.write_case(
        "ours", WARM.replace("max = 60", "max = 0.0001").replace('"program"', '"ours"')
    )
    done = cases.run("--json")
    assert done.code == 1
    assert "the KPI warm is red: median_s is" in done.err
    result = printed(done.out)
    assert [kpi.is_green for one in result.cells for kpi in one.kpis] == [False, False]
    assert cases.run("--case", "ours").code == 0


def test_another_output_than_the_references_is_named_and_fails(cases: CaseProject) -> None:
    cases.project.write("programs/two.py", "WRONG = False\nprint('answer', WRONG)\n")
    cases.write_case("warm", WARM)
    done = cases.run()
    assert done.code == 1
    warm = cell(cases.result(), "warm")
    assert warm.status == "failed"
    assert warm.equality == Equality(2, ("two",)) and warm.equality.equal == 1
    assert "two" in warm.reason
    assert warm.kpis[0].is_green is False
    assert "answer otherwise than the reference: two" in done.err


def test_a_reference_that_fails_itself_fails_the_cell(cases: CaseProject) -> None:
    cases.project.write("programs/two.py", "WRONG = False\nraise SystemExit(3)\n")
    cases.write_case("warm", WARM)
    done = cases.run()
    assert done.code == 1
    warm = cell(cases.result(), "warm")
    assert (warm.status, warm.equality, warm.samples) == ("failed", None, ())
    assert "the reference itself, running two, failed with exit status 3" in warm.reason
    assert warm.kpis[0].is_green is False


def test_a_failing_build_fails_its_cell_and_no_other(cases: CaseProject) -> None:
    cases.write_case("nocache", NOCACHE)
    cases.write_case("one_cold", COLD.replace("repeats", "description_ = 1\nrepeats"))
    assert cases.run().code == 2
    cases.write_case("one_cold", COLD)
    text = (cases.root / "manifests/cases/one_cold.toml").read_text()
    one = text.replace('{ name = "programs" }', '{ name = "programs", programs = ["one"] }')
    (cases.root / "manifests/cases/one_cold.toml").write_text(one)
    (cases.root / "programs/two.py").unlink()
    done = cases.run()
    assert done.code == 1
    result = cases.result()
    assert cell(result, "nocache").status == "failed"
    assert "two.py does not exist" in cell(result, "nocache").reason
    assert cell(result, "one_cold").status == "measured"
    assert cell(result, "one_cold").workload == "one"
    [log] = (cases.folders()[-1] / "logs").iterdir()
    assert "two.py does not exist" in log.read_text()


def test_a_toolchain_that_is_not_there_is_skipped(cases: CaseProject) -> None:
    cases.write_case("warm", WARM)
    path = cases.root / "manifests/cases/warm.toml"
    path.write_text(path.read_text().replace('["toy"]', '["toy", "absent"]'))
    done = cases.run()
    assert done.code == 0, done.err
    skipped = next(one for one in cases.result().cells if one.toolchain == "absent")
    assert skipped.status == "skipped"
    assert "molt-build-test-absent" in skipped.reason


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.long)]
)
def test_an_interrupted_run_goes_on(cases: CaseProject, number: signal.Signals) -> None:
    cases.write_case("a_cold", COLD)
    cases.write_case("b_nocache", NOCACHE.replace("repeats = 2", "repeats = 4"))
    cases.project.write("programs/two.py", "# HOLD\nprint('two')\n")
    cases.project.go_on.touch()
    process = cases.start()
    wait_for(lambda: _samples(cases, "b_nocache") >= 2, "the second sample")
    cases.project.go_on.unlink()
    process.send_signal(number)
    process.wait(PATIENCE_S)
    cases.project.go_on.touch()
    _, err = end_of(process)
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
        assert left_behind(cases) != []
    else:
        assert process.returncode == 130, err
        assert "compile_progress --resume" in err
        assert left_behind(cases) == []
        assert running(str(cases.root / ".molt-build/cases")) == []
    before = _samples(cases, "b_nocache")
    snapshot = cases.result()
    validate(cases)
    assert not snapshot.is_complete and snapshot.finished is None
    assert [one.case for one in snapshot.cells] == ["a_cold"]
    measured = [e["sample"] for e in cases.events() if e["event"] == "sample"]

    # A killed run may leave a torn line.
    with open(cases.folders()[-1] / "samples.jsonl", "a") as samples:
        samples.write('{"event": "sample", "cell": ["b_noc')
    again = cases.run("--resume")
    assert again.code == 0, again.err
    assert len(cases.folders()) == 1
    kept = f"kept 1 of 2 cells and {2 + before} samples, {before} of them of b_nocache"
    assert kept in again.err
    result = cases.result()
    validate(cases)
    assert result.is_complete and result.is_resumed and len(result.parts) == 2
    assert result.parts[1].blocks == 6 - len(measured)
    samples_of = [sample for one in result.cells for sample in one.samples]
    assert len(samples_of) == 6
    assert to_plain(tuple(samples_of[: len(measured)])) == measured
    assert left_behind(cases) == []
    assert "there is no unfinished run" in cases.run("--resume").err


def test_resuming_a_run_that_is_still_going_on_waits_for_it(cases: CaseProject) -> None:
    cases.write_case("nocache", NOCACHE)
    cases.project.write("programs/one.py", "# HOLD\nprint('one')\n")
    first = cases.start()
    wait_for(cases.project.has_logged, "the first build")
    beside = cases.run("--resume")
    assert beside.code == 4, beside.err
    assert f"another measurement is running on this machine: process {first.pid} " in beside.err
    second = cases.start("--resume", "--wait")
    until_told(second, "waiting: ")
    cases.project.go_on.touch()
    _, err = end_of(first)
    assert first.returncode == 0, err
    _, err = end_of(second)
    assert second.returncode == 2
    assert "there is no unfinished run of compile_progress" in err, "it was complete by then"


def _samples(cases: CaseProject, case: str) -> int:
    if not cases.folders() or not (cases.folders()[-1] / "samples.jsonl").exists():
        return 0
    text = (cases.folders()[-1] / "samples.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]
    return sum(e["event"] == "sample" and e["cell"].startswith(f"{case} ") for e in lines)


def test_a_run_does_not_go_on_with_something_else(cases: CaseProject) -> None:
    cases.write_case("nocache", NOCACHE)
    assert cases.run("--case", "nocache").code == 0
    folder = cases.folders()[-1]
    # As if it had been killed after its first sample.
    lines = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples.jsonl").write_text("".join(lines[:3]))
    (folder / "result.json").unlink()
    for words, message in (
        (["--case", "nocache", "--quick"], "was begun with other options"),
        (["20200101T000000Z"], "there is no run 20200101T000000Z"),
    ):
        refused = cases.run("--resume", *words)
        assert refused.code == 2
        assert message in refused.err
    cases.project.replace("tools/copyc", "#!/bin/sh\n", "#!/bin/sh\n# newer\n")
    cases.project.replace("manifests/cases/nocache.toml", "repeats = 2", "repeats = 3")
    refused = cases.run("--resume", folder.name)
    assert refused.code == 2
    assert "cannot go on, since these changed:" in refused.err
    assert "case nocache" in refused.err
    assert "toolchain toy" in refused.err
    assert "begin a new run" in refused.err


def test_a_build_that_is_killed_is_tried_again_and_counted(cases: CaseProject) -> None:
    cases.write_case("nocache", NOCACHE + "[retry]\nattempts = 3\nbackoff_s = 0.01\n")
    for name in ("one", "two"):
        cases.project.write(f"programs/{name}.py", f"# DOZE\nprint({name!r})\n")
    process = cases.start("--json")
    wait_for(lambda: _samples(cases, "nocache") >= 1, "the first sample")
    client: list[int] = []

    def is_building() -> bool:
        client[:] = [pid for pid in running(f"{START}\0build\0one") if _is_ours(pid, cases)]
        return bool(client)

    wait_for(is_building, "the second sample's build")
    os.kill(client[0], signal.SIGKILL)
    out, err = end_of(process)
    assert process.returncode == 0, err
    [row] = printed(out).cells
    assert row.status == "measured"
    assert row.retries == 1 and row.timeouts == 0
    assert [sample.retries for sample in row.samples] == [0, 1]
    assert [sample.executed for sample in row.samples] == [2, 2]
    [log] = (cases.folders()[-1] / "logs").iterdir()
    assert "was killed by signal 9 (SIGKILL)" in log.read_text()


def test_the_log_of_a_failed_build_says_how_to_look_closer(cases: CaseProject) -> None:
    cases.project.write("programs/two.py", "# REFUSED\n")
    cases.write_case("cold", COLD)
    cases.project.replace("tools/copyc", "#!/bin/sh\n", "#!/bin/sh\ngrep -q REFUSED $1 && exit 3\n")
    assert cases.run().code == 1
    [log] = (cases.folders()[-1] / "logs").iterdir()
    assert "molt-build build two --engine toy:dev --keep-staging" in log.read_text()


def _is_ours(pid: int, cases: CaseProject) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd").startswith(str(cases.root))
    except OSError:
        return False


def test_a_build_that_takes_too_long_is_ended_with_all_it_started(cases: CaseProject) -> None:
    cases.project.write("programs/two.py", "# FOREVER\n")
    cases.write_case("cold", COLD + "timeout_s = 1.5\n[retry]\nattempts = 2\nbackoff_s = 0.01\n")
    done = cases.run()
    assert done.code == 1
    row = cell(cases.result(), "cold")
    assert row.status == "failed"
    assert (row.timeouts, row.retries) == (2, 1)
    assert re.search(r"was ended after \d+\.\d s, 2 times in all", row.reason)
    assert running(str(cases.project.cache)) == []


def test_clients_at_once_with_shards_on_and_off(cases: CaseProject) -> None:
    cases.write_case(
        "contended",
        'cache_state = "warm"\nclients = 2\ncompare_shards = true\nrepeats = 6\n'
        '[[edits]]\nlanguage = "python"\nfind = "WRONG = .*"\nreplace = "WRONG = {number}"\n'
        '[[kpis]]\nname = "wall"\nmetric = "wall_ratio"\nmax = 100\nsource = "ours"\n',
    )
    done = cases.run("--json")
    assert done.code == 0, done.err
    [row] = printed(done.out).cells
    order = [sample.shards for sample in row.samples]
    assert order == ["on", "off", "off", "on"] * 3
    assert row.wall_s is not None and row.wall_s.n == 6 and row.clients == 2
    assert all(sample.executed == 2 for sample in row.samples), "an edit changed nothing"
    assert row.comparison is not None and row.comparison.wall_ratio is not None
    holds_estimate(row.comparison.wall_ratio, 6)
    assert row.kpis[0].value == row.comparison.wall_ratio.ratio
    # The project itself is as it was.
    assert "WRONG = False" in (cases.root / "programs/one.py").read_text()


def test_narrowing_and_listing(cases: CaseProject) -> None:
    cases.write_case("warm", WARM)
    cases.write_case("cold", COLD)
    listed = cases.run("--list")
    assert listed.out.splitlines() == [
        "cold toy programs: 2 samples of 2 programs",
        "warm toy programs: 6 samples of 2 programs",
    ]
    narrowed = json.loads(cases.run("--list", "--json", "--case", "warm", "--repeats", "3").out)
    [row] = narrowed["cells"]
    assert (row["case"], row["samples"], row["programs"]) == ("warm", 3, [["one", "two"]])
    for words, near in (
        (["--case", "wram"], "did you mean warm"),
        (["--program", "program"], "did you mean programs"),
        (["--engine", "tog"], "did you mean toy"),
    ):
        refused = cases.run(*words)
        assert refused.code == 2
        assert near in refused.err


def test_a_quick_run_is_no_record_and_diagnostics_keep_what_builds_said(
    cases: CaseProject,
) -> None:
    cases.write_case("warm", WARM)
    done = cases.run("--quick", "--diagnostics")
    assert done.code == 0, done.err
    result = cases.result()
    assert result.is_complete and not result.is_recorded
    with known_runs(cases.root, pytest.fail) as history:
        [run] = all_runs(history, pytest.fail)
        assert run.is_quick and not run.is_of_record and kpi_series(history) == {}
    [row] = result.cells
    assert row.wall_s is not None and row.wall_s.n == 2
    assert row.ratio_to_interpreter is not None and row.ratio_to_interpreter.low is None
    assert all(sample.load is not None for sample in row.samples)
    reports = sorted((cases.folders()[-1] / "diagnostics").rglob("build-1.json"))
    assert len(reports) == 2
    assert json.loads(reports[0].read_text())["up_to_date"] == 2
    assert len(list((cases.folders()[-1] / "diagnostics").rglob("client-1.json"))) == 2, "traces"
    # The variable of who measures leads no client away from its checkout.
    given = {"MOLT_BUILD_KEY_SCOPE": "coarse", "MOLT_BUILD_PROJECT": str(cases.project.root)}
    assert cases.run("--repeats", "1", env=given).code == 0
    assert not (cases.project.root / ".molt-build/out").exists()
    assert cases.result().switches == {"MOLT_BUILD_KEY_SCOPE": "coarse"}


def test_a_project_without_cases(cases: CaseProject) -> None:
    refused = cases.run()
    assert refused.code == 2
    assert "no case manifests" in refused.err


def test_tools_can_lie_apart_from_the_store(cases: CaseProject, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    assert cases.project.build("one", env={"MOLT_BUILD_TOOLS_DIR": str(tools)})["executed"] == 1
    assert tools.is_dir() and tools.stat().st_mode & 0o777 == 0o700
