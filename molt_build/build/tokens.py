"""Source digests: by text, or by tokens, so that an edited comment changes no key.

The token digest covers the stream of (type, string, start, end) of Python's own tokenizer, since
positions reach tracebacks and debug data. Comments are dropped, except a coding line in the first
two lines and those with a prefix that the toolchain declares meaningful (`# cython: ...`). The
tokenizer's version is part of the digest. What does not tokenize is digested as text.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize

from molt_build.store.digest import digest_bytes, digest_value

_CODING = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")  # PEP 263
_LAYOUT = (tokenize.COMMENT, tokenize.NL)


def token_digest(data: bytes, meaningful_comments: tuple[str, ...]) -> str:
    """The digest of Python source by its tokens; of its text when it is not Python."""
    rows: list[tuple[int, str, tuple[int, int], tuple[int, int]]] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            if token.type == tokenize.NL:
                continue
            if token.type == tokenize.COMMENT and not _is_meaningful(token, meaningful_comments):
                continue
            text, start, end = token.string, token.start, token.end
            if token.type == tokenize.NEWLINE:
                # A dropped comment moves the column of what ends its line, and may bring the
                # line end that the last line lacked.
                text, start, end = "\n", (token.start[0], 0), (token.start[0], 0)
            elif token.type in (tokenize.DEDENT, tokenize.ENDMARKER):
                # They stand where the next token does, or below the last comment of the file.
                start = end = (0, 0)
            rows.append((token.type, text, start, end))
    except (tokenize.TokenError, SyntaxError, ValueError, LookupError, RecursionError, MemoryError):
        return digest_bytes(data)
    version = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
    return digest_value(["tokens 2", version, list(meaningful_comments), rows])


def _is_meaningful(token: tokenize.TokenInfo, prefixes: tuple[str, ...]) -> bool:
    if token.start[0] <= 2 and _CODING.match(token.string):
        return True
    text = token.string.lstrip("#").lstrip()
    is_interpreter_line = token.string.startswith("#!") and token.start == (1, 0)
    return is_interpreter_line or text.startswith(prefixes)
