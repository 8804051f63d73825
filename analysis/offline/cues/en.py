"""English: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words
from .en_cues import CUES
from .en_titles import REWRITES
from .en_words import CLOSERS, OPENERS, STOP, WEAK

LANGUAGE = Language(
    code="en",
    stop=STOP,
    weak=WEAK,
    cues=CUES,
    openers=OPENERS,
    closers=CLOSERS,
    tags={
        "risk": "risk|risks|danger",
        "idea": "idea|suggestion|proposal|wish",
        "decision": "decision|decided|agreed|decisions",
        "requirement": "requirement|requirements|request|todo|action",
        "question": "question|questions",
        "problem": "problem|bug|issue",
        "solution": "fix|fixed|solution|solved|workaround|answer",
        "blocker": "blocker|blocked|showstopper",
        "insight": "insight|lesson|learned|finding|cause|reason|takeaway",
    },
    acknowledgements=words(
        """ok okay k kk yes yep yeah yup no nope sure thanks thank you thx ty great cool nice good perfect awesome
            agreed agree
        right exactly indeed same done wow lol haha hehe hmm oh ah hi hello hey bye cheers welcome np sorry please
        fine true
        correct interesting amazing lovely sweet noted understood got it will do on it sounds makes sense morning
        evening night
        all everyone team folks guys again very so much that works for me too see later tomorrow well best of luck
        love this
        and the a is was i we so to job work for your help very appreciated much as always +1 pls"""
    ),
    questions=words(
        "how what why when where who which whose is are was were do does did can could should would "
        "will shall has have had may might am"
    ),
    negations=words("no not never without none neither nor hardly"),
    pronouns=words("it this that these those they he she there here him them such its"),
    clauses=word_list(
        "because since so but which when while where although though unless until if after "
        "before whereas and as then "
        "however that for with even instead or"
    ),
    dates=DateWords(
        today="today|tonight|eod",
        tomorrow="tomorrow|tmrw",
        overmorrow="",
        until="by|until|till|before|due|deadline|latest",
        next="next",
        end_of="end",
        week="week",
        month="month",
        day="day|days",
        inside="in|within",
        weekdays=(
            "monday|mon",
            "tuesday|tue",
            "wednesday|wed",
            "thursday|thu",
            "friday|fri",
            "saturday|sat",
            "sunday|sun",
        ),
        months=word_list("""january|jan february|feb march|mar april|apr may june|jun july|jul august|aug
            september|sep|sept
                october|oct november|nov december|dec"""),
    ),
    wording=Wording(
        bylines={
            "problem": "Reported by",
            "blocker": "Reported as blocking by",
            "question": "Asked by",
            "decision": "Decided, says",
            "requirement": "Required, says",
            "idea": "Proposed by",
            "solution": "Solution by",
            "insight": "Found by",
            "risk": "Warning by",
        },
        answer="Answer by",
        also="Also said by",
        fix="Fix {}",
        consider="Consider: {}",
        clarify="Clarify: {}",
        unblock="Unblock: {}",
        prevent="Address the risk: {}",
        labels={
            "problem": "Problem",
            "blocker": "Blocker",
            "question": "Open question",
            "decision": "Decision",
            "requirement": "Requirement",
            "idea": "Idea",
            "solution": "Solution",
            "insight": "Finding",
            "risk": "Risk",
        },
    ),
    rewrites=REWRITES,
)
