"""Captions of a recording, WebVTT or SubRip: speakers and their words, with the time of each beginning."""

import html
import re
from dataclasses import dataclass, field

from core.values.documents import ParsedDocument
from ingest.parsers.base import DocumentBuilder, clean
from ingest.parsers.encoding import decode

_TIMES = re.compile(r"\s*((?:\d+:)?\d{1,2}:\d{2})[.,]\d{3}\s*-->\s*(?:\d+:)?\d{1,2}:\d{2}[.,]\d{3}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_MARKUP = re.compile(r"<[^<>]*>")
# A speaker's paragraph ends at about this length, so that a citation leads to a place to listen to.
_TURN_CHARS = 600


@dataclass
class _Turn:
    """The words of one speaker without a break, and the time at which they begin."""

    begin: str
    speaker: str
    words: list[str] = field(default_factory=list)


class CaptionsParser:
    """Parses .vtt and .srt files."""

    media_type = "text/vtt"

    def parse(self, content: bytes, name: str) -> ParsedDocument:
        """Return the document; see `Parser.parse`."""
        builder = DocumentBuilder(media_type=self.media_type)
        turn: _Turn | None = None
        for begin, speaker, words in _cues(decode(content)):
            if turn is None or turn.speaker != speaker or sum(map(len, turn.words)) > _TURN_CHARS:
                _write(builder, turn)
                turn = _Turn(begin, speaker)
            turn.words.append(words)
        _write(builder, turn)
        return builder.build(name)


def _cues(text: str) -> list[tuple[str, str, str]]:
    """Return the time, the speaker or an empty string, and the words of each cue."""
    cues = []
    for group in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        lines = group.split("\n")
        at = next((number for number, line in enumerate(lines) if _TIMES.match(line)), None)
        times = _TIMES.match(lines[at]) if at is not None else None
        if at is None or times is None:  # the file's head, a note, a style
            continue
        said = "\n".join(lines[at + 1 :])
        voice = _VOICE.search(said)
        words = clean(html.unescape(_MARKUP.sub("", said)))
        if words:
            cues.append((times[1], clean(html.unescape(voice[1])) if voice else "", words))
    return cues


def _write(builder: DocumentBuilder, turn: _Turn | None) -> None:
    if turn is not None:
        speaker = f"{turn.speaker}: " if turn.speaker else ""
        builder.paragraph(f"[{turn.begin}] {speaker}{' '.join(turn.words)}")
