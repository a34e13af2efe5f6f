"""Names beyond ASCII: variables, attributes and arguments, and their normal form."""


class État:
    été = 1

    def méthode(self, α: int, *, β: int = 2) -> int:
        self.γ = α + β
        return self.γ


def ajouter(λ: int, **п: int) -> tuple[int, list[str]]:
    return λ, [ascii(name) for name in п]


def main() -> None:
    naïve = 3
    日本 = [naïve]
    ﬁ = "ligature"
    print(naïve, 日本, fi, État.été)
    état = État()
    print(état.méthode(1), état.méthode(1, β=5), [ascii(name) for name in vars(état)])
    print(ajouter(λ=1, б=2, z=3), getattr(état, "γ"), hasattr(état, "\ufb01"))
    setattr(état, "\ufb01", 1)
    print(hasattr(état, "fi"), [ascii(name) for name in vars(état)], ascii(État.__name__))
    Å = 7
    print(Å, {ascii(name): value for name, value in dict(é=1, è=2).items()})
    print(ascii(état.méthode.__name__))


if __name__ == "__main__":
    main()
