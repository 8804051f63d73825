"""Acknowledgements by language: messages that say no more than "I have read this", or hello.

Data only; `noise.py` matches them against a whole message, never against a part of one. Phrases are lower case,
without punctuation; letters repeated for emphasis ("okkk") need no entry of their own. Reports such as "done" or
"it works" are in none of these: they may be what closes a task.
"""

# Thanks, greetings, laughter and bare assent: noise wherever they stand.
ACKNOWLEDGEMENTS: dict[str, str] = {
    "en": """
        ok|okay|okey|okie|okey dokey|okie dokie|k|kk|oki|alright|all right|alrighty|fine|cool|nice|great|awesome
        |perfect|excellent|amazing|brilliant|wonderful|fantastic|super|sweet|neat|good|very good|so good|sounds good
        |looks good|sounds great|looks great|sounds like a plan|fair|fair enough|makes sense|that makes sense|got it
        |gotcha|i see|understood|roger|roger that|copy that|noted|acknowledged|ack|will do|sure|sure thing|for sure
        |of course|np|no problem|no problems|no worries|not a problem|no prob|you are welcome|youre welcome
        |you re welcome|welcome|yw|my pleasure|anytime|any time|thanks|thank you|thank u|thx|tnx|thanx|thks|ty|tysm
        |tyvm|thank you so much|thank you very much|thanks a lot|thanks so much|many thanks|thanks a bunch
        |thanks again|thanks all|thanks everyone|thanks guys|thanks man|thanks mate|thanks for that
        |thanks for the help|thanks for your help|thanks for the info|thanks for the update|thanks in advance|cheers
        |much appreciated|appreciated|appreciate it|i appreciate it|hi|hey|hello|hiya|yo|hi there|hey there
        |hello there|hi all|hey all|hello all|hi everyone|hey everyone|hello everyone|hi guys|hey guys|hi folks
        |hey folks|hi team|hello team|good morning|morning|gm|good afternoon|good evening|good night|gn|bye|goodbye
        |bye bye|see you|see ya|see you later|cya|ttyl|see you tomorrow|have a nice day|have a good day
        |have a good one|have a nice weekend|happy birthday|congrats|congratulations|gz|well done|good job|great job
        |nice job|nice work|great work|good work|nice one|good one|good stuff|great stuff|good point|haha|hehe|hihi
        |lol|lmao|lmfao|rofl|xd|wow|whoa|woah|omg|oh|ah|aha|oh ok|ah ok|oh i see|ah i see|oh nice|oh cool|oh well|hm
        |hmm|huh|uh|um|eh|meh|oops|whoops|ups|yay|woohoo|hooray|hurray|interesting|very interesting|indeed|exactly
        |true|so true|right|very true|absolutely|definitely|totally|certainly|same|same here|me too|oof|ouch|sorry
        |my bad|sry|pls|please|kudos|bump|ping|brb|afk|wb|welcome back|welcome aboard|good to know|good to hear
        |glad to hear|glad to hear it|glad to help|happy to help|have fun|good luck|enjoy|no idea|idk|lets go
        |let s go|well|anyway|nvm|never mind|nevermind
    """,
    "uk": """
        ок|окей|окі|оке|ага|угу|добре|гаразд|зрозуміло|зрозумів|зрозуміла|ясно|домовились|домовилися|прийнято|принято
        |дякую|дякую всім|дуже дякую|щиро дякую|дякую дуже|дяки|дякс|дякі|спасибі|велике дякую|дякую за допомогу
        |дякую за відповідь|будь ласка|прошу|нема за що|немає за що|привіт|привіт всім|всім привіт|вітаю|вітаю всіх
        |здоров|добрий день|доброго дня|добридень|добрий ранок|доброго ранку|добрий вечір|доброго вечора|на добраніч
        |добраніч|бувай|па|па па|до побачення|до зустрічі|до завтра|гарного дня|гарних вихідних|супер|клас|класно
        |круто|чудово|прекрасно|відмінно|файно|норм|нормально|молодець|молодці|вітаю з днем народження
        |з днем народження|лол|хех|ой|ого|вау|звісно|звичайно|авжеж|точно|саме так|цікаво|вибач|вибачте|сорі|сорян
        |пробач|перепрошую|ну|ну ок|ну добре|ок дякую|все ясно|все зрозуміло|нехай|хай|хай щастить|удачі|успіхів
        |слава україні|героям слава|красно дякую|дякую красно|дякую за пояснення|дякую за інформацію|дякую за увагу
        |дуже вдячний|дуже вдячна|вдячний|вдячна|нема питань|без питань|без проблем|нема проблем|не проблема|усе ясно
        |усе зрозуміло|топ|топчик|вогонь|шикарно|неймовірно|логічно|справедливо|вітання|вітання всім|хелоу|салют
        |доброї ночі|солодких снів|смачного|гарного вечора|з поверненням|ласкаво просимо|щасливо|бережіть себе
        |на зв язку|до зв язку|обійми|ех|ох|хм|мда|ну так|зі святом|зі святами|одужуй|одужуйте|радий допомогти
        |рада допомогти|без поняття
    """,
    "ru": """
        ок|окей|оке|окк|оки|ага|угу|хорошо|ладно|понятно|понял|поняла|поняли|ясно|ясненько|принято|договорились|пон
        |спасибо|спс|спасиб|спасибки|пасиб|пасибо|сенкс|сенк ю|сяп|спасибо большое|большое спасибо|спасибо всем
        |всем спасибо|спасибо за помощь|спасибо за ответ|благодарю|благодарствую|пожалуйста|пжлст|плиз|не за что
        |незачто|на здоровье|всегда пожалуйста|обращайся|обращайтесь|привет|приветик|приветы|всем привет|привет всем
        |здравствуйте|здарова|здоров|хай|хелло|ку|салют|добрый день|доброго дня|день добрый|доброе утро|утро доброе
        |доброго утра|добрый вечер|доброго вечера|доброй ночи|спокойной ночи|доброго времени суток|пока|покеда
        |до свидания|до завтра|до встречи|удачи|всем удачи|хорошего дня|хороших выходных|с днем рождения
        |с днём рождения|поздравляю|супер|класс|классно|круто|клево|клёво|отлично|прекрасно|замечательно|норм
        |нормально|молодец|молодцы|красава|красавчик|лол|кек|хех|ой|ого|вау|ух ты|конечно|точно|именно|вот именно
        |ну да|ну ок|ну ладно|интересно|забавно|прости|простите|извини|извините|сорри|сори|сорян|ну|эх|мда|хм|ммм
        |бывает|все ясно|всё ясно|все понятно|всё понятно|будем знать|буду знать|апну|ап|ясн|от души|респект|огонь|топ
        |топчик|шикарно|логично|справедливо|принял|приняла|приняли|услышал|услышала|учту|учтём|учтем|на связи|до связи
        |добро|добро пожаловать|с возвращением|приятного аппетита|выздоравливай|выздоравливайте|с праздником
        |с праздниками|с наступающим|с новым годом|нет проблем|без проблем|не вопрос|без вопросов|не проблема
        |рад помочь|рада помочь|так точно|хз|без понятия|понятия не имею|признателен|признательна|очень признателен
        |спасибо за информацию|спасибо за разъяснение|спасибо за внимание
    """,
    "de": """
        ok|okay|okey|oki|alles klar|klar|na klar|gut|sehr gut|ganz gut|super|prima|toll|klasse|spitze|cool|perfekt
        |wunderbar|einverstanden|passt|passt so|genau|stimmt|richtig|verstanden|verstehe|ich verstehe|achso|ach so|aha
        |danke|danke dir|danke schön|dankeschön|danke sehr|vielen dank|vielen lieben dank|besten dank|herzlichen dank
        |danke euch|danke für die hilfe|danke für die info|tausend dank|dank dir|merci|bitte|bitteschön|bitte schön
        |gern|gerne|gern geschehen|gerne doch|kein problem|kein ding|keine ursache|hallo|hi|hey|moin|moin moin|servus
        |grüß gott|grüezi|guten morgen|guten tag|guten abend|gute nacht|morgen|mahlzeit|tschüss|tschüß|ciao|bis morgen
        |bis später|bis bald|bis dann|auf wiedersehen|schönes wochenende|schönen tag|schönen abend|schönen feierabend
        |feierabend|wird gemacht|mach ich|sicher|natürlich|logo|jo|jup|jap|naja|tja|oh|ach|hm|schade|interessant|sorry
        |entschuldigung|tut mir leid|viel erfolg|viel glück|glückwunsch|herzlichen glückwunsch|mfg|lg
        |danke für die rückmeldung|danke für die schnelle antwort|danke für die antwort|danke im voraus
        |danke für alles|jepp|jawohl|jawoll|geht klar|alles gut|in ordnung|ist ok|ist okay|kein stress|kein thema
        |macht nichts|nicht schlimm|stark|mega|geil|hammer|krass|wow|weiter so|gute arbeit|gut gemacht|bravo|respekt
        |notiert|zur kenntnis genommen|gute besserung|alles gute|alles gute zum geburtstag|willkommen
        |herzlich willkommen|guten appetit|schöne grüße|viele grüße|liebe grüße|beste grüße|mit freundlichen grüßen|vg
        |gruß|grüße|huhu|ups|oje|ohje|puh|juhu|hurra|keine ahnung|freut mich|tschau|bis gleich|gut zu wissen
        |ganz genau|absolut|auf jeden fall|definitiv|selbstverständlich
    """,
    "es": """
        ok|okay|okey|vale|de acuerdo|bien|muy bien|está bien|esta bien|bueno|genial|perfecto|excelente|estupendo|guay
        |claro|claro que sí|claro que si|por supuesto|entendido|entiendo|ya veo|listo|dale|va|venga|gracias
        |muchas gracias|mil gracias|muchísimas gracias|gracias a todos|gracias por la ayuda|gracias por tu ayuda
        |gracias de nuevo|de nada|por nada|no hay problema|no hay de qué|no hay de que|con gusto|a la orden|hola
        |hola a todos|hola a tod s|holaa|buenas|buenos días|buenos dias|buen día|buen dia|buenas tardes|buenas noches
        |qué tal|que tal|adiós|adios|chao|chau|hasta luego|hasta mañana|nos vemos|saludos|un saludo|buen fin de semana
        |felicidades|felicitaciones|enhorabuena|exacto|exactamente|cierto|igualmente|lo siento|perdón|perdon|disculpa
        |ah ok|ah vale|oh|uy|vaya|interesante|suerte|buena suerte|jeje|jajaja|ja ja|xd|gracias por todo
        |gracias por la info|gracias por la información|gracias por avisar|gracias por la respuesta|muy amable
        |qué bien|que bien|buenísimo|buenisimo|bárbaro|espectacular|chévere|chevere|órale|orale|anotado|tomo nota
        |recibido|buen trabajo|bien hecho|un abrazo|abrazos|hasta pronto|hasta la próxima|feliz día|feliz cumpleaños
        |feliz cumple|feliz fin de semana|bienvenido|bienvenida|bienvenidos|ánimo|ajá|así es|asi es|tal cual
        |totalmente|desde luego|ni idea|sin problema|sin problemas|no pasa nada|qué pena|encantado|encantada
        |mucho gusto|buen provecho
    """,
    "pl": """
        ok|okej|okay|oki|dobra|dobrze|w porządku|w porzadku|spoko|jasne|pewnie|oczywiście|oczywiscie|rozumiem
        |zrozumiano|zrozumiałem|zrozumiałam|super|świetnie|swietnie|fajnie|ekstra|idealnie|doskonale|dzięki|dzieki
        |dziękuję|dziekuje|dzięki wielkie|dzieki wielkie|wielkie dzięki|bardzo dziękuję|bardzo dziekuje
        |dziękuję bardzo|dzięki za pomoc|dzięks|dzieks|dziex|thx|proszę|prosze|nie ma sprawy|nie ma problemu
        |nie ma za co|spoko luz|cześć|czesc|hej|hejka|siema|siemka|witam|witajcie|witam wszystkich|dzień dobry
        |dzien dobry|dobry|dobry wieczór|dobry wieczor|dobranoc|pa|pa pa|na razie|do widzenia|do zobaczenia|do jutra
        |miłego dnia|milego dnia|miłego weekendu|pozdrawiam|pozdro|gratulacje|gratki|brawo|dobra robota|dokładnie
        |dokladnie|racja|zgadza się|przepraszam|sorki|sorry|oj|ojej|no|no tak|no dobra|aha|ach tak|ciekawe|powodzenia
        |haha|hehe|xd|dzięki za info|dzieki za info|dzięki za odpowiedź|dziękuję za pomoc|dziękuję za odpowiedź
        |serdeczne dzięki|serdecznie dziękuję|spoczko|luz|luzik|przyjąłem|przyjęłam|przyjęto|notuję|jasna sprawa
        |się wie|no jasne|no pewnie|no dobrze|wow|ale super|pięknie|wspaniale|rewelacja|szacun|miłego wieczoru
        |udanego weekendu|udanego dnia|wszystkiego najlepszego|sto lat|witaj|heja|dobrej nocy|nara|narka|trzymaj się
        |trzymajcie się|wybacz|wybaczcie|bardzo przepraszam|hm|hmm|mhm|właśnie|wlasnie|otóż to|fakt|smacznego|zdrówka
        |nie mam pojęcia|do usłyszenia|miło mi
    """,
    "fr": """
        ok|okay|d accord|d acc|dac|entendu|compris|je vois|bien|très bien|tres bien|c est bon|c bon|bon|super|génial
        |genial|parfait|excellent|cool|top|nickel|impeccable|merci|merci beaucoup|merci bien|un grand merci
        |mille mercis|merci à tous|merci a tous|merci pour ton aide|merci pour votre aide|merci d avance|mci|de rien
        |je t en prie|je vous en prie|pas de problème|pas de probleme|pas de souci|pas de soucis|avec plaisir|bonjour
        |bonjour à tous|bonjour a tous|salut|salut à tous|coucou|bonsoir|bonne nuit|bonne journée|bonne journee
        |bonne soirée|bonne soiree|bon week end|bon weekend|au revoir|à bientôt|a bientot|à demain|a demain|à plus
        |a plus|ciao|bien sûr|bien sur|évidemment|evidemment|exactement|exact|tout à fait|tout a fait|en effet
        |effectivement|félicitations|felicitations|bravo|bien joué|bien joue|désolé|desole|désolée|pardon|oups|ah ok
        |ah d accord|oh|bof|intéressant|bonne chance|bon courage|mdr|ptdr|lol|hihi|merci pour l info
        |merci pour l information|merci pour le retour|merci pour ta réponse|merci pour votre réponse|merci encore
        |merci infiniment|grand merci|c est noté|noté|bien noté|bien reçu|pas mal|chouette|trop bien|trop cool
        |magnifique|formidable|sympa|ah bon|ah oui|eh bien|waouh|wow|tant mieux|tant pis|c est clair|c est vrai
        |pas grave|c est pas grave|ce n est pas grave|t inquiète|aucun souci|aucun problème|y a pas de quoi
        |bienvenue|bon appétit|bon anniversaire|joyeux anniversaire|bonne continuation
        |bonne fin de journée|bon après midi|bonne après midi|rebonjour|bisous|bises|cordialement|bien cordialement
        |à tout à l heure|à tout de suite|à lundi|excuse moi|excusez moi|toutes mes excuses|aucune idée|carrément
        |absolument|certainement|enchanté|enchantée
    """,
    "pt": """
        ok|okay|beleza|blz|certo|tá certo|ta certo|tá bom|ta bom|tá|ta|tudo bem|tudo bom|bom|muito bom|boa|ótimo|otimo
        |legal|show|show de bola|perfeito|excelente|maravilha|top|massa|entendi|entendido|combinado|fechado|pode ser
        |claro|com certeza|obrigado|obrigada|muito obrigado|muito obrigada|obrigado a todos|obg|brigado|brigada|vlw
        |valeu|valeu mesmo|de nada|por nada|disponha|imagina|sem problema|sem problemas|oi|oie|olá|ola|olá a todos
        |oi pessoal|olá pessoal|e aí|e ai|bom dia|boa tarde|boa noite|bom dia a todos|tchau|até logo|ate logo
        |até amanhã|ate amanha|até mais|ate mais|abraço|abraços|abs|bom fim de semana|parabéns|parabens|exato
        |exatamente|verdade|isso|isso aí|isso ai|desculpa|desculpe|foi mal|ah ok|ah sim|oh|nossa|interessante
        |boa sorte|kkk|rs|rsrs|haha|obrigado pela ajuda|obrigada pela ajuda|obrigado pela resposta
        |obrigada pela resposta|obrigado pela info|muito obg|brigadão|agradeço|agradecido|agradecida|grato|grata
        |tranquilo|tranquila|de boa|fechou|bacana|sensacional|incrível|incrivel|fantástico|demais|que bom|que legal
        |muito legal|anotado|ciente|recebido|saquei|ah entendi|ah tá|ah ta|hum|uhum|aham|opa|eita|caramba|puxa|pois é
        |pois e|de fato|sem dúvida|sem duvida|tamo junto|tmj|falou|flw|até breve|até já|até segunda|tenha um bom dia
        |bom feriado|bom trabalho|bom almoço|boa semana|oi gente|olá gente|bem vindo|bem vinda|bem vindos
        |feliz aniversário|feliz aniversario|sucesso|beijos|bjs|atenciosamente|perdão|mil desculpas|sem crise
        |não há de quê|não faço ideia|prazer
    """,
    "it": """
        ok|okay|va bene|bene|benissimo|perfetto|ottimo|bravo|brava|bravi|d accordo|capito|ho capito|chiaro|certo
        |certamente|grazie|grazie mille|molte grazie|grazie a tutti|tante grazie|prego|di nulla|di niente|figurati
        |nessun problema|ciao|ciao a tutti|salve|buongiorno|buon giorno|buonasera|buona sera|buonanotte|buona notte
        |a domani|a presto|arrivederci|buona giornata|buon weekend|esatto|esattamente|infatti|scusa|scusate
        |mi dispiace|auguri|complimenti
    """,
    "nl": """
        ok|oké|oke|okay|goed|prima|top|super|mooi|leuk|perfect|duidelijk|begrepen|snap ik|ik snap het|akkoord
        |bedankt|dank je|dank je wel|dankjewel|dank u|dank u wel|thanks|dankje|graag gedaan|geen probleem|geen dank
        |hoi|hallo|hey|goedemorgen|goedemiddag|goedenavond|welterusten|doei|tot ziens|tot morgen|tot later|fijne dag
        |fijn weekend|klopt|precies|inderdaad|sorry|gefeliciteerd|succes|groeten|zeker
    """,
    "tr": """
        tamam|tamamdır|peki|olur|iyi|güzel|harika|süper|mükemmel|anladım|anlaşıldı|teşekkürler|teşekkür ederim
        |çok teşekkürler|çok teşekkür ederim|sağol|sağ ol|sağolun|eyvallah|rica ederim|bir şey değil|önemli değil
        |merhaba|merhabalar|selam|selamlar|herkese merhaba|günaydın|iyi günler|iyi akşamlar|iyi geceler|görüşürüz
        |hoşça kal|kolay gelsin|aynen|tabii|tabi|elbette|doğru|pardon|kusura bakma|tebrikler
    """,
    "cs": """
        ok|okej|oki|dobře|dobre|dobrá|fajn|super|skvělé|výborně|perfektní|jasně|jasne|jasný|rozumím|chápu|díky|diky
        |děkuji|dekuji|děkuju|moc díky|díky moc|mockrát děkuji|prosím|není zač|v pohodě|bez problému|ahoj|čau|cau
        |nazdar|dobrý den|dobré ráno|dobrý večer|dobrou noc|na shledanou|mějte se|hezký den|hezký víkend|přesně
        |promiň|omlouvám se|gratuluji
    """,
    "other": """
        好|好的|好吧|行|可以|嗯|嗯嗯|哦|哦哦|收到|明白|明白了|知道了|了解|谢谢|謝謝|多谢|谢谢大家|感谢|辛苦了|不客气
        |没事|没问题|你好|大家好|早|早上好|晚安|再见|拜拜|哈哈|厉害|牛|赞|はい|了解です|了解しました|承知しました
        |承知です|わかりました|分かりました|なるほど|ありがとう|ありがとうございます|ありがとうございました|どうも
        |お疲れ様です|お疲れ様でした|お疲れさまです|おはよう|おはようございます|こんにちは|こんばんは
        |よろしくお願いします|よろしく|いいね|네|넵|예|응|알겠습니다|알겠어요|확인|확인했습니다|감사합니다
        |고맙습니다|고마워요|안녕하세요|수고하셨습니다|좋아요|شكرا|شكراً|شكرا جزيلا|تمام|حسنا|طيب|مرحبا|السلام عليكم
        |صباح الخير|مساء الخير|مع السلامة|ممتاز|ممنون|مرسی|سلام|باشه|خسته نباشید|धन्यवाद|शुक्रिया|ठीक है|नमस्ते
        |terima kasih|makasih|oke|siap|mantap|cảm ơn|xin chào|tack|hej|mulțumesc|köszönöm|hvala|ευχαριστώ|kiitos|moi
    """,
}

