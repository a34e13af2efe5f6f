"""Ends by an error whose class says that it lives elsewhere, and has a name of its own."""


class Failed(Exception):
    __module__ = "shop.errors"
    __qualname__ = "Order.Failed"


class Holder:
    class Inner(Failed):
        __module__ = "builtins"
        __qualname__ = "InnerFailure"


def main() -> None:
    for kind in (Failed, Holder.Inner):
        try:
            raise kind("caught")
        except Failed as error:
            print(type(error).__name__, type(error).__qualname__, type(error).__module__, error)
    raise Failed("the order", 5)


if __name__ == "__main__":
    main()
