"""Writes to both streams, looks like a traceback without being one, and ends with status 2."""

import sys
import traceback


def main() -> None:
    print("one")
    try:
        raise ValueError("handled")
    except ValueError as error:
        lines = traceback.format_exception_only(error)
        print(lines)
        sys.stderr.write("".join(lines))
    print("usage: program [options]", file=sys.stderr)
    sys.stdout.write("two without an end of line")
    sys.exit(2)


if __name__ == "__main__":
    main()
