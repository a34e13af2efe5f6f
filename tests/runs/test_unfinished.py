"""Which run `--resume` goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from molt_build.errors import UsageError
from molt_build.runs.folder import create_run
from molt_build.runs.job import unfinished_run
from molt_build.runs.samples import SamplesFile


def test_a_run_that_ended_before_it_measured_is_not_gone_on_with(tmp_path: Path) -> None:
    """One that was killed while it was prepared has nothing that could be kept."""
    begun, killed = (create_run(tmp_path, "lane", 1_700_000_000) for _ in range(2))
    with SamplesFile(begun) as samples:
        samples.add("start", {"fingerprint": {}})
    assert unfinished_run(tmp_path, "lane") == begun
    assert unfinished_run(tmp_path, "lane", begun.name) == begun
    with pytest.raises(UsageError, match="ended before anything was measured"):
        unfinished_run(tmp_path, "lane", killed.name)
    with pytest.raises(UsageError, match="there is no run") as caught:
        unfinished_run(tmp_path, "lane", "20200101T000000Z")
    assert caught.value.hint == f"unfinished: {begun.name}"
    with pytest.raises(UsageError, match="no unfinished run of other"):
        unfinished_run(tmp_path, "other")
