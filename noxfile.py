"""Sessions of this project: one for each lane manifest, and the project's own checks."""

import os
import shutil
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent))

from molt_build.nox import register_sessions

nox.options.sessions = ["tests", "lint"]
nox.options.reuse_venv = "yes"

register_sessions(
    "manifests",
    install=("-e", "."),
    tags={
        "bench_native": ["nightly"],
        "bench_wasm": ["nightly"],
        "compile_progress": ["nightly"],
        "gates": ["nightly"],
        "gate_canary": ["nightly"],
    },
)


@nox.session(tags=["ci"])
def tests(session: nox.Session) -> None:
    """Run the test suite on all cores (arguments after -- go to pytest; -n 0: one process)."""
    session.install("-e", ".[test]")
    workers = max(4, os.cpu_count() or 1)  # they wait for commands and for the disk half the time
    # In the order of tests/conftest.py: those that take longest begin first.
    at_once = ("-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder")
    session.run("python", "-m", "pytest", *at_once, *session.posargs)


@nox.session(tags=["ci"])
def lint(session: nox.Session) -> None:
    """Check format, lint and types."""
    session.install("--no-compile", "-e", ".[lint]")  # little of it is imported, and once
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site into site/; a warning or a broken link is an error."""
    session.install("-e", ".[docs]")
    session.run("python", "docs/site/build.py", *session.posargs)


@nox.session
def stress(session: nox.Session) -> None:
    """Long trials: kills, signals, damage, builders, pruning, manifests (options: -- --help)."""
    session.install("-e", ".[test]")
    session.run("python", "tests/stress/run.py", *session.posargs)
    if not session.posargs:  # else certain trials are wanted
        session.run("python", "-m", "pytest", "--long", "-m", "long")


@nox.session
def perf(session: nox.Session) -> None:
    """Measure the build itself: ratios to interpreter start, doit, cp and a shell, with targets."""
    session.install("-e", ".[test]", "doit>=0.36", "ninja>=1.11")
    session.run("python", "tests/perf/run.py", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build the source archive and the wheel in dist/, and check what an index would show."""
    session.install("build>=1.2", "twine>=6.1")
    made = Path(session.create_tmp()) / "dist"
    shutil.rmtree(made, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(made))
    session.run("twine", "check", "--strict", *map(str, made.iterdir()))
    shutil.copytree(made, "dist", dirs_exist_ok=True)
