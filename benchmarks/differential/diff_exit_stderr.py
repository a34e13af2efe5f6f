"""Writes to standard error by several ways, which is no failure, and none of it a traceback."""

import contextlib
import io
import sys


def main() -> None:
    print("to output")
    print("to error", file=sys.stderr)
    sys.stderr.write("written\n")
    print("a", "b", sep="-", end="|\n", file=sys.stderr, flush=True)
    text = io.StringIO()
    with contextlib.redirect_stderr(text):
        print("captured", file=sys.stderr)
    print(repr(text.getvalue()), sys.stderr.write("") == 0)
    with contextlib.redirect_stdout(sys.stderr):
        print("turned to error")
    print("last to output", file=sys.stdout)
    print("last to error", file=sys.stderr)


if __name__ == "__main__":
    main()
