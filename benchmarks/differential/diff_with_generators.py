"""contextlib: managers from generators, as decorators, stacks of them, and how they misbehave."""

import io
from contextlib import (
    ContextDecorator,
    ExitStack,
    closing,
    contextmanager,
    nullcontext,
    redirect_stdout,
    suppress,
)

LOG: list[str] = []


@contextmanager
def noted(name, swallow=()):
    LOG.append(f"begin {name}")
    try:
        yield name.upper()
    except swallow as error:
        LOG.append(f"swallowed {error}")
    finally:
        LOG.append(f"end {name}")


@contextmanager
def nothing():
    if False:
        yield


@contextmanager
def twice():
    yield 1
    yield 2


@contextmanager
def changing():
    try:
        yield
    except ValueError as error:
        raise KeyError("changed") from error


class Tagged(ContextDecorator):
    def __enter__(self):
        LOG.append("tagged")
        return self

    def __exit__(self, *details) -> bool:
        LOG.append(f"untagged {details[0] is not None}")
        return True


@Tagged()
def decorated(fail: bool):
    if fail:
        raise ValueError("inside")
    return "value"


@noted("decorator")
def also_decorated(x: int) -> int:
    return x * 2


class Closable:
    def close(self) -> None:
        LOG.append("closed")


def main():
    with noted("a") as a, noted("b", (KeyError, ValueError)) as b:
        LOG.append(a + b)
        raise ValueError("v")
    print(LOG)
    LOG.clear()
    for broken in (nothing, twice, changing):
        try:
            with broken():
                if broken is changing:
                    raise ValueError("original")
        except (RuntimeError, KeyError) as error:
            print(type(error).__name__, repr(error.__cause__))
    print(decorated(False), decorated(True), also_decorated(2), also_decorated(3), LOG)
    LOG.clear()
    with ExitStack() as stack:
        names = [stack.enter_context(noted(f"s{n}")) for n in range(2)]
        stack.callback(LOG.append, "callback")
        stack.push(lambda *details: LOG.append(f"pushed {details[1]}") or True)
        stack.enter_context(closing(Closable()))
        raise LookupError("in the stack")
    print(names, LOG)
    with ExitStack() as stack:
        stack.enter_context(noted("kept"))
        kept = stack.pop_all()
    print(LOG[-1], kept.close(), LOG[-1])
    out = io.StringIO()
    with suppress(KeyError), redirect_stdout(out), nullcontext(5) as five:
        print("captured", five)
        raise KeyError
    print(repr(out.getvalue()))
    try:
        with suppress(KeyError):
            raise ValueError("not suppressed")
    except ValueError as error:
        print(error)


if __name__ == "__main__":
    main()