# Short answers: noise on their own, but in reply to somebody they may be the decision itself.
ANSWERS: dict[str, str] = {
    "en": """
        yes|yep|yeah|yea|yup|ya|yes please|no|nope|nah|not yet|maybe|perhaps|agreed|agree|i agree|disagree|approved
        |confirmed|lgtm|ship it|+1|-1|deal|no thanks|no thank you|yes thanks|yes exactly|oh yes|oh yeah
    """,
    "uk": """
        так|ні|нє|згоден|згодна|згода|можливо|мабуть|погоджено|підтверджую|так так|ні дякую|так дякую|та так|ще ні
        |підтримую|схвалюю|затверджую|проти|плюс|плюсую|поїхали|давай|давайте|швидше так|швидше ні|мабуть ні|може бути
        |навряд чи|так звісно
    """,
    "ru": """
        да|дада|неа|нет|согласен|согласна|согласны|возможно|наверное|подтверждаю|одобряю|го|поехали|плюсую|плюс
        |поддерживаю|да да|нет спасибо|да спасибо|ну нет|верно|да верно|да конечно|пока нет|ещё нет|еще нет|скорее да
        |скорее нет|вряд ли|не думаю|против|утверждаю|апрув|аппрув|давай|давайте|можно|нельзя
    """,
    "de": """
        ja|nein|nö|nee|ne|doch|vielleicht|einverstanden|bestätigt|nein danke|ja bitte|ja genau|ja danke|noch nicht
        |eher nicht|ja gerne|ja klar|nein leider nicht|dafür|dagegen|zustimmung|ich stimme zu|genehmigt|freigegeben
        |passt für mich|von mir aus|wahrscheinlich|vermutlich
    """,
    "es": """
        sí|si|no|tal vez|quizás|quizas|aprobado|confirmado|estoy de acuerdo|no gracias|sí claro|si claro|para nada
        |todavía no|todavia no|aún no|aun no|a lo mejor|puede ser|tampoco|sí por favor|si por favor|creo que sí
        |creo que no|a favor|en contra|probablemente
    """,
    "pl": """
        tak|nie|może|moze|zgoda|zgadzam się|zgadzam sie|potwierdzam|nie dzięki|tak jasne|tak tak|no nie|chyba
        |chyba tak|chyba nie|jeszcze nie|raczej tak|raczej nie|jestem za|popieram|tak poproszę|niekoniecznie
        |prawdopodobnie
    """,
    "fr": """
        oui|non|peut être|peut etre|approuvé|confirmé|validé|je suis d accord|non merci|oui merci|oui bien sûr|ouais
        |nan|pas encore|pas du tout|sûrement|surement|pas vraiment|pourquoi pas|je valide|ok pour moi|bon pour moi
        |je suis pour|je suis contre|probablement|oui tout à fait
    """,
    "pt": """
        sim|não|nao|talvez|aprovado|confirmado|concordo|não obrigado|não obrigada|sim claro|ainda não|ainda nao
        |acho que sim|acho que não|acho que nao|pode|claro que sim|claro que não|isso mesmo|positivo|negativo
        |sim por favor|sim obrigado|de acordo|confirmo|autorizado|por mim tudo bem|provavelmente
    """,
    "it": """
        sì|si|no|forse|approvato|confermato|funziona
    """,
    "nl": """
        ja|nee|misschien
    """,
    "tr": """
        evet|hayır|yok|belki
    """,
    "cs": """
        ano|jo|ne|možná|souhlasím
    """,
    "other": """
        是|是的|对|對|不|不是|没有|はい|いいえ|네|아니요|نعم|لا|بله|نه|हाँ|नहीं
    """,
}

