"""The name of a caught error goes with its block; which clause catches is decided late."""


def caught(action, *kinds):
    try:
        action()
    except kinds as error:
        return f"caught {type(error).__name__}"
    except Exception as error:
        return f"left {type(error).__name__}"
    return "nothing"


def raises(error):
    def action():
        raise error

    return action


def unbound():
    error = "before"
    try:
        raise ValueError("x")
    except ValueError as error:
        inside = str(error)
    try:
        return inside, error
    except NameError:
        return inside, "gone"


def rebound():
    try:
        raise ValueError("x")
    except ValueError as error:
        error = "replaced"
    return "error" in locals()


def deleted():
    try:
        raise ValueError("x")
    except ValueError as error:
        del error
    return "fine"


def same_name():
    try:
        raise ValueError("outer")
    except ValueError as error:
        try:
            raise KeyError("inner")
        except KeyError as error:
            pass
        return "error" in locals()


def choose(log: list[str], name: str, kind):
    log.append(name)
    return kind


class Quiet(ValueError):
    pass


def main():
    print(caught(raises(KeyError("k")), LookupError))
    print(caught(raises(Quiet()), KeyError, OSError, ValueError), caught(raises(TypeError)))
    print(caught(raises(OSError()), IOError), caught(raises(UnicodeError()), ValueError))
    print(caught(lambda: None, ValueError), caught(raises(5), TypeError))
    print(unbound(), rebound(), deleted(), same_name())
    log: list[str] = []
    try:
        raise KeyError("k")
    except choose(log, "first", ValueError):
        print("never")
    except choose(log, "second", (IndexError, KeyError)):
        print("second", log)
    except choose(log, "third", Exception):
        print("never")
    try:
        try:
            raise ValueError("v")
        except "no class":
            print("never")
    except TypeError as error:
        print(type(error).__name__, type(error.__context__).__name__)
    try:
        try:
            raise ValueError
        except (Quiet, KeyError):
            print("never")
    except ValueError as error:
        kept = error
    print(repr(kept), kept.args, caught(raises(kept), ValueError), kept.__traceback__ is not None)
    try:
        raise
    except RuntimeError:
        print("nothing to raise again")


if __name__ == "__main__":
    main()
