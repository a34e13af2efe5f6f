"""StopIteration: as an end, as a value, as an error within a generator, from next."""


def returning(value):
    if value:
        yield "one"
    return value


def raising():
    yield 1
    raise StopIteration("by hand")


def careless(iterator):
    while True:
        yield next(iterator)


def careful(iterator):
    while True:
        try:
            yield next(iterator)
        except StopIteration as stop:
            return stop.value


def ended(generator):
    try:
        while True:
            next(generator)
    except StopIteration as stop:
        return stop.value, stop.args
    except RuntimeError as error:
        return type(error).__name__, type(error.__cause__).__name__


def main():
    for value in (None, 5, (1, 2), [], StopIteration(3)):
        print(repr(ended(returning(value))))
    print(ended(raising()), ended(careless(iter([1]))), ended(careful(iter([1]))))
    print(ended(careful(returning("x"))))
    thrown = returning(1)
    next(thrown)
    try:
        thrown.throw(StopIteration("thrown"))
    except RuntimeError as error:
        print(type(error).__name__, error.__cause__)
    finished = returning(0)
    print(next(finished, "default"), next(finished, "again"), list(finished), next(iter([]), None))
    for action in (
        lambda: next(finished),
        lambda: finished.send(None),
        lambda: next(iter(())),
        lambda: finished.throw(KeyError("late")),
    ):
        try:
            print(action())
        except StopIteration as stop:
            print("stop", stop.value)
        except KeyError as error:
            print("error", error)
    print([*careful(iter("ab"))], list(zip(careful(iter("ab")), careful(iter("abc")))))
    print(sum(careful(iter([1, 2]))))
    try:
        list(careless(iter("xy")))
    except RuntimeError as error:
        print(error, error.__suppress_context__)


if __name__ == "__main__":
    main()
