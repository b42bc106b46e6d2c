"""From bytes to text: which encoding, and whether it is text at all."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from pipeline.errors import DocumentError

# So much is looked at to guess an encoding that is not UTF-8; the whole is then decoded with it, strictly.
_SAMPLE = 200_000
# Text has next to no control characters apart from tab, line ends, form feed and escape.
_MOST_CONTROL = 0.02
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b")) + b"\x7f"
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff]")
_WIDE = ("cp932", "gb18030", "big5", "cp949", "euc_jp")
_USUAL = (
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1257",
    "iso8859_2",
    "iso8859_15",
    "koi8_r",
    "mac_roman",
    *_WIDE,
)
# Capitals inside words, and signs that stand in words only where a letter was misread.
_ODD = re.compile(
    r"[^\W\d_A-Z][A-ZÀ-ÖØ-Þ\u0401-\u042f]|[^\W\d_][¹²³£¤¥¦§¨¬¯±´µ¶·¸¼½¾¿¡÷×]+[^\W\d_]|[^\W\d_][³¿£]|[£³¿][a-zß-ÿ]|[ˇ˛˘˙˚˝]"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that mean the same in English text of any Windows or Latin encoding: quotes, dashes, currencies, fractions,
# and the accented letters that English borrows.
_WESTERN = bytes(range(128)) + "€‚„…†‡‘’“”•–—™\xa0£¥§©«®°±²³·»¼½¾éèêëçñáàâäãåæíóòôöøúùûüÉÖÜÄÅØ".encode(
    "cp1252"
)
_DECLARED = re.compile(
    rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s{0,4}=\s{0,4}[\"']?\s{0,4}([\w.:-]{2,40})", re.I
)
# What is ASCII up to the name can't be UTF-16 or UTF-32; the others are no encodings of pages, and some take
# quadratic time.
_NOT_BELIEVED = (
    "utf-16",
    "utf-32",
    "utf-7",
    "punycode",
    "idna",
    "unicode",
    "raw-unicode",
    "raw_unicode",
    "undefined",
)
_LATIN = {"iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"}


class BinaryContent(DocumentError):
    """The bytes are no text."""


class UndecodableContent(DocumentError):
    """The bytes may be text, but in no encoding that makes sense of them."""


def decode(data: bytes, *, markup: bool = False, charset: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding; a byte order mark is left out of the text.

    Tried in this order: a byte order mark, the `charset` that a server named, the encoding that a page of `markup`
    declares, UTF-8, and a guess among legacy encodings. BinaryContent or UndecodableContent where the bytes are no text in any of them.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding), encoding
    _refuse_binary(data)
    named = _encoding(charset) if charset else None
    declared = _declared(data) if markup else None
    for encoding in filter(None, (named, declared, "utf-8")):
        try:
            return data.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    return _legacy(data)


def _marked(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UndecodableContent(
            f"it begins as {encoding} and is not {encoding} at byte {error.start}; save it as UTF-8"
        ) from error
    if "\0" in text:
        raise BinaryContent("it is not text (it has NUL characters in it)")
    return text


def _refuse_binary(data: bytes) -> None:
    if b"\0" in data:
        raise BinaryContent("it is not text (it has NUL bytes in it); save it as plain text in UTF-8")
    controls = len(data) - len(data.translate(None, _CONTROL))
    if controls > _MOST_CONTROL * len(data):
        raise BinaryContent(
            f"it is not text ({controls} of its {len(data)} bytes are control characters); save it as plain text in UTF-8"
        )


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:4096])
    return _encoding(match[1].decode("ascii")) if match else None


def _encoding(label: str) -> str | None:
    """The encoding that a page or its server names, None if there is none of that name."""
    name = label.lower()
    # Browsers read Latin-1 as its superset, https://encoding.spec.whatwg.org/#names-and-labels
    if name in _LATIN:
        return "cp1252"
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    return None if codec.name.startswith(_NOT_BELIEVED) else name


def _legacy(data: bytes) -> tuple[str, str]:
    if not data.translate(None, _WESTERN):
        return data.decode("cp1252"), "cp1252"
    first = next(index for index, byte in enumerate(data) if byte > 127)
    start = max(0, first - _SAMPLE // 2)
    guesses = from_bytes(data[start : start + _SAMPLE], cp_isolation=list(_USUAL))
    for encoding in [*(guess.encoding for guess in guesses), "cp1252", "cp1250"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_plausible(text[start : start + _SAMPLE], wide=encoding in _WIDE):
            return text, encoding.replace("_", "-")
    raise UndecodableContent(
        "its encoding can't be told (it is not UTF-8 and no other fits); save it as UTF-8"
    )


def _is_plausible(sample: str, *, wide: bool) -> bool:
    """Whether a guessed decoding reads like text: letters in words, with spaces between them.

    A wrong guess shows in capitals inside words and in signs among their letters ("przeznaczy³"). The `wide`
    encodings of East Asia make characters of nearly any bytes: they are believed only for English text.
    """
    if _CONTROL_CHARACTERS.search(sample):
        return False
    foreign = [word for word in sample.split() if not word.isascii()]
    odd = sum(bool(_ODD.search(word)) for word in foreign)
    readable = sum(character.isalnum() or character.isspace() or character.isascii() for character in sample)
    english = sum(character.isascii() and not character.isspace() for character in sample)
    if wide and english < 0.5 * sum(not character.isspace() for character in sample):
        return False
    return odd <= 0.1 * len(foreign) and readable >= 0.9 * len(sample)
