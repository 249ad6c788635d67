"""Takes in a response body within a cap, on the wire and after inflating: a bomb costs no more memory than an honest
page."""

from __future__ import annotations

import zlib

_GZIP = 31
_ZLIB = 15
_RAW = -15


class Body:
    """Feed it raw octets as they come. `content` is the decoded body up to `cap`; encodings but gzip and deflate stay
    as they are."""

    def __init__(self, cap: int, encoding: str) -> None:
        self.cap = cap
        self.content = bytearray()
        self.wire_bytes = 0
        self.truncated = False
        self._coding = encoding.strip().lower()
        self._inflate: zlib._Decompress | None = None
        if self._coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(_GZIP)
        elif self._coding == "deflate":
            self._inflate = zlib.decompressobj(_ZLIB)

    def feed(self, chunk: bytes) -> bool:
        """Takes some octets in; False when no more are wanted. Raises ValueError where they are not what the encoding
        says."""
        room = self.cap - self.wire_bytes
        if len(chunk) > room:
            chunk, self.truncated = chunk[:room], True
        first = self.wire_bytes == 0
        self.wire_bytes += len(chunk)
        if self._inflate is None:
            self.content += chunk
        else:
            self._decode(chunk, first)
        return not self.truncated

    def _decode(self, chunk: bytes, first: bool) -> None:
        assert self._inflate is not None
        if self._inflate.eof or not chunk:
            return  # what follows the end of the compressed data is ignored, as browsers do
        room = self.cap - len(self.content) + 1
        try:
            piece = self._inflate.decompress(chunk, room)
        except zlib.error as problem:
            if not (first and self._coding == "deflate"):
                raise ValueError(f"the body is not valid {self._coding}: {problem}") from None
            # Some servers send deflate without the zlib wrapper (RFC 9110 section 8.4.1.2 asks clients to bear it).
            self._inflate = zlib.decompressobj(_RAW)
            try:
                piece = self._inflate.decompress(chunk, room)
            except zlib.error:
                raise ValueError(f"the body is not valid deflate: {problem}") from None
        self.content += piece
        if len(self.content) > self.cap or self._inflate.unconsumed_tail:
            del self.content[self.cap :]
            self.truncated = True

    def finish(self) -> None:
        """To be called when the server ended the body. Raises ValueError where compressed data breaks off."""
        if self._inflate is not None and self.wire_bytes and not self._inflate.eof and not self.truncated:
            raise ValueError(f"the {self._coding} body is truncated")
