"""What counted runs of a lane found: instructions."""

from __future__ import annotations

from molt_build.manifests.signal import CountReader
from molt_build.measure.process import METRIC_WAYS
from molt_build.signals.readers.lane import of_lane
from molt_build.signals.reading import Material, NotRead, Reading


def read(how: CountReader, material: Material) -> Reading:
    """The median count of a program, or of an engine the mean over its programs.

    Raises `NotRead`.
    """
    if how.metric not in [metric for metric, way in METRIC_WAYS.items() if way == "counted"]:
        raise NotRead(f"{how.metric} are not counted")
    return of_lane(how.lane, how.metric, "median", material)
