"""Words by which a title says that it needs the talk around it: persons, and what only points at something."""

import re

from ..blocks import word_set

# A title with one of these is not understood by somebody who was not there.
POINTING: dict[str, frozenset[str]] = {
    "en": word_set(
        """
    i me my mine myself you your yours yourself u it itself they them themselves he she him his her hers this
    these those here please thanks thank sorry lol haha guess think thinking thought believe suppose wonder
    wondering hopefully hello hi imo imho iirc afaik yeah yep nope myself hmm oops wow let's assuming curious
    interested mistaken glad somewhere somehow attached above below
    """
    ),
    "uk": word_set("я мене мені мій моя моє мої ти тебе тобі твій твоя ви вас вам ваш він вона воно вони це цей ця ці"),
    "ru": word_set("я меня мне мой моя моё мои ты тебя тебе твой твоя вы вас вам ваш он она оно они это этот эта эти"),
    "de": word_set("ich mich mir mein meine meinem meinen du dich dir dein deine er es dies diese dieser dieses hier"),
    "es": word_set("yo me mi mis tú te ti tu tus usted él ella ellos ellas esto eso este esta estos estas aquí"),
    "fr": word_set("je j me moi mon ma mes tu te toi ton ta tes vous votre vos il elle ils elles ceci cela ça ici"),
    "pl": word_set("ja mnie mi mój moja moje ty ciebie ci twój twoja on ona ono oni to ten ta te tu tutaj"),
    "pt": word_set("eu me mim meu minha tu você te seu sua ele ela eles elas isto isso este esta esse essa aqui"),
}
# Of the team: "do we have to tell the shops?" is asked well enough, "we answered 500" is told of a day.
OURS: dict[str, frozenset[str]] = {
    "en": word_set("we us our ours ourselves"),
    "uk": word_set("ми нас нам наш наша наше наші"),
    "ru": word_set("мы нас нам наш наша наше наши"),
    "de": word_set("wir uns unser unsere"),
    "es": word_set("nosotros nos nuestro nuestra"),
    "fr": word_set("nous notre nos"),
    "pl": word_set("my nas nam nasz nasza nasze"),
    "pt": word_set("nós nos nosso nossa"),
}
# English words with which no statement in a title begins; a question may begin with the second kind.
NO_BEGINNING = word_set(
    """
    it's that there we us our i'm nothing something anything everything someone somebody anyone any some such
    same other others another despite regardless given including according besides wherever if while whereas
    because since although though albeit as so but and or nor then also even just only still again already now
    instead however therefore thus hence moreover maybe perhaps probably possibly likely potentially
    hypothetically admittedly either neither both may might could would should shall will can must is are was
    were be been being am has have had do does did having not never always often sometimes by of with without
    for from to until than like per about regarding makes seems sounds looks works feels more less most least
    many much their its yes no ok well too one ones trying tried noted noticed generally gave had went
    more-or-less relevant respective corresponding
    """
)
# Openers that a title goes without.
LOOSE = word_set(
    """
    more-or-less essentially basically admittedly potentially hypothetically ideally additionally alternatively
    actually apparently currently eventually finally generally hopefully initially internally naturally normally
    obviously occasionally originally presumably previously probably seriously simply technically theoretically
    typically ultimately unfortunately usually
    """
)
# They stand in any report and name nothing.
EMPTY = word_set("thread main panicked panic src unable able somewhat whatsoever during along way")
# What is said to do one of these is a remedy, not a trouble.
REMEDY = word_set(
    """
    solve solves solved resolve resolves prevent prevents prevented avoid avoids avoided mitigate mitigates
    allowed helped succeed succeeded
    """
)
NO_STATEMENT = word_set("what which who whom whose where why how whether wherever whoever than")
# With which something is told as possible, not as seen.
POSSIBLE = word_set(
    """
    may might could would should likely probably perhaps maybe possibly presumably potentially going shall
    """
)
# After these "that" stands for something said before; before a noun or a verb of its own it only goes on.
BEFORE_THAT = word_set(
    """
    of on about for with to in at by from like do does did is was not and or but than as after before
    """
)
# Words on which a title does not end; "opt out" and "log in" may.
NO_END = word_set(
    """
    the a an of to at by for from with and or but if that which who whose is are was were be been it its our
    your my their this these those not do does can could will would should may might must has have had than as
    into about when where because since so also just only very too even right directly potentially namely
    where's i we they you he she first likely usually know either too instead then though yet anyway some any
    each every most more less such own via per while although though whether until unless like und oder der die
    das ein eine mit für von zu im і й та або не в у на з до для що як але и или с к о об от что как но el la
    los las un una de del y o con para por que le les des du et ou avec pour sur i w z do na dla że e os um uma
    """
)
# With which a clause of its own goes on, so that what stands before it is whole.
GOES_ON = word_set(
    """
    at by for from in on with when if after before during while since because due under about until as so which
    where who whose that and but or via without within between through across against than per instead although
    though unless although, then once to into onto over via і та але що щоб коли якщо після перед для через бо а
    від до на у в з и но что чтобы когда если после для из und aber dass wenn weil nach vor für mit bei in von y
    pero que cuando si para por con et mais que quand si pour avec dans i ale że gdy jeśli po dla przez w na z e
    mas que quando se para por com
    """
)
# What is said to a question by somebody who does not know the answer either.
UNKNOWING = re.compile(
    r"\b(?:no idea|(?:don't|do not|didn't) know|not sure|no clue|good question|not yet|unclear|wondering too|"
    r"same question|(?:have|need) to ask|must ask|(?:i'll|i will|let me|will) (?:ask|check|find out|look)|"
    r"не знаю|не знаємо|ще не|спитаю|запитаю|дізнаюсь|треба (?:питати|спитати)|гадки не маю|"
    r"ещё не|еще не|спрошу|узнаю|надо спросить|weiß (?:ich )?nicht|"
    r"keine ahnung|noch nicht|frage (?:ich )?nach|gute frage|no (?:lo )?sé|ni idea|todavía no|aún no|buena pregunta|"
    r"nie wiem|jeszcze nie|zapytam|sais pas|aucune idée|pas encore|bonne question|não sei|ainda não|sei lá)\b",
    re.IGNORECASE,
)
