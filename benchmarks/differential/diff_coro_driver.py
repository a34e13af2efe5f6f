"""Coroutines driven by hand: what they wait for, are sent, are thrown, and what they return."""

import types


class Wait:
    def __init__(self, name: str) -> None:
        self.name = name

    def __await__(self):
        answer = yield self.name
        return f"{self.name}={answer}"


@types.coroutine
def generator_based(name: str):
    first = yield f"{name}1"
    second = yield f"{name}2"
    return first, second


async def leaf(name: str):
    return await Wait(name)


async def work(log: list[str]):
    log.append("start")
    one = await leaf("one")
    log.append(one)
    try:
        two = await Wait("two")
    except ValueError as error:
        two = f"caught {error}"
    finally:
        log.append("finally")
    three = [await leaf(name) for name in ("x", "y")]
    total = (await Wait("left")) + (await Wait("right"))
    return two, three, total, await generator_based("g")


def drive(coroutine, answers):
    asked = []
    answer = None
    try:
        while True:
            step = (
                coroutine.throw(answer) if isinstance(answer, Exception) else coroutine.send(answer)
            )
            asked.append(step)
            answer = next(answers)
    except StopIteration as stop:
        return asked, stop.value


def main() -> None:
    log: list[str] = []
    print(drive(work(log), iter([1, ValueError("v"), 3, 4, "l", "r", 7, 8])), log)
    log.clear()
    print(drive(work(log), iter(range(20))), log)
    closing: list[str] = []
    coroutine = work(closing)
    coroutine.send(None)
    coroutine.send("a")
    coroutine.close()
    print(closing)
    thrown = leaf("t")
    thrown.send(None)
    try:
        thrown.throw(KeyError("out"))
    except KeyError as error:
        print("error:", error)
    fresh = leaf("f")
    try:
        fresh.send("too early")
    except TypeError:
        print("not started")
    fresh.close()
    print(type(fresh).__name__, hasattr(fresh, "__await__"), hasattr(fresh, "__iter__"))
    print(leaf.__name__)
    lambda_made = (lambda: leaf("lambda"))()
    print(drive(lambda_made, iter("z")))


if __name__ == "__main__":
    main()
