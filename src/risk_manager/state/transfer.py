"""A state as a file: exported from one account, imported into another, with the account's names replaced."""

import re
from hashlib import sha256
from pathlib import Path

import msgspec

from risk_manager.domain.state import Change
from risk_manager.errors import StateCorrupt, StateError
from risk_manager.state import codec
from risk_manager.state.founding import founding_changes
from risk_manager.state.recovery import Recovered
from service_contract.atomic_files import write_atomically

FORMAT = "risk-manager-state/1"


class _Exported(msgspec.Struct, frozen=True):
    """What the file holds. body: the rest as JSON text, of which sha256 is the checksum."""

    format: str
    sha256: str
    body: str


class Body(msgspec.Struct, frozen=True):
    """account: whose state it is now. seq, position: the journal row it stood at. last_ns: the venue's time then."""

    account: str
    seq: int
    position: str
    last_ns: int
    changes: tuple[Change, ...]


def export_state(path: Path, recovered: Recovered, *, account: str, as_account: str, position: bytes) -> None:
    """Write a state down, with every mention of the account's name replaced.

    Raises OSError.
    """
    body = Body(account, recovered.rows, position.hex(), recovered.last_ns, founding_changes(recovered))
    text = msgspec.json.encode(body).decode()
    if as_account != account:
        whole_name = rf"(?<![A-Za-z0-9_-]){re.escape(account)}(?![A-Za-z0-9_-])"
        text = re.sub(whole_name, lambda _found: as_account, text)
    document = _Exported(FORMAT, sha256(text.encode()).hexdigest(), text)
    write_atomically(path, msgspec.json.format(msgspec.json.encode(document)) + b"\n")


def read_export(path: Path) -> Body:
    """Read an exported state.

    Raises StateError where there is none, StateCorrupt where it was changed or is not one.
    """
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Exported)
        if document.format != FORMAT:
            message = f"{path}: its format is {document.format!r}; this program reads {FORMAT}"
            raise StateError(message, hint="export it with this version")
        if sha256(document.body.encode()).hexdigest() != document.sha256:
            message = f"{path}: does not match its checksum"
            raise StateCorrupt(message, hint="it was damaged or edited after it was exported; export it again")
        return msgspec.json.decode(document.body, type=Body)
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise StateError(message, hint="give a file that `risk-manager snapshot export` wrote") from error
    except msgspec.MsgspecError as error:
        message = f"{path}: is not an exported state: {error}"
        raise StateCorrupt(message, hint="give a file that `risk-manager snapshot export` wrote") from error


def import_record(body: Body, path: Path) -> codec.FoundingRecord:
    """The founding record of an imported state. Intents under way are another account's business: they stay behind."""
    changes = tuple(change for change in body.changes if change.table != "intents")
    words = f"imported from {path.name}: the state of {body.account} at journal row {body.seq}"
    return codec.FoundingRecord("import", words, changes)
