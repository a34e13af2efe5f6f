"""Results without the folders of the machine that measured them.

What is published is read by everybody, and where a user's home, checkout and cache lie is nobody's
business. Their paths stand in command lines, in environments and in what programs printed; they are
told by name instead: `{project}`, `{cache}`, `{home}`, and `{python}` for the folder of the
interpreter that built the cases. What is left of a path says all that another
machine can use. A result that says no such path is given back as it is.

The checkout that measured need not be the one that publishes: it is found by the outputs of builds
in it, whose paths hold the name of the project's state folder.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from molt_build import STATE_FOLDER
from molt_build.results.cases import CasesResult
from molt_build.results.files import Result, as_text, from_json
from molt_build.store.location import cache_dir, tools_dir

_CHECKOUT = re.compile(r"(?<![\w./-])(/[^\s\"':=\\]+?)/" + re.escape(STATE_FOLDER) + "/")


def without_places(result: Result, project: Path) -> Result:
    """The same result, the paths of the project, the cache and the user's home told by name."""
    text = as_text(result)
    checkouts = {os.path.abspath(project), os.path.realpath(project), *_CHECKOUT.findall(text)}
    places = dict.fromkeys(checkouts, "{project}")
    places |= {str(path): "{cache}" for path in (cache_dir(), tools_dir())}
    places.setdefault(os.path.expanduser("~").rstrip("/"), "{home}")
    if isinstance(result, CasesResult):
        places[os.path.dirname(result.interpreter.executable)] = "{python}"
    told = text
    # The longest first: a project may lie in the home.
    for path in sorted(filter(None, places), key=len, reverse=True):
        escaped = json.dumps(path, ensure_ascii=False)[1:-1]
        whole = rf"(?<![\w./-]){re.escape(escaped)}(?![\w.-])"
        told = re.sub(whole, places[path], told)
    return result if told == text else from_json(json.loads(told))
