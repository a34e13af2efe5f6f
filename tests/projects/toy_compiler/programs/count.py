import shared


def main():
    n = 0
    i = 0
    while i < 100000:
        n = (n + i * 7) % 1009
        i += 1
    print(shared.clamp(n + 3000))
    print(n)


if __name__ == "__main__":
    main()
