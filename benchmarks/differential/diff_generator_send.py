"""Generators as coroutines: send, throw, close, and errors out of them."""

from collections.abc import Generator


def averager() -> Generator[float, float, str]:
    total, count, average = 0.0, 0, 0.0
    while True:
        try:
            value = yield average
        except ValueError as error:
            print("told:", error)
            continue
        except GeneratorExit:
            print("closing after", count)
            raise
        if value < 0:
            return f"{count} values"
        total += value
        count += 1
        average = total / count


def main() -> None:
    running = averager()
    print(next(running), running.send(10.0), running.send(20.0), running.throw(ValueError("bad")))
    try:
        running.send(-1.0)
    except StopIteration as stop:
        print("end:", stop.value)
    other = averager()
    next(other)
    other.close()
    fresh = averager()
    try:
        fresh.send(1.0)
    except TypeError:
        print("error: not started")
    try:
        fresh.throw(KeyError("unhandled"))
    except KeyError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
