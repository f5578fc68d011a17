"""The cases of the zoo: one golden file each, `golden/NAME.CODE.yaml`, with the exit code that is due in its name."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.zoo.keeper import SOAK_PLAN, Keeper, Seen

GOLDEN = Path(__file__).parent / "golden"
_KEYS = {"says", "animal", "arguments", "cause", "limit_s", "scenario", "agent", "under", "holds"}


@dataclass(frozen=True)
class Case:
    """One service, and what is due. says: what it does. cause: the id named first; holds: texts in what it says."""

    name: str
    code: int
    says: str
    animal: str
    arguments: tuple = ()
    cause: str | None = None
    limit_s: float | None = None
    scenario: str | None = None
    agent: bool = False
    under: str = "smoke"
    holds: tuple = ()

    def run(self, home: Path) -> Seen:
        """Let the pack run it in a directory of its own."""
        flags = [*(["--timeout", str(self.limit_s)] if self.limit_s else [])]
        flags += ["--scenario", self.scenario] if self.scenario else []
        more = ("agent: true\n" if self.agent else "") + (SOAK_PLAN if self.under == "soak" else "")
        return Keeper(home).run(
            self.animal, *self.arguments, flags=flags, edit=lambda text: text + more, what=self.under
        )

    def differences(self, seen: Seen) -> list[str]:
        """What is not as it is due; nothing where all is."""
        found = seen.report["diagnosis"]
        first = found[0] if found else {"id": None, "what": ""}
        due = [("exit code", self.code, seen.code), ("cause", self.cause, first["id"])]
        due += [("exit code in the JSON", self.code, seen.report["exit_code"])]
        due += [("words", words, "") for words in self.holds if words not in first["what"]]
        return [f"{what}: {wanted!r} is due, it was {got!r}" for what, wanted, got in due if wanted != got]


def cases() -> list[Case]:
    """Every golden file, by name."""
    return [_read(file) for file in sorted(GOLDEN.glob("*.yaml"))]


def _read(file: Path) -> Case:
    name, code, _ = file.name.split(".")
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    if unknown := set(found) - _KEYS:
        raise ValueError(f"{file}: unknown keys {sorted(unknown)}")
    for key in ("arguments", "holds"):
        found[key] = tuple(found.get(key, ()))
    return Case(name=name, code=int(code), **found)
