"""Dense matrix work on lists of float rows: product, transpose, scaled sum, trace."""

SIZE = 60
ROUNDS = 16


def make_matrix(n: int, seed: int) -> list[list[float]]:
    return [[float((i * 31 + j * 17 + seed) % 13 - 6) for j in range(n)] for i in range(n)]


def multiply(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    n = len(a)
    result: list[list[float]] = []
    for i in range(n):
        row_a = a[i]
        row = [0.0] * n
        for k in range(n):
            factor = row_a[k]
            row_b = b[k]
            for j in range(n):
                row[j] += factor * row_b[j]
        result.append(row)
    return result


def transpose(a: list[list[float]]) -> list[list[float]]:
    n = len(a)
    return [[a[j][i] for j in range(n)] for i in range(n)]


def blend(a: list[list[float]], b: list[list[float]], weight: float) -> list[list[float]]:
    n = len(a)
    return [[a[i][j] * weight + b[i][j] for j in range(n)] for i in range(n)]


def trace(a: list[list[float]]) -> float:
    total = 0.0
    for i in range(len(a)):
        total += a[i][i]
    return total


def main() -> None:
    checksum = 0
    left = make_matrix(SIZE, 1)
    for round_index in range(ROUNDS):
        right = make_matrix(SIZE, round_index)
        mixed = blend(transpose(right), left, 0.5)
        checksum += int(trace(multiply(left, mixed)) * 2.0)
    print(checksum)


if __name__ == "__main__":
    main()
