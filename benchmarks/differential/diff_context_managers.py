"""with: order of entering and leaving, suppressed errors, ExitStack, contextmanager."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


class Noted:
    def __init__(self, name: str, *, swallow: bool = False) -> None:
        self.name, self.swallow = name, swallow

    def __enter__(self) -> str:
        print("enter", self.name)
        return self.name.upper()

    def __exit__(self, kind, error, trace) -> bool:
        print("leave", self.name, kind.__name__ if kind else None)
        return self.swallow


@contextmanager
def section(name: str) -> Iterator[list[str]]:
    notes = [f"begin {name}"]
    try:
        yield notes
    finally:
        notes.append(f"end {name}")
        print(notes)


def main() -> None:
    with Noted("a") as a, Noted("b", swallow=True) as b:
        print(a, b)
        raise ValueError("swallowed")
    with suppress(KeyError), section("s") as notes:
        notes.append("work")
        raise KeyError("gone")
    with ExitStack() as stack:
        for name in "xy":
            stack.enter_context(Noted(name))
        stack.callback(print, "callback")
    try:
        with Noted("c"):
            raise TypeError("kept")
    except TypeError as error:
        print("caught", error)


if __name__ == "__main__":
    main()
