"""Closures made in loops: they share the variable, unless it is bound for each."""


def makers():
    made = []
    for number in range(3):

        def show():
            return number

        made.append(show)
    return made


def bound():
    made = []
    for number in range(3):

        def show(number=number):
            return number

        made.append(show)
    return made


def wrapped():
    def make(number):
        return lambda: number

    return [make(number) for number in range(3)]


def changing():
    count = 0
    functions = []
    while count < 3:
        functions.append(lambda: count)
        count += 1
    before = [function() for function in functions]
    count = 99
    return before, [function() for function in functions]


def of_errors():
    kept = []
    for kind in (ValueError, KeyError):
        try:
            raise kind("x")
        except (ValueError, KeyError) as error:
            kept.append(lambda error=error: type(error).__name__)
    return [one() for one in kept]


def unpacked():
    functions = []
    for key, (value, *rest) in {"a": [1, 2], "b": [3]}.items():
        functions.append(lambda: (key, value, rest))
    return [function() for function in functions]


def main():
    print([show() for show in makers()], [show() for show in bound()])
    print([show() for show in wrapped()])
    print(changing(), of_errors(), unpacked())
    adders = {name: (lambda x, by=by: x + by) for name, by in (("one", 1), ("ten", 10))}
    print({name: add(5) for name, add in adders.items()}, adders["one"](1, by=100))
    table = []
    for row in range(2):
        for column in range(2):
            table.append(lambda: (row, column))
    row = "row"
    print([cell() for cell in table])
    with_default = [lambda n, seen=[]: seen.append(n) or seen for _ in range(2)]
    print(with_default[0](1), with_default[0](2), with_default[1](3))


if __name__ == "__main__":
    main()
