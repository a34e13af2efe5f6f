import mathx
import neighbour


def main():
    total = 0
    a = 1
    while a < 120:
        b = 1
        while b < 120:
            total += mathx.gcd(a, b)
            b += 1
        a += 1
    print(total)
    print(neighbour.next_to(mathx.square(12)))


if __name__ == "__main__":
    main()
