"""Errors within loops: retries, what is kept, errors raised by conditions and by iterators."""


class Flaky:
    def __init__(self, fails: int) -> None:
        self.left = fails

    def __call__(self) -> str:
        if self.left:
            self.left -= 1
            raise ConnectionError(self.left)
        return "done"


def retried(action, attempts: int) -> list[str]:
    log = []
    for attempt in range(1, attempts + 1):
        try:
            log.append(action())
        except ConnectionError as error:
            log.append(f"{attempt}:{error}")
            continue
        else:
            break
        finally:
            log.append("/")
    else:
        log.append("gave up")
    return log


def parsed(texts: list[str]) -> tuple[list[int], list[str]]:
    good, bad = [], []
    for text in texts:
        try:
            number = int(text)
            if number < 0:
                raise ValueError
        except ValueError:
            bad.append(text)
        else:
            good.append(number)
    return good, bad


def safe_divisions(numbers: list[int]) -> list[float | None]:
    results: list[float | None] = []
    for number in numbers:
        result: float | None = None
        try:
            result = 12 / number
        except ZeroDivisionError:
            pass
        results.append(result)
    return results


def failing_iterator():
    yield 1
    raise LookupError("from the iterator")


class Truth:
    def __init__(self, answers: list) -> None:
        self.answers = answers

    def __bool__(self) -> bool:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def main():
    print(retried(Flaky(2), 5), retried(Flaky(9), 2), retried(Flaky(0), 1), retried(Flaky(0), 0))
    print(parsed(["1", "x", "-2", "3"]), safe_divisions([1, 0, 5]))
    seen = []
    try:
        for value in failing_iterator():
            seen.append(value)
        else:
            seen.append("never")
    except LookupError as error:
        print(seen, error, value)
    truth, rounds = Truth([True, True, ValueError("condition")]), 0
    try:
        while truth:
            rounds += 1
    except ValueError as error:
        print(rounds, error)
    total = 0
    while True:
        try:
            total += [3, 4, 5][total // 4]
        except IndexError:
            break
    print(total)
    stack, errors = [0, 1, "a", None, []], 0
    while stack:
        try:
            stack.pop() + 1
        except TypeError:
            errors += 1
            if errors == 2:
                stack.append(1.5)
    print(errors)


if __name__ == "__main__":
    main()
