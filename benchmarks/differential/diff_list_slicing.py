"""Lists: slice assignment and deletion, growth in place, copies and aliases."""


def main() -> None:
    numbers = list(range(10))
    numbers[2:5] = ["a", "b"]
    numbers[::4] = [0, 0, 0]
    del numbers[1::3]
    print(numbers)
    numbers[1:1] = [7, 8]
    numbers[len(numbers) :] = [9]
    numbers += (10, 11)
    print(numbers, numbers[-3:], numbers[::-2])
    alias, copy = numbers, numbers[:]
    alias.append("end")
    print(len(numbers), len(copy), alias is numbers, copy == numbers)
    rows = [[0] * 2] * 2
    rows[0][1] = 5
    print(rows, [[0] * 2 for _ in range(2)], [1, 2] * 2, 2 * [None])
    try:
        numbers[::2] = [1]
    except ValueError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
