"""The channels as they are configured, made ready to send; one that cannot be is named with what it lacks."""

from collections.abc import Mapping
from typing import NamedTuple

from risk_manager.config.alerts import AlertsConfig, ChannelConfig
from risk_manager.config.model import RiskConfig
from risk_manager.core.alerts.channel import Channel, Unusable


class Ready(NamedTuple):
    """logs: the log channels. configs: those that leave the program; channels: of these the usable ones, unusable:
    name to why not. stays: why nothing leaves the log at all, where that is so.
    """

    logs: tuple[ChannelConfig, ...] = ()
    configs: tuple[ChannelConfig, ...] = ()
    channels: tuple[Channel, ...] = ()
    unusable: Mapping[str, str] = {}
    stays: str = ""


def stays_in_log(config: RiskConfig, venue: str | None, *, dry_run: bool = False) -> str:
    """Why nothing may leave the log; empty where it may. venue: that is used instead of the account's, if any."""
    if dry_run:
        return "this is a dry run"
    if (venue or config.account.venue) == "simulated" and not config.alerts.page_simulated:
        return "the venue is simulated, and alerts.page_simulated is false"
    return ""


def make_ready(alerts: AlertsConfig, environ: Mapping[str, str], *, stays: str = "") -> Ready:
    """Every channel with its secrets. stays: why nothing may leave the log; empty where it may."""
    logs = tuple(each for each in alerts.channels if each.type == "log")
    configs = tuple(each for each in alerts.channels if each.type != "log")
    if stays or not configs:
        return Ready(logs, stays=stays if configs else "")
    channels: list[Channel] = []
    unusable: dict[str, str] = {}
    for config in configs:
        try:
            channels.append(make_channel(config, environ))
        except Unusable as error:
            unusable[config.name] = str(error)
    return Ready(logs, configs, tuple(channels), unusable)


def make_channel(config: ChannelConfig, environ: Mapping[str, str]) -> Channel:
    """One that leaves the program. Raises Unusable. TLS is heavy to load: it is there where it is needed."""
    if config.type == "webhook":
        from risk_manager.core.alerts.webhook import Webhook

        return Webhook(config, environ)
    from risk_manager.core.alerts.command import Command

    return Command(config, environ)
