"""The figures as one SVG, drawn without any library."""

from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

_RULES: Final = {"gateway": "#0b6e4f", "any adverse row": "#c44536", "majority of departments": "#5b6c8f"}
_WIDTH: Final = 960
_HEIGHT: Final = 400
_LEFT: Final = 60
_TOP: Final = 56
_CURVE: Final = 440
_DEEP: Final = 280
_BARS: Final = 590
_BAR: Final = 300
_STEP: Final = 26


def as_svg(found: dict[str, Any]) -> str:
    """Deaths found by week since the death, and the price each rule pays for it."""
    rules = {name: found["rules"][name] for name in _RULES}
    body = "\n".join([*_curves(rules), *_prices(rules)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif" font-size="12" fill="#222">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )


def _curves(rules: dict[str, Any]) -> Iterator[str]:
    yield _text(_LEFT, 24, "Deaths suspected, by weeks since the death", weight="bold")
    yield _text(_LEFT, 42, "of all that were ever reported", colour="#666")
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = _y(share)
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _CURVE}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield _text(_LEFT - 8, y + 4, f"{share:.0%}", anchor="end", colour="#666")
    weeks = len(next(iter(rules.values()))["curve"])
    for week in (4, 13, 26, weeks):
        x = _x(week, weeks)
        yield f'<line x1="{x}" x2="{x}" y1="{_TOP}" y2="{_TOP + _DEEP}" stroke="#eee"/>'
        yield _text(x, _TOP + _DEEP + 18, str(week), anchor="middle", colour="#666")
    for place, (name, rule) in enumerate(rules.items()):
        points = [
            (0, 0.0),
            *((week, share) for week, share in enumerate(rule["curve"], 1) if share is not None),
        ]
        line = " ".join(f"{_x(week, weeks)},{_y(share)}" for week, share in points)
        yield f'<polyline points="{line}" fill="none" stroke="{_RULES[name]}" stroke-width="2.5"/>'
        y = _TOP + _DEEP - 14 - 18 * place
        yield _text(_LEFT + _CURVE - 8, y, name, anchor="end", colour=_RULES[name])


def _prices(rules: dict[str, Any]) -> Iterator[str]:
    wrongful = [(rule["wrongful_share_of_living_months"] or 0) * 100_000 for rule in rules.values()]
    yield from _bars(_TOP - 32, "Wrongful suspicions per 100 000 living person-months", wrongful, "{:.2f}")
    dead = [float(sum(rule["dead_certified_months"].values())) for rule in rules.values()]
    yield from _bars(_TOP + 84, "Months of the dead that count as certified", dead, "{:,.0f}")
    living = [(rule["living_certified_silently"] or 0) * 100 for rule in rules.values()]
    yield from _bars(_TOP + 200, "Living person-months certified silently, %", living, "{:.1f}")


def _bars(top: int, title: str, values: Sequence[float], form: str) -> Iterator[str]:
    yield _text(_BARS, top, title, weight="bold")
    most = max([*values, 1e-9])
    for place, (colour, value) in enumerate(zip(_RULES.values(), values, strict=True)):
        y = top + 10 + place * _STEP
        width = round(_BAR * value / most, 1)
        yield f'<rect x="{_BARS}" y="{y}" width="{max(width, 1)}" height="18" fill="{colour}"/>'
        inside = width > _BAR / 2
        x, anchor, ink = (width - 6, "end", "#fff") if inside else (width + 6, "start", "#222")
        yield _text(_BARS + x, y + 13, form.format(value), anchor=anchor, colour=ink)


def _x(week: float, weeks: int) -> float:
    return round(_LEFT + _CURVE * week / weeks, 1)


def _y(share: float) -> float:
    return round(_TOP + _DEEP * (1 - share), 1)


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222", weight: str = "normal"
) -> str:
    place = f'x="{x}" y="{y}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}" font-weight="{weight}">{escape(text)}</text>'
