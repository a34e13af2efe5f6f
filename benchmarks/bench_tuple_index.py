"""Reading tuples by index: constant, negative and computed subscripts, and nested tuples."""

COUNT = 1_200
ROUNDS = 740


def make_points(n: int) -> list[tuple[int, int, int, int]]:
    return [(i, i * 3 % 101, i * 7 % 103, i * 11 % 107) for i in range(n)]


def constant_index(points: list[tuple[int, int, int, int]]) -> int:
    total = 0
    for point in points:
        total += point[0] + point[2] - point[1] + point[-1]
    return total


def computed_index(points: list[tuple[int, int, int, int]], offset: int) -> int:
    total = 0
    for point in points:
        total += point[(total + offset) & 3]
    return total


def nested_index(segments: list[tuple[tuple[int, int], tuple[int, int]]]) -> int:
    total = 0
    for segment in segments:
        total += segment[0][0] * segment[1][1] - segment[0][1] * segment[1][0]
    return total


def main() -> None:
    points = make_points(COUNT)
    segments = [((p[0], p[1]), (p[2], p[3])) for p in points]
    checksum = 0
    for round_index in range(ROUNDS):
        checksum += constant_index(points)
        checksum += computed_index(points, round_index)
        checksum += nested_index(segments)
    print(checksum)


if __name__ == "__main__":
    main()
