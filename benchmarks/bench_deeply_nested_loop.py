"""Six loops nested in each other around a few integer operations."""

SIZE = 12
MASK = 0xFFFFF


def nested(n: int, mask: int) -> int:
    total = 1
    for a in range(n):
        for b in range(n):
            for c in range(n):
                for d in range(n):
                    for e in range(n):
                        for f in range(n):
                            total = (total + a * b + c * d + e * f) & mask
    return total


def main() -> None:
    print(nested(SIZE, MASK))


if __name__ == "__main__":
    main()
