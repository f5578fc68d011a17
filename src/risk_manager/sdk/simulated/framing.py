"""Cuts a stream of bytes into lines, and survives lines that are too long."""

MAX_FRAME_BYTES = 1 << 20


class LineSplitter:
    """Feed it bytes, get whole lines back. A line over the limit is dropped to its end and counted."""

    def __init__(self, max_bytes: int = MAX_FRAME_BYTES) -> None:
        self.oversized = 0
        self._max_bytes = max_bytes
        self._rest = bytearray()
        self._dropping = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their line ends; empty ones are left out."""
        *ended, rest = data.split(b"\n")
        lines = []
        for part in ended:
            if not self._dropping and len(self._rest) + len(part) <= self._max_bytes:
                line = bytes(self._rest + part)
                if line:
                    lines.append(line)
            elif not self._dropping:
                self.oversized += 1
            self._rest.clear()
            self._dropping = False
        if not self._dropping and len(self._rest) + len(rest) > self._max_bytes:
            self.oversized += 1
            self._dropping = True
            self._rest.clear()
        elif not self._dropping:
            self._rest += rest
        return lines
