"""What generated programs look like: strategies of hypothesis, a family each.

A program has a few typed functions of integers, floats, text, lists and dictionaries, and a `main`
that calls each with several arguments and prints what came of it, or the name of the error. It runs
on CPython without an error of its own and ends soon: loops are bounded, and so is how far a number
or a text can grow. Nothing in it depends on hashes, addresses, time or its own name. A type checker
takes it, so that compilers that check types do.

Why hypothesis and not hypothesmith: that makes programs that can be compiled, for tools that read
them; next to none of them runs, and none prints anything.

This file is also run by itself, from its text (`molt_build.differential.generating` tells why): it
imports hypothesis and the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CHUNK = 20  # programs of a family that are made at once
CHUNKS = 200  # after which a family gives no more

TYPES = {
    "i": "int",
    "f": "float",
    "s": "str",
    "b": "bool",
    "l": "list[int]",
    "d": "dict[str, int]",
}
_INTEGERS: tuple[int, ...] = (
    *(0, 1, -1, 2, -2, 3, 5, -7, 10, 63, 64, -128, 255, 1000003),
    *(2**31 - 1, -(2**31), 2**32, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, -(10**20)),
)
_FLOATS: tuple[str, ...] = (
    *("0.0", "(-0.0)", "0.1", "0.5", "1.5", "(-2.5)", "3.0", "1e16", "(-1e22)", "1e308"),
    *("5e-324", "1e-9", "123456.789", 'float("inf")', 'float("-inf")', 'float("nan")'),
)
_TEXTS: tuple[str, ...] = (
    *("", "a", "abc", "Ab cD", "a,b,,c", " x ", "a\tb\n", "0", "-12", "xyzzy", "it's"),
    *("\u00df", "\u0130i", "\u00e9e\u0301", "\u65e5\u672c\u8a9e", "\U0001f600", "\ufb01", "~"),
)
_KEYS = ("a", "b", "c", "key", "z")

# Forms of expressions by their type: `$i` and so on are expressions, `$a` is an integer that is
# there, `$c` a count up to 100, `$t` one up to 4, `$k` a key. `$j` is an integer hardly larger than
# those it is made of: what is bound to a name is of these, or numbers would grow line by line. `$q`
# is a condition on those that are there.
_SMALL = ("($a + $a)", "($a - $a)", "($a // $a)", "($a % $a)", "($a & $a)", "($a ^ $a)", "-$a")
_FORMS: dict[str, tuple[str, ...]] = {
    "i": ("($i + $i)", "($i - $i)", "($i * $i)", "len($s)", "len($l)", "int($b)", "min($i, $i)"),
    "f": ("($f + $f)", "($f - $f)", "($f * $f)", "abs($f)", "($f if $b else $f)"),
    "s": ("($s + $s)", "str($i)", "($s if $b else $s)", "$s.upper()"),
    "b": ("($i < $i)", "($i == $i)", "(not $b)", "($b and $b)", "($b or $b)", "($s == $s)"),
    "l": ("($l + $l)", "[$i, $i]", "$l[:$t]", "sorted($l)"),
    "d": ("($d | $d)", "{**$d, $k: $i}", "{$k: $i, $k: $i}"),
    "j": _SMALL,
    "q": ("($a < $a)", "($a > $a)", "($a == $a)", "($a % 2 == 0)", "($a <= $a < $a)", "(not $a)"),
}


@dataclass(frozen=True)
class Family:
    """What its functions take and return, and the forms that it is about."""

    returns: str
    takes: tuple[str, ...]
    forms: dict[str, tuple[str, ...]]


FAMILIES: dict[str, Family] = {
    "integer": Family(
        "i",
        ("i", "i", "i"),
        {
            "i": (
                *(
                    "($i // $i)",
                    "($i % $i)",
                    "divmod($i, $i)[0]",
                    "divmod($i, $i)[1]",
                    "($a ** $t)",
                ),
                *("pow($i, $t, 97)", "abs($i)", "-$i", "max($i, $i)", "($i if $b else $i)"),
                *("int(str($i))", "round($i, -1)", "int($f)"),
            )
        },
    ),
    "bits": Family(
        "i",
        ("i", "i"),
        {
            "i": (
                *("($i << $c)", "($i >> $c)", "($a << $a % 70)", "($i & $i)", "($i | $i)"),
                *("($i ^ $i)", "~$i", "($a).bit_length()", "($a & (1 << $c) - 1)"),
                "int(bin($i), 2)",
            )
        },
    ),
    "comparison": Family(
        "b",
        ("i", "i", "f"),
        {
            "b": (
                *("($i < $i < $i)", "($i <= $i != $i)", "($i == $i == $i)", "($i > $i >= $i)"),
                *("($i < $f)", "($f == $i)", "($f < $f <= $f)", "($s < $s <= $s)", "($i in $l)"),
                *("($l < $l)", "(($i, $s) < ($i, $s))", "(0 <= $i < $i in $l)", "($b is True)"),
            )
        },
    ),
    "float": Family(
        "f",
        ("f", "f", "i"),
        {
            "f": (
                *("($f / $f)", "($f // $f)", "($f % $f)", "-$f", "($f ** 2)", "float($i)"),
                *("($i / $i)", "max($f, $f)", "min($f, $f)", "round($f, 2)", "divmod($f, $f)[1]"),
                *("float(repr($f))", "sum([$f, $f, $f])", "($f * $i)"),
            ),
            "b": ("($f < $f)", "($f == $f)", "($f != $f)", "($f <= $f)"),
        },
    ),
    "string": Family(
        "s",
        ("s", "s", "i"),
        {
            "s": (
                *("$s[$a:]", "$s[:$a]", "$s[::-1]", "$s[$a::2]", "($s * $t)", "$s.lower()"),
                *(
                    "$s.title()",
                    "$s.swapcase()",
                    "$s.casefold()",
                    "$s.strip()",
                    "$s.center($t + 5)",
                ),
                *("$s.replace($s, $s)", '",".join($s.split(","))', "$s.zfill($t)", "ascii($s)"),
                *("repr($s)", "format($i, ',')", 'format($f, ".3f")', '("%5d|%-5s" % ($a, $s))'),
                *('"{:>8}".format($s)', '"{0!r}:{1:+d}".format($s, $i)', "hex($i)", "$s[$t]"),
            ),
            "i": (
                "$s.find($s)",
                "$s.count($s)",
                "ord($s[0])",
                "$s.index($s)",
                "len($s)",
                "int($s)",
            ),
            "b": ("($s in $s)", "$s.startswith($s)", "$s.isdigit()", "$s.isalpha()", "($s < $s)"),
        },
    ),
    "list": Family(
        "l",
        ("l", "i", "i"),
        {
            "l": (
                *("$l[$a:]", "$l[:$a]", "$l[::-1]", "$l[$a:$a:2]", "$l[-$t:]", "($l * $t)"),
                *("sorted($l, reverse=True)", "[one for one in $l if one > $a]", "[$i, *$l]"),
                *("[one + other for one, other in zip($l, $l)]", "list(reversed($l))"),
                *("[place for place, one in enumerate($l)]", "list(range($t, -$t, -1))"),
            ),
            "i": ("$l[$a]", "$l[-1]", "sum($l)", "max($l)", "$l.index($a)", "$l.count($a)"),
            "b": ("($i in $l)", "($l == $l)", "($l < $l)", "all(one > $a for one in $l)"),
        },
    ),
    "dict": Family(
        "d",
        ("d", "i", "s"),
        {
            "d": (
                *("{key: one + 1 for key, one in $d.items()}", "dict(sorted($d.items()))"),
                *("dict(reversed(list($d.items())))", "{$k: $i, **$d}", "{$k: $i, $k: $i, $k: $i}"),
                *("{key: one for key, one in $d.items() if one > $a}", "dict(zip($s, $l))"),
            ),
            "i": ("$d[$k]", "$d.get($k, $i)", "len($d)", "sum($d.values())"),
            "s": ('"".join($d)', '"".join(reversed(list($d)))', "min($d)"),
        },
    ),
    "finally": Family("l", ("i", "i"), {"i": ("($i // $i)", "($i % $i)"), "l": ("[$i]",)}),
}


@dataclass
class _Scope:
    """A function as it is written: what its names are of, and its lines so far."""

    draw: st.DrawFn
    forms: dict[str, tuple[str, ...]]
    names: dict[str, list[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def chosen(self, options: Sequence[str]) -> str:
        return self.draw(st.sampled_from(options))

    def literal(self, kind: str) -> str:
        """A value of a type."""
        if kind == "f":
            return self.chosen(_FLOATS)
        if kind == "s":
            return _quoted(self.chosen(_TEXTS))
        if kind == "b":
            return self.chosen(("False", "True"))
        if kind == "l":
            values = self.draw(st.lists(st.sampled_from(_INTEGERS), min_size=1, max_size=4))
            return f"[{', '.join(map(_number, values))}]"
        if kind == "d":
            keys = self.draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=4, unique=True))
            return "{" + ", ".join(f"{_quoted(key)}: {self.literal('i')}" for key in keys) + "}"
        if self.draw(st.booleans()):
            return _number(self.draw(st.sampled_from(_INTEGERS)))
        return _number(self.draw(st.integers(-20, 20)))

    def atom(self, kind: str) -> str:
        """A name of a type, where there is one, else a value."""
        names = self.names.get(kind)
        if names and self.draw(st.integers(0, 3)):
            return self.chosen(names)
        return self.literal(kind)

    def expression(self, kind: str, depth: int = 3) -> str:
        """An expression of a type."""
        if kind == "a":
            return self.atom("i")
        if kind == "k":
            return _quoted(self.chosen(_KEYS))
        if kind in ("c", "t"):
            return str(self.draw(st.integers(0, 100 if kind == "c" else 4)))
        if depth == 0:
            return self.atom(kind)
        form = self.chosen((*self.forms.get(kind, ()) * 2, *_FORMS[kind]))
        return self.filled(form, depth - 1)

    def filled(self, form: str, depth: int = 1) -> str:
        """A form with expressions in it."""
        return re.sub(r"\$([a-z])", lambda found: self.expression(found[1], depth), form)

    def add(self, *lines: str) -> None:
        """Lines of the function, with forms in them."""
        self.lines += [f"    {self.filled(line)}" for line in lines]

    def known(self, kind: str, name: str) -> None:
        """A name that is bound from here on, wherever the function goes."""
        self.names.setdefault(kind, []).append(name)


def _number(value: int) -> str:
    return str(value) if value >= 0 else f"({value})"


def _quoted(text: str) -> str:
    return '"' + ascii(text)[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'


# Statements that bind a name, `@`: nothing is bound in one branch alone.
_BLOCKS: tuple[tuple[str, ...], ...] = (
    ("@: int = $j",),
    ("@: int = 0", "if $q:", "    @ = $j", "else:", "    @ = $j"),
    ("@: int = $a", "if $q:", "    @ += $a", "elif $q:", "    @ -= $a"),
    ("@: int = $t", "while @ > 0:", "    @ -= 1", "    if $q:", "        break"),
    ("@: int = 0", "for one in $l:", "    if $q:", "        continue", "    @ ^= one"),
    ("@: int = 0", "for k in range($t + 2):", "    @ = (@ * 31 + $j + k) % 1000003"),
    (
        *("@: int = 0", "try:", "    @ = $j", "except ArithmeticError:", "    @ = -1"),
        *("finally:", '    print("finally")'),
    ),
)
_WAYS_OUT = ("pass", "continue", "break", "return log", "raise ValueError(k)", "raise KeyError(k)")


def _function(draw: st.DrawFn, name: str, family: str) -> tuple[str, list[str]]:
    """The text of a function, and the types of its parameters."""
    of = FAMILIES[family]
    takes = list(of.takes[: draw(st.integers(1, len(of.takes)))])
    scope = _Scope(draw, of.forms)
    parameters = []
    for letter, kind in zip("abc", takes, strict=False):
        scope.known(kind, letter)
        parameters.append(f"{letter}: {TYPES[kind]}")
    if family == "finally":
        _ways_out(scope)
    else:
        for _ in range(draw(st.integers(0, 2)) if "i" in takes else 0):
            name_of_it = f"n{len(scope.names['i'])}"
            scope.add(*(line.replace("@", name_of_it) for line in draw(st.sampled_from(_BLOCKS))))
            scope.known("i", name_of_it)
        scope.lines.append(f"    return {scope.expression(of.returns)}")
    head = f"def {name}({', '.join(parameters)}) -> {TYPES[of.returns]}:"
    return "\n".join([head, *scope.lines]), takes


def _ways_out(scope: _Scope) -> None:
    """A loop with a `try` in it, and one of the ways out of each of its parts."""
    scope.add("log = [0]", "for k in range($t + 1):", "    try:", "        log.append(k + 10)")
    scope.add("        if $q:", f"            {scope.chosen(_WAYS_OUT)}", "        log.append($j)")
    scope.add("    except (ArithmeticError, ValueError):", "        log.append(k + 20)")
    if scope.draw(st.booleans()):
        scope.add("        if $q:", f"            {scope.chosen(_WAYS_OUT)}")
    if scope.draw(st.booleans()):
        scope.add("    else:", "        log.append(k + 30)")
    scope.add("    finally:", "        log.append(k + 40)", "        print(k, log)")
    if scope.draw(st.booleans()):
        scope.add("        if $q:", f"            {scope.chosen(('pass', 'return log'))}")
    scope.add("log.append(99)", "return log")


@st.composite
def programs(draw: st.DrawFn, family: str) -> str:
    """A program of a family: its text."""
    functions, calls = [], []
    for number in range(draw(st.integers(2, 4))):
        name = f"f{number + 1}"
        text, takes = _function(draw, name, family)
        functions.append(text)
        scope = _Scope(draw, {})
        letters = ", ".join("abc"[: len(takes)])
        rows = []
        for _ in range(draw(st.integers(2, 5))):
            values = [scope.literal(kind) for kind in takes]
            rows.append(f"({', '.join(values)})" if len(values) > 1 else values[0])
        calls += [
            f"    for {letters} in [{', '.join(rows)}]:",
            "        try:",
            f'            print("{name}", {letters}, {name}({letters}))',
            "        except (ArithmeticError, LookupError, ValueError) as error:",
            f'            print("{name}", {letters}, type(error).__name__)',
        ]
    main = "\n".join(["def main() -> None:", *calls])
    return "\n\n\n".join([*functions, main, 'if __name__ == "__main__":\n    main()\n'])


def generated(count: int, number: int, families: Sequence[str]) -> list[tuple[str, str]]:
    """So many programs of the families in turn, of the seed `number`: (family, text) each.

    The n-th of a family is the same however many are wanted. No text is there twice.
    """
    made: list[list[str]] = []
    for place, family in enumerate(families):
        wanted = len(range(place, count, len(families)))
        found: dict[str, None] = {}
        for chunk in range(CHUNKS):
            if len(found) >= wanted:
                break
            found |= dict.fromkeys(_chunk(family, f"{number} {family} {chunk}"))
        made.append(list(found))
    turns = [divmod(place, len(families)) for place in range(count)]
    return [(families[one], made[one][turn]) for turn, one in turns if turn < len(made[one])]


def _chunk(family: str, text: str) -> list[str]:
    """What hypothesis makes of a seed that is a text."""
    found: list[str] = []

    @seed(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))
    @settings(
        max_examples=CHUNK,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(family))
    def take(source: str) -> None:
        found.append(source)

    take()
    return found[2:]  # the first are the simplest that there are, in each chunk


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    json.dump(generated(asked["count"], asked["seed"], asked["families"]), sys.stdout)
