"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from build_projects import Project, new_project, toy_project
from hypothesis import HealthCheck, settings

# The same examples each time, so that a red run is the change's fault; others with
# `--hypothesis-profile varied`. How long one takes is the machine's affair. A fixture of the
# function's is shared by its examples on purpose: each example makes its own folder there.
TIMELESS = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("varied", TIMELESS, max_examples=100)
settings.register_profile("repeatable", TIMELESS, derandomize=True)
settings.load_profile("repeatable")

# A suite started in the background by a shell has Ctrl-C ignored, and so would all it starts; one
# that `nohup` started has SIGHUP ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


# Those whose tests take longest, which begin first: a file that begins when all others are done
# keeps one processor busy and lets the others wait. Nothing else depends on the order.
LONGEST = (
    "test_engines",
    "test_friends_quick",
    "test_friends",
    "test_compile_progress",
    "test_prepare",
    "test_differential",
    "test_lane",
    "test_pin",
    "test_bench",
    "test_nox_measuring",
    "test_signals",
    "test_resuming",
    "test_trust_trials",
    "test_cargo_dependencies",
    "test_site",
    "test_init",
    "test_conformance",
    "test_reduce",
    "test_compiler_page",
    "test_signals_command",
    "test_check",
    "test_compare",
    "test_tutorial",
    "test_precision",
    "test_documents",
    "test_toy_compiler",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long`: what is marked as long is run, too."""
    parser.addoption("--long", action="store_true", help="run what takes minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, the others as they are found; what is long only on demand."""
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long") is not None:
                item.add_marker(pytest.mark.skip(reason="it is long: nox -s stress runs it"))
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(LONGEST)))


@pytest.fixture
def toys(tmp_path: Path) -> Project:
    """A project of three toy programs with a cache of its own."""
    return toy_project(tmp_path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project with a cache of its own."""
    return new_project(tmp_path)


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where toolchains' Python environments are installed, once for all tests of a run.

    Test processes that run side by side share it: each has a temporary folder in one of the run's.
    """
    run = tmp_path_factory.getbasetemp()
    folder = (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "environments"
    folder.mkdir(exist_ok=True)
    return folder
