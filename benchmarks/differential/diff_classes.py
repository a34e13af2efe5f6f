"""Classes: attributes of class and instance, methods as values, dynamic attributes."""


class Account:
    count = 0
    rates: dict[str, float] = {}

    def __init__(self, owner: str, balance: int = 0) -> None:
        self.owner, self.balance = owner, balance
        Account.count += 1

    def deposit(self, amount: int) -> "Account":
        self.balance += amount
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.owner!r}, {self.balance})"

    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"no {name}"


def main() -> None:
    a, b = Account("ann"), Account("bob", 5)
    print(a.deposit(10).deposit(5), b, Account.count, a.count, a.missing)
    a.count = 99
    a.rates["x"] = 1.5
    print(a.count, b.count, Account.rates is b.rates, sorted(vars(a)), hasattr(a, "owner"))
    deposit = b.deposit
    deposit(1)
    print(b.balance, Account.deposit(b, 2).balance, isinstance(a, Account), deposit.__self__ is b)
    setattr(b, "tag", "t")
    del b.owner
    print(b.tag, b.owner, getattr(b, "balance", None), a != b, a is a)


if __name__ == "__main__":
    main()
