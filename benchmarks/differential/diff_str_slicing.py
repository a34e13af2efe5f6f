"""String slices with every combination of ends and steps, in and out of range."""


def main() -> None:
    text = "abcdefghij"
    ends = (None, 0, 3, -3, 20, -20)
    for start in ends:
        print([text[start:stop] for stop in ends])
    for step in (1, 2, 3, -1, -2, -20):
        print(step, text[::step], text[8:2:step], text[2:8:step])
    print(text[0], text[-1], text[slice(1, 4)], "x"[5:], ""[::-1] == "")
    for index in (10, -11):
        try:
            print(text[index])
        except IndexError as error:
            print("error:", error)


if __name__ == "__main__":
    main()
