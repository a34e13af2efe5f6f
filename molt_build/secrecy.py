"""Passwords and tokens in URLs: recognised, and taken out of what is shown or kept.

A URL of a git repository, an archive or a package index may carry a secret: before its host
(`https://user:secret@host/`), or in its query (`?token=secret`). Manifests with such a URL are
refused (`molt_build.manifests.workload_checks`): they are shared, and so is what is made of them. A
secret can still come from the settings of git or pip, and from a command line. So the text of every
error and every note of who does what passes `without_secrets`.
"""

from __future__ import annotations

import os
import re
import sys

# The user and the password of a URL, up to the last @ before its path.
_USER = re.compile(r"(?<=://)[^/\s'\"<>]*@")
_VALUE = re.compile(r"(?<=[?&;])([A-Za-z0-9_.~-]+)=[^&;\s'\"<>#]+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")
_SECRET_NAME = re.compile(r"(?i)token|key|secret|passw|auth|sig|cred|session|jwt")


def without_secrets(text: str) -> str:
    """The text, its URLs without user and password, and without what their queries give."""
    if "://" not in text:
        return text
    return _URL.sub(lambda url: _VALUE.sub(r"\1=...", url[0]), _USER.sub("", text))


def secret_in(url: str) -> str:
    """What of a URL is a secret, in words; "" when nothing is. A user alone is none for ssh."""
    user, at, _ = url.partition("://")[2].partition("/")[0].rpartition("@")
    if at and (":" in user or not url.startswith("ssh://")):
        return "a user or a password"
    if any(_SECRET_NAME.search(name) for name, _ in _query(url)):
        return "a token"
    return ""


def this_command(limit: int = 200) -> str:
    """The command line of this process, shortened, without secrets: for notes that others read."""
    command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
    return without_secrets(command)[:limit]


def process_words(pid: int, command: str) -> str:
    """A process, as all messages and notes name one."""
    return f"process {pid} ({command})"


def _query(url: str) -> list[tuple[str, str]]:
    pairs = re.split("[&;]", url.partition("#")[0].partition("?")[2])
    return [(name, value) for name, _, value in (pair.partition("=") for pair in pairs) if value]
