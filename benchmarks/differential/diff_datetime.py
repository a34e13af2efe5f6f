"""datetime: arithmetic, formatting, parsing, zones, leap years, comparison."""

from datetime import UTC, date, datetime, time, timedelta, timezone


def main() -> None:
    leap = date(2024, 2, 28)
    print([str(leap + timedelta(days=n)) for n in range(3)], leap.weekday(), leap.isocalendar()[1])
    start = datetime(2026, 2, 10, 23, 59, 30, tzinfo=UTC)
    later = start + timedelta(hours=1, seconds=45, microseconds=5)
    print(later.isoformat(), later - start, (later - start).total_seconds(), later > start)
    east = timezone(timedelta(hours=5, minutes=30), "IST")
    print(start.astimezone(east), start.astimezone(east) == start, east.tzname(None))
    print(start.strftime("%A %d %B %Y, %H:%M:%S %j"), start.timestamp())
    print(
        datetime.strptime("10/02/26 7:05", "%d/%m/%y %H:%M"),
        datetime.fromisoformat("2026-02-10T07:05"),
    )
    print(
        timedelta(days=-1, hours=5),
        timedelta(minutes=150) // timedelta(hours=1),
        abs(timedelta(-3)),
    )
    print(
        time(7, 5).isoformat(),
        date.fromordinal(738000),
        date.max - date.min,
        start.date().replace(day=1),
    )
    try:
        date(2023, 2, 29)
    except ValueError as error:
        print("error:", error)


if __name__ == "__main__":
    main()
