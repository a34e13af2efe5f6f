"""__format__, __str__ and __repr__ in formatting: who is asked, and in which order."""

import string

LOG: list[str] = []


class Money:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    def __format__(self, spec: str) -> str:
        LOG.append(f"format {spec!r}")
        return f"<{self.amount}:{spec}>"

    def __str__(self) -> str:
        LOG.append("str")
        return f"${self.amount}"

    def __repr__(self) -> str:
        LOG.append("repr")
        return f"Money({self.amount})"

    def __getitem__(self, key):
        return f"item {key!r}"


class Plain:
    def __str__(self) -> str:
        return "plain"


class Wrong:
    def __format__(self, spec: str):
        return 5


class Lenient(string.Formatter):
    def get_value(self, key, args, kwargs):
        try:
            return super().get_value(key, args, kwargs)
        except (KeyError, IndexError):
            return f"?{key}"

    def convert_field(self, value, conversion):
        return value.upper() if conversion == "u" else super().convert_field(value, conversion)


def note(name: str, value):
    LOG.append(name)
    return value


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        return type(error).__name__


def main():
    money = Money(5)
    print(f"{money}", f"{money:x y}", f"{money!s}", f"{money!r:>10}", f"{money!a}")
    print("%s %r" % (money, money), str(money), format(money, "q"), "{:{}}".format(money, "n"))
    print(LOG)
    LOG.clear()
    print(f"{note('a', 1)} {note('b', money):{note('width', 12)}} {note('c', 2)}", LOG)
    print("{0.amount} {0[key]} {0[0]} {0[-1]} {0[a b]} {1[1]} {x.real}".format(money, [1, 2], x=5j))
    print("{}{}{}".format(*"abc"), "{1}{0}{1}".format("a", "b"))
    print(f"{Plain()}", outcome(lambda: f"{Plain():>10}"), f"{Plain()!s:>10}")
    print(outcome(lambda: f"{Wrong()}"), outcome(lambda: format(object(), "x")), f"{[1]!s:>5}")
    print(outcome(lambda: f"{[1]:>5}"), outcome(lambda: f"{None:5}"))
    for template in (
        "{",
        "}",
        "{0",
        "{}{0}",
        "{0}{}",
        "{!x}",
        "{:{:{}}}",
        "{a}",
        "{5}",
        "{0.nothing}",
        "{0[nothing]}",
        "{!}",
        "{0!r",
        "}}{{",
    ):
        print(template, outcome(lambda: template.format([1], 2, 3)), end="; ")
    print()
    print(Lenient().format("{0} {9} {name} {0!u} {1:>4}", "a", "b"))
    print("{a}{b}".format_map({"a": 1, "b": 2}))
    print(string.Template("$a ${b}c $$ $d").safe_substitute(a=1, b=2))
    print(list(string.Formatter().parse("x{a!r:>{w}}y{{z}}")), "{{}}{}".format(1))
    print("{:}".format("e"), "{:>{w}.{p}}|".format("text", w=6, p=2))


if __name__ == "__main__":
    main()
