"""What the bot says, in English and Ukrainian."""

from collections.abc import Mapping
from typing import NamedTuple

LANGUAGES = ("en", "uk")
COMMANDS = ("task", "review", "status", "notify", "quiet", "link", "help", "start")


class Texts(NamedTuple):
    """One language; `commands` are the descriptions in Telegram's menu, in the order of COMMANDS."""

    start: str
    help: str
    unclaimed: str
    status: str
    waiting: str
    link_usage: str
    linked_person: str
    linked_chat: str
    link_refused: Mapping[str, str]
    in_private: str
    not_linked: str
    not_allowed: str
    task_usage: str
    task_made: str
    notify_on: str
    notify_off: str
    told_made: str
    told_status: str
    task_states: Mapping[str, str]
    nothing_waits: str
    is_gone: str
    was_first: str
    approve: str
    reject: str
    open: str
    back: str
    why: str
    reasons: Mapping[str, str]
    kinds: Mapping[str, str]
    confidence: str
    outcomes: Mapping[str, str]
    by_policy: str
    commands: tuple[str, ...]


_EN = Texts(
    start=(
        "Hello! I read along for Task Tracker: what is agreed in a chat becomes proposals for topics and tasks, "
        "each with its exact words, and a person decides about every one of them."
    ),
    help=(
        "/task WORDS: make a task; as an answer to a message, of that message\n"
        "/review: decide about proposals, in private\n"
        "/status: what I have seen today\n"
        "/notify, /quiet: tell you what becomes of your messages, or not\n"
        "/link CODE: join this chat, or in private your account (Settings, Telegram)\n"
        "/help: this text\n\n"
        "In a group I see all messages only if I am an administrator or my privacy mode is off "
        "(@BotFather, /setprivacy)."
    ),
    unclaimed=(
        "This chat belongs to no workspace yet: what is written here is put aside and analysed by nobody. "
        "A manager makes a code in Settings, Telegram; say /link and the code here."
    ),
    status="Workspace: {workspace}\nSource: {source}\nMessages today: {here} here, {all} in all",
    waiting="Waiting for a decision: {count}",
    link_usage="Say /link and a code. You make one in Settings, Telegram; it is good for a day, once.",
    linked_person="You are {user} in {workspace} now. /review shows what waits; /quiet switches notifications off.",
    linked_chat="This chat belongs to {workspace} now. What was put aside is read, too.",
    link_refused={
        "wrong_code": "There is no such code: it was used, or its day is over. Make a new one in Settings, Telegram.",
        "wrong_place": (
            "A code for your account is said to me in private, one for a chat in that chat. "
            "This one is void now, as others have seen it; make a new one."
        ),
        "too_many": "Too many codes. Try again in an hour.",
        "forbidden": "Whoever made this code may not do that any more.",
        "other_workspace": "This chat belongs to another workspace already. A manager there takes it out first.",
    },
    in_private="That is between us: write it to me in private.",
    not_linked="I don't know you yet. Make a code in Settings, Telegram, and say /link and the code to me in private.",
    not_allowed="That needs the role reviewer in this workspace.",
    task_usage="Say /task and what is to be done, or answer a message with /task.",
    task_made="Task #{number}: {title}\n{url}",
    notify_on="I tell you what becomes of your messages. /quiet switches it off.",
    notify_off="I keep quiet. /notify switches it on again.",
    told_made="Your message became task #{number}: {title}\n{url}\n\n/quiet switches this off.",
    told_status="Task #{number} is {state} now: {title}\n{url}",
    task_states={"open": "open", "in_progress": "in progress", "done": "done", "cancelled": "cancelled"},
    nothing_waits="Nothing waits for a decision.",
    is_gone="That is over. /review shows what waits now.",
    was_first="{who} was first: {outcome}.",
    approve="Approve",
    reject="Reject",
    open="Open",
    back="Back",
    why="Why?",
    reasons={
        "noise": "Noise",
        "duplicate": "Duplicate",
        "not_actionable": "Not actionable",
        "already_done": "Already done",
        "wrong_facts": "Wrong facts",
        "wrong_topic": "Wrong topic",
        "out_of_scope": "Out of scope",
    },
    kinds={"topic": "Topic", "atom": "Knowledge", "task": "Task"},
    confidence="confidence {value}",
    outcomes={
        "approved": "approved",
        "rejected": "rejected",
        "merged": "merged into another",
        "snoozed": "put off",
        "superseded": "replaced by a newer finding",
        "needs_evidence": "waiting for a quote",
        "pending": "waiting",
    },
    by_policy="policy",
    commands=(
        "make a task",
        "decide about proposals",
        "what I have seen today",
        "tell me what becomes of my messages",
        "don't tell me",
        "join a workspace by a code",
        "what I can do",
        "who I am",
    ),
)
_UK = Texts(
    start=(
        "Вітаю! Я читаю чат для Task Tracker: домовленості стають пропозиціями тем і завдань, кожна з точною "
        "цитатою, а рішення про кожну ухвалює людина."
    ),
    help=(
        "/task СЛОВА: створити завдання; у відповідь на повідомлення – з нього\n"
        "/review: вирішувати щодо пропозицій, у приватному чаті\n"
        "/status: що я бачив сьогодні\n"
        "/notify, /quiet: сповіщати, що стало з вашими повідомленнями, чи ні\n"
        "/link КОД: приєднати цей чат, а в приватному чаті – ваш обліковий запис (Settings, Telegram)\n"
        "/help: цей текст\n\n"
        "У групі я бачу всі повідомлення, лише якщо я адміністратор або режим приватності вимкнено "
        "(@BotFather, /setprivacy)."
    ),
    unclaimed=(
        "Цей чат ще не належить жодному робочому простору: написане тут відкладено, ніхто його не аналізує. "
        "Менеджер створює код у Settings, Telegram; напишіть тут /link і код."
    ),
    status="Робочий простір: {workspace}\nДжерело: {source}\nПовідомлень сьогодні: {here} тут, {all} загалом",
    waiting="Чекають на рішення: {count}",
    link_usage="Напишіть /link і код. Його створюють у Settings, Telegram; він діє добу, один раз.",
    linked_person="Тепер ви {user} у {workspace}. /review показує, що чекає; /quiet вимикає сповіщення.",
    linked_chat="Тепер цей чат належить до {workspace}. Відкладене теж буде прочитано.",
    link_refused={
        "wrong_code": "Такого коду немає: його вже використано або його доба минула. Створіть новий.",
        "wrong_place": (
            "Код для облікового запису пишуть мені в приватному чаті, код для чату – у тому чаті. "
            "Цей уже недійсний, бо його бачили інші; створіть новий."
        ),
        "too_many": "Забагато кодів. Спробуйте за годину.",
        "forbidden": "Той, хто створив цей код, уже не має на це права.",
        "other_workspace": "Цей чат уже належить іншому робочому простору. Спершу його має забрати тамтешній менеджер.",
    },
    in_private="Це між нами: напишіть мені в приватному чаті.",
    not_linked="Я вас ще не знаю. Створіть код у Settings, Telegram, і напишіть мені в приватному чаті /link і код.",
    not_allowed="Для цього потрібна роль reviewer у цьому робочому просторі.",
    task_usage="Напишіть /task і що треба зробити, або дайте на повідомлення відповідь /task.",
    task_made="Завдання №{number}: {title}\n{url}",
    notify_on="Я повідомлятиму, що стало з вашими повідомленнями. /quiet вимикає це.",
    notify_off="Я мовчу. /notify вмикає сповіщення знову.",
    told_made="Ваше повідомлення стало завданням №{number}: {title}\n{url}\n\n/quiet вимикає це.",
    told_status="Завдання №{number} тепер {state}: {title}\n{url}",
    task_states={"open": "відкрите", "in_progress": "у роботі", "done": "виконане", "cancelled": "скасоване"},
    nothing_waits="Ніщо не чекає на рішення.",
    is_gone="Це вже минуло. /review показує, що чекає зараз.",
    was_first="{who} був(ла) швидше: {outcome}.",
    approve="Схвалити",
    reject="Відхилити",
    open="Відкрити",
    back="Назад",
    why="Чому?",
    reasons={
        "noise": "Шум",
        "duplicate": "Дублікат",
        "not_actionable": "Нічого робити",
        "already_done": "Уже зроблено",
        "wrong_facts": "Хибні факти",
        "wrong_topic": "Не та тема",
        "out_of_scope": "Не наше",
    },
    kinds={"topic": "Тема", "atom": "Знання", "task": "Завдання"},
    confidence="певність {value}",
    outcomes={
        "approved": "схвалено",
        "rejected": "відхилено",
        "merged": "об'єднано з іншою",
        "snoozed": "відкладено",
        "superseded": "замінено новішою",
        "needs_evidence": "чекає на цитату",
        "pending": "чекає",
    },
    by_policy="правило",
    commands=(
        "створити завдання",
        "вирішувати щодо пропозицій",
        "що я бачив сьогодні",
        "сповіщати, що стало з моїми повідомленнями",
        "не сповіщати",
        "приєднатися за кодом",
        "що я вмію",
        "хто я",
    ),
)


def texts(language_code: str | None) -> Texts:
    """By the IETF tag of the user's Telegram (`uk`, `en-GB`, …); English for all others."""
    return _UK if language(language_code) == "uk" else _EN


def language(language_code: str | None) -> str:
    """The language of LANGUAGES for a tag."""
    return "uk" if (language_code or "").lower().split("-")[0] == "uk" else "en"


def menu(language_code: str) -> list[tuple[str, str]]:
    """Telegram's menu: the commands, each with its description."""
    return list(zip(COMMANDS, texts(language_code).commands, strict=True))
