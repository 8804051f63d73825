"""French: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words

LANGUAGE = Language(
    code="fr",
    stop=words(
        """le la les l un une des d du de et ou mais que qu qui quoi dont où en dans avec sans pour par sur sous
            vers chez entre au aux à
        comme plus moins très déjà ne n pas non oui si se s me m te t lui nous vous leur mon ma mes ton ta tes son
        sa ses notre nos votre
        vos ce c cet cette ces cela ça je j tu il elle on ils elles moi toi eux quand comment pourquoi combien quel
        quelle quels quelles
        est sont était étaient été être suis es sommes êtes a ont ai as avons avez avait avoir y peut peuvent peux
        pouvons pouvez pourrait
        doit doivent dois aussi seulement encore maintenant ici là alors ensuite après avant toujours jamais rien
        personne quelque
        quelqu chose tout toute tous toutes chaque autre autres même jusqu depuis contre pendant selon salut
        bonjour merci ok bon bien mal
        tant beaucoup peu ainsi car donc parce puis soit va vont vais allons faire fait faut veux veut crois semble
        être lors afin"""
    ),
    weak=words(
        """chose choses fois jour jours semaine semaines mois an ans année années heure heures minute minutes matin
            soir nuit gens temps
        problème problèmes question questions réponse idée idées erreur erreurs travail marche marchent fonctionne
        fonctionnent exemple
        façon manière lieu partie début fin aujourd'hui hui hier demain nouveau nouvelle nouveaux nouvelles vieux
        meilleur pire grand
        prochain dernier première premier lundi mardi mercredi jeudi vendredi samedi dimanche voir vois sait sais
        savoir"""
    ),
    cues=(
        (
            "problem",
            0.8,
            """ne marche|fonctionne|charge|arrive|répond|démarre|passe|s ~ pas|plus; marche|fonctionne pas|plus;
                ne|n ~ pas à ~; n arrive|arrivons|arrivent pas|plus; erreur|erreurs;
                plante|plantent|planté|plantage; cassé|cassée|cassés; en panne|panne; bug|bugs|bogue;
                échoue|échouent|échoué; impossible de|d; disparaît|disparu|disparaissent; perte de données;
                en double|doublon|doublons; écran blanc|noir; ne peut|peuvent|peux|peut plus|pas""",
        ),
        (
            "problem",
            0.5,
            """problème|problèmes avec|de|sur|dans|quand; incorrect*|faux|fausse; lent|lente|lenteur;
                manque|manquent|manquant; vide; se plaint|plaignent; bizarre|étrange; au lieu de""",
        ),
        (
            "blocker",
            0.9,
            """bloqué|bloquée|bloqués ~; bloque|bloquent ~; bloquant|bloquante;
                ne pouvons|peut pas ~ livrer|déployer|publier|avancer|continuer|commencer; en attente de""",
        ),
        (
            "risk",
            0.85,
            """risque|risques|risqué; pourrait|pourraient casser|perdre|planter|tomber; danger|dangereux;
                faille|vulnérabilité; inquiet|inquiète; j ai peur|crains; expire|expirent ~""",
        ),
        (
            "decision",
            0.92,
            """décidé; décision; convenu|d accord pour|acté;
                on part|va|garde|passe|prend|utilise|abandonne|reporte|reste sur|avec|à|le|la ~; nous allons ~;
                nous gardons|utiliserons|passerons; à partir de maintenant|demain|lundi; reporté|reportée à;
                choisi""",
        ),
        (
            "requirement",
            0.85,
            """
                client|clients|cliente ~ veut|veulent|demande|demandent|exige|exigent;
                utilisateur|utilisateurs|comptabilité|juridique ~ veut|veulent|demande|demandent|exige|exigent;
                doit|doivent ~; obligatoire|exigence|exigences; il faut que ~; nécessaire|indispensable;
                nous avons|on a besoin de|d""",
        ),
        ("requirement", 0.62, "il faut ~; besoin de|d ~; faudrait"),
        (
            "idea",
            0.85,
            """et si ~; je propose|proposition|suggère|suggestion; idée|une idée;
                ce serait bien|bon|super|génial|utile|pratique|mieux; on pourrait|nous pourrions ~; peut être ~;
                pourquoi ne pas; j aimerais ~; il serait ~ bien|utile|possible""",
        ),
        (
            "question",
            0.8,
            """quelqu un sait|a|peut|connaît; est ce que|qu ~; y a t il ~; comment ~; pourquoi ~; quand ~; où ~;
                qui ~; quel|quelle|quels|quelles ~; combien ~; que se passe t; qu est ce; est il possible;
                devons|devrions|pouvons nous ~; faut il; question:|une question;
                je ne sais pas si|comment|pourquoi; je me demande""",
        ),
        (
            "solution",
            0.85,
            """corrigé|corrigée|réparé|réparée|résolu|résolue|réglé|réglée;
                la solution|solution est|était|consiste; contournement|correctif; déployé|déployée ~;
                ça marche|fonctionne maintenant|si|avec|quand; annulé ~ déploiement""",
        ),
        (
            "solution",
            0.6,
            """tu dois|peux|devrais ~; vous devez|pouvez|devriez ~; essaie|essayez|essaye ~; il suffit de;
                il faut ~ mettre|ajouter|changer|utiliser; utilise|utilisez ~ à la place|plutôt""",
        ),
        (
            "insight",
            0.85,
            """il s avère que; en fait; la cause|cause est|était; c est|était parce que|à cause; dû|due à|au;
                découvert|constaté|remarqué que; appris; mesuré; conclusion; la raison est|était; coupable""",
        ),
        ("insight", 0.6, "au fait; attention ~; à noter; intéressant ~; apparemment"),
        (
            "trouble",
            0.45,
            """personne; rien; jamais; aucun|aucune; deux fois; encore une fois; à nouveau; toujours pas; vide;
                à chaque fois; au lieu de|d; bien que; ne ~ plus; ne ~ pas""",
        ),
        (
            "report",
            0.5,
            """depuis|après ~ mise|hier|lundi|ce|matin|déploiement|semaine; en production|prod|préprod;
                sur mon|ma|android; quand ~; client|clients|utilisateur|utilisateurs ~;
                dit|disent|signale|signalent|écrit""",
        ),
        ("answer", 0.5, "parce que; oui; non; c est; on peut; il faut; par défaut; normalement; seulement"),
        (
            "request",
            0.8,
            """peux|pourrais|pouvez|pourriez tu|vous ~; tu peux|pourrais ~; s il te|vous plaît|plait; merci de ~;
                quelqu un peut|pourrait; qui peut|s occupe; pense|pensez à ~""",
        ),
        ("commit", 0.6, "je m en occupe|fais|regarde|envoie|prépare|prends; je vais ~"),
        (
            "resolved",
            0.8,
            """ça marche|fonctionne maintenant; marche à nouveau; c est réglé|résolu|bon; laisse tomber|laissez;
                fausse alerte; mon erreur|ma faute""",
        ),
        (
            "clarify",
            0.8,
            """que veux tu|voulez vous dire; tu veux|vous voulez dire;
                peux|pourrais|pouvez tu|vous ~ partager|envoyer|montrer|expliquer|préciser;
                quelle version tu|utilises; as tu|avez vous ~; c est ça; sérieux""",
        ),
        (
            "chatter",
            0.8,
            """bonne nuit|journée|soirée|année; joyeux noël|anniversaire; félicitations|bravo;
                déjeuner|café|pizza|bière; week end|weekend; vacances; haha*|mdr; blague; bienvenue; bon appétit;
                merci beaucoup pour""",
        ),
        (
            "hedge",
            0.5,
            "je crois|pense|suppose; peut être; probablement; il semble|paraît; pas sûr|sûre; sans doute; apparemment",
        ),
        ("hypothetic", 0.5, "si; au cas; par exemple; imaginons"),
        ("urgent", 0.8, "urgent|urgence; au plus vite; immédiatement; dès que possible; critique; tout de suite"),
        (
            "severe",
            0.8,
            """production; perte de données; tous les clients|utilisateurs; sécurité; fuite de données;
                perdu ~ données|argent|commandes""",
        ),
        ("minor", 0.7, "coquille|faute de frappe; cosmétique; mineur; pas urgent; basse priorité"),
    ),
    openers="""bonjour|salut|coucou ~ tous|tout|équipe|monde; bonjour|salut|coucou; tout le monde; au fait; donc;
        alors; bon; ben; et; mais; oui; non; ok; d accord; je crois|pense|suppose que; je crois|pense;
        il me semble que; il semble que; on dirait que; peut être que; peut être; probablement; malheureusement;
        une question|petite question; question; quelqu un sait si|comment|pourquoi; quelqu un sait; il s avère que;
        en fait; j ai remarqué|constaté|vu que; de plus; aussi; maintenant; actuellement; merci; s il vous plaît;
        s il te plaît; idée; proposition; je propose que; je propose de; je suggère de; attention; pour info""",
    closers="""merci; merci d avance; d avance; s il vous plaît; s il te plaît; non; ok; au fait; je crois;
        je pense; ou pas; cordialement""",
    tags={
        "risk": "risque",
        "idea": "idée|proposition|suggestion",
        "decision": "décision|décidé",
        "requirement": "exigence|besoin|demande",
        "question": "question",
        "problem": "problème|bug|erreur",
        "solution": "solution|correctif|corrigé",
        "blocker": "bloquant|blocage",
        "insight": "cause|conclusion",
    },
    acknowledgements=words(
        "merci ok oui non bien super parfait génial d accord compris entendu fait prêt prête salut "
        "bonjour bonsoir top cool exact pareil à tous beaucoup très et c est bon ça marche nickel"
    ),
    questions=words(
        "comment pourquoi quand où qui que quel quelle quels quelles combien est sont peut peux "
        "pouvez doit devons faut y"
    ),
    negations=words("pas sans jamais aucun aucune ni"),
    articles=words("le la les l un une"),
    pronouns=words("il elle ça cela ce ceci celui celle ils elles y là ici le la les lui leur"),
    clauses=word_list("parce que mais quand où si bien pendant pour depuis et ou car donc qui dont"),
    dates=DateWords(
        today="aujourd'hui",
        tomorrow="demain",
        overmorrow="après-demain",
        until="avant|jusqu|jusqu'à|d'ici|ici|délai|échéance",
        next="prochain|prochaine",
        end_of="fin",
        week="semaine|semaines",
        month="mois",
        day="jour|jours",
        inside="dans|sous",
        weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        months=word_list("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    ),
    wording=Wording(
        bylines={
            "problem": "Signalé par",
            "blocker": "Blocage signalé par",
            "question": "Demandé par",
            "decision": "Décision, selon",
            "requirement": "Exigence, selon",
            "idea": "Proposé par",
            "solution": "Solution de",
            "insight": "Constaté par",
            "risk": "Alerte de",
        },
        answer="Réponse de",
        also="Signalé aussi par",
        fix="Corriger : {}",
        do="Faire : {}",
        consider="Étudier : {}",
        clarify="Clarifier : {}",
        unblock="Débloquer : {}",
        prevent="Éviter le risque : {}",
        labels={
            "problem": "Problème",
            "blocker": "Blocage",
            "question": "Question ouverte",
            "decision": "Décision",
            "requirement": "Exigence",
            "idea": "Idée",
            "solution": "Solution",
            "insight": "Constat",
            "risk": "Risque",
        },
    ),
    rewrites=(
        ("question", r"comment (?:pouvons-nous|peut-on|puis-je|pourrait-on) (?P<rest>.+)", "Comment {rest}"),
        ("risk", r"il y a (?:un |le )?risque (?:que |qu')(?P<rest>.+)", "{rest}"),
        (
            "*",
            r"(?:peux-tu|pourrais-tu|pouvez-vous|pourriez-vous|tu peux|tu pourrais|quelqu'un peut)(?: "
            r"s'il (?:te|vous) pla[iî]t)? (?P<rest>.+)",
            "{rest}",
        ),
        ("problem", r"(?:j'ai|nous avons|on a|il y a) (?:un |une |le |la |l')?(?P<rest>.+)", "{rest}"),
        ("decision", r"(?:nous avons |on a |c'est )?(?:décidé|convenu|acté)(?: que| de| d')? ?(?P<rest>.+)", "{rest}"),
        ("decision", r"(?:nous allons|on va) (?P<rest>.+)", "{rest}"),
        ("idea", r"(?:on pourrait|nous pourrions|on devrait)(?: aussi| peut-être)* (?P<rest>.+)", "{rest}"),
        (
            "idea",
            r"(?:ce|il) serait (?:bien|bon|super|génial|utile|pratique|mieux)(?: que| de| d'| si)? ?(?P<rest>.+)",
            "{rest}",
        ),
        ("question", r"y a-t-il (?:un |une )?(?:moyen|façon|manière) (?:de |d')(?P<rest>.+)", "Moyen de {rest}"),
        ("question", r"est-ce (?:que |qu')(?P<rest>.+)", "Si {rest}"),
        (
            "requirement",
            r"(?:il faut|nous avons besoin de|on a besoin de|nous devons|on doit) (?P<rest>.+)",
            "Il faut {rest}",
        ),
        (
            "solution",
            r"(?:tu dois|tu peux|vous devez|vous pouvez|il suffit de|essaie de|essayez de) (?P<rest>.+)",
            "{rest}",
        ),
        ("insight", r"(?:la cause|la raison) (?:est|était)(?: que)? (?P<rest>.+)", "Cause : {rest}"),
        ("risk", r"(?:je crains|j'ai peur) que (?P<rest>.+)", "{rest}"),
    ),
)
