"""One listener for each Discord source that has a token, while `run_discord` runs."""

from ingestion.discord import accounts
from tasktracker.discord_listener import Listener
from tasktracker.runner import Runner


def discord_runner() -> Runner[accounts.Account, Listener]:
    """Runs until SIGTERM or SIGINT."""
    return Runner(name="discord", find=accounts.read_accounts, make=Listener, stop=Listener.stop)
