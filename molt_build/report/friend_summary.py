"""The published page of the friend suites: who wins, by how much, how sure, on how much of what.

`docs/benchmarks/friend_summary.md` and pictures beside it, made from the results of one or several
runs alone, with nothing of the machine but its class. The first screen answers for every suite;
what follows is what the answers are made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from molt_build.errors import UsageError
from molt_build.report import friend_tables
from molt_build.report.friend_pictures import headline, of_suite
from molt_build.report.latest import why_not_published
from molt_build.report.page import PAGES, Page, Picture, rendered
from molt_build.report.scorecard import Scorecard
from molt_build.results.scoring import has_intervals

PAGE = PAGES / "friend_summary.md"
PICTURES = "friends"


def page_of(card: Scorecard, folder: str = PICTURES) -> Page:
    """The page of a scorecard of suites, its pictures in a folder beside it that is its own.

    Raises `UsageError` where it is of a lane that is no suite.
    """
    for one in card.lanes:
        if one.lane.suite is None:
            message = f"{one.results[0].run} is no run of friend suites"
            raise UsageError(message, "molt-build report --lane writes the page of a lane")
    pictures = {one.name: list(of_suite(one, score)) for one, score in card.measured}
    top = headline(card)
    drawn = [*([top] if top else []), *(p for own in pictures.values() for p in own)]
    return Page(text(card, top, pictures, folder), folder, tuple(drawn))


def text(
    card: Scorecard,
    top: Picture | None,
    pictures: Mapping[str, Sequence[Picture]],
    folder: str = PICTURES,
) -> str:
    """The whole page; pictures by suite, and the folder beside the page that they lie in."""
    measured = [one for one, _ in card.measured]
    return rendered(
        "friends.md.j2",
        card=card,
        measured=measured,
        top=top,
        pictures=pictures,
        folder=folder,
        tables=friend_tables,
        has_intervals_anywhere=any(has_intervals(score.main) for _, score in card.measured),
        is_full=not any(why_not_published(result, {}) for result in card.results),
    )
