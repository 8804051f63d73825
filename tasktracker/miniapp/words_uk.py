"""The words of the Mini App in Ukrainian, by the English ones that stand in its templates and come from the desk."""

import re

WORDS = {
    # the frame of the screen
    "Review": "Розгляд",
    "My tasks": "Мої завдання",
    "Full site": "Повний сайт",
    "Open the full site": "Відкрити повний сайт",
    "Make a code": "Створити код",
    "Open this in Telegram": "Відкрийте це в Telegram",
    "This page is made for Telegram: open it from the menu of your team's bot. If the bot does not know you yet, make "
    "a code under Settings, Telegram, and write to it:": (
        "Цю сторінку зроблено для Telegram: відкрийте її з меню бота вашої команди. Якщо бот вас ще не знає, створіть "
        "код у Settings, Telegram, і напишіть йому:"
    ),
    "/link CODE": "/link КОД",
    "It needs JavaScript; the full site works without.": "Потрібен JavaScript; повний сайт працює й без нього.",
    "Question": "Запитання",
    "Signing in…": "Вхід…",
    "Dismiss": "Закрити",
    "That is not here any more.": "Цього тут уже немає.",
    "Your session or your role does not allow this. Reload the page to sign in again.": (
        "Ваш сеанс або роль цього не дозволяє. Відкрийте застосунок знову."
    ),
    "The server could not do that. Nothing was changed; please try again.": (
        "Серверу це не вдалося. Нічого не змінено; спробуйте ще раз."
    ),
    "No answer from the server. Nothing was changed; please try again.": (
        "Сервер не відповідає. Нічого не змінено; спробуйте ще раз."
    ),
    # who does not come in
    "This is not Telegram's word": "Це надійшло не від Telegram",
    "Open the app again from the bot's menu.": "Відкрийте застосунок знову з меню бота.",
    "This session is over": "Цей сеанс завершено",
    "Close the app and open it again from the bot's menu.": "Закрийте застосунок і відкрийте знову з меню бота.",
    "This was used already": "Це вже використано",
    "The bot does not know you yet": "Бот вас ще не знає",
    "Make a code on the site under Settings, Telegram, and write to the bot: /link CODE. Then open this again.": (
        "Створіть код на сайті в Settings, Telegram, і напишіть боту: /link КОД. Потім відкрийте це знову."
    ),
    "One step is missing": "Бракує одного кроку",
    "Your role has to sign in in two steps. Set the second one up on the site, then open this again.": (
        "Ваша роль потребує входу у два кроки. Налаштуйте другий на сайті, потім відкрийте це знову."
    ),
    # the card
    "what would change": "що зміниться",
    "evidence": "докази",
    "edited since": "відтоді змінено",
    "No exact words support this yet.": "Точних слів на підтвердження ще немає.",
    "similar": "схоже",
    "why": "чому",
    "Edit, merge and history on the full site": "Зміни, об’єднання та історія – на повному сайті",
    "Decide": "Рішення",
    "Approve": "Схвалити",
    "Reject": "Відхилити",
    "Why not?": "Чому ні?",
    "A note, if it helps": "Примітка, якщо треба",
    "Note": "Примітка",
    "Snooze": "Відкласти",
    "Come back": "Повернути",
    "Come back on": "Повернути дня",
    "On that day": "Того дня",
    "Undo": "Скасувати",
    "All decided": "Усе вирішено",
    "Nothing waits for you in {workspace}.": "Ніщо не чекає на вас у {workspace}.",
    "Others build on this": "На цьому вже тримається інше",
    "Undo all the same": "Усе одно скасувати",
    "Leave it": "Лишити як є",
    # tasks
    "due": "термін",
    "Move “{title}” to {state}": "Перевести «{title}» у стан «{state}»",
    "No open task of yours": "У вас немає відкритих завдань",
    "Tasks that are given to you in {workspace} stand here.": "Тут стоять завдання, доручені вам у {workspace}.",
    "Older tasks": "Давніші завдання",
    # what was done
    "Approved": "Схвалено",
    "Rejected": "Відхилено",
    "Snoozed": "Відкладено",
    "Back on the desk": "Знову на розгляді",
    # enumerations, as the pages write them
    "topic": "тема",
    "atom": "знання",
    "task": "завдання",
    "high": "високий",
    "medium": "середній",
    "low": "низький",
    "critical": "критичний",
    "bug": "помилка",
    "feature": "нова можливість",
    "improvement": "поліпшення",
    "question": "запитання",
    "chore": "рутина",
    "problem": "проблема",
    "solution": "розв’язання",
    "decision": "рішення",
    "insight": "висновок",
    "idea": "ідея",
    "blocker": "перешкода",
    "risk": "ризик",
    "requirement": "вимога",
    "Open": "Відкрите",
    "In Progress": "У роботі",
    "Done": "Виконане",
    "Cancelled": "Скасоване",
    "open": "відкрите",
    "in progress": "у роботі",
    "done": "виконане",
    "cancelled": "скасоване",
    "approved": "схвалено",
    "rejected": "відхилено",
    "merged": "об’єднано",
    "snoozed": "відкладено",
    "superseded": "замінено новішою",
    "pending": "чекає",
    "needs evidence": "чекає на цитату",
    "new topic": "нова тема",
    "new atom": "нове знання",
    "new task": "нове завдання",
    "update existing": "доповнити наявне",
    "merge": "об’єднати",
    "reject": "відхилити",
    "Noise": "Шум",
    "Duplicate": "Дублікат",
    "Not actionable": "Нічого робити",
    "Already done": "Уже зроблено",
    "Wrong facts": "Хибні факти",
    "Wrong topic": "Не та тема",
    "Out of scope": "Не наше",
    "tomorrow": "завтра",
    "in three days": "за три дні",
    "in a week": "за тиждень",
    "in a month": "за місяць",
    # labels of fields
    "type": "тип",
    "category": "вид",
    "priority": "пріоритет",
    "project": "проєкт",
    "for": "для",
    "labels": "мітки",
    "keywords": "ключові слова",
    "title": "назва",
    "name": "назва",
    "description": "опис",
    "content": "зміст",
    "assignee": "виконавець",
    # what the desk says of a card
    "duplicate?": "дублікат?",
    "maybe": "можливо",
    "related": "пов’язане",
    "the same, says the model": "те саме, каже модель",
    "different, says the model": "інше, каже модель",
    "unknown": "невідомо хто",
    "Filled by the model; nobody has changed it": "Заповнила модель; ніхто не змінював",
    "Filled by the project's rules": "Заповнено за правилами проєкту",
    "Filled by a machine, then changed by a person": "Заповнено автоматично, потім змінено людиною",
    "Set by a person": "Указала людина",
    "Nothing like this has been decided yet.": "Про подібне рішень ще не було.",
    "Auto-approved by policy: nobody has looked at it.": "Схвалено за правилом: ніхто цього не переглядав.",
    "Snoozed: it comes back today.": "Відкладено: повернеться сьогодні.",
    "A newer finding has taken its place.": "Її замінила новіша знахідка.",
    "Its words were not found in any message. Add a quote before you approve it.": (
        "Цих слів немає в жодному повідомленні. Додайте цитату, перш ніж схвалювати."
    ),
    # refusals
    "No quote supports this. Add one before you approve it.": "Жодна цитата цього не підтверджує. Спершу додайте її.",
    "It was approved by policy already. Undo that first.": "Це вже схвалено за правилом. Спершу скасуйте те рішення.",
    "A newer finding has taken the place of this one.": "Це замінила новіша знахідка.",
    "There is nothing to take back.": "Скасовувати нічого.",
    "Choose a reason to reject.": "Оберіть причину відхилення.",
    "Choose for how long.": "Оберіть, на скільки відкласти.",
    "Choose a day from tomorrow on, within a year.": "Оберіть день від завтра й не далі року.",
}

