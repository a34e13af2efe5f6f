"""Classes of errors: arguments, texts, attributes, order of clauses, equality, own constructors."""


class Coded(Exception):
    code = 0

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message, code)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"[{self.code}] {self.args[0]}"


class NotFound(Coded, LookupError):
    code = 404


class Silent(Exception):
    def __init__(self, *args) -> None:
        pass


class Plain(Exception):
    """Without anything of its own."""


def kind(error: BaseException) -> str:
    try:
        raise error
    except NotFound:
        return "not found"
    except (ArithmeticError, LookupError):
        return "arithmetic or lookup"
    except Coded:
        return "coded"
    except Exception:
        return "other"
    except BaseException:
        return "base"


def main():
    for error in (
        Coded("m", code=7),
        NotFound("n"),
        Silent(1, 2),
        Plain(),
        Plain("one"),
        Plain("one", 2),
        KeyError("k"),
        KeyError(),
        OSError(2, "none"),
    ):
        print(str(error), repr(error), error.args, kind(error))
    print(
        [
            kind(one)
            for one in (
                ZeroDivisionError(),
                IndexError(),
                UnicodeDecodeError("ascii", b"", 0, 1, "r"),
                SystemExit(),
                KeyboardInterrupt(),
                StopIteration(),
                GeneratorExit(),
            )
        ]
    )
    error = OSError(2, "message", "file")
    print(error.errno, error.strerror, error.filename, type(error).__name__)
    print(isinstance(error, FileNotFoundError), error.args, str(OSError("only")))
    print(SystemExit(3).code, SystemExit().code, StopIteration(4).value, UnicodeError("u").args)
    print(AttributeError("a", name="n").name, ImportError("i", name="m").name)
    print(Plain(1) == Plain(1), Plain in (Plain, Silent), issubclass(NotFound, LookupError))
    print([c.__name__ for c in NotFound.__mro__[:4]], bool(Plain()))
    error = Plain("x")
    error.args = ("changed", 1)
    error.extra = "attribute"
    error.add_note("noted")
    print(error, error.args, vars(error), f"{error}", "%s" % error, isinstance(error, Exception))
    for wrong in (
        lambda: Coded(),
        lambda: Coded("m", 5),
        lambda: Plain(key=1),
        lambda: setattr(error, "args", 5),
        lambda: error.add_note(1),
    ):
        try:
            wrong()
        except TypeError:
            print("refused", end=" ")
    print({Plain: "by class"}[type(error)], type("Made", (Plain,), {"code": 1})("m").code)


if __name__ == "__main__":
    main()
