"""Sealed files: what is read is what was written, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from molt_build import sealed

numbers = st.integers(-(2**70), 2**70)
texts = st.text(max_size=20) | st.just("\udcff")
plain = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.binary(max_size=20),
    lambda inner: st.tuples(inner, inner) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("sealed") / "folder" / "file")


@given(value=plain)
def test_what_was_written_is_read(file: str, value: Any) -> None:
    sealed.write(file, str(Path(file).parent.parent), "thing", 1, value)
    assert sealed.read(file, "thing", 1) == value
    assert sorted(p.name for p in Path(file).parent.iterdir()) == ["file"]


@given(value=plain, data=st.data())
def test_a_changed_bit_is_noticed(file: str, value: Any, data: st.DataObject) -> None:
    sealed.write(file, str(Path(file).parent.parent), "thing", 1, value)
    content = bytearray(Path(file).read_bytes())
    start = content.index(b"\n") + 1
    place = data.draw(st.integers(start, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    Path(file).write_bytes(content)
    with pytest.raises(sealed.Damaged):
        sealed.read(file, "thing", 1)


@given(value=plain, data=st.data())
def test_a_torn_file_is_noticed(file: str, value: Any, data: st.DataObject) -> None:
    sealed.write(file, str(Path(file).parent.parent), "thing", 1, value)
    content = Path(file).read_bytes()
    Path(file).write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    try:
        found = sealed.read(file, "thing", 1)
    except sealed.Damaged:
        return
    assert found is None  # torn in its first line: as good as absent


def test_another_format_is_absent(file: str) -> None:
    sealed.write(file, str(Path(file).parent.parent), "thing", 1, 3)
    assert sealed.read(file, "thing", 2) is None
    assert sealed.read(file + "-missing", "thing", 1) is None
    Path(file).write_bytes(b"molt-build thing 1 cpython-39 30900f0\n0000garbage")
    assert sealed.read(file, "thing", 1) is None
