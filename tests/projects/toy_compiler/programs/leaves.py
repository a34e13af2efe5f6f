# molt-build: exit 3
# molt-build: tags exits


def main():
    print(-7 // 2)
    print(-7 % 3)
    raise SystemExit(3)


if __name__ == "__main__":
    main()
