"""English verbs, as far as headlines need them: moved -> move, adding -> add, support -> supports."""

from .blocks import word_set

_IRREGULAR = {
    "made": "make",
    "had": "have",
    "got": "get",
    "went": "go",
    "did": "do",
    "put": "put",
    "set": "set",
    "kept": "keep",
    "sent": "send",
    "wrote": "write",
    "gave": "give",
    "took": "take",
    "ran": "run",
    "let": "let",
    "built": "build",
    "split": "split",
    "cut": "cut",
    "hid": "hide",
    "held": "hold",
    "left": "leave",
    "found": "find",
    "read": "read",
    "showed": "show",
    "drew": "draw",
    "chose": "choose",
    "began": "begin",
    "brought": "bring",
    "bought": "buy",
    "paid": "pay",
    "said": "say",
    "told": "tell",
    "were": "be",
    "was": "be",
    "could": "",
    "having": "have",
    "being": "be",
    "doing": "do",
    "going": "go",
    "seeing": "see",
    "tying": "tie",
    "need": "need",
    "bring": "bring",
    "sing": "sing",
    "string": "string",
    "something": "something",
    "anything": "anything",
    "nothing": "nothing",
    "during": "during",
    "existing": "existing",
    "embed": "embed",
    "feed": "feed",
    "speed": "speed",
    "seed": "seed",
    "exceed": "exceed",
    "ping": "ping",
    "king": "king",
    "missing": "missing",
    "pending": "pending",
    "billing": "billing",
    "pricing": "pricing",
    "onboarding": "onboarding",
    "setting": "set",
    "putting": "put",
    "adding": "add",
    "calling": "call",
    "pulling": "pull",
    "filling": "fill",
    "rolling": "roll",
    "polling": "poll",
    "passing": "pass",
    "processing": "process",
    "caching": "cache",
    "cached": "cache",
    "testing": "test",
    "listing": "list",
    "posting": "post",
}
_DOUBLED = frozenset("bdgmnprt")
# Endings after which the mute e comes back: mov-ing, us-ing, stor-ing, creat-ing.
_MUTE = (
    "v",
    "us",
    "at",
    "it",
    "or",
    "ir",
    "ur",
    "ar",
    "uc",
    "ac",
    "ic",
    "g",
    "z",
    "as",
    "is",
    "os",
    "in",
    "im",
    "am",
    "om",
    "ad",
    "ud",
    "id",
    "od",
    "ak",
    "ok",
    "ik",
    "ut",
    "ot",
    "bl",
    "pl",
    "dl",
    "tl",
    "gl",
    "cl",
    "rc",
    "nc",
    "rg",
    "dg",
    "ng",
    "rs",
    "ns",
    "l",
    "ap",
    "ip",
    "yp",
    "op",
    "ir",
)
PLAIN = word_set("""edit visit limit commit submit wait audit deposit exit credit benefit await repeat treat format
    float open
        listen happen
    report export import transfer sort monitor offer order enter register trigger filter consider deliver cover answer
    render
    number alter refer remember lower clear appear repair sign explain contain join retain obtain train maintain
    return turn
    learn warn run plan claim confirm perform inform transform add read load upload download avoid need feed allow
    show follow
    draw throw know grow call pull fill sell roll poll enroll install scroll kill spell boil fail email mail detail
    trail sail
    cancel label model travel control enable disable bring hang long belong link check mark track pack lock block
    click kick
    pick stick work park ask mask risk talk walk book look cook hook break speak leak soak help keep sleep develop
    drop stop
    pass process press access guess discuss focus miss fix mix box tax relax reset set get let put cut split hit quit
    shut
    print point paint hint mount count want grant start alert convert insert revert assert support port shorten send
    spend
    extend depend append attend blend find bind remind hold build rebuild yield shield guard record forward discard
    test request post list cost boost host trust adjust last paste detect select collect connect protect reject
    inspect expect
    attach detach watch patch match fetch switch launch search reach teach push publish finish refresh flush wash
    deploy display play pay delay stay employ buy say try copy retry carry apply verify notify modify simplify
    embed ship skip strip wrap map scrap clip zip backup log flag debug plug tag bump dump jump clean mean lean screen
    sync document comment implement increment present prevent invest""")


def base(word: str) -> str:
    """The plain form of an English verb in -ing or -ed; any other word as it is. Guesses, for headlines only."""
    low = word.lower()
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    for ending in ("ing", "ed"):
        if low.endswith(ending) and len(low) - len(ending) >= 2:
            root = low[: -len(ending)]
            break
    else:
        return word
    if root in PLAIN:
        return root
    if ending == "ed" and root.endswith("i"):
        return root[:-1] + "y"
    if len(root) > 3 and root[-1] == root[-2] and root[-1] in _DOUBLED:
        return root[:-1]
    if root.endswith(_MUTE) and not root.endswith(
        (
            "ll",
            "eat",
            "oat",
            "ait",
            "ain",
            "een",
            "oin",
            "ool",
            "eel",
            "ook",
            "oad",
            "ead",
            "eed",
            "eal",
            "ail",
            "oom",
            "eem",
            "eam",
            "oor",
            "ear",
            "air",
            "eep",
            "oop",
            "oup",
        )
    ):
        return root + "e"
    return root


def third(word: str) -> str:
    """The third person of a plain verb."""
    if word.endswith(("s", "x", "ch", "sh", "z", "o")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return {"have": "has", "be": "is"}.get(word, word + "s")
