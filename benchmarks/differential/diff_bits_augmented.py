"""<<=, >>=, &=, |= and ^= on numbers, booleans, sets, dictionaries and a class of its own."""


class Flags:
    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __or__(self, other):
        return Flags(self.bits | other.bits)

    def __iand__(self, other):
        self.bits &= other.bits
        return self

    def __rlshift__(self, other):
        return f"{other} shifted by {self.bits}"

    def __invert__(self) -> "Flags":
        return Flags(~self.bits & 0xFF)


def main():
    number = 1
    number <<= 40
    number |= 0b1011
    number ^= -1
    number >>= 2
    number &= 2**45 - 1
    print(number)
    truth = True
    truth &= False
    truth |= True
    print(truth, type(truth).__name__, truth ^ True)
    truth ^= 2
    print(truth, type(truth).__name__)
    members = alias = {1, 2, 3}
    members &= {2, 3, 4}
    members |= {9}
    members ^= {2, 5}
    print(sorted(members), alias is members)
    table = {"a": 1}
    table |= [("b", 2), ("a", 3)]
    print(table)
    flags = first = Flags(0b1100)
    flags |= Flags(0b0011)
    print(flags.bits, flags is first, (~flags).bits)
    flags &= Flags(0b0110)
    print(flags.bits, first.bits)
    shifted = 1
    shifted <<= flags
    print(shifted)


if __name__ == "__main__":
    main()
