"""What the bot says, in English and Ukrainian."""

from ingestion.bot_texts_en import EN
from ingestion.bot_texts_uk import UK
from ingestion.bot_wording import Texts as Texts

LANGUAGES = ("en", "uk")
# `Texts.commands` are the descriptions in Telegram's menu, in this order.
COMMANDS = ("task", "review", "status", "notify", "quiet", "link", "help", "start")


def texts(language_code: str | None) -> Texts:
    """By the IETF tag of the user's Telegram (`uk`, `en-GB`, …); English for all others."""
    return UK if language(language_code) == "uk" else EN


def language(language_code: str | None) -> str:
    """The language of LANGUAGES for a tag."""
    return "uk" if (language_code or "").lower().split("-")[0] == "uk" else "en"


def menu(language_code: str) -> list[tuple[str, str]]:
    """Telegram's menu: the commands, each with its description."""
    return list(zip(COMMANDS, texts(language_code).commands, strict=True))
