"""return, break and continue in finally: they replace what was under way, also an error."""


def returns(how: str):
    try:
        if how == "raise":
            raise ValueError(how)
        return "try"
    finally:
        if how != "plain":
            return "finally"


def broken(how: str) -> list:
    seen = []
    for number in range(3):
        try:
            seen.append(number)
            if how == "return":
                return ["never"]
            if how == "raise":
                raise KeyError(number)
        finally:
            if number == 1:
                break
            continue
    return seen


def value_before(items: list):
    number = 1
    try:
        return number, items
    finally:
        number = 2
        items.append("added")


def nested(log):
    try:
        try:
            return log.append("inner try") or "inner"
        finally:
            log.append("inner finally")
            try:
                raise OSError("in finally")
            except OSError:
                log.append("handled in finally")
    finally:
        log.append("outer finally")


def replaced():
    try:
        try:
            raise ValueError("first")
        finally:
            raise KeyError("second")
    except KeyError as error:
        return error.args, repr(error.__context__)


def looped() -> int:
    count = 0
    while True:
        try:
            count += 1
            if count < 3:
                continue
            return count
        finally:
            count += 10
            if count > 30:
                return -count


def generated():
    try:
        yield 1
        return "value"
    finally:
        yield 2


def main():
    print([returns(how) for how in ("plain", "raise", "else")])
    print([broken(how) for how in ("plain", "return", "raise")])
    log: list[str] = []
    print(value_before([]), nested(log), log, replaced(), looped(), list(generated()))
    for number in range(2):
        try:
            try:
                raise LookupError(number)
            finally:
                if number == 0:
                    continue
        except LookupError as error:
            print("only the second", error)


if __name__ == "__main__":
    main()
