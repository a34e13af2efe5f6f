"""Sets in place: aliases, several arguments, duplicates, changes while iterating."""


def outcome(action):
    try:
        return action()
    except (KeyError, TypeError, RuntimeError) as error:
        return type(error).__name__


def primes(limit: int) -> list[int]:
    left = set(range(2, limit))
    found = []
    for number in range(2, limit):
        if number in left:
            found.append(number)
            left -= set(range(number, limit, number))
    return found


def grow(members: set[int]) -> None:
    for member in members:
        members.add(member + 100)


def main():
    members = alias = {1, 2, 3}
    members |= {4}
    members &= {2, 3, 4, 5}
    print(sorted(alias), alias is members, sorted(members - {2}), sorted(members ^ {2, 9}))
    members = members | {7}
    print(sorted(alias), sorted(members), alias is members)
    members.update([8], (9,), "a" * 0, {8: 1})
    members.difference_update({2}, [3])
    members.symmetric_difference_update([4, 4, 10, 10])
    members.intersection_update(range(20), [7, 8, 9, 10, 11])
    print(sorted(members), members.discard(99), sorted({1, 2} | {2, 3} & {3, 4}))
    print(sorted({1, 2, 3} - {1} - {2}), primes(40))
    members -= members
    print(members, set(), {*()}, outcome(members.pop), outcome(lambda: members.remove(1)))
    print(outcome(lambda: grow({1, 2})), outcome(lambda: {1} | [2]), outcome(lambda: {1}.add([])))
    print(outcome(lambda: {1} + {2}), sorted({1}.union([2], (3,))))
    same = {1, 2}
    same ^= same
    copy = alias.copy()
    copy.add(0)
    print(same, sorted(alias), sorted(copy), len(alias), alias.clear(), alias)
    popped = []
    rest = set("abc")
    while rest:
        popped.append(rest.pop())
    print(sorted(popped), {1, 1.0, True}, len({1, "1", b"1"}), sorted({x % 3 for x in range(9)}))
    print(set([]) == set(()), {1} == {True})


if __name__ == "__main__":
    main()
