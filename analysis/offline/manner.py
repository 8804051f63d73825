"""Turns of speech that tell a category by themselves in any chat: a request, a promise, praise, a wish, a trouble."""

import re

_PHRASES = {
    "ask": r"""
        \b(?:please|pls|plz|kindly)\b(?!\s*(?:find|note|see)\b)|\blet (?:me|us) know\b|\b(?:can|could|
        would|will) (?:you|someone|somebody|anybody|u)\b|\bgive (?:me|us|him|her|them) a (?:call|ring|
        shout)\b|\bget back to (?:me|us|you|him|her|them)\b|\b(?:call|email|ping|send|remind|tell|show|
        forward) me\b|\b(?:you|we|someone|they) (?:should|need to|have to|must|ought to)\b|
        \bdon'?t (?:forget|hesitate)\b|\bmake sure\b|\bбудь ласка\b|\bпожалуйста\b|\bтреба\b|\bнужно\b|
        \bнадо\b|\b(?:зроби|сделай|перевір|проверь|подивись|посмотри|скинь|напиши|додай|добавь|онови|
        обнови)(?:те|ть)?\b|\bможе(?:ш|те) \w+(?:ти|ть)\b|\bможе(?:шь|те) \w+ть\b|\bbitte\b|\bkönn(?:t|
        test|ten) (?:du|ihr|sie)\b|\bpor favor\b|\bpuedes\b|\bpodr[íi]as?\b|\bs'il (?:te|vous) pla[iî]t\b|
        \bpeux-tu\b|\bpouvez-vous\b|\bprosz[ęe]\b|\bmo[żz]esz\b|\bpode(?:ria)? (?:ver|fazer|enviar|me)\b
    """,
    "promise": r"""
        \b(?:i|we)(?:'ll| will| shall|'m going to| am going to| are going to| can) (?!not\b|never\b|
        be able\b)\w+|\bi(?: wi)?ll (?:try|look|check|do|fix|send|take|get|call|open|make|write|add|
        update|work)\b|\b(?:let'?s|lets) (?!see\b|say\b)\w+|\bworking on (?:it|this|that)\b|\bon it\b|
        \bwill do\b|\bi(?:'d| would) be (?:happy|glad) to\b|\b(?:я )?(?:зроблю|зробимо|перевірю|подивлюсь|
        напишу|скину|додам|виправлю|візьму|сделаю|проверю|посмотрю|добавлю|исправлю|возьму|отправлю|
        займусь)\b|\bich (?:werde|mache|schaue|kümmere)\b|\blo (?:hago|reviso|miro)\b|\bvoy a \w+r\b|
        \bje (?:vais|m'en occupe)\b|\bzrobi[ęe]\b|\bsprawdz[ęe]\b|\bvou \w+r\b
    """,
    "assigned": r"""
        ^\s*(?:action|todo|task|ai)\s*[:\-]|^\s*(?:\[[ x]\]\s*)?(?:<name>|@?[\w.\-]{1,20})(?:(?:,| and|/| &) ?(?:<name>|
        @?[\w.\-]{1,20}))* to (?!be\b|the\b|a\b|my\b|me\b|you\b|it\b|this\b)[a-z]{2,}\b|^\s*(?:следует|
        потрібно|zu erledigen|por hacer|à faire|do zrobienia)\b
    """,
    "praise": r"""
        \b(?:love|loving|loved|great|awesome|amazing|excellent|fantastic|wonderful|perfect|brilliant|
        superb|cool|nice|best|good|gr8|gud|thanx|thanks|thank you|thx|useful|helpful|handy|must have|
        works (?:great|well|fine|perfectly))\b|\b(?:чудово|супер|класс?н?о?|круто|отлично|спасибо|дякую|
        дуже дякую|молодец|молодці)\b|\b(?:super|toll|klasse|danke|prima|genial|gracias|excelente|
        obrigad[oa]|ótimo|muito bom|merci|parfait|génial|dzięki|świetn\w+)\b|
        很好|不错|好用|喜欢|太棒|最高|素晴らしい|便利|
        좋아요|최고
    """,
    "wish": r"""
        \b(?:would|'d) (?:be|love|like|really|prefer)\b|\b(?:it|that|this) would be (?:nice|great|good|
        cool|useful|helpful|awesome|better)\b|\b(?:i|we) wish\b|\bwish(?:ing)? (?:it|there|you|they|i)\b|
        \b(?:should|could|can) (?:be able to|also|have|support|allow|provide|offer|add)\b|\b(?:please|
        pls) (?:add|support|allow|bring|include|make it|consider|implement|provide)\b|\b(?:add|adding|
        support for|option to|ability to|allow(?:ing)? (?:us|users|to|me)|feature request|enhancement|
        proposal|suggestion|propose)\b|\b(?:only|one) (?:thing|problem|complaint) (?:is|missing|i)\b|
        \b(?:needs?|lacks?|missing) (?:an?|the|more|better)? ?(?:option|feature|support|way|ability|mode|
        button|setting|filter|widget|sync)\b|\bhope (?:that |you |they |to )|\b(?:хотілося б|
        було б (?:добре|круто|зручно)|хотелось бы|было бы (?:хорошо|круто|удобно|неплохо)|добавьте|
        додайте|предлагаю|пропоную)\b|\b(?:wäre (?:schön|gut|toll|cool)|wünsche mir|sería (?:bueno|genial|
        útil)|me gustaría|agregar|añadir|seria (?:bom|ótimo|legal|interessante)|gostaria|adicionar|
        ce serait (?:bien|cool|utile)|j'aimerais|ajouter|byłoby (?:fajnie|dobrze|super)|dodać)\b
    """,
    "settled": r"""
        ^\s*(?:decision|resolved|resolution|agreed|proposed|conclusion)\s*[:\-]|\b(?:we|it was|was|is|
        have|has|been) (?:decided|agreed|resolved|settled)\b|\b(?:let'?s|we'?ll|we will) (?:go with|
        stick (?:with|to)|keep|use|drop|close|merge)\b|\bclosing (?:this|as|the issue|it)\b|\b(?:вирішили|
        домовились|домовилися|решили|договорились|постановили|закрываю|закриваю)\b|\b(?:beschlossen|
        entschieden|einigten|decidimos|acordamos|decidido|décidé|convenu|ustalili|zdecydowali)\w*
    """,
    "broken": r"""
        \b(?:crash\w*|freez\w*|frozen|broken|breaks|bug(?:s|gy)?|errors?|exceptions?|traceback|fail(?:s|
        ed|ing|ure)?|glitch\w*|hang(?:s|ing)|stuck|regression|segfault|corrupt\w*|unusable|laggy)\b|
        \b(?:does|do|did|is|was|are|will|can|could|has)(?:n'?t|n’t| not) (?:work|load|open|start|show|
        save|sync|let|allow|appear|display|respond|update|compile|build|install|connect|find|see|get|log|
        working|loading|showing|opening|syncing|able|possible)\w*\b|\b(?:can'?t|cant|cannot|couldn'?t|
        won'?t|unable to|no longer|keeps? \w+ing|stopped \w+ing)\b|\bnot working\b|\bwhat(?:'s| is) wrong\b|
        \bне (?:працю\w+|работа\w+|запуска\w+|відкрива\w+|открыва\w+|груз\w+|завантажу\w+|компил\w+|
        збира\w+|собира\w+)\b|\b(?:падає|падает|помилк\w+|ошибк\w+|зламал\w+|сломал\w+|глючит|вилітає|
        вылетает|висне|зависает|баг\w*)\b|\b(?:fehler|abgestürzt|kaputt|geht nicht|funktioniert nicht|
        no funciona|error|falla|não funciona|erro|travando|ne (?:marche|fonctionne) (?:pas|plus)|erreur|
        plante|nie działa|błąd|zawiesza)\b
    """,
    "wonder": r"""
        \b(?:how (?:do|can|to|would|should|does|is|are|come|much|many|long)|what(?:'s| is| are| does| do| would| if)|
        why (?:is|are|do|does|did|not|would)|where (?:is|are|can|do)|when (?:is|will|do)|which \w+|
        who (?:is|can|has)|is there (?:a|an|any|some)|are there any|does (?:anyone|anybody|it|this|that)|
        do (?:you|i|we) (?:know|have|need)|has (?:anyone|anybody)|any(?:one|body) (?:know|here|else|have|
        using|tried|got)|any (?:idea|ideas|suggestions?|help|hints?|clue|way|reason|thoughts|update)|
        can (?:i|we|it|one)|could (?:i|we)|should (?:i|we)|is it possible|i(?:'m| am) (?:wondering|
        curious|confused|trying|looking for|not sure)|wondering|i (?:have|had|got) a question|(?:my|quick|
        another|one) question|help me|need help|don'?t (?:know|understand|get) (?:how|why|what|where|
        if))\b|\b(?:як (?:мені|можна|зробити|правильно)|чому|чи (?:є|можна|хтось|знає)|хтось (?:знає|
        пробував)|підкажіть|подскажите|кто[- ]нибудь|как (?:мне|можно|сделать|правильно)|почему|зачем|
        можно ли|есть ли|что делать)\b|\b(?:wie (?:kann|mache|geht|bekomme)|warum|gibt es|weiß jemand|
        cómo|por qué|alguien (?:sabe|puede)|hay alguna|como (?:faço|posso|fazer)|por que|alguém|tem como|
        comment|pourquoi|est-ce que|quelqu'un|jak (?:mogę|zrobić)|dlaczego|czy (?:ktoś|można|jest))\b
    """,
    "hello": r"""
        ^\s*(?:@?[\w.\-]+[:,]? )?(?:hi|hello|hey|hiya|good (?:morning|evening|afternoon|night)|morning|
        welcome|bye|cya|see you|lol|lmao|haha\w*|hehe\w*|rofl|ok|okay|yes|yep|yeah|yup|no|nope|sure|right|
        true|indeed|exactly|np|no problem|no worries|never ?mind|sorry|oops|congrats|congratulations|uh|
        um|hm+|mm+|wow|oh|ah)\b(?:[\s,.!:)a-z']{0,24})$|^\s*(?:привіт|привет|добрий|добрый|доброго|вітаю|
        здравствуйте|хай|ага|угу|ок|так|да|ні|нет|ясно|зрозумів|понял|лол|ахах\w*|hallo|moin|hola|buenas|
        olá|oi|salut|bonjour|cześć|hej)\b.{0,24}$
    """,
    "tell": r"""
        \b(?:i think|i guess|imo|imho|in my opinion|i believe|seems? (?:like|that|to)|probably|maybe|
        perhaps|because|since|so that|for example|e\.g|i\.e|basically|actually|usually|you can|you could|
        try|instead|use the|have a look|take a look|see the|it depends|the reason|in fact|as far as)\b
    """,
}
NAMES: tuple[str, ...] = (*_PHRASES, *(f"early_{name}" for name in _PHRASES))
EARLY = 160  # characters
_PATTERNS = [
    re.compile("".join(line.strip() for line in block.splitlines()), re.IGNORECASE) for block in _PHRASES.values()
]


def manner(text: str) -> list[float]:
    """For each of `NAMES` whether its turn is in the text, and whether near its beginning: 0, 0.6 or 1."""
    found = [[match.start() for match in pattern.finditer(text)][:4] for pattern in _PATTERNS]
    anywhere = [0.0 if not places else 0.6 if len(places) == 1 else 1.0 for places in found]
    return [*anywhere, *(float(bool(places) and places[0] < EARLY) for places in found)]
