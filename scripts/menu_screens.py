"""Types the menu's keys in tmux and writes what stands on the screen into the pages: `make docs-screens`.

The pages hold `<!-- screen: NAME -->` blocks. It plays in a project of its own, fresh each time, made of links to this
one, so that what a page shows is what a newcomer sees. Numbers, names of runs and the market differ each time: a block
is written anew only where something else differs, and a test compares the same way (`alike`).
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
DOCS = PROJECT / "docs"
PROMPT, AFTERWARDS = "key, then Enter >", "q: quit >"
_BLOCK = re.compile(r"(<!-- screen: ([a-z-]+) -->\n```\n).*?(```\n<!-- end -->)", re.DOTALL)
_LIMIT_S = 60.0
_LINKED = ("src", "config", "tests", ".venv", "pyproject.toml", "requirements.lock")

# Name of the screen -> what is typed, and the words with which the screen is complete. In the order of one sitting.
PLAY = {
    "menu": ("", PROMPT),
    "menu-smoke": ("s", AFTERWARDS),
    "menu-unknown": ("x", AFTERWARDS),
    "menu-help": ("h", AFTERWARDS),
    "menu-interrupted": ("r\x03", AFTERWARDS),
    "menu-again": ("\n", PROMPT),
}


def make_scene(directory: Path) -> Path:
    """A project like a fresh clone of this one: the same files, no run yet, one commit."""
    scene = directory / "risk-manager"
    (scene / "data").mkdir(parents=True)
    shutil.copy(PROJECT / "run_tests.py", scene / "run_tests.py")
    for name in _LINKED:
        (scene / name).symlink_to(PROJECT / name)
    (scene / "data" / "sessions").symlink_to(PROJECT / "data" / "sessions")
    git = ("git", "-c", "user.name=docs", "-c", "user.email=docs@localhost", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q", "-b", "main"), ("add", "run_tests.py"), ("commit", "-q", "-m", "a scene")):
        subprocess.run([*git, *arguments], cwd=scene, check=True)
    return scene


def alike(text: str) -> str:
    """The text without what differs from run to run: numbers, names, widths, the hour of the market."""
    text = re.sub(r"\d{8}T\d{6}(\.\d+)?Z(-[0-9a-f]{6})?", "RUN", text)
    text = re.sub(r"(?m)^ market .*$", " market", text)
    text = re.sub(r"@[0-9a-f]{7}\b|\b(?=[a-z]*\d)[0-9a-f]{7,}…?", "HASH", text)
    text = re.sub(r"\b(linux|darwin)\b", "PLATFORM", text)
    text = text.replace("  LATE", "")
    return re.sub(r"[ \t]+", " ", re.sub(r"\d+(\.\d+)*", "0", text)).strip()


class Tmux:
    """A terminal of 80 columns that a program types into. What has scrolled away is kept."""

    def __init__(self, scene: Path, command: str) -> None:
        self._server = ("tmux", "-L", f"screens-{scene.parent.name}", "-f", "/dev/null")
        self._run("new-session", "-d", "-x", "80", "-y", "24", "-c", str(scene), command)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run([*self._server, *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    def _shown(self) -> str:
        """Everything so far; lines that were too wide for the window are wrapped as it wraps them."""
        return self._run("capture-pane", "-p", "-S", "-").rstrip()

    def until(self, words: str, begin: int) -> str:
        """What was shown from line `begin` on, once these words are the last ones."""
        end_s = time.monotonic() + _LIMIT_S
        while time.monotonic() < end_s:
            shown = "\n".join(self._shown().splitlines()[begin:])
            if shown.endswith(words) and "\n" in shown:  # not still the prompt at which it was typed
                return shown
            time.sleep(0.1)
        raise SystemExit(f"menu_screens: {words!r} never came; it shows:\n{self._shown()}")

    def type(self, keys: str) -> int:
        """Type a line (Ctrl-C after it once the command runs); gives the number of lines shown before."""
        before = len(self._shown().splitlines())
        line, interrupt, _ = keys.partition("\x03")
        if line.strip():
            self._run("send-keys", "-l", line.strip())
        self._run("send-keys", "Enter")
        if interrupt:
            self.until_contains("soak risk-manager", before)
            self._run("send-keys", "C-c")
        return max(0, before - 1)

    def until_contains(self, words: str, begin: int) -> None:
        """Wait until the words stand somewhere in what was shown from line `begin` on."""
        end_s = time.monotonic() + _LIMIT_S
        while words not in "\n".join(self._shown().splitlines()[begin:]):
            if time.monotonic() > end_s:
                raise SystemExit(f"menu_screens: {words!r} never came; it shows:\n{self._shown()}")
            time.sleep(0.1)

    def close(self) -> None:
        """End the terminal and what runs in it."""
        self._run("kill-server")


def play(scene: Path) -> dict[str, str]:
    """Every screen of the play, by name."""
    terminal = Tmux(scene, "env -u CI NO_COLOR=1 python3 run_tests.py")
    screens = {}
    try:
        for name, (keys, complete) in PLAY.items():
            begin = terminal.type(keys) if keys else 0
            screens[name] = "\n".join(line.rstrip() for line in terminal.until(complete, begin).splitlines())
    finally:
        terminal.close()
    screens["menu-again"] = screens["menu-again"].partition("\n")[2]  # without the prompt at which Enter was typed
    return screens


def renewed(text: str, screens: dict[str, str]) -> str:
    """A page with its screens as they are now, where more than numbers changed."""

    def block(found: re.Match[str]) -> str:
        new = screens.get(found[2])
        old = found[0].removeprefix(found[1]).removesuffix(found[3])
        return found[0] if new is None or alike(new) == alike(old) else f"{found[1]}{new.strip(chr(10))}\n{found[3]}"

    return _BLOCK.sub(block, text)


def main() -> None:
    """Play, rewrite the pages that changed, and name them."""
    if shutil.which("tmux") is None:
        sys.exit("menu_screens: tmux is not installed; on Debian and Ubuntu: apt-get install tmux")
    with tempfile.TemporaryDirectory(prefix="rm-") as directory:
        screens = play(make_scene(Path(directory)))
    for document in [PROJECT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        text = document.read_text(encoding="utf-8")
        if renewed(text, screens) != text:
            document.write_text(renewed(text, screens), encoding="utf-8")
            sys.stdout.write(f"{document.relative_to(PROJECT)}\n")


if __name__ == "__main__":
    main()
