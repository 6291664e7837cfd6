"""Numbers as a reader wants them, in reports and window: as many digits as they are worth."""

from __future__ import annotations

from collections.abc import Sequence

MISSING = "–"


def ratio(value: float | None, decimals: int = 2) -> str:
    """Write a number from 0 to 1 with two decimals; a mean of many is worth three."""
    return MISSING if value is None else f"{value:.{decimals}f}"


def percent(value: float | None) -> str:
    """Write a number of per cent with one decimal."""
    return ratio(value, 1)


def length(value: float | None, decimals: int = 1) -> str:
    """Write a length in mm with one decimal; a distance of surfaces is worth two."""
    return ratio(value, decimals)


def area(value: float | None) -> str:
    """Write an area in mm², or the ratio of two in per cent, with one decimal."""
    return ratio(value, 1)


def volume(value: float | None) -> str:
    """Write a volume in mm³: whole from 100 on, one decimal below; a comma between the thousands."""
    if value is None:
        return MISSING
    if value < 99.95:
        return f"{value:.1f}" if value else "0"
    return f"{value:,.0f}"


def measure(value: float | None, unit: str) -> str:
    """Write a volume in mm³, or an area or ratio, by its unit."""
    return volume(value) if unit == "mm³" else area(value)


def difference_decimals(of: float | None) -> int:
    """Decimals of a difference: about a thousandth of the size that differs, which may be unknown."""
    size = abs(of or 0.0)
    return 0 if size >= 1000 else 1 if size >= 50 or not size else 2


def difference(value: float | None, of: float | None) -> str:
    """Write a difference of two sizes: whole of sizes from 1000 on, with two decimals below 50."""
    return signed(value, difference_decimals(of))


def point(value: Sequence[float] | None) -> str:
    """Write a world position in mm with one decimal, a real minus sign and no negative zero."""
    if value is None:
        return MISSING
    return ", ".join(f"{round(x, 1) + 0.0:.1f}".replace("-", "−") for x in value)


def seconds(value: float) -> str:
    """Write a duration: 0.4 s, 12 s, 3 min 05 s."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 60:
        return f"{value:.0f} s"
    whole = round(value)
    return f"{whole // 60} min {whole % 60:02d} s"


def signed(value: float | None, decimals: int = 2) -> str:
    """Write a difference with its sign, a real minus sign and no negative zero."""
    if value is None:
        return MISSING
    rounded = round(value, decimals) + 0.0
    if not rounded:
        return f"{rounded:.{decimals}f}"
    return f"{rounded:+,.{decimals}f}".replace("-", "−")


def p_value(value: float | None) -> str:
    """Write a p-value with three decimals, or that it is below 0.001."""
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def moment(created: str) -> str:
    """Write the date and the minute of an ISO 8601 time."""
    return created.replace("T", " ")[:16]
