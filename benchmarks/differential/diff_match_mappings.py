"""Mapping patterns: other keys, the rest, defaults that are not made, values, nesting."""

from collections import ChainMap, Counter, OrderedDict, defaultdict
from types import MappingProxyType


class Keys:
    NAME = "name"
    AGE = "age"


class Asked(dict):
    asked: list = []

    def get(self, key, default=None):
        self.asked.append(key)
        return super().get(key, default)

    def __missing__(self, key):
        return f"made {key}"


def describe(value) -> str:
    match value:
        case {"type": "circle", "radius": int() | float() as radius}:
            return f"circle {radius}"
        case {"type": "box", "size": [width, height]}:
            return f"box {width}x{height}"
        case {Keys.NAME: str(name), Keys.AGE: int(age), **rest} if not rest:
            return f"{name} {age}"
        case {"name": name, **rest}:
            return f"{name} and {rest}"
        case {"a": {"b": {"c": deep}}}:
            return f"deep {deep}"
        case {1: "int", None: "none", 2: flag}:
            return f"flag {flag}"
        case {"x": None}:
            return "x is none"
        case {"x": _}:
            return "has x"
        case {}:
            return f"some mapping of {len(value)}"
        case _:
            return "no mapping"


def main():
    values = [
        {"type": "circle", "radius": 2.5, "more": 1},
        {"type": "circle", "radius": "2"},
        {"size": (3, 4), "type": "box"},
        {"name": "Ann", "age": 5},
    ]
    values += [
        {"name": "Bo", "age": "old"},
        {"age": 1, "name": 2, "z": 3},
        {"a": {"b": {"c": [1]}}},
        {"a": {"b": None}},
        {1: "int", None: "none"},
    ]
    values += [{"x": None}, {"x": 0}, {}, [("x", 1)], "x", {None: "none", 1: "int", 2: 3}]
    for value in values:
        print(describe(value), end="; ")
    print()
    made = defaultdict(list, name="d")
    print(describe(made), len(made), describe(defaultdict(int)), describe(OrderedDict(x=1)))
    print(describe(Counter("x")), describe(MappingProxyType({"x": 1})))
    print(describe(ChainMap({}, {"x": 2})))
    asked = Asked(name="n")
    print(describe(asked), asked.asked[:4], len(asked))
    original = {"name": "n", "k": [1]}
    match original:
        case {"name": _, **rest}:
            rest["new"] = 1
            rest["k"].append(2)
    print(original, rest)
    match {"key": 1, "other": 2}:
        case {"key": key, "missing": other}:
            print("never")
        case {"key": key}:
            print(key)
    key = "other"
    match {"key": 5}:
        case {"key": 5 as key}:
            print(key)


if __name__ == "__main__":
    main()
