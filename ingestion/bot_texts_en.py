"""What the bot says in English."""

from ingestion.bot_wording import Texts

EN = Texts(
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
    left=(
        "You are not a member of {workspace} any more, so I do not keep what you write to me here. "
        "Should that change, say /link and a new code."
    ),
    task_usage="Say /task and what is to be done, or answer a message with /task.",
    task_made="Task #{number}: {title}\n{url}",
    task_sorted="Kind: {kind}, priority: {priority}",
    task_ruled="Kind: {kind}, by the rules: the model gave no answer",
    task_kinds={
        "bug": "bug",
        "feature": "feature",
        "improvement": "improvement",
        "question": "question",
        "chore": "chore",
    },
    priorities={"low": "low", "medium": "medium", "high": "high", "critical": "critical"},
    notify_on="I tell you what becomes of your messages. /quiet switches it off.",
    notify_off="I keep quiet. /notify switches it on again.",
    told_made="Your message became task #{number}: {title}\n{url}\n\n/quiet switches this off.",
    told_status="Task #{number} is {state} now: {title}\n{url}",
    task_states={"open": "open", "in_progress": "in progress", "done": "done", "cancelled": "cancelled"},
    nothing_waits="Nothing waits for a decision.",
    is_gone="That is over. /review shows what waits now.",
    was_first="{who} was first: {outcome}.",
    words_gone="The words that this rested on were deleted.",
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
