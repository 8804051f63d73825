"""Asking Discord whether a bot's token is good."""

from ingestion.discord.rest import DiscordAway, Rest
from ingestion.models import Source


def probe_discord(source: Source) -> tuple[bool, str]:
    """`GET /users/@me` with the source's token; whether that went well, and a sentence for who asked."""
    token = source.open_secret().strip()
    if not token or not token.isascii() or not token.isprintable():
        return False, "No bot token yet: set it as the secret of this source."
    rest = Rest(token.removeprefix("Bot "))
    try:
        name = rest.me()
    except DiscordAway as error:
        return False, str(error)
    finally:
        rest.close()
    return True, f"Connected as {name}. Messages come in from the channels that the bot may see."
