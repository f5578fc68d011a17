"""The command that starts the service: its argv, or the same under the trace agent."""

from collections.abc import Mapping, Sequence

from runtime.contract.model import Contract
from service_contract.debugging import asks_for_debug

_AGENT = ("-m", "runtime.agent")


def service_argv(contract: Contract, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What to start, placeholders not yet filled in. `ASYNC_DEBUG=1` asks for the agent where the contract does not."""
    if under_agent(contract, environ):
        return (contract.argv[0], *_AGENT, *contract.argv[1:])
    return contract.argv


def under_agent(contract: Contract, environ: Mapping[str, str]) -> bool:
    """Whether the service is started under the agent."""
    return contract.agent or (asks_for_debug(environ) and takes_agent(contract.argv))


def takes_agent(argv: Sequence[str]) -> bool:
    """Whether an argv is a Python program that the agent can launch: `{python} FILE …` or `{python} -m MODULE …`."""
    if len(argv) < 2 or argv[0] != "{python}":  # noqa: PLR2004 -- an interpreter and what it runs
        return False
    return not argv[1].startswith("-") or (argv[1] == "-m" and len(argv) > 2)  # noqa: PLR2004 -- -m and a module
