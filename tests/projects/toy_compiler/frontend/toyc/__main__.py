"""The command: `python -m toyc ENTRY -o IR --reads FILE --stats FILE [--root FOLDER]...`."""

import argparse
import json
import sys
import time
from pathlib import Path

from toyc.modules import Modules
from toyc.translate import Unsupported, translate


def main() -> int:
    parser = argparse.ArgumentParser(prog="toyc")
    parser.add_argument("entry", type=Path)
    parser.add_argument("-o", dest="output", type=Path, required=True)
    parser.add_argument("--root", action="append", default=[], type=Path)
    parser.add_argument("--reads", type=Path, required=True)
    parser.add_argument("--stats", type=Path, required=True)
    parser.add_argument("-O", dest="optimise", action="store_true")
    options = parser.parse_args()
    began = time.perf_counter()
    modules = Modules([options.entry.parent, *options.root])
    try:
        lines = translate(options.entry, modules, is_optimised=options.optimise)
    except Unsupported as error:
        print(f"toyc: error: {error}", file=sys.stderr)
        return 1
    options.output.write_text("\n".join(lines) + "\n")
    options.reads.write_text("".join(f"{what} {path}\n" for path, what in modules.looked.items()))
    stats = {
        "counts": {"instructions": len(lines), "modules": len(modules.texts)},
        "seconds": {"translate": time.perf_counter() - began},
    }
    options.stats.write_text(json.dumps(stats))
    return 0


sys.exit(main())
