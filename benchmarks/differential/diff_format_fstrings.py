"""f-strings: what may stand in them, order of evaluation, debugging form, nesting, joined text."""

import datetime


class Item:
    def __init__(self, name: str) -> None:
        self.name = name
        self.parts = {"a": [1, 2, 3]}

    def get(self, n: int = 0) -> str:
        return f"{self.name}{n}"

    def __repr__(self) -> str:
        return f"Item({self.name!r})"


def log_and(log: list[int], value: int) -> int:
    log.append(value)
    return value


def main():
    item, width, log = Item("i"), 8, []
    print(f"{item.get()} {item.get(n=2)} {item.parts['a'][-1]} {item.parts['a'][1:]}")
    print(f"{item!r:>{width}} {item.name * 2!s:<{width // 2}}|")
    # fmt: off
    print(f"{item.name=} {item.get(1)=!s} {width=:>5} {width = } {item=} {1 + 1=} {'x'=}")
    print(f"{ width  + 1 =} {item.parts['a']=} {not width=} {width !r:>4} {(width)=}")
    # fmt: on
    print(f"{log_and(log, 1)}{log_and(log, 2):{log_and(log, 3)}}{log_and(log, 4)}", log)
    print(f"{(lambda x: x * 2)(3)} {[x for x in range(3)]} { {1, 1} } { {'k': 1}['k'] } {(y := 5)}")
    print(f"{y} {1 if y > 3 else 2} {y if not y else -y} {(*range(2),)} {(y,)} {y >= 5} {y != 5!s}")
    print(f"{{}} {{{y}}} {{{{{y}}}}}")
    print(f"{'}'}{'{'} {f'{y:>3}'} {'' or 'empty'!r} {y:{'>'}{width}} {y:{'0'}{3}}")
    # fmt: off
    print(f"a{1}" "b{2}" rf"\n{3}" f"{'c'}" + f"d" + f"" + "{e}", rf"{y}\d{{{y}}}", f'{"quote"} \'')
    print(f"\x41{y}\N{DIGIT ONE}\t|", f"{'a' 'b'} {y!r:{'^'}{'5'}}|")
    print(f"""{y
        + 1} lines
{
    item.name
}""")
    # fmt: on
    print(f"{None} {True} {...} {1.0} {1e100} {2**70} {-0.0} {1j} {b'x'} {()} {[None]} {int}")
    print(f"{len('x')} {not y} {y and 'and'} {-y} {+y} {~y} {y == 5} {item.parts['a'][0] + 1}")
    day = datetime.date(2026, 2, 3)
    print(f"{day} {day:%d.%m.%Y} {day:%H:%M} {day!r:.8} {day.year:,} {day:%%}|")
    print(f"{datetime.timedelta(1)}|{datetime.datetime(2026, 1, 2, 3, 4):%I %p}")
    texts = [f"{i}:{c}" for i, c in enumerate("ab")]
    table = {f"k{i}": f"{i:02}" for i in range(2)}
    print(texts, table, "".join(f"{c}{c.upper()}" for c in "xy"), f"{'|'.join(texts)}")
    print(f"{sum(n for n in range(4))}", f"{max(table, key=lambda k: table[k])}")
    try:
        print(f"{y}{missing}")
    except NameError:
        print("no name")


if __name__ == "__main__":
    main()
