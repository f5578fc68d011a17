"""The bytes of a YAML file as text, or why they cannot be had: missing, a directory, too large, not UTF-8."""

from pathlib import Path

from service_contract.yaml_faults import Fault, Place, YamlFaults


def copy_template(file: Path, template: str) -> str:
    """What to do where there is no file, or nothing in it."""
    return f"copy {template or f'config/{file.name}'} from the distribution"


def read_text(file: Path, max_bytes: int, template: str) -> str:
    """The text of a file. Raises YamlFaults where it cannot be had."""

    def refuse(message: str, remedy: str) -> YamlFaults:
        return YamlFaults([Fault(file, None, "", message, remedy=remedy)])

    try:
        if file.is_dir():
            raise refuse("is a directory, not a file", "name the YAML file itself")
        if file.exists() and not file.is_file():
            raise refuse("is not a plain file", "name the YAML file itself; a pipe may never end")
        with file.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except FileNotFoundError:
        raise refuse("does not exist", copy_template(file, template)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise refuse(f"cannot be read: {why}", "check its path, owner and mode") from error
    if len(data) > max_bytes:
        raise refuse(f"is larger than {max_bytes} bytes", "a configuration is a few kilobytes; is this the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[before : error.start].decode("utf-8", "replace")) + 1
        text = data[before:].split(b"\n", 1)[0].decode("utf-8", "replace").rstrip("\r")
        fault = Fault(file, Place(line, column, text), "", "is not UTF-8", remedy="save the file as UTF-8")
        raise YamlFaults([fault]) from error
