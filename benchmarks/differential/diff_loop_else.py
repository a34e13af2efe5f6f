"""else of loops, with break and continue through try, with, match and nested loops."""

from contextlib import nullcontext


def search(rows: list[list[int]], wanted: int):
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if cell == wanted:
                break
        else:
            continue
        break
    else:
        return None
    return x, y


def smallest_factor(number: int) -> int:
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            break
        divisor += 1
    else:
        return number
    return divisor


def through(kind: str) -> list[str]:
    log = []
    for number in range(3):
        log.append(str(number))
        try:
            with nullcontext():
                match kind, number:
                    case "break", 1:
                        break
                    case "continue", 1:
                        continue
                    case "error", 1:
                        raise ValueError
        except ValueError:
            log.append("error")
            break
        else:
            log.append("fine")
        finally:
            log.append("finally")
        log.append("end")
    else:
        log.append("else")
    return log


def main():
    rows = [[1, 2], [3, 4], []]
    print(search(rows, 4), search(rows, 9), search([], 1))
    print([smallest_factor(n) for n in (2, 9, 35, 97, 2**31 - 1)])
    for kind in ("break", "continue", "error", "none"):
        print(kind, through(kind))
    for item in ():
        print("never")
    else:
        print("empty", "item" in locals())
    count = 5
    while count := count - 1:
        if count == 2:
            continue
    else:
        print("counted down", count)
    for i in range(3):
        for j in range(3):
            if j == i:
                break
        else:
            print("never")
            continue
        if i == 1:
            break
    print(i, j)
    for i in range(2):
        i += 10
        for i in "xy":
            pass
    print(i)


if __name__ == "__main__":
    main()
