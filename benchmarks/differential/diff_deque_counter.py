"""collections: Counter, defaultdict, deque, ChainMap, OrderedDict, namedtuple."""

from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple

Point = namedtuple("Point", ["x", "y"], defaults=[0])


def main() -> None:
    counted = Counter("abracadabra")
    print(counted.most_common(3), counted["z"], sorted((counted - Counter("aab")).items()))
    groups: defaultdict[int, list[str]] = defaultdict(list)
    for word in "one two three four five".split():
        groups[len(word)].append(word)
    print(dict(groups), sorted(groups), 9 in groups)
    queue = deque([1, 2, 3], maxlen=4)
    queue.extend([4, 5])
    queue.rotate(1)
    queue.appendleft(0)
    print(list(queue), queue.maxlen, ChainMap({"a": 1}, {"a": 2, "b": 3})["b"])
    ordered = OrderedDict(a=1, b=2, c=3)
    ordered.move_to_end("a")
    print(list(ordered), Point(3), Point(1, 2)._replace(x=9), Point(1, 2) == (1, 2), Point._fields)


if __name__ == "__main__":
    main()
