"""Generators that feed one another: who runs when, and what is not computed at all."""

from itertools import islice


def source(log: list[str]):
    for number in range(100):
        log.append(f"s{number}")
        yield number


def doubled(numbers, log: list[str]):
    for number in numbers:
        log.append(f"d{number}")
        yield number * 2


def kept(numbers, log: list[str]):
    for number in numbers:
        if number % 3 == 0:
            log.append(f"k{number}")
            yield number


def batches(items, size: int):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def windows(items, size: int):
    window: list = []
    for item in items:
        window = [*window, item][-size:]
        if len(window) == size:
            yield tuple(window)


def running_mean():
    total = count = 0
    mean = None
    while True:
        total += yield mean
        count += 1
        mean = total / count


def round_robin(*iterables):
    active = [iter(one) for one in iterables]
    while active:
        for iterator in list(active):
            try:
                yield next(iterator)
            except StopIteration:
                active.remove(iterator)


def main():
    log: list[str] = []
    line = kept(doubled(source(log), log), log)
    print(log, next(line), log, next(line), len(log))
    print(list(islice(line, 2)), log[-4:], list(batches("abcdefg", 3)), list(batches([], 2)))
    print(list(windows(range(5), 3)))
    mean = running_mean()
    next(mean)
    print([mean.send(number) for number in (4, 6, 2)], "".join(round_robin("abc", "d", "", "ef")))
    counts = {}
    for word in (
        word.strip(".,").lower() for text in ("One two,", "two. THREE one") for word in text.split()
    ):
        counts[word] = counts.get(word, 0) + 1
    print(counts, list(map(sum, batches((n * n for n in range(6)), 2))))
    print([*zip(source([]), doubled(source([]), []), "abc")])


if __name__ == "__main__":
    main()
