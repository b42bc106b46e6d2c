"""Words of strangers made safe to show, and numbers made easy to read."""

from __future__ import annotations

import unicodedata

# Control (Cc), format (Cf: direction overrides, zero-width), line and paragraph separators, lone surrogates and
# private use: what can move a cursor, recolour a terminal, or make text read otherwise than it is stored.
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def plain(text: str) -> str:
    """One line of text in which every character is visible: a control or format character as its escape, such
    as `\\x1b` or `\\u202e`; line ends and tabs as a space."""
    if text.isprintable():
        return text
    spaced = text.translate({ord("\n"): " ", ord("\t"): " ", ord("\r"): " "})
    return "".join(_visible(character) for character in spaced)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(text: str, length: int) -> str:
    """The text, or as much of it as fits into `length` characters with an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def number(value: float | None) -> str:
    """A number for people: thousands in groups, six digits or all of its whole part, powers of ten from 1e15; empty for None."""
    if value is None:
        return ""
    whole = float(value).is_integer() or abs(value) >= 1e5
    return f"{value:,.0f}" if whole and abs(value) < 1e15 else f"{value:,.6g}"


def size(count: int) -> str:
    """A count of bytes for people: 512 B, 1.4 kB, 2.0 MB."""
    if count < 1000:
        return f"{count} B"
    scaled, units = count / 1000, iter(("kB", "MB", "GB"))
    unit = next(units)
    while scaled >= 1000 and (larger := next(units, None)):
        scaled, unit = scaled / 1000, larger
    return f"{scaled:.1f} {unit}"


def toml_text(text: str) -> str:
    """A text in quotes, as TOML has it; what can't be printed is a space."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else " " for c in escaped) + '"'
