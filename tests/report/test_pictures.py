"""Names in pictures: cut to fit, and never two of them alike."""

from __future__ import annotations

import xml.etree.ElementTree as xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build.measure.statistics import RatioEstimate
from molt_build.report import svg
from molt_build.report.engine_marks import MARKS, marks_of
from molt_build.report.ratio_picture import MAX_NAME, Row, ratio_svg
from molt_build.report.scatter_picture import Dot, scatter_svg
from molt_build.report.trend_picture import Series, trend_svg

SVG = "{http://www.w3.org/2000/svg}"

# Few letters, long names, and the mark itself: as many near misses as there can be.
NAMES = st.lists(st.text("ab…2", min_size=1, max_size=40), max_size=60)


@given(names=NAMES, letters=st.integers(8, 40))
def test_names_that_differ_stay_different(names: list[str], letters: int) -> None:
    labels = svg.labels(names, letters)
    assert set(labels) == set(names)
    assert len(set(labels.values())) == len(set(names))
    assert all(len(label) <= letters for label in labels.values())
    assert all(labels[name] == name for name in names if len(name) <= letters)


def test_a_name_is_cut_where_it_still_tells_what_it_is() -> None:
    long = ["string_find_unicode_latin1_short", "string_find_unicode_latin1_long", "x" * 30]
    labels = svg.labels(["fib", *long], 20)
    assert list(labels.values()) == [
        "fib",
        "string_find_…1_short",
        "string_find_…n1_long",
        "x" * 19 + "…",
    ]
    with pytest.raises(ValueError, match="7 letters"):
        svg.labels(long, 7)


def test_pictures_tell_names_with_the_same_beginning_apart() -> None:
    names = [f"{'call_of_a_function_with_keyword'}_{end}" for end in ("defaults", "dictionary")]
    estimate = RatioEstimate(2.0, 1.9, 2.1, 8)
    rows = [Row(name, {"x": estimate}) for name in names]
    lines = [Series(name, [1.0, 2.0, 3.0], [False] * 3) for name in names]
    drawn = (
        ratio_svg("title", "more", {"x": "one"}, rows, "cpython"),
        trend_svg("title", ["a", "b", "c"], lines, 4.0, str),
    )
    for picture in drawn:
        assert "ary</text>" in picture and "lts</text>" in picture
    assert all(len(label) <= MAX_NAME for label in svg.labels(names, MAX_NAME).values())


def test_a_legend_takes_as_many_lines_as_its_words_need() -> None:
    engines = [f"a_toolchain:release-fast@wasm{number}" for number in range(len(MARKS))]
    dots = [Dot("p", engine, 1.0 + number, 2.0) for number, engine in enumerate(engines)]
    root = xml.fromstring(scatter_svg("title", "calls", dots, "cpython", str))
    frame = next(one for one in root.iter(f"{SVG}rect") if one.get("class") == "frame")
    places = {one.text: one for one in root.iter(f"{SVG}text")}
    lines = [float(places[engine].get("y", "")) for engine in engines]
    assert len(set(lines)) > 1 and max(lines) < float(frame.get("y", "")) - 8
    for engine in engines:
        assert float(places[engine].get("x", "")) + 6.3 * len(engine) <= float(
            root.get("width", "")
        )
    with pytest.raises(ValueError, match="6 engines apart, not 7"):
        marks_of([*engines, "another"])
