"""What a site's robots.txt lets us read (RFC 9309).

Protego reads it: it is maintained, and matches `*` and `$` in linear time. The standard library's robotparser
knows neither sign and takes the first rule that fits instead of the longest.
"""

from __future__ import annotations

from protego import Protego

PRODUCT = "fact-figures"
MAX_BYTES = 500 * 1024  # RFC 9309, 2.5: at least 500 kibibytes are to be read


class Robots:
    """The rules of one robots.txt for `PRODUCT`. An empty text allows everything."""

    def __init__(self, text: str) -> None:
        self._rules = Protego.parse(_without_other_agents(text))

    def allows(self, url: str) -> bool:
        """Whether the address may be read."""
        return bool(self._rules.can_fetch(url, PRODUCT))

    @property
    def delay(self) -> float:
        """Seconds that the site wants between requests (`Crawl-delay`); 0 if it doesn't say."""
        return float(self._rules.crawl_delay(PRODUCT) or 0)


def _without_other_agents(text: str) -> str:
    """The text with every other robot's name replaced by one name.

    A group's rules are copied for each robot that it names, so that thousands of names over thousands of rules
    would fill the memory. Which rules are ours stays as it was.
    """
    lines = []
    for line in text.splitlines():
        words = line.partition("#")[0].strip().lower()
        names_robot = words.startswith("user")
        ours = words.endswith("*") or PRODUCT in words
        lines.append("User-agent: another" if names_robot and not ours else line)
    return "\n".join(lines)
