"""Counters for tests: toys that stand for `perf`, whose processor's counters few machines give.

They run what they are told to, and say that a program executed a hundred instructions for each byte
of the file that is run, and one more each time where that is asked for: noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PERF = """\
#!/bin/sh
[ "$1" = --version ] && { echo "perf version toy"; exit 0; }
shift 4
out=$2
shift 3
size=0
for word in "$@"; do [ -f "$word" ] && size=$(wc -c < "$word"); done
extra=0
[ -n "@NOISE@" ] && { echo x >> "@NOISE@"; extra=$(wc -c < "@NOISE@"); }
echo "$((1000000 + 100 * size + extra)),,instructions:u,1,100.00,," > "$out"
exec "$@"
"""

VALGRIND = """\
#!/bin/sh
[ "$1" = --version ] && { echo "valgrind-toy"; exit 0; }
while [ "${1#-}" != "$1" ]; do
    case "$1" in --cachegrind-out-file=*) out=${1#*=};; esac
    shift
done
size=0
for word in "$@"; do [ -f "$word" ] && size=$(wc -c < "$word"); done
echo "summary: $((1000000 + 100 * size))" > "${out%.%p}.$$"
exec "$@"
"""

NO_PERF = "#!/bin/sh\nexit 1\n"


def with_counter(folder: Path, *, is_emulated: bool = False, noise: Path | None = None) -> str:
    """A folder of toys that comes first on the PATH that is returned."""
    folder.mkdir(exist_ok=True)
    tools: Mapping[str, str] = {"perf": PERF.replace("@NOISE@", str(noise or ""))}
    if is_emulated:
        tools = {"perf": NO_PERF, "valgrind": VALGRIND}
    for name, text in tools.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"
