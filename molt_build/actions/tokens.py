"""Source digests: by text, or by tokens, so that an edited comment changes no key.

The token digest covers the text without the words of its comments; Python's own tokenizer says
where those are. Everything else stays as it is written, since compilers see more of it than tokens
show: kinds of spaces, continued lines, form feeds. A comment at a line's end goes with the spaces
before it. One on a line of its own leaves a `#` behind, so that no line is lost: their numbers
reach tracebacks, and Cython copies the lines around each statement, as many as there are, into C
whose line numbers reach the object.

Kept whole are a coding line in the first two lines, an interpreter line, and what a pattern finds
that the toolchain declares (`meaningful_comments`): generously, for a comment kept in vain costs a
rebuild, and one lost a wrong output. For the same reason the text itself is digested of whatever
compilers and the tokenizer might divide into lines or characters differently, or not read at all:
carriage returns, NUL, a byte order mark, another encoding than UTF-8, what does not tokenize. The
tokenizer's version is part of the digest.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
import tokenize

from molt_build import patterns
from molt_build.store.digest import canonical, digest_bytes

FORMAT = "tokens 3"
_CODING = re.compile(r"coding[:=]")  # PEP 263, and whatever a compiler might take for it
_IN_DOUBT = (b"\r", b"\0", codecs.BOM_UTF8)
# From Python 3.12 on the tokenizer looks into such strings; in them, even spaces may be output.
_TEMPLATE_STARTS = {getattr(tokenize, f"{kind}STRING_START", None) for kind in "FT"} - {None}
_TEMPLATE_ENDS = {getattr(tokenize, f"{kind}STRING_END", None) for kind in "FT"} - {None}


def token_digest(data: bytes, meaningful_comments: tuple[str, ...]) -> str:
    """The digest of Python source by its tokens; of its text when that is in doubt."""
    return digest_bytes(by_tokens(data, meaningful_comments))


def by_tokens(data: bytes, meaningful_comments: tuple[str, ...]) -> bytes:
    """What is digested of Python source."""
    try:
        text = _without_comments(data, meaningful_comments)
    except (tokenize.TokenError, SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        text = None
    if text is None:
        return data
    version = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    return canonical([FORMAT, version, list(meaningful_comments), text])


def _without_comments(data: bytes, meaningful_comments: tuple[str, ...]) -> str | None:
    """The text that is digested, or None where the tokenizer may not be trusted with it."""
    if any(sign in data for sign in _IN_DOUBT):
        return None
    lines = data.decode("utf-8").split("\n")
    templates = 0
    for token in tokenize.tokenize(io.BytesIO(data).readline):
        if token.type == tokenize.ERRORTOKEN:
            return None
        if token.type == tokenize.ENCODING and token.string != "utf-8":
            return None
        templates += (token.type in _TEMPLATE_STARTS) - (token.type in _TEMPLATE_ENDS)
        if token.type != tokenize.COMMENT or templates:
            continue
        row, column = token.start
        before, comment = lines[row - 1][:column], lines[row - 1][column:]
        if comment != token.string:
            return None
        if not _is_meaningful(comment, row, meaningful_comments):
            lines[row - 1] = before.rstrip(" \t") if before.strip(" \t") else before + "#"
    return "\n".join(lines)


def _is_meaningful(comment: str, row: int, meaningful_comments: tuple[str, ...]) -> bool:
    if row <= 2 and _CODING.search(comment):
        return True
    if row == 1 and comment.startswith("#!"):
        return True
    # A pattern that stands there word by word counts too: in manifests of old they were prefixes.
    return any(
        pattern in comment or patterns.is_in(pattern, comment) for pattern in meaningful_comments
    )
