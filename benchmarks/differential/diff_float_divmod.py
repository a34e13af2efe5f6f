"""Floor division and remainder of floats: signs, infinities, tiny divisors, zero divisors."""


def floor(a: float, b: float) -> float:
    return a // b


def modulo(a: float, b: float) -> float:
    return a % b


def outcome(action):
    try:
        return action()
    except ZeroDivisionError:
        return "no division"


def main() -> None:
    inf = float("inf")
    for a in (7.0, -7.0, 0.5, -0.5, 1e16, -1e-20, 5.0):
        for b in (3.0, -3.0, 0.1, -0.1, inf, -inf, 5.0):
            print(floor(a, b), modulo(a, b), divmod(a, b) == (floor(a, b), modulo(a, b)), end="; ")
        print()
    print(floor(inf, 2.0), modulo(inf, 2.0), floor(1.0, 0.1), modulo(1.0, 0.1), floor(1e300, 1e-5))
    print(outcome(lambda: floor(1.0, 0.0)), outcome(lambda: modulo(1.0, -0.0)))
    print(outcome(lambda: divmod(1.0, 0.0)), outcome(lambda: 1.0 / 0.0), outcome(lambda: 0.0 / 0.0))
    print(outcome(lambda: inf / 0), outcome(lambda: 1 % 0.0), outcome(lambda: 1 // 0.0))
    print(7 // 2.0, 7.5 // 2, -7 // 2.0, 7 % -2.5, -7.5 % 2, 2**60 // 3.0, type(6 // 2.0).__name__)
    value = 17.5
    value //= 2
    value %= 3
    value **= 3
    value /= -4
    print(value, -1e-300 % 1.0, -1e-300 // 1.0, 5.3 % 1, 1e20 % 3, 3.14 // 0.01)


if __name__ == "__main__":
    main()
