"""Loops over typed ranges: steps, bounds beyond machine words, the variable behind the loop."""


def listed(start: int, stop: int, step: int) -> list[int]:
    result = []
    for number in range(start, stop, step):
        result.append(number)
    return result


def summed(start: int, stop: int) -> int:
    total = 0
    for number in range(start, stop):
        total += number
    return total


def nested(size: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(size) for j in range(i, size)]


def last(count: int):
    number: object = "untouched"
    for number in range(count):
        pass
    return number


def stepped(limit: int) -> list[int]:
    seen = []
    step = 1
    for number in range(0, limit, step):
        step = 3
        number *= 2
        seen.append(number)
    return seen


def outcome(action):
    try:
        return action()
    except (ValueError, TypeError) as error:
        return type(error).__name__


def main():
    print(listed(0, 5, 1), listed(5, 0, -2), listed(0, 5, 9), listed(3, 3, 1), listed(0, 5, -1))
    print(listed(-3, 4, 3), listed(5, -6, -5))
    for edge in (2**31, 2**62, 2**63, 2**64):
        print(listed(edge - 2, edge + 2, 1), listed(-edge + 1, -edge - 2, -1))
        print(listed(edge, edge + 2**62, 2**61), summed(edge - 3, edge + 3))
    print(last(3), last(0), last(-5), last(True), stepped(4), nested(3))
    print(outcome(lambda: listed(0, 5, 0)), outcome(lambda: listed(0, 5.0, 1)))
    print(outcome(lambda: last("3")))
    for i in range(3):
        for i in range(i):
            pass
        print(i, end=" ")
    for k in range(10, 0, -3):
        if k == 4:
            break
    else:
        k = None
    print(k, [n for n in range(2, 30) if all(n % d for d in range(2, n))])
    print([(-n // 2, -n % 3, n >> 1, n - 5) for n in range(4)])
    numbers = range(5)
    print([a * b for a, b in zip(numbers, reversed(numbers))], list(enumerate(numbers, -2)))
    print(sum(numbers[1:]), [i for i in numbers for _ in range(i)][-3:])
    total, n = 0, 10
    while n:
        n -= 1
        if n % 3 == 0:
            continue
        total += n
    print(total, n, [x**2 for x in range(-2, 3)], [2**x for x in range(60, 66)])
    print(list(map(lambda i: i % -3, range(5))))


if __name__ == "__main__":
    main()
