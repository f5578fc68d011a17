"""`risk-runtime shadow` as a real process: started, listened to line by line, and read at its end."""

import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import jsonschema

PROJECT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((PROJECT / "docs/reference/schemas/shadow.schema.json").read_text(encoding="utf-8"))
DEADLINE_S = 40.0


@dataclass
class Shadow:
    """One run. `words` holds what it has said so far."""

    root: Path
    words: list[str] = field(default_factory=list)

    def begin(self, *args: str | Path, **env: str) -> "Shadow":
        """Start it; its clock and reports are in `root`."""
        places = ("--reports-dir", self.root / "reports", "--state", self.root / "clock.json", "--settle", "1.5")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "shadow", "--json", *map(str, places), *map(str, args)],
            env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT,
        )  # fmt: skip
        self._said: Queue[str] = Queue()
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        return self

    def _listen(self) -> None:
        for line in self.process.stderr or ():
            self._said.put(line)

    def until(self, pattern: str) -> re.Match[str]:
        """Wait for a line that it has not said before."""
        while True:
            try:
                line = self._said.get(timeout=DEADLINE_S)
            except Empty:
                raise AssertionError(f"never said {pattern!r}: {''.join(self.words)}") from None
            self.words.append(line)
            if match := re.search(pattern, line):
                return match

    def end(self) -> dict[str, Any]:
        """Its JSON, once it has ended by itself."""
        out = self.process.stdout.read() if self.process.stdout else ""
        self.process.wait(DEADLINE_S)
        self._ear.join(DEADLINE_S)
        while not self._said.empty():
            self.words.append(self._said.get())
        assert "Traceback" not in "".join(self.words)
        result: dict[str, Any] = json.loads(out)
        jsonschema.validate(result, SCHEMA)
        assert self.process.returncode == result["exit_code"]
        assert json.loads(Path(result["artifacts"]["result"]).read_text(encoding="utf-8")) == result
        return result

    def stop(self) -> None:
        """End it if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE_S)
        self._ear.join(DEADLINE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()
