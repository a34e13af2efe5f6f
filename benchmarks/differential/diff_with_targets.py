"""What as binds to, in which order managers are made, entered and left, by which methods."""

LOG: list[str] = []


class Made:
    def __init__(self, name: str, value=None) -> None:
        LOG.append(f"make {name}")
        self.name, self.value = name, value

    def __enter__(self):
        LOG.append(f"enter {self.name}")
        return self.value

    def __exit__(self, kind, *rest) -> None:
        LOG.append(f"leave {self.name} {kind and kind.__name__}")


class Holder:
    pass


def index() -> int:
    LOG.append("index")
    return 0


def value_and_log():
    with Made("inner"):
        return list(LOG)


def main():
    holder, items = Holder(), [None, None]
    with (
        Made("a", 1) as holder.x,
        Made("b", (2, [3, 4])) as (first, [second, *third]),
        Made("c", 5) as items[index()],
    ):
        LOG.append("block")
    print(holder.x, first, second, third, items, LOG)
    LOG.clear()
    with (
        Made("p", "p") as p,
        Made("q", p + "q") as q,
    ):
        pass
    print(p, q, LOG)
    LOG.clear()
    try:
        with Made("d", 5) as (x, y):
            LOG.append("never")
    except TypeError:
        print("cannot unpack", LOG)
    LOG.clear()
    print(value_and_log(), LOG)
    LOG.clear()
    made = Made("own")
    made.__enter__ = lambda: "instance"
    with made as entered:
        print(entered)
    for wrong in (5, Holder(), Holder):
        try:
            with wrong:
                print("never")
        except (TypeError, AttributeError) as error:
            print(type(error).__name__, end=" ")
    LOG.clear()
    for number in range(2):
        with Made(f"loop{number}", number) as number:
            if number:
                break
    print(number, LOG)
    with Made("o") as o:
        with Made("i", LOG.clear()) as i:
            del o
    try:
        print(o)
    except NameError:
        print("deleted", i, LOG)


if __name__ == "__main__":
    main()
