"""Ends by an error out of a coroutine that was driven by hand, behind one that ended well."""


class Step:
    def __init__(self, name: str) -> None:
        self.name = name

    def __await__(self):
        print("waiting for", self.name)
        answer = yield self.name
        return answer


class Refused(RuntimeError):
    pass


async def work(names: list[str]) -> list[str]:
    answers = []
    try:
        for name in names:
            answers.append(await Step(name))
            if answers[-1] == "no":
                raise Refused(f"{name} said no")
    finally:
        print("answers", answers)
    return answers


def drive(coroutine, answers: list[str]):
    try:
        coroutine.send(None)
        for answer in answers:
            coroutine.send(answer)
    except StopIteration as stop:
        return stop.value


def main() -> None:
    print(drive(work(["a", "b"]), ["yes", "well"]))
    print(drive(work(["a", "b"]), ["yes", "no"]))


if __name__ == "__main__":
    main()
