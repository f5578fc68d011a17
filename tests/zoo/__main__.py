"""`make zoo`: every service of the zoo under the real pack, as a table of what is due and what came out.

`python -m tests.zoo WORD…` runs those whose name holds one of the words. The exit code is 0 where all are equal.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.zoo.cases import Case, cases
from tests.zoo.keeper import NoInterpreter

AT_ONCE = 2
ROW = "{:<26} {:<14} {:>4} {:>6}  {:<10} {:<10}  {}"


def row(case: Case) -> tuple[bool, str]:
    """Run one; gives whether all is as it is due, and its line of the table."""
    with tempfile.TemporaryDirectory(prefix="zoo-") as home:
        try:
            seen = case.run(Path(home))
        except NoInterpreter as error:
            return False, ROW.format(case.name, "-", case.code, "-", case.cause or "-", "-", error)
        differences = case.differences(seen)
        named = (seen.causes or ["-"])[0]
    verdict = "equal" if not differences else "DIFFERENT: " + "; ".join(differences)
    return not differences, ROW.format(case.name, seen.alias, case.code, seen.code, case.cause or "-", named, verdict)


def main(words: list[str]) -> int:
    """Print the table; 64 where no service is meant."""
    chosen = [case for case in cases() if not words or any(word in case.name for word in words)]
    if not chosen:
        sys.stderr.write(f"no service of the zoo has {' or '.join(words)} in its name\n")
        return 64
    print(ROW.format("service", "ran as", "code", "actual", "cause", "actual", ""))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = []
        for equal, line in pool.map(row, chosen):
            results.append(equal)
            print(line, flush=True)
    print(f"{sum(results)} of {len(results)} equal")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
