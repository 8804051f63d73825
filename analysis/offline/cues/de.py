"""German: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words

LANGUAGE = Language(
    code="de",
    stop=words(
        """der die das den dem des ein eine einen einem einer eines und oder aber denn weil dass ob wenn als wie wo
            wann warum wieso was wer
        wen wem welche welcher welches ich du er sie es wir ihr mich dich ihn uns euch ihnen mir dir ihm mein meine
        dein sein seine unser
        unsere euer ihre kein keine keinen nicht nichts nie auch noch nur schon sehr so zu zum zur im in am an auf
        aus bei beim mit nach
        von vom vor für über unter durch gegen ohne um bis seit während wegen zwischen hinter neben ist sind war
        waren bin bist seid sei
        wäre wird werden wurde wurden worden hat haben hatte hatten habe hast hätte kann können konnte könnte
        könnten muss müssen musste
        soll sollen sollte sollten will wollen wollte möchte darf dürfen mag da dann hier dort jetzt heute immer
        wieder mal doch ja nein
        halt eben etwa etwas alle alles jeder jede jedes jedem man sich selbst dieser diese dieses diesen diesem
        jener damit dafür davon
        dazu daran darauf dabei danach deshalb trotzdem außerdem also bitte danke hallo hi moin guten ok okay mehr
        weniger viel viele wenig
        einfach vielleicht wohl leider gerade eigentlich sonst zwar sowie beide ganz einmal zwei drei ins ans"""
    ),
    weak=words(
        """sache sachen ding dinge mal male tag tage tagen woche wochen monat monate jahr jahre stunde stunden
            minute minuten morgen abend
        leute zeit problem probleme frage fragen antwort idee ideen fehler arbeit geht gehen ging funktioniert
        funktionieren beispiel
        möglichkeit weg stelle anfang ende gestern machen macht gemacht sehen sieht gesehen weiß wissen glaube
        denke finde gibt geben
        kommt kommen kam neu neue neuen neuer alt alte alten gut gute besser schlecht richtig falsch gleich gleiche
        nächste letzte erste
        montag dienstag mittwoch donnerstag freitag samstag sonntag brauchen brauche braucht schauen schaue"""
    ),
    cues=(
        (
            "problem",
            0.8,
            """funktioniert|funktionieren|geht|gehen|läuft|laufen ~ nicht; geht nicht; nicht mehr;
                stürzt|stürzen ~ ab; abgestürzt|absturz; fehler|fehlermeldung; kaputt|defekt; hängt|hängen ~;
                bug|bugs; schlägt|schlagen ~ fehl; fehlgeschlagen; lässt|lassen sich nicht;
                kann|können|konnte ~ nicht ~ öffnen|speichern|laden|anmelden;
                kann|können|konnte ~ nicht ~ einloggen|starten|installieren|herunterladen|bezahlen;
            kommt|kommen ~ nicht an;
            wird|werden nicht ~ angezeigt|geladen|gespeichert|gesendet|aktualisiert|übernommen|erkannt;
            verschwindet|verschwinden|verschwunden; doppelt ~; falsch* betrag|summe|datum|wert; datenverlust;
            ausgefallen|ausfall; bricht|brechen ~ ab; abgebrochen; zeitüberschreitung""",
        ),
        (
            "problem",
            0.5,
            """problem|probleme mit|bei|beim; falsch*; langsam*; fehlt|fehlen; leer*; beschwert|beschweren sich;
                komisch|seltsam; unbrauchbar; statt; zu spät|früh""",
        ),
        (
            "blocker",
            0.9,
            """blockiert|blockieren|blocker;
                können|kann ~ nicht ~ releasen|ausliefern|deployen|weitermachen|starten ~; warten|warte auf|noch;
                hält ~ auf""",
        ),
        (
            "risk",
            0.85,
            """risiko|risiken|riskant; könnte|könnten ~ kaputt|verlieren|ausfallen|brechen|abstürzen;
                gefahr|gefährlich; sicherheitslücke|schwachstelle; befürchte|fürchte|sorge|sorgen;
                läuft|laufen ~ ab; läuft aus; wird abgeschaltet|abgekündigt""",
        ),
        (
            "decision",
            0.92,
            """entschieden|beschlossen|entscheidung|beschluss; haben uns geeinigt|entschieden;
                einigen uns|geeinigt; abgemacht|vereinbart;
                wir nehmen|bleiben|wechseln|verwenden|benutzen|verzichten|verschieben|lassen|machen ~;
                lass|lasst uns ~ nehmen|verwenden|machen; ab sofort|jetzt ~; wird verschoben; fällt weg;
                steht fest""",
        ),
        (
            "requirement",
            0.85,
            """
                kunde|kunden|kundin|nutzer ~ will|wollen|möchte|möchten|braucht;
                anwender|buchhaltung|rechtsabteilung|vertrieb ~ will|wollen|möchte|möchten|braucht;
                kunde|kunden|kundin|nutzer ~ brauchen|verlangt|fordern|fordert|wünscht;
                anwender|buchhaltung|rechtsabteilung|vertrieb ~ brauchen|verlangt|fordern|fordert|wünscht;
                muss|müssen unbedingt; anforderung|anforderungen;
                zwingend|verpflichtend|erforderlich|vorgeschrieben; wir brauchen ~; wird benötigt|benötigen;
                muss|müssen ~ können; soll|sollte|sollten ~ können""",
        ),
        ("requirement", 0.62, "muss|müssen ~; brauchen|braucht ~; benötigt ~"),
        (
            "idea",
            0.85,
            """wie wäre es|wärs; vorschlag|idee; ich schlage vor; ich würde vorschlagen;
                wäre schön|gut|toll|super|cool|praktisch|hilfreich; es wäre ~; wir könnten ~;
                könnte|könnten man|wir ~; vielleicht sollten|könnten; warum nicht; was wäre wenn; was wenn ~;
                man könnte; wünsche mir|wünschenswert""",
        ),
        (
            "question",
            0.8,
            """weiß jemand|einer; hat|kennt|kann jemand|wer ~; gibt es ~;
                wie kann|können|macht|machen|bekomme|funktioniert ~; warum|wieso|weshalb ~; wann ~;
                wo finde|ist|sind|liegt|kann ~; wer ist|kann|macht|kümmert|hat ~; welche|welcher|welches ~;
                was passiert wenn; was ist mit|der|die; sollen|sollten|müssen|brauchen|können wir ~;
                ist es möglich; frage mich|offene frage; wie lange|viel|viele|oft; keine ahnung ob|wie|warum""",
        ),
        (
            "solution",
            0.85,
            """behoben|gefixt|gelöst|repariert|korrigiert; lösung|lösung ist|war; workaround|umgehung;
                geholfen|hilft; liegt daran; der fix; zurückgerollt|zurückgesetzt; neu gestartet;
                deployt|ausgerollt|gemergt|gemerged; geht|funktioniert|läuft ~ wieder""",
        ),
        (
            "solution",
            0.6,
            """du musst|kannst|solltest; ihr müsst|könnt|solltet; man muss|kann; versuch|versuche|versucht ~;
                probier|probiere ~; mit ~ geht|funktioniert es; stattdessen;
                einfach ~ setzen|eintragen|löschen|neu starten""",
        ),
        (
            "insight",
            0.85,
            """hat sich herausgestellt; stellt sich heraus; stellte sich heraus; ursache|grund ist|war;
                liegt|lag daran|an; weil; gelernt; gemessen; herausgefunden; festgestellt; gemerkt;
                schuld ist|war; erkenntnis; tatsächlich""",
        ),
        ("insight", 0.6, "übrigens; zur info; beachtet|beachte; interessant ~; anscheinend|scheinbar|offenbar"),
        (
            "trouble",
            0.45,
            """nirgends; niemand|keiner; nichts; nie; schon wieder; doppelt|zweimal|zwei mal; immer noch; leer*;
                jedes mal; statt|anstatt; obwohl; gar nicht; überhaupt nicht; nicht mehr""",
        ),
        (
            "report",
            0.5,
            """seit|nach ~ update|gestern|heute|montag|morgen|release|deployment|neuinstallation;
                auf produktion|prod|staging|meinem|meiner|android; wenn ich|wir|man; kunde|kunden|nutzer ~;
                meldet|melden|schreibt|sagt|berichtet; reproduziert|nachgestellt""",
        ),
        ("answer", 0.5, "weil; ja; nein; das; man; du; es gibt; nur; standardmäßig; normalerweise; nimm|setz"),
        (
            "request",
            0.8,
            """kannst|könntest|kann|könnt|könntet du|ihr|jemand ~; bitte ~; mach|macht mal ~;
                wer kann|macht|übernimmt ~; denk|denkt dran; jemand muss|sollte""",
        ),
        (
            "commit",
            0.6,
            """ich mache|schicke|schreibe|übernehme|kümmere|prüfe|baue|nehme ~; mache ich; werde ich ~;
                ich werde ~; schaue ich; trage ich ~; kümmere mich""",
        ),
        (
            "resolved",
            0.8,
            """geht|läuft|funktioniert ~ wieder|jetzt; hat sich erledigt|erledigt; passt jetzt|alles;
                mein fehler|meine schuld; vergiss es|vergesst; fehlalarm""",
        ),
        (
            "clarify",
            0.8,
            """meinst du|meint ihr; was meinst|genau;
                kannst|könntest|könnt du|ihr ~ zeigen|schicken|teilen|erklären|beschreiben;
                welche version hast|nutzt; hast|habt du|ihr ~; bist|seid du|ihr; stimmts|stimmt das;
                verstehe ich ~ richtig""",
        ),
        (
            "chatter",
            0.8,
            """guten morgen|tag|abend; gute nacht; alles gute|zum geburtstag; glückwunsch|gratuliere;
                mittag|mittagessen|kaffee|pizza|bier|kuchen; wochenende|feierabend; urlaub; haha*; witz|scherz;
                schönes ~; mahlzeit; homeoffice; wie versprochen; guten rutsch""",
        ),
        (
            "hedge",
            0.5,
            """ich glaube|denke|vermute|schätze; vielleicht; wahrscheinlich; vermutlich; eventuell; nicht sicher;
                scheint|scheinen; wohl; möglicherweise""",
        ),
        ("hypothetic", 0.5, "wenn; falls; würde; zum beispiel|z.b; angenommen"),
        ("urgent", 0.8, "dringend; sofort; so schnell wie möglich; eilig|eilt; brennt; kritisch; vor dem release"),
        (
            "severe",
            0.8,
            """produktion|in prod|auf prod; datenverlust; alle kunden|nutzer; sicherheitslücke|sicherheit;
                geld verloren; datenleck""",
        ),
        ("minor", 0.7, "tippfehler; kosmetisch; kleinigkeit; nicht dringend; irgendwann; unwichtig"),
    ),
    openers="""hallo|hi|hey|moin|servus ~ zusammen|alle|leute|team; hallo|hi|hey|moin|servus;
        guten morgen|tag|abend ~ zusammen|alle; guten morgen|tag|abend; leute; übrigens; kurze|eine|andere frage;
        frage; also; ja; nein; nee; ok; okay; na; und; aber; so; nun; ach; hm;
        ich glaube|denke|finde|vermute|schätze dass; ich glaube|denke|finde|vermute|schätze; es scheint dass;
        es scheint|sieht so aus als; anscheinend|scheinbar|offenbar; vielleicht; wahrscheinlich; vermutlich;
        leider; zur info; nur zur info; hinweis; weiß jemand; weiß einer; kann mir jemand sagen; ich frage mich;
        mir ist aufgefallen dass; ich habe gemerkt|festgestellt|gesehen|herausgefunden dass;
        es hat sich herausgestellt dass; wir haben entschieden|beschlossen|vereinbart dass; danke; super; gut;
        bitte; noch was; außerdem; ehrlich gesagt; eigentlich; tatsächlich; aktuell; momentan; gerade; jetzt; idee;
        vorschlag; ich schlage vor dass; ich schlage vor""",
    closers="""danke; bitte; oder; ok; richtig; danke im voraus; im voraus; übrigens; glaube ich; denke ich;
        wahrscheinlich; irgendwie; halt; vielen dank; oder so; oder nicht""",
    tags={
        "risk": "risiko|gefahr",
        "idea": "idee|vorschlag",
        "decision": "entscheidung|beschluss|entschieden|beschlossen",
        "requirement": "anforderung|wunsch",
        "question": "frage",
        "problem": "problem|bug|fehler",
        "solution": "lösung|fix|behoben",
        "blocker": "blocker",
        "insight": "erkenntnis|ursache|grund",
    },
    acknowledgements=words(
        "danke dankeschön vielen dank ok okay ja nein jo jup nee gut super klasse toll prima genau "
        "stimmt passt alles klar hallo hi moin servus bereit fertig erledigt mach ich mache wird "
        "gemacht perfekt schön cool bitte gerne und so ist es sehr oh ach dir euch guten morgen"
    ),
    questions=words(
        "wie warum wieso weshalb wann wo wer was welche welcher welches wem wen ist sind hat haben "
        "kann können soll sollen sollten gibt weiß kennt muss müssen darf dürfen habt hast wird "
        "werden"
    ),
    negations=words("nicht kein keine keinen keiner ohne nie niemals"),
    articles=words("der die das den dem ein eine einen"),
    pronouns=words("er sie es das dies diese dieser dieses die der da dort hier ihm ihr ihnen ihn"),
    clauses=word_list("weil dass aber der die das wenn als wo obwohl damit bis nach vor und oder denn sodass"),
    dates=DateWords(
        today="heute",
        tomorrow="morgen",
        overmorrow="übermorgen",
        until="bis|spätestens|deadline|fällig|vor",
        next="nächsten|nächste|nächster|nächstes|kommenden|kommende",
        end_of="ende",
        week="woche|wochen",
        month="monat|monats|monate",
        day="tag|tage|tagen",
        inside="in|innerhalb|binnen",
        weekdays=(
            "montag|mo",
            "dienstag|di",
            "mittwoch|mi",
            "donnerstag|do",
            "freitag|fr",
            "samstag|sa|sonnabend",
            "sonntag|so",
        ),
        months=word_list("januar februar märz april mai juni juli august september oktober november dezember"),
    ),
    wording=Wording(
        bylines={
            "problem": "Gemeldet von",
            "blocker": "Als Blocker gemeldet von",
            "question": "Gefragt von",
            "decision": "Entscheidung, mitgeteilt von",
            "requirement": "Anforderung, mitgeteilt von",
            "idea": "Vorgeschlagen von",
            "solution": "Lösung von",
            "insight": "Festgestellt von",
            "risk": "Warnung von",
        },
        answer="Antwort von",
        also="Ebenso gemeldet von",
        fix="Beheben: {}",
        do="Erledigen: {}",
        consider="Prüfen: {}",
        clarify="Klären: {}",
        unblock="Blockade lösen: {}",
        prevent="Risiko abwenden: {}",
        labels={
            "problem": "Problem",
            "blocker": "Blocker",
            "question": "Offene Frage",
            "decision": "Entscheidung",
            "requirement": "Anforderung",
            "idea": "Idee",
            "solution": "Lösung",
            "insight": "Erkenntnis",
            "risk": "Risiko",
        },
    ),
    rewrites=(
        (
            "decision",
            r"(?:wir haben (?:uns )?)?(?:entschieden|beschlossen|vereinbart)[,:]? (?:die |das |den |der )?"
            r"(?P<rest>.+?) zu (?P<verb>\w+en)",
            "{rest} {verb}",
        ),
        ("question", r"wie (?:können|kann|könnten|sollen|sollten|soll) (?:wir|ich|man) (?P<rest>.+)", "Wie {rest}"),
        ("risk", r"es (?:gibt|besteht) (?:ein|das) risiko,? dass (?P<rest>.+)", "{rest}"),
        ("idea", r"wie wäre es,? (?:wenn wir |mit )?(?P<rest>.+)", "{rest}"),
        ("*", r"(?:kannst|könntest|könnt|könntet|kann) (?:du|ihr|jemand)(?: bitte| mal)* (?P<rest>.+)", "{rest}"),
        (
            "problem",
            r"(?:ich habe|wir haben|ich bekomme|wir bekommen|ich kriege)(?: gerade| immer| hier)* "
            r"(?:ein |eine |einen |das |den )?(?P<rest>.+)",
            "{rest}",
        ),
        ("problem", r"(?:es gibt|da ist) (?:ein |eine |einen )?(?P<rest>.+)", "{rest}"),
        (
            "decision",
            r"(?:wir haben (?:uns )?)?(?:entschieden|beschlossen|vereinbart)[,:]? (?:dass )?(?P<rest>.+)",
            "{rest}",
        ),
        ("decision", r"(?:lass|lasst) uns (?P<rest>.+)", "{rest}"),
        ("idea", r"(?:wir|man) (?:könnten|könnte|sollten|sollte)(?: vielleicht| auch| doch)* (?P<rest>.+)", "{rest}"),
        (
            "idea",
            r"(?:es )?wäre (?:schön|gut|toll|super|cool|praktisch|hilfreich)[,]? (?:wenn (?:wir|man) |"
            r"zu )?(?P<rest>.+)",
            "{rest}",
        ),
        ("question", r"gibt es (?:eine |einen |ein )?(?:möglichkeit|weg)[,]? (?P<rest>.+)", "Möglichkeit, {rest}"),
        ("question", r"(?:sollen|sollten|müssen|können|brauchen) wir (?P<rest>.+)", "Ob wir {rest}"),
        ("requirement", r"wir (?:müssen|brauchen|benötigen) (?P<rest>.+)", "Nötig: {rest}"),
        (
            "solution",
            r"(?:du|man|ihr) (?:musst|muss|müsst|kannst|kann|könnt|solltest)(?: einfach| nur)* (?P<rest>.+)",
            "{rest}",
        ),
        ("insight", r"(?:das |es )?(?:liegt|lag) (?:daran, dass|an) (?P<rest>.+)", "Ursache: {rest}"),
        ("risk", r"ich (?:befürchte|fürchte)[,]? (?:dass )?(?P<rest>.+)", "{rest}"),
    ),
)
