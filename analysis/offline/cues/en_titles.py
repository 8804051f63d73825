"""English: how a spoken sentence becomes a headline.

Rules are (kind of atom or `*`, regular expression, template), tried in order; the first of a kind that matches at the
beginning is used. Groups named `past` and `ing` come back as the plain verb, `s` as its third person.
"""

from ..blocks import word_list

_I = r"(?:i|we)(?:'m| am|'re| are|'ve been| have been|'ve| have|'d| had)?"
_ADV = (
    r"(?:(?:also|still|now|again|just|only|already|currently|finally|really|always|often|sometimes|"
    r"occasionally|all|often|constantly|then|probably|simply|definitely|maybe|please|even|first|actually) )*"
)
_ART = r"(?:an? |the |some |our |this |that |these |my |your )?"

REWRITES: tuple[tuple[str, str, str], ...] = (
    # requests to a person, whatever the kind
    (
        "*",
        rf"(?:can|could|would|will) (?:you|u|someone|somebody|anyone|anybody) {_ADV}(?:help (?:me |us "
        rf")?(?:to )?)?(?P<rest>.+)",
        "{rest}",
    ),
    ("*", r"(?:i|we)(?:'d| would) (?:really )?appreciate (?:it )?if (?:you|someone) (?:could )?(?P<rest>.+)", "{rest}"),
    ("*", r"(?:someone|somebody) (?:should|needs to|has to|must) (?P<rest>.+)", "{rest}"),
    ("*", r"(?:remember|don't forget|do not forget|make sure) to (?P<rest>.+)", "{rest}"),
    # something is wrong
    (
        "problem",
        rf"{_I} {_ADV}(?:getting|seeing|having|hitting|get|see|hit|have|got|had|saw|encounter|"
        rf"encountering|encountered|experiencing|running into|ran into|run into|facing|keep getting) "
        rf"{_ART}(?P<rest>.+)",
        "{rest}",
    ),
    (
        "problem",
        rf"{_I} {_ADV}(?:can't|cannot|can not|couldn't|could not|unable to|not able to) (?:seem to "
        rf")?{_ADV}(?P<rest>.+)",
        "Cannot {rest}",
    ),
    (
        "problem",
        rf"{_I} {_ADV}(?:trying|tried|attempting) to (?P<rest>.+?)(?:,? but|,? and)(?: it| i| that| "
        rf"this)? (?P<more>.+)",
        "{more} trying to {rest}",
    ),
    (
        "problem",
        r"(?:is )?(?:anyone|anybody|someone) (?:else )?(?:seeing|having|getting|hitting) (?P<rest>.+)",
        "{rest}",
    ),
    ("problem", rf"there (?:seems|appears) to be {_ART}(?P<rest>.+)", "{rest}"),
    ("problem", rf"there(?:'s| is| are| was| were) {_ADV}{_ART}(?P<rest>.+)", "{rest}"),
    (
        "problem",
        r"(?:\w+ ){1,3}(?:reported|reports|report|says|said|complains|complained|complain|tells us|"
        r"writes|wrote) (?:that |about )(?P<rest>.+)",
        "{rest}",
    ),
    ("problem", r"(?:found|hit) (?:a|another|the) (?:bug|problem|issue)(?: in| with|:)? (?P<rest>.+)", "Bug in {rest}"),
    (
        "problem",
        r"(?:bug|problem|issue|bug report|regression)(?: report)?(?: here)?:? (?:the |our )?(?P<rest>.+)",
        "{rest}",
    ),
    ("problem", r"it(?:'s| is) (?:a bug|broken|wrong) (?:that|when|if) (?P<rest>.+)", "{rest}"),
    ("blocker", rf"{_I} {_ADV}(?:completely |fully |totally )?(?P<rest>blocked (?:by|on|until) .+)", "{rest}"),
    ("blocker", rf"{_I} {_ADV}(?:stuck|waiting) (?P<rest>.+)", "Waiting {rest}"),
    ("blocker", rf"{_I} {_ADV}(?:can't|cannot|can not) (?P<rest>.+)", "Cannot {rest}"),
    # decided
    (
        "decision",
        rf"{_I} {_ADV}(?:decided|agreed) (?:not|against) (?:to )?(?P<ing>\w+)(?P<rest>.*)",
        "Do not {ing}{rest}",
    ),
    (
        "decision",
        rf"(?:{_I}|the team|team) {_ADV}(?:decided|agreed)(?: \w+){{0,3}}? (?:to|on|that "
        rf"we(?:'ll| will)?|that|we(?:'ll| will)?) (?P<rest>.+)",
        "{rest}",
    ),
    (
        "decision",
        r"(?:the )?(?:final )?(?:decision|plan|consensus|verdict)(?: is| was| made)*(?: to| that "
        r"we(?: will|'ll)?| that|:)? (?P<rest>.+)",
        "{rest}",
    ),
    ("decision", r"we go with (?P<ing>\w+ing)\b(?P<rest>.*)", "{ing}{rest}"),
    ("decision", r"we go with (?P<rest>.+)", "Go with {rest}"),
    (
        "insight",
        r"(?:looked at|checked|measured) (?:the )?(?:numbers|figures|logs|stats) (?:for|of|from) (?:the "
        r")?(?P<what>[^:]+): (?P<rest>.+)",
        "{what}: {rest}",
    ),
    (
        "decision",
        r"(?:decided|agreed)(?: then| today)?[:,]? (?:to |that we(?:'ll| will)? |on |that |we(?:'ll| "
        r"will) )?(?P<rest>.+)",
        "{rest}",
    ),
    ("decision", r"(?:let's|we(?:'ll| will)|we(?:'re| are) going to) not (?P<rest>.+)", "Do not {rest}"),
    ("decision", r"we won't (?P<rest>.+)", "Do not {rest}"),
    ("decision", rf"let's {_ADV}(?P<rest>.+)", "{rest}"),
    ("decision", rf"(?:we|i)(?:'ll| will|'re going to| are going to|'re gonna) {_ADV}(?P<rest>.+)", "{rest}"),
    (
        "decision",
        r"we(?:'re| are)? (?:going with|settled on|chose|picked|have chosen|opted for) (?P<rest>.+)",
        "Use {rest}",
    ),
    ("decision", rf"we(?:'re| are) {_ADV}(?P<ing>\w+ing)\b(?P<rest>.+)", "{ing}{rest}"),
    (
        "decision",
        r"(?:from now on|starting (?:today|tomorrow|next week|monday)),? (?:we(?:'ll| will)? )?(?P<rest>.+)",
        "{rest}",
    ),
    # wanted
    ("requirement", rf"{_I} {_ADV}(?:need|must|should|ought|have)(?: to| be able to)+ {_ADV}(?P<rest>.+)", "{rest}"),
    ("requirement", rf"(?:we|i) {_ADV}(?:must|should) {_ADV}(?P<rest>.+)", "{rest}"),
    ("requirement", rf"(?:we|i)(?:'ll| will)? {_ADV}need (?P<rest>.+)", "Need {rest}"),
    # proposed
    (
        "idea",
        r"what if (?:we|i|you) (?:could |can |would |just |also |instead )*(?P<past>\w+)(?P<rest>.*)",
        "{past}{rest}",
    ),
    ("idea", r"(?:how|what) about (?:we )?(?P<ing>\w+)(?P<rest>.*)", "{ing}{rest}"),
    ("idea", r"why (?:don't|not|do not)(?: we| you)? (?:just )?(?P<rest>.+)", "{rest}"),
    (
        "idea",
        r"(?:(?:it|that|this) )?(?:would|could|might|will|'d)(?: \w+)? (?:so |really |very |quite |"
        r"also |probably )?(?:nice|great|cool|handy|helpful|awesome|neat|lovely|amazing|good|useful|"
        r"better|worth|best)(?: if (?:we|you|i|there)(?: could| had| can| would| have| was| were)?| "
        r"to have| to see| to be able to| to| for| having)?,? (?P<ing>\w+)(?P<rest>.*)",
        "{ing}{rest}",
    ),
    (
        "idea",
        rf"(?:maybe |perhaps )?(?:we|you) {_ADV}(?:could|should|can|might|may)(?: want to| need to| "
        rf"also| just| probably| maybe| instead| try to| then)* (?P<rest>.+)",
        "{rest}",
    ),
    (
        "idea",
        r"(?:i|we)(?:'d| would)? (?:suggest|propose|recommend|vote for)(?: that we| that you| we| to|"
        r":)? (?P<ing>\w+)(?P<rest>.*)",
        "{ing}{rest}",
    ),
    (
        "idea",
        r"(?:my |an? |one |another )?(?:idea|suggestion|proposal|wish|feature request)(?: is| was| "
        r"would be)?(?: to|:)? (?P<rest>.+)",
        "{rest}",
    ),
    (
        "idea",
        r"(?:i|we)(?:'d| would) (?:really )?(?:love|like|prefer)(?: to have| to see| to be able to| "
        r"to)? (?:an? )?(?P<rest>.+)",
        "{rest}",
    ),
    (
        "idea",
        r"(?:would|does|might|could) it (?:make sense|be worth(?:while)?|be (?:nice|good|useful|helpful))"
        r"(?: for (?:us|you))?(?: to)? (?P<ing>\w+)(?P<rest>.*)",
        "{ing}{rest}",
    ),
    ("idea", r"(?:can|could) we (?:also |maybe |please |just |perhaps )*(?P<rest>.+)", "{rest}"),
    ("idea", r"i wish (?:we|there|it|you)(?: had| was| were| could)? (?:an? )?(?P<rest>.+)", "{rest}"),
    (
        "idea",
        r"(?:it )?(?:might|may|would|could) (?:make sense|be worth(?:while)?) (?:to )?(?P<ing>\w+)(?P<rest>.*)",
        "{ing}{rest}",
    ),
    # asked
    (
        "question",
        r"how (?:do|can|could|should|would|must|does|might) (?:i|we|you|one|people|someone|they) "
        r"(?:have to |need to )?(?P<rest>.+)",
        "How to {rest}",
    ),
    (
        "question",
        r"(?:how|what)(?:'s| is| are| would be) (?:the )?(?:best|right|recommended|proper|correct|"
        r"easiest|preferred) (?:way|approach|practice)s? (?:to|for|of) (?P<rest>.+)",
        "Best way to {rest}",
    ),
    (
        "question",
        r"(?:is|are) there (?:\w+ )?(?:way|possibility|option)s? (?:to|for me to|for us to|that (?:i|"
        r"we) can) (?P<rest>.+)",
        "How to {rest}",
    ),
    ("question", r"(?:is|are) there (?:any |some |an? |already )*(?P<rest>.+)", "Any {rest}"),
    (
        "question",
        r"is it (?P<how>possible|safe|ok|okay|fine|allowed|correct|right|normal|worth|expected) (?P<rest>.+)",
        "{how} {rest}",
    ),
    (
        "question",
        r"what(?:'s| is| are|'re) (?:the |our |your |its )(?P<rest>\w+ (?:of|for|with|in|on|between|"
        r"about|behind|to|we|that|when|if|from|after|at) .+)",
        "{rest}",
    ),
    ("question", r"(?:should|shall) (?:we|i) (?P<rest>.+)", "Whether to {rest}"),
    ("question", r"what should (?:we|i) (?:have to |need to )?(?P<rest>.+)", "What to {rest}"),
    (
        "question",
        r"(?P<what>(?:which|what) .+?) (?:should|shall|can|do|could) (?:we|i|one) "
        r"(?:have to |need to )?(?:have to |need to )?(?P<rest>.+)",
        "{what} to {rest}",
    ),
    ("question", r"(?:can|could|may) (?:we|i|one|you) (?P<rest>.+)", "Possible to {rest}"),
    (
        "question",
        r"do (?P<rest>(?:we|they|i|you|users|customers|people|components|modules|clients) .+)",
        "Whether {rest}",
    ),
    (
        "question",
        r"does (?P<what>\w.*?)(?<!\bthe)(?<!\ba)(?<!\bour) (?P<s>{VERBS})(?! (?:{VERBS})\b) (?P<rest>.+)",
        "Whether {what} {s} {rest}",
    ),
    ("question", r"do (?P<what>.+?) (?P<verb>{VERBS}) (?P<rest>.+)", "Whether {what} {verb} {rest}"),
    (
        "question",
        r"(?P<modal>can|will|could|would|should) (?P<what>.+?)(?<! the)(?<! a)(?<! our) (?P<verb>be|"
        r"{VERBS}) (?P<rest>.+)",
        "Whether {what} {modal} {verb} {rest}",
    ),
    (
        "question",
        r"why (?:does|did) (?P<what>\w.*?)(?<!\bthe)(?<!\ba)(?<!\bour) (?P<s>{VERBS}) (?P<rest>.+)",
        "Why {what} {s} {rest}",
    ),
    ("question", r"why do (?P<what>.+?) (?P<verb>{VERBS}) (?P<rest>.+)", "Why {what} {verb} {rest}"),
    (
        "question",
        r"how (?:does|did) (?P<what>\w.*?)(?<!\bthe)(?<!\ba)(?<!\bour) (?P<s>{VERBS})(?P<rest>.*)",
        "How {what} {s}{rest}",
    ),
    ("question", r"who (?:owns|maintains|is responsible for|is in charge of) (?P<rest>.+)", "Owner of {rest}"),
    (
        "question",
        r"where (?:do|can|should|could|would) (?:i|we|you|one) (?:have to |need to )?(?P<rest>.+)",
        "Where to {rest}",
    ),
    ("question", r"when (?:do|can|should|will) (?:we|i) (?:have to |need to )?(?P<rest>.+)", "When to {rest}"),
    ("question", r"when (?:is|are) (?P<rest>\w+ .+)", "Date of {rest}"),
    ("question", r"what happens (?P<how>if|when|to) (?P<rest>.+)", "What happens {how} {rest}"),
    ("question", r"(?:if|whether) (?P<rest>[^,]+)", "Whether {rest}"),
    # answered, learned, feared
    (
        "solution",
        r"(?:the )?(?:fix|solution|workaround|answer|trick)(?: here| for now| for (?:this|that|"
        r"it))?(?: is| was| would be|:)(?: to| simply| just)* (?P<ing>\w+)(?P<rest>.*)",
        "{ing}{rest}",
    ),
    (
        "solution",
        r"(?:fixed|solved|resolved|worked around)(?: it| this| that| now)?(?: by|:| with| -) "
        r"(?P<ing>\w+ing)\b(?P<rest>.*)",
        "{ing}{rest}",
    ),
    (
        "solution",
        rf"you(?:'ll| will| would|'d)? {_ADV}(?:need|have|want|can|could|should|must|might|may)(?: "
        rf"want| need| have| to| also| just| try| probably| maybe| always| either| still| then)* "
        rf"(?P<rest>.+)",
        "{rest}",
    ),
    ("solution", r"(?:try|trying)(?: to)? (?P<ing>\w+ing)\b(?P<rest>.*)", "{ing}{rest}"),
    (
        "solution",
        r"to (?:fix|solve|work around|avoid) (?:this|that|it|the \w+),? (?:you |we |just |can |need "
        r"to |should |could )*(?P<rest>.+)",
        "{rest}",
    ),
    (
        "solution",
        rf"{_I} {_ADV}(?P<rest>(?:fixed|solved|pushed|deployed|merged|reverted|rolled|increased|added|"
        rf"set|changed|removed|updated|switched|raised|moved|disabled|enabled|rotated|restarted|"
        rf"cleared|bumped|renamed|replaced|shipped) .+)",
        "{rest}",
    ),
    (
        "insight",
        r"(?:it|that|this)(?:'s| is| was)? (?:happens? |happened )?because (?:of )?(?P<rest>.+)",
        "Cause: {rest}",
    ),
    (
        "insight",
        r"(?:the )?(?:root cause|culprit|reason)(?: here)?(?: is| was|:)(?: that)? (?P<rest>.+)",
        "Cause: {rest}",
    ),
    ("insight", r"(?:lesson|takeaway)s?(?: learned| learnt)?(?: is| was|:)*(?: that)? (?P<rest>.+)", "{rest}"),
    (
        "insight",
        rf"{_I} {_ADV}(?:measured|benchmarked|profiled|learned|noticed|found) (?:that )?(?P<rest>.+)",
        "{rest}",
    ),
    (
        "risk",
        rf"{_I} {_ADV}(?:a bit |a little |quite |very |slightly )?(?:worried|concerned|afraid|worry|"
        rf"fear)(?: that| about| if)? (?P<rest>.+)",
        "{rest}",
    ),
    (
        "risk",
        r"(?:there(?:'s| is) )?(?:a |the |one |some |big |real )*(?:risk|danger|chance)(?: here)?(?: "
        r"is| that| of|:)+ (?P<rest>.+)",
        "{rest}",
    ),
    ("risk", r"my (?:only |main |biggest )?(?:worry|concern|fear) (?:is|with \w+ is)(?: that)? (?P<rest>.+)", "{rest}"),
)

# Verbs as they stand after "does it": needed to turn a question round.
VERBS = word_list("""support include work need allow require use run handle store send keep accept return show apply
    count cover
    expect expose export import import expire exist fail forward get give happen ignore know let limit list load
    lock log look
    make match mean move offer open own parse pass prevent produce provide read receive refer reject remove replace
    report
    reset resolve respect restart retry rotate save say scale see sort start stay stop sync take tell track trigger
    try
    update validate wait want write break build cache call carry change charge check close come compile contain
    cost crash
    create delete depend deploy differ drop emit ensure feel fetch fit go have impact imply increase lead leave
    live lose
    matter affect point print render round share ship show skip split stream switch throw time trust turn
    verify""")

# Left out of a headline where they only link the subject to what is said of it.
COPULA = (
    r"\b(?:is|are|was|were|has been|have been) (?=(?:\w+ing|broken|down|missing|wrong|stuck|slow|"
    r"empty|blank|lost|ignored|rejected|"
    r"truncated|duplicated|blocked|gone|not \w+ing|too \w+|still|back|unusable|unreadable|flaky|stale|"
    r"off|dead|full|very slow)\b)"
)
