"""English: function words, words that name no topic, and what a title leaves out."""

from .base import words

STOP = words(
    """a an the this that these those some any each every either neither both all most more less few many much such
    another other others own same i you he she it we they me him her us them my your his its our their mine yours ours
    theirs myself yourself itself ourselves themselves someone somebody anyone anybody everyone everybody nobody
    something anything everything nothing one ones who whom whose which what when where why how is am are was were be
    been being do does did doing done have has had having will would shall should can could may might must ought
    not no
    nor yes and or but if then else than as at by for from in into of off on onto out over to toward towards under up
    upon with within without about above across after against along among around before behind below beneath beside
    between beyond down during except inside near outside per since through throughout till until via because so
    though
    although while whereas whether unless again also already always almost too very quite rather just only even ever
    never still yet now here there once often sometimes maybe perhaps probably actually basically really simply
    currently instead however therefore thus hence otherwise let's ok okay yeah yep nope hi hello hey thanks thank
    please sorry well oh ah hmm etc eg ie e.g i.e vs get gets got getting go goes going gone went come comes came
    coming make makes made making take takes took taking say says said saying see sees saw seen seeing know knows knew
    think thinks thought want wants wanted need needs needed use uses used using try tries tried trying seem seems
    look looks looked looking like put puts let lets keep keeps kept give gives gave given tell told ask asked mean
    means meant feel guess believe suppose hope like able least"""
)


WEAK = words(
    """thing things stuff way ways lot lots bit kind sort part parts case cases time times day days week weeks month
    months year years today tomorrow yesterday morning evening night people person guy guys folks team everyone point
    points question questions answer answers problem problems issue issues idea ideas reason reasons example examples
    work works working worked help change changes changed new old good bad better best great nice right wrong sure
    different similar same main current currently latest first second last next previous full whole simple easy hard
    possible impossible certain specific general generally real big small large little long short high low early late
    fine cool interesting useful important ready available number numbers amount level place side end start line lines
    name names list value values thought thoughts sense matter fact look read write run runs running add adds added
    adding remove removed find found finding show shows showed move moved moving happen happens happened check checked
    checking fix fixed fixing understand wonder wondering create created creating call called calls calling change set
    sets setting turn turns open opened close closed support supports supported supporting supposed expect expected
    based related done getting left seem notice noticed remember forgot wait waiting send sent sending follow
    following
    provide provides allow allows require requires contain contains include includes including return returns returned
    pass passed passing build built start started stop stopped stopping fail fails failed failing break breaks broken
    error errors message messages link links here thread chat channel meeting discussion discuss discussed talk
    talking
    two three four five six seven eight nine ten zero hundred thousand half couple several single multiple various
    enough anyway everything soon later earlier ago minimal reproducible blog post pretty definitely totally exactly
    especially specifically literally
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december implement implemented implementing implementation fully completely directly currently
    probably presumably hopefully recently easily correctly properly automatically manually basically effectively
    doing being having saying trying looking hoping hit hits write writing written handle handling common actual
    explicit existing proper initial final original extra additional entire particular rest opposed else via kinda
    update updates updated updating sounds sound agree agreed suggestion suggestions feedback review reviews reviewed
    ship shipped shipping merged merge release decision decide decided plan plans planned planning care quick quickly
    tried know learn learned feature features version versions details detail info information default defaults option
    options approach solution solutions result results step steps thanks thank please sorry welcome congrats wrote"""
)


OPENERS = """so far; found it; reproduced;
    hi|hello|hey|heya|hiya|morning|howdy ~ all|everyone|everybody|folks|team|there|guys|again|people; hi|hello|hey;
    good morning|evening|afternoon ~ all|everyone|team|folks; good morning|evening|afternoon; dear all|team;;
    ok|okay; well; so; and; but; also; yeah; yep; yes; no; nope; oh; ah; hmm; hm; um; uh; btw; by the way; fyi;
    heads up; just a heads up that; psa; quick question|one|note;
    small|quick|another|one|last|other|dumb|stupid|naive question|questions|thing; question; another thing;
    one more thing|question; then; anyway; anyways; now; again;;
    i think|guess|believe|suppose|assume|suspect|imagine|feel|mean that|like|it|we;
    i think|guess|believe|suppose|assume|suspect|mean|imagine; we think; imo; imho; iirc; afaik; afaict; fwiw; tbh;
    honestly; frankly; personally; actually; basically; apparently; obviously; unfortunately; sadly; hopefully;
    maybe; perhaps; probably; presumably; currently; right now; at the moment; lately; recently; interestingly;;
    it seems|appears|looks that|like|as if; it seems|appears; seems|looks|sounds like; seems;
    as far as i know|understand|remember|see|recall|can|am; to be honest|clear|fair|sure;
    in my opinion|experience|understanding; my understanding is|was that; my understanding is;
    as i said|understand; please note that; note that; note; keep in mind that; worth noting that;
    for what it is worth; for the record; for context|reference|completeness; in other words; in general;
    in particular; of course; in fact; long story short; tl dr; update; reminder; just; let me know if; sorry but;
    sorry; thanks; thank you; please; pls; agreed; right; sure; great; cool; nice; interesting; good point;
    makes sense; true; fair enough; exactly; correct; alright; wow; damn; argh; ugh; omg; is that; oops; hmm ok;
    i'd say; it turns|turned out that; turns|turned out that; turns|turned out; turns|turned out; it turned out;
    i|we ~ noticed|realised|realized|found|discovered|saw|learned|confirmed|figured|see that; i found out that;
    found out that; i|we found out; i am|was sure|certain|aware|afraid|worried that; i agree that;
    i understand that; i know that; i can confirm|see that; i remember that; i recall that; i heard that;
    i have heard that; it is|was true|clear|possible|likely|worth noting|interesting that;
    the thing|point|fact|catch|short|gist is that; does|do anyone|anybody|someone know;
    anyone|anybody|someone knows|know; do we know; do you know; can anyone|someone|somebody tell|explain|help me ~;
    can anyone|someone|somebody explain; could someone explain; i|we was|were|am|are ~ wondering; i ~ wonder;
    i|we would like to know|ask; i want to know|ask; i wanted to ask; wondering; just wondering; curious;
    i am curious; quick q; any idea; any ideas; any idea why|how; first|firstly; second|secondly; third|thirdly;
    finally; lastly; also note that; in addition; additionally; furthermore; moreover; besides; on another note;
    on the other hand; on a related note; related; similarly; still; yet; however; therefore; thus; hence;
    meanwhile; instead; otherwise; though; although; because; since; which means; that said; that being said;
    as for me; for me; in that case; in this case; guys; folks; team; all"""


CLOSERS = """thanks|thank ~ advance; thanks; thank you; thx; please; pls; right; correct; ok; okay; too; as well;
    any ideas|idea|thoughts|suggestions|help|hints; or something|so|not; i think|guess|believe|suppose; for now;
    at the moment; right now; though; btw; by the way; imo; imho; iirc; afaik; somehow; anyway; or is it;
    in advance; you know; if possible; cheers; lol; haha; again; cc; and so on; etc; or whatever; or similar;
    as usual; of course; it seems; so far; to be honest; these days; yet"""
