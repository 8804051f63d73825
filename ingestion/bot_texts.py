"""What the bot says, in English and Ukrainian."""

from typing import NamedTuple

LANGUAGES = ("en", "uk")
COMMANDS = ("start", "help", "status")


class Texts(NamedTuple):
    """One language; `commands` are the descriptions in Telegram's menu, in the order of COMMANDS."""

    start: str
    help: str
    unclaimed: str
    status: str
    commands: tuple[str, ...]


_EN = Texts(
    start=(
        "Hello! I read along for Task Tracker: what is agreed in a chat becomes proposals for topics and tasks, "
        "each with its exact words, and a person decides about every one of them."
    ),
    help=(
        "/status: what I have seen today\n"
        "/help: this text\n\n"
        "In a group I see all messages only if I am an administrator or my privacy mode is off "
        "(@BotFather, /setprivacy)."
    ),
    unclaimed="This chat belongs to no workspace yet: what is written here is put aside and analysed by nobody.",
    status="Workspace: {workspace}\nSource: {source}\nMessages today: {here} here, {all} in all",
    commands=("who I am", "what I can do", "what I have seen today"),
)
_UK = Texts(
    start=(
        "Вітаю! Я читаю чат для Task Tracker: домовленості стають пропозиціями тем і завдань, кожна з точною "
        "цитатою, а рішення про кожну ухвалює людина."
    ),
    help=(
        "/status: що я бачив сьогодні\n"
        "/help: цей текст\n\n"
        "У групі я бачу всі повідомлення, лише якщо я адміністратор або режим приватності вимкнено "
        "(@BotFather, /setprivacy)."
    ),
    unclaimed="Цей чат ще не належить жодному робочому простору: написане тут відкладено, ніхто його не аналізує.",
    status="Робочий простір: {workspace}\nДжерело: {source}\nПовідомлень сьогодні: {here} тут, {all} загалом",
    commands=("хто я", "що я вмію", "що я бачив сьогодні"),
)


def texts(language_code: str | None) -> Texts:
    """By the IETF tag of the user's Telegram (`uk`, `en-GB`, …); English for all others."""
    return _UK if language(language_code) == "uk" else _EN


def language(language_code: str | None) -> str:
    """The language of LANGUAGES for a tag."""
    return "uk" if (language_code or "").lower().split("-")[0] == "uk" else "en"
