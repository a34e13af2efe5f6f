"""Floor division and remainder of integers, all signs, and division by zero."""


def main() -> None:
    for a in (17, -17, 0, 1, -1):
        for b in (5, -5, 1, -1):
            quotient, remainder = divmod(a, b)
            print(a, b, a // b, a % b, quotient * b + remainder == a)
    for divide in (lambda: 1 // 0, lambda: 1 % 0, lambda: divmod(1, 0)):
        try:
            print(divide())
        except ZeroDivisionError as error:
            print("error:", type(error).__name__)


if __name__ == "__main__":
    main()