# Of these, what turns the meaning of what comes with it: an answer only when it is the whole message.
NEGATIONS = "no|nope|nah|ні|нє|нет|неа|nein|nö|nee|nie|non|não|nao|ne|hayır|yok|不|不是|没有|いいえ|아니요|لا|نه|नहीं"

# Whom a phrase is meant for: says nothing beside one, and is no phrase alone.
ADDRESSEES = (
    "all|everyone|everybody|team|guys|folks|friends|mate|man|bro|dude|buddy|there|sir|a lot|very much|so much|again"
    "|всім|усім|друзі|колеги|хлопці|народ|всем|друзья|коллеги|ребята|парни|бро|alle|allen|leute|zusammen|nochmal"
    "|todos|chicos|gente|amigos|tous|les gars|tout le monde|pessoal|galera|wszystkim|wszyscy|tutti|ragazzi|allemaal"
)

LAUGHTER: tuple[str, ...] = (
    r"(?:h[aeio]+){2,}h?",
    r"(?:j[aei]+){2,}j?",
    r"[ап]?(?:х[аеиі]+){2,}х?",
    r"[ап]?х?(?:ах){2,}а?",
    r"ха",
    r"k{3,}",
    r"(?:rs){2,}",
    r"w{3,}",
    r"ㅋ{2,}",
    r"ㅎ{2,}",
    r"哈{2,}",
)
