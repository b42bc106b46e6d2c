"""Characters a second of processor time of one extractor over a file of texts. Run by the Python that has it.

    python benchmarks/speed.py SYSTEM TEXTS.jsonl --characters N [--joined]

TEXTS.jsonl holds one {"text": ...} a line. With --joined the texts are given as one long text. Prints one line of
JSON: system, texts, characters, seconds, claims, first_call_seconds, peak_megabytes.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Extractor = Callable[[str], int]

# The first call, which loads what an extractor needs. It has something of everything, so that nothing is left to be
# loaded while the texts are read: it is timed by itself.
FIRST = """The plan costs $3 million, the mayor of Rome said. “It has taken 20 km of road from us since May 2023,”
Ada Lund, head of the council, told reporters in the north of Italy on Friday. According to the agency, about 40 of
200 jobs could go by the end of next year, and prices rose by between 3% and 5%, she said."""


def project() -> Extractor:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from pipeline import extract_claims

    return lambda text: len(extract_claims(text))


def quantulum3() -> Extractor:
    from quantulum3 import parser

    return lambda text: len(parser.parse(text))


def recognizers() -> Extractor:
    from recognizers_number import NumberRecognizer
    from recognizers_number_with_unit import NumberWithUnitRecognizer
    from recognizers_text import Culture

    units = NumberWithUnitRecognizer(Culture.English)
    numbers = NumberRecognizer(Culture.English)
    models = [
        units.get_currency_model(),
        units.get_dimension_model(),
        units.get_temperature_model(),
        units.get_age_model(),
        numbers.get_percentage_model(),
        numbers.get_number_model(),
    ]
    return lambda text: sum(len(model.parse(text)) for model in models)


SYSTEMS = {"project": project, "quantulum3": quantulum3, "recognizers": recognizers}


def read_texts(path: Path, characters: int) -> list[str]:
    """Whole texts from the file until they hold this many characters."""
    texts: list[str] = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            texts.append(json.loads(line)["text"])
            if sum(map(len, texts)) >= characters:
                break
    return texts


def measure(system: str, texts: list[str]) -> dict[str, object]:
    """Run one extractor over the texts, once, after a first call with a short text.

    Seconds are of the processor, so that what else the machine does counts little.
    """
    start = time.process_time()
    extract = SYSTEMS[system]()
    extract(FIRST)
    first_call = time.process_time() - start
    start = time.process_time()
    claims = sum(extract(text) for text in texts)
    return {
        "system": system,
        "texts": len(texts),
        "characters": sum(map(len, texts)),
        "seconds": time.process_time() - start,
        "claims": claims,
        "first_call_seconds": first_call,
        "peak_megabytes": peak_megabytes(),
    }


def peak_megabytes() -> float:
    """The most memory that this program had; on Linux without that of the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--characters", type=int, default=1_000_000)
    parser.add_argument("--joined", action="store_true")
    arguments = parser.parse_args()
    texts = read_texts(arguments.texts, arguments.characters)
    print(json.dumps(measure(arguments.system, ["\n\n".join(texts)] if arguments.joined else texts)))


if __name__ == "__main__":
    main()
