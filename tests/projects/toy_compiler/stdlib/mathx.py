"""A module of the compiler's own library."""


def square(n):
    return n * n


def gcd(a, b):
    while b != 0:
        t = a % b
        a = b
        b = t
    return a
