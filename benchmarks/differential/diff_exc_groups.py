"""except*: what is split off a group, what is left, nested groups and plain errors."""


def run(error: BaseException) -> list[str]:
    log: list[str] = []
    try:
        try:
            raise error
        except* ValueError as group:
            log.append(f"value {type(group).__name__} {[str(one) for one in group.exceptions]}")
        except* (KeyError, TypeError) as group:
            log.append(f"key or type {len(group.exceptions)}")
            raise OSError("while handling")
        else:
            log.append("never")
        finally:
            log.append("finally")
    except BaseException as left:
        log.append(f"left {shown(left)}")
    return log


def shown(error: BaseException):
    if isinstance(error, BaseExceptionGroup):
        return [error.message, *map(shown, error.exceptions)]
    return repr(error)


def main():
    inner = ExceptionGroup("inner", [ValueError(2), KeyError("k")])
    for error in (
        ExceptionGroup("values", [ValueError(1)]),
        ExceptionGroup("mixed", [ValueError(1), inner, IndexError(3)]),
        ExceptionGroup("others", [IndexError(1), OSError(2)]),
        ValueError("plain"),
        KeyError("plain"),
        IndexError("plain"),
    ):
        print(*run(error), sep=" | ")
    matching, rest = ExceptionGroup("g", [ValueError(1), inner]).split(ValueError)
    print(shown(matching), shown(rest), inner.subgroup(OSError), inner.derive([OSError()]).message)
    print(len(inner.exceptions))
    print(str(inner), repr(ExceptionGroup("e", [ValueError()])), isinstance(inner, Exception))
    print(issubclass(ExceptionGroup, BaseExceptionGroup))
    for wrong in (
        lambda: ExceptionGroup("empty", []),
        lambda: ExceptionGroup("not", [5]),
        lambda: ExceptionGroup("base", [KeyboardInterrupt()]),
    ):
        try:
            wrong()
        except (ValueError, TypeError) as error:
            print(type(error).__name__, end=" ")
    print(type(BaseExceptionGroup("up", [ValueError()])).__name__)
    print(type(BaseExceptionGroup("b", [SystemExit()])).__name__)


if __name__ == "__main__":
    main()
