"""English: the words and turns that tell what a sentence does."""

CUES = (
    # something is wrong
    (
        "problem",
        0.85,
        """stopped|stop working; no longer works|work|working|loads|opens; is|are|was|were|got|gets ~ broken;
        regressed; crashes; crashed; crash; crashing; segfault*; segmentation fault; memory leak;
        stack trace|overflow;;
        out of memory; oom; null pointer; race condition; deadlock*; corrupt*; data loss; outage; throws|threw|raises;
        returns|returned|gives|get|gets|getting|got|gave|see|seeing ~ 500|502|503|504|404|403|401|400|500s|502s|503s;
        have|having|had|has ~ problem|problems|trouble|issue|issues with; regression in|with|since|from|after;
        a regression; hitting|seeing|getting ~ error|errors;;
        get|got|gets ~ error|errors|exception; shows|show ~ wrong|incorrect; bug report; found a bug;
        steps to reproduce""",
    ),
    (
        "problem",
        0.7,
        """
            do|does|did not work|show|load|open|arrive|update|save;
            do|does|did not appear|start|send|receive|respond|sync|match|compile;
        does|do nothing;
        is|are|was|were|has|have|am not working|loading|showing|updating|syncing|responding|sending|arriving;;
        fails; failed; failing; keep|keeps failing|crashing|dropping; exception; exceptions; timeout; timeouts;
        time|times|timed|timing out; panics; panicked; hangs; freezes; frozen; leaks; leaking;
        is|are|was|were|went|goes down;;
        unable to; can not ~ anymore; not|never ~ delivered|received|arriving; disappear*; vanish*; stuck;
        charged twice; twice as; doubled; sent twice; counted twice; unexpected*; flaky; stale; out of sync;
        bounce|bounces|bounced;;
        customer|customers|client|clients|user|users|shop|shops|people|support complain*; error 4*|5*; http 4*|5*;
        bug in|with|where|when|on; it is a bug; is ~ a bug; look|looks ~ a bug; ^problem; ^bug; ^regression;
        ^issue with""",
    ),
    (
        "problem",
        0.5,
        """error; errors; fail; broken; breaks; broke; bug; bugs; wrong; incorrect*; missing; problem with;
            issue with;;
        trouble; slow; slower; too slow|long|big|many; unusable;
        empty page|pages|screen|screens|list|file|files|response|mail|mails; blank;
        lost; losing; rejects|rejected|refuses|refused; ignores|ignored;
        garbled; truncated; cut off; complain*; annoying; confusing; confused; weird; strange; invalid; mismatch*;
        is not ~ supported|possible|compatible; undefined; leaks; flickers; overlap|overlaps; mojibake; lags;
        laggy""",
    ),
    ("problem", 0.36, "can not ~; could not ~; does|do|did not ~; will not ~"),
    (
        "blocker",
        0.92,
        """blocked by|on|until; i am|we are|still|fully|completely blocked; blocker; showstopper; show stopper;
            blocks the|us|our|me|all""",
    ),
    (
        "blocker",
        0.82,
        """is|are blocking; blocking the|us|our|me|everyone;
            can not release|deploy|ship|merge|proceed|continue|start|go ~ until|before|without;;
        holding up|back; holds up|back; nobody can; no one can ~ deploy|release|log|sign|work""",
    ),
    (
        "blocker",
        0.5,
        "waiting for|on ~ before|to; stuck until|waiting; can not release|deploy|ship|merge|proceed|continue",
    ),
    # what might go wrong
    (
        "risk",
        0.85,
        """risk|risks|risky; single point of failure; vulnerab*; security hole|issue|problem|bug; cve*;
            could|might|may|would lose;;
        worried about|that|we|if; worry about|that|if; my worry|concern|fear; concerned about|that; expires ~;
        will expire; runs|run out of;;
        could|might|may|would|will ~ break ~; dangerous; beware; end of life; will be shut|switched|turned off;
        leak* ~ secrets|keys|tokens|passwords""",
    ),
    (
        "risk",
        0.6,
        """could|might|may lead to; could|might|may ~ fail; concern|concerns; careful with|about|when; afraid;
            exposed; will be removed|deprecated;;
        if ~ goes down; not backed up; no backup; nobody has tested; only one person; bus factor; will not scale;
        might not make it""",
    ),
    # decided, wanted, proposed
    (
        "decision",
        0.92,
        """we|team|have|has|they decided; decided to|that|on|against|not; decision is|was|made|taken; ^decision;
            ^decided; we|have agreed;;
        agreed to|that|on; it is decided|settled; settled on; consensus is|was; let's go with; we are going with;
        will go with; going with;;
        we chose; we have chosen|picked; we picked; signed off; final call|answer; verdict is""",
    ),
    (
        "decision",
        0.78,
        """
            we will use|drop|keep|move|switch|adopt|ship|stop|start|support;
            we will require|stay|freeze|postpone|remove|deprecate|not|only|release|store|do;
        let's use|keep|drop|move|switch|ship|stick|stay|freeze|postpone|skip|not|rename|call|have|make|start|put|wait;
        we are moving|switching|dropping|keeping|adopting|standardising|standardizing|freezing|postponing|not going to;;
        from now on; starting ~ monday|tomorrow|today|next we; we opted; we go with;
        we change|changed the|our ~ decision|plan; new date is; let's do that; let's do it; poll is closed;
        goes|go to ~ instead; we do not ~ before|until; will happen on; opted for;
        will be dropped|frozen|removed|moved|renamed|postponed;;
        i decided; moved to next|the next release|sprint|milestone; out of scope; won't fix; wontfix""",
    ),
    (
        "decision",
        0.5,
        "plan is to; the plan; we will; we are going to; i vote for; sounds like ~ agree*; going to ~ instead",
    ),
    (
        "requirement",
        0.85,
        """must; mandatory; ^requirement; ^requirements; requirement from|for|is; should be able to;
            new|hard|another|further|second requirement; requirements are|for|from; needs|need to be able to;
            acceptance criteria;;
        customer|customers|client|clients|legal|finance|compliance want|wants|need|needs|require|requires;
        customer|customers|client|clients|legal|finance|compliance asked|asks|demand|demands|insist|insists;
        auditor|auditors|sales|support want|wants|need|needs|require|requires;
        users|marketing|shops|merchants want|wants|need|needs|require|requires;
        auditor|auditors|sales|support asked|asks|demand|demands|insist|insists;
        users|marketing|shops|merchants asked|asks|demand|demands|insist|insists;
        required by law|contract|the auditor|auditors|legal; we need a|an|the|some|to|support|at; need a way to;
        has to support; by law""",
    ),
    (
        "requirement",
        0.64,
        """wants|want ~ to|a|an|the; asks|asked|asking to|for|if|whether|again; asked this|last week for;
            asking ~ for; needs a|an|the|another|more; asking:; is|are required""",
    ),
    (
        "requirement",
        0.55,
        """needs to; has to; have to be; should support|allow|show|include|return|accept|respect|send|log|handle;
            requires;;
        need to; need a|an; make sure ~ that; at least ~ per|a; no more than; not allowed to; may not""",
    ),
    (
        "idea",
        0.85,
        """what if we|i|the|you; feature request; how about ~; why do not we|you;
            would be ~ nice|great|cool|handy|helpful|awesome|neat|lovely|amazing|good|useful if|to;
            my|one|another|an|alternative idea is|was|would; idea to; ^idea;;
        i|we suggest|propose; i would suggest|propose;
        my proposal|suggestion; ^suggestion; ^proposal; ^wish; maybe|perhaps we should|could|can;
        might|may|would be worth; makes|make sense to;;
        i wish; wish there was|were|we; would love if|a|an|for|more; we would love ~;
        can|could we add|have|get|also|make|show|support|offer; nice to have;;
        wishlist; ^we could|might ~""",
    ),
    (
        "idea",
        0.5,
        """ideally; could be a|an|the|done; we could; maybe ask|show|use|add|try|make; would need; like the ~ do;
            should at least; i would ~; what about; how about; could be ~ improved|better|nicer; would prefer;
            would rather; should probably; it could be; might want to; maybe ~""",
    ),
    # questions
    (
        "question",
        0.8,
        """does|do|has|can|could|did|is anyone|anybody|someone|somebody ~; anyone know*|knows|tried|seen|else;
            is there a|any|some way|plan|reason|option|tool;;
        is it possible|safe|ok|okay|allowed;
        what is the best|right|recommended|correct|proper|plan|policy|reason|status|difference|limit;
        what are the ~;;
        should we|i|it|the; do we need|want|have|support|know|keep|still; who owns|is|can|should|has|will|decides;
        where can|do|does|is|are|should ~;;
        how do|can|should|does|would|will ~; how long|much|many|often ~; what happens if|when|to; open question;
        which ~ should|do|is; are there any|plans;;
        can|could|may we ~; when do|does|will|is|are ~; why do|does|is|are|did|was ~; what should ~; who will ~;
        will we|the ~""",
    ),
    (
        "question",
        0.62,
        """wondering if|whether|how|why|what; i wonder if|whether|how|why; any idea|ideas|thoughts|plans ~;
            question about|on|for|regarding; not sure how|why|whether; curious if|how|whether|what|why""",
    ),
    # answers, fixes and what was learned
    (
        "solution",
        0.88,
        """the fix is|was; fix is to|in|on|out|live|deployed|merged; workaround; work around this|it|that;
            solved by|it|with|the; resolved by|it|with;;
        fixed by|in|with|it|the; solution is|was|would; ^solution; ^fix; ^fixed; ^workaround; ^solved;
        to fix this|it|that|the; this|that|which fixes|fixed|solves|solved; did the trick;
        is|are back|merged|deployed|complete|solved|resolved|repaired; ^found it;
        found the problem|bug|cause|culprit|issue; ^reviewed and merged; ~ solved;
        drill|tests|test|regression passed;;
        worked|works for me; pushed|deployed|merged|shipped ~ fix; i fixed; we fixed; is|was fixed by|with|in;
        the trick is|was; rolled back; hotfix; that did it; ^confirmed with; confirmed ~ is|are|works|fixed|gone|back;
        save|saves|load|loads|work|works|print|prints|arrive|arrives|sync|syncs|build|builds again;
        is|are ~ restored|booked|sent|delivered|finished|reprocessed|refunded|recovered|regenerated; is|are in place;
        i|we replayed|restored|reprocessed|backfilled|refunded|recovered|repaired|patched|corrected|resent;
        done from my|our side; is|are done; all done; done and tested|deployed|merged""",
    ),
    (
        "solution",
        0.6,
        """is ~ now; should fix; will fix; would fix; fixes; reverted|reverting; it works if|when|with|after;
            works after|if|with|again after; helps|helped;;
        you need|have to ~; you can ~; you should|could ~; ^try; try setting|using|running|adding; use ~ instead;
        instead of; make sure you|to|that;;
        set|setting ~ to; pass|passing ~; by setting|using|adding|passing|running|changing;
        you will need|want|have; the answer is; easiest|simplest|best way; need to ~ first""",
    ),
    (
        "answer",
        0.5,
        """because; yes; no; it is; there is; you; see; this is; that is; by default; currently; the reason;
            in general; should be; ^use; ^set; ^run; ^add; ^check""",
    ),
    (
        "insight",
        0.88,
        """turns|turned out; root cause; culprit; caused by; was|is because; happens|happened because|when;
            is|was due to; lesson; lessons; we learned; i learned;;
        takeaway;
        data|numbers|logs|metrics|measurements|stats|benchmarks|profile|profiling ~ show|shows|showed|say|says;
        i measured|benchmarked|profiled; we measured;;
        found out; the reason is|was|for|it|why; explains why|the; post mortem; postmortem""",
    ),
    (
        "insight",
        0.6,
        """i|we found|noticed|discovered|realised|realized; note that; ^note; fyi; heads up; keep in mind;
            worth noting|knowing|mentioning|remembering; interesting*; it appears|seems that; for the record;;
        according to; the catch is; is|are actually; percent of; % of; comes|came from; faster than; slower than;
        in practice; known limitation|issue; as far as i know; good to know; the key thing|point|is;
        only works|happens""",
    ),
    (
        "insight",
        0.7,
        """also learned; learned; looked at the numbers; numbers after|for|from|show; found a pattern;
            of the ~ only; on average; one week with; measured; reproduced ~ when; the cause; that's why;
            that is why; which explains; percent; it means; the pattern""",
    ),
    (
        "insight",
        0.4,
        """because; means that; by default; the difference; basically; the point is; depends on;
            is not ~ supported|possible; currently; my understanding is; essentially; which is why""",
    ),
    (
        "trouble",
        0.7,
        """one|two cent|cents|penny|hour|day off; off by; differ|differs by;
            counted|charged|booked|added|sent|shown|printed|saved|adds|arrives|appears|gets ~ twice|double|doubled|two;
            twice on|to|on; grey|gray|black|white|blank|empty boxes|squares|screen|screens|page|pages|list|lists;
            as unpaid;
            get|gets|got|see|sees|receive|receives|have|has no ~ since|after|on|alerts|anymore; is nowhere;
            says ~ instead of; two|three times when; is missing ~""",
    ),
    (
        "trouble",
        0.45,
        """nothing; nobody; no one; nowhere; none of; twice; two times; three times; double; doubled; again;
            instead of; although; even though; despite; never; one|an|two cent|hour|day|penny off|early|late|too;;
        by a cent|penny|day|hour; off by; only half|part; differ; differs; do|does not match|exist|close|add; gone;
        dies; unpaid; empty; jumps; in a loop; grey|gray|black|white|blank|blurry box|boxes|squares|screen|page;;
        is|are|was ~ full; no space; dropped; drops; gave|gives up; too early|late; expired;
        still show|shows|no|not|see|get|gets|the; no ~ since; back on|to step; silently; random; randomly;
        out of nowhere; takes ~ seconds|minutes|hours|forever;;
        went out; as if; not in the; not ~ at all; nothing arrives|happens|changes; says ~ instead;
        as unpaid|open|failed; keep|keeps; not a single; rolls back; loses""",
    ),
    (
        "report",
        0.5,
        """
            since ~ update|yesterday|morning|night|noon|monday|tuesday|wednesday|thursday|friday|saturday;
            since ~ sunday|release|deploy|deployment|upgrade|week|today|reinstall|merge|october|version;
        after ~ update|reinstall|reinstalling|upgrade|deploy|release|login|refresh;
        every time|run|morning|monday|day|night|request|restart; always; each time;
        writes|reports|complains|mails|mailed|wrote|called; reproduced; reproducible; i can reproduce;;
        on my|our ~ phone|phones|laptop|machine|mac|browser|system; in production; on staging|prod; screenshot*;
        customers|users|shops|clients|people ~;
        three|four|five|several|many|some|all shops|users|customers|clients;
        when|after i|we|they|you|a|an|somebody|someone ~; in my test;
        on android|ios|windows|linux|macos|firefox|safari|chrome""",
    ),
    # how it is meant
    (
        "request",
        0.8,
        """can|could|would|will you ~ please; please ~;
            can|could|would you ~ add|fix|update|check|review|send|prepare|write|look|change;
            can|could|would you ~ remove|create|set|test|make|deploy|move|rename|document|file|open;
        need someone to; someone|somebody should|needs|has to; todo; to-do; action item; assigned to; is on you;
        over to you; take care of; who can ~; can someone|somebody|anyone ~; remember to; do not forget to""",
    ),
    ("request", 0.55, "can|could|would|will you; who can|will|could|wants to"),
    (
        "commit",
        0.6,
        """i will ~; i take|send|write|do|bring|prepare|handle|own; i will take; i'll;  i am going to;
            i can ~ tomorrow|today|monday|tuesday|wednesday|thursday|friday|take; let me ~; on it; i take;
            i have started; will do; i plan to; i am working on; working on it""",
    ),
    (
        "resolved",
        0.8,
        """works|working|fine|green|stable ~ now|again; it works|worked; fixed now; is|are fixed; problem solved;
            no longer happens; that did it|worked|helped|solved|fixed; already fixed|done|works;;
        never mind; nevermind; nvm; false alarm; my bad; my mistake; my fault; was my; user error; operator error;
        i see now; makes sense now; figured it out; can not reproduce; thanks ~ works; deployed; is live; is done;
        is out""",
    ),
    (
        "clarify",
        0.8,
        """what do|did you mean; you mean; what are you; ^make|makes sense;
            can|could|would you|u share|post|show|paste|clarify me|expand;
            can|could|would you|u elaborate|describe|explain|provide|give me|expand;
            can|could|would you|u confirm|say|point|tell|try|run|get|reproduce|attach|send me|expand;
            do|did|have|are|were|had you;;
        have you tried; which|what version ~ you; what is your; what are you; is that right|correct|it|what|ok;
        is this|that ~ right|correct|expected; sounds good; ^like this;
        am i ~ right|missing|correct|understanding;;
        does that|this|it make|help|work|sound|clear|mean; ^really; ^why not; ^how so; ^which one; ^how come; ^you;
        ^so you; ^and you; want me to; which browser|version|one|os; is|was that after|before|with|on|in|your;
        same as; isn't|is not that|this|it; done; ready; shall i; should i; is your; are your; in your; if you;
        you can; you could; correct me; isn't it; ok for you; please tell|let|feel|see|note|refer|ignore|stop|bear;
        point|tell|help|show|give|let|correct|ping|remind me|us; feel free; do you|u think|recommend|suggest;
        can|could|would|will you|u please|also|kindly|perhaps share|post|show|explain|provide|help;
        can|could|would|will you|u please|also|kindly|perhaps describe|confirm|tell;
        can|could|would|will you|u please|also|kindly|perhaps summarize|clarify|elaborate|reproduce|attach|try|send me;
        can|could|would you|u summarize|clarify|reproduce|make|offer a|an; could|can you ~ try|reproduce|summarize;
        someone|somebody|anyone|anybody please|else|of share|post|show|explain|provide|help;
        someone|somebody|anyone|anybody please|else|of describe|prove|you|reproduce;
        someone|somebody|anyone|anybody share|post|show|summarize|offer|describe|reproduce|recommend|suggest|tell;
        please help|find|read|use|try|take|attach|post|reopen|follow|clarify|let;
        would you recommend|suggest|say; anyone|anybody|someone|somebody provide|explain|help|point|confirm""",
    ),
    (
        "chatter",
        0.8,
        """good morning|night|evening|afternoon|luck|job|weekend; happy birthday|friday|new|holidays|monday;
            congrat*; lunch; pizza; coffee; beer|beers; cake; weekend; haha*; lol; lmao; rofl; joke|jokes|joking;
            kidding; meme|memes; vacation;;
        see you; nice to meet; welcome to|aboard|back; football; movie; weather; birthday; cat|cats|kitten|dog;
        my wife|husband|kid|kids|son|daughter|mum|mom; well done; great work|job; thank you so|very|for;
        thanks for|a|so|all|everyone; hope you ~ well|doing; new position|job; introduce myself; sorry for|about;
        conference talk; i apologise|apologize""",
    ),
    (
        "unsolved",
        0.9,
        """be|get|gets|getting fixed|solved|resolved; not ~ fixed|solved|resolved;
            fixed size|width|length|point|number|price|rate; needs|need fixing; fixed yet""",
    ),
    (
        "mention",
        0.6,
        """regression on|run|test|tests|suite; full regression;
            error handling|type|types|message|messages|code|codes|context|budget|enum;
            bug fix|fixes|bounty|tracker;;
            as a|an bug|issue; fail fast|over; no problem|error|errors|issue|issues|bug|bugs;
            not a problem|bug|blocker; non-issue; crash course; exception handling;
            wrong channel|thread|chat|window""",
    ),
    (
        "hedge",
        0.5,
        """i think|guess|believe|suppose|assume|imagine; maybe; perhaps; probably; not sure; i am not sure;
            might; as far as i; afaik; afaict; iirc; imho; imo; seems; seem; possibly; presumably; i suspect""",
    ),
    ("hypothetic", 0.5, "if; in case; unless; suppose; let's say; would have; imagine; for example|instance; e.g"),
    (
        "urgent",
        0.8,
        """urgent*; asap; immediately; right away; top priority; high priority; p0; p1; critical;
            as soon as possible; before the release|demo|launch|audit; drop everything; emergency""",
    ),
    (
        "severe",
        0.8,
        """production; in prod; on prod; prod is|was; data loss; lost data|orders|money|payments|messages;
            lose data|orders|money; charged twice; double charge*; outage; all customers|users|shops; security;
            leak*; breach; everyone; payments fail*; nobody can; every customer|user|shop""",
    ),
    (
        "minor",
        0.7,
        """typo; cosmetic; minor; nitpick; nit; low priority; nice to have; someday; not urgent; no rush|hurry;
            when you have time; small thing; some day; polish""",
    ),
)
