"""What counted runs of a lane found: instructions, once a lane has a column of them."""

from __future__ import annotations

from molt_build.manifests.signal import CountReader
from molt_build.measure.process import METRIC_WAYS
from molt_build.signals.readers.lane import of_lane
from molt_build.signals.reading import Material, NotRead, Reading


def read(how: CountReader, material: Material) -> Reading:
    """The median count of a program, or of an engine the mean over its programs.

    Raises `NotRead`, also as long as nothing counts them.
    """
    if how.metric not in METRIC_WAYS:
        there = ", ".join(METRIC_WAYS)
        raise NotRead(f"{how.metric} are not counted yet: the columns of a lane are {there}")
    return of_lane(how.lane, how.metric, "median", material)