# Sentences with something in them. What was found is said in Ukrainian, too, where it has words for it.
SENTENCES = [
    (re.compile(pattern, re.DOTALL), said)
    for pattern, said in (
        (r"(\d+) quotes?, (\d+) chats?", "цитат: {0}, чатів: {1}"),
        (r"Of (\d+) like this, (\d+) were approved\.", "Подібних було {0}, схвалено з них {1}."),
        (r"Approved by (.+)\.", "Схвалено: {0}."),
        (r"Rejected by (.+): ([a-z ]+)\.(.*)", "Відхилено ({0}): {1}.{2}"),
        (r"Merged by (.+) into", "Об’єднано ({0}) з іншою"),
        (r"Merged by (.+)\.", "Об’єднано: {0}."),
        (r"Snoozed: it comes back in (\d+) days?\.", "Відкладено: повернеться за {0} дн."),
        (r"(.+) was first: this is ([a-z_]+) already\.", "{0}: рішення вже ухвалено ({1})."),
        (r"This is ([a-z_]+)\.", "Стан тепер: {0}."),
        (r"This is ([a-z_]+); from there it can't become ([a-z_]+)\.", "Стан «{0}» не можна змінити на «{1}»."),
        (
            r"Others have built on this: (\d+) would change\. Confirm to do it\.",
            "На цьому вже тримається інше: зміниться {0}. Підтвердьте, якщо треба.",
        ),
        (r"This needs the role (\w+) in (.+); yours is (\w+)\.", "Для цього в {1} потрібна роль {0}; ваша – {2}."),
    )
]
