"""How paths are shown: as short as they can be written from here, so that they can be clicked and typed."""

from pathlib import Path


def relative(path: Path) -> Path:
    """The path from the current directory, where it lies below it; otherwise as it is."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def from_here(text: str) -> str:
    """A text with the paths in it as short as they can be written from the current directory."""
    return text.replace(f"{Path.cwd()}/", "")
