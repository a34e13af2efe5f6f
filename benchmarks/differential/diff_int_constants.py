"""Small constants beside integers of every size: what a compiler has a short way for."""

EDGES = [0, 1, 2**15, 2**30, 2**31, 2**45, 2**60, 2**62, 2**63, 2**64, 2**90]


def by_constants(number: int) -> list[int]:
    return [
        number + 1,
        1 - number,
        number - 1073741824,
        number * 3,
        number // 7,
        number % 7,
        number // -2,
        number % -1000,
        number & 255,
        number | 4096,
        number ^ 1,
        number << 2,
        number >> 5,
        -number,
    ]


def main() -> None:
    for edge in EDGES:
        for number in (edge, edge - 1, -edge, -edge - 1):
            print(number, *by_constants(number))
    for number in EDGES:
        print(number == 0, number != 1073741824, 2147483648 <= number, number < 4611686018427387904)
    print(7 // EDGES[2], 7 % EDGES[2], -7 // EDGES[2], -7 % EDGES[2], 1 << EDGES[1], 5 - EDGES[8])


if __name__ == "__main__":
    main()
