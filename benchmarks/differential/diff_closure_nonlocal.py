"""nonlocal through several levels, shared by functions, generators and classes; deleted cells."""


def account():
    balance = 0

    def deposit(amount):
        nonlocal balance
        balance += amount
        return balance

    def history():
        while balance < 100:
            yield balance

    class Statement:
        nonlocal balance
        balance = 5
        seen = balance

        def now(self):
            return balance

        def spend(self, amount):
            nonlocal balance
            balance -= amount

    return deposit, history, Statement


def levels():
    value = "a"

    def one():
        def two():
            def three():
                nonlocal value
                value += "d"
                return lambda: value

            nonlocal value
            value += "c"
            return three()

        return two()

    read = one()
    value = value.upper()
    return read(), value


def deleted():
    value = 1

    def read():
        return value

    def drop():
        nonlocal value
        del value

    first = read()
    drop()
    try:
        read()
    except NameError as error:
        caught = type(error).__name__
    value = 2
    return first, caught, read()


def late():
    def read():
        return defined

    try:
        read()
    except NameError as error:
        early = type(error).__name__
    defined = "now"
    return early, read()


def main() -> None:
    deposit, history, statement = account()
    one = statement()
    print(statement.seen, deposit(10), one.now(), one.spend(3), deposit(0))
    running = history()
    print(next(running), deposit(50), next(running), deposit(50), next(running, "end"))
    print(levels(), deleted(), late())
    other = account()[0]
    print(other(1), deposit(1))


if __name__ == "__main__":
    main()
