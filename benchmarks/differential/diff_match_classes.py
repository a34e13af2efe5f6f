"""match on classes: positions, keywords, nested patterns, an evaluator."""

from dataclasses import dataclass


@dataclass
class Number:
    value: int


@dataclass
class Binary:
    operator: str
    left: object
    right: object


class Named:
    __match_args__ = ("name", "age")

    def __init__(self, name: str, age: int) -> None:
        self.name, self.age = name, age


def evaluate(tree: object) -> int:
    match tree:
        case Number(value):
            return value
        case Binary("+", left, right):
            return evaluate(left) + evaluate(right)
        case Binary("*", Number(0), _) | Binary("*", _, Number(0)):
            return 0
        case Binary(operator="*", left=left, right=right):
            return evaluate(left) * evaluate(right)
        case Binary(operator=other):
            raise ValueError(f"operator {other}")
    raise TypeError(type(tree).__name__)


def greet(person: object) -> str:
    match person:
        case Named("Ann"):
            return "hello Ann"
        case Named(name, age) if age < 18:
            return f"young {name}"
        case Named(age=years):
            return f"someone of {years}"
    return "nobody"


def main() -> None:
    tree = Binary("+", Number(2), Binary("*", Number(3), Binary("+", Number(4), Number(5))))
    print(evaluate(tree), evaluate(Binary("*", tree, Number(0))))
    for wrong in (Binary("-", Number(1), Number(1)), "text"):
        try:
            print(evaluate(wrong))
        except (ValueError, TypeError) as error:
            print("error:", error)
    print([greet(person) for person in (Named("Ann", 5), Named("Bo", 5), Named("C", 50), 1)])


if __name__ == "__main__":
    main()
