"""Polish: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words

LANGUAGE = Language(
    code="pl",
    stop=words(
        """i a ale albo lub czy że jak to ten ta te tego tej temu tym tych w we na z ze za do od dla bez o po przy
            pod nad między przez przed
        nie ni no tak już jeszcze jest są był była było były będzie będą być ja ty on ona ono my wy oni one mnie
        ciebie jego jej nas was
        ich mi ci mu nam wam im mój moja moje twój nasz nasza nasze wasz swój swoja kto który która które którzy
        jaki jaka jakie kiedy
        gdzie skąd dlaczego czemu ile jeśli jeżeli gdy żeby aby bo ponieważ niż nawet tylko po prostu bardzo
        bardziej więcej mniej tu tam
        teraz potem też także można trzeba może mogą chyba no właśnie ok okej cześć hej dzięki dziękuję proszę
        wszystko wszyscy cały
        każdy inny inna inne jeden jedna dwa dwie trzy sam sama sobie się niech przecież jednak choć chociaż więc
        czyli gdzieś kiedyś
        coś ktoś jakoś w ogóle prawie znowu razem u tutaj mam ma mają mamy"""
    ),
    weak=words(
        """rzecz rzeczy raz razy dzień dni tydzień tygodnie tygodnia miesiąc miesiące rok lata godzina godziny
            godzin minuta minut rano
        wieczór ludzie osoba osoby czas problem problemy pytanie pytania odpowiedź pomysł błąd błędy praca działa
        działają przykład
        sposób miejsce początek koniec dziś dzisiaj jutro wczoraj zrobić robić zrobimy robię widzę widzi wiem wie
        myślę możemy mogę chcę
        chce chcą nowy nowa nowe stary stara dobrze źle poniedziałek wtorek środa środę czwartek piątek piątku
        sobota niedziela"""
    ),
    cues=(
        (
            "problem",
            0.8,
            """
                nie działa*|działają|otwiera|otwierają|ładuje|ładują|zapisuje ~;
                nie przychodzi|przychodzą|wysyła|odpowiada|uruchamia|wyświetla|pokazuje|aktualizuje ~;
                przestał|przestała|przestało|przestały ~; błąd|błędy|błędem;
                wywala|wywaliło|wysypuje|wysypał|crashuje|pada|padł|padła|padło; zepsut*|zepsuł*; bug|bugi;
                zawiesza|zawiesił*;
                nie mogę|możemy|mogą|może ~ wejść|zalogować|zapisać|otworzyć|zapłacić|znaleźć|uruchomić|pobrać;
                nie udaje|udało; znika|znikł*|zniknął|zniknęł*; utrata danych; podwójn*|dwa razy|dubluje; awaria;
                timeout""",
        ),
        (
            "problem",
            0.5,
            """problem|problemy z|ze|przy; niepoprawn*|błędn*; wolno|powoli|woln*; brakuje|brak; pust*;
                skarż*|narzeka*; dziwne|dziwnie; zamiast""",
        ),
        (
            "blocker",
            0.9,
            """zablokowan*|blokuje|blokują|bloker*; nie możemy ~ wydać|wdrożyć|zacząć|kontynuować|ruszyć;
                czekamy|czekam na ~""",
        ),
        (
            "risk",
            0.85,
            """ryzyko|ryzyka|ryzykown*; może|mogą się zepsuć|stracić|paść|zgubić; obawiam|boję się;
                niebezpieczn*; podatność|luka; wygasa|kończy się|wygaśnie ~""",
        ),
        (
            "decision",
            0.92,
            """zdecydowaliśmy|zdecydowano|postanowiliśmy|ustaliliśmy|ustalone|decyzja;
                uzgodniliśmy|umówiliśmy się; wybraliśmy|wybieramy; przechodzimy|przejdziemy na|do;
                zostajemy przy; będziemy używać|robić|korzystać; rezygnujemy ~; odkładamy|przekładamy ~;
                od teraz|jutra|poniedziałku""",
        ),
        (
            "requirement",
            0.85,
            """
                klient*|użytkowni*|księgowość|prawnik* ~ chce|chcą|prosi|proszą|wymaga|wymagają|potrzebuje|potrzebują;
                musi|muszą ~; wymaganie|wymagania|wymóg; koniecznie|obowiązkow*; potrzebujemy ~; niezbędn*;
                powinien|powinna|powinno|powinny ~""",
        ),
        ("requirement", 0.62, "trzeba|musimy ~"),
        (
            "idea",
            0.85,
            """a co|co gdyby|jeśli ~; proponuję|propozycja|sugeruję|sugestia; pomysł|mam pomysł;
                fajnie|dobrze|super|świetnie byłoby; fajnie|dobrze|super|świetnie by było; moglibyśmy|można by ~;
                może ~ dodać|zrobić|zmienić;
                dlaczego nie|czemu by nie; warto by|byłoby; chciałbym|chciałabym ~""",
        ),
        (
            "question",
            0.8,
            """ktoś wie|zna|widział|próbował; czy ~; jak ~; dlaczego|czemu ~; kiedy ~; gdzie ~; kto ~;
                który|która|które|jaki|jaka|jakie ~; ile ~; co z ~; co się stanie; pytanie:|pytanie;
                nie wiem czy|jak|dlaczego; zastanawiam się""",
        ),
        (
            "solution",
            0.85,
            """naprawi*|poprawi*|rozwiązan*|rozwiązał*; rozwiązanie|rozwiązaniem ~; obejście; pomogło|pomaga;
                wdrożyłem|wdrożyłam|wdrożone|wgrane|zmergowane; cofn*; zrestartowałem|zrestartowałam;
                działa już|znowu|teraz""",
        ),
        (
            "solution",
            0.6,
            """musisz|możesz|powinieneś ~; spróbuj|spróbujcie ~; wystarczy ~;
                trzeba ~ dodać|ustawić|zmienić|zrestartować; użyj ~ zamiast; dodaj|ustaw|zmień ~""",
        ),
        (
            "insight",
            0.85,
            """okazało|okazuje się; przyczyna|przyczyną|powód|powodem; dlatego że; bo ~;
                dowiedziałem|dowiedzieliśmy się; zmierzyłem|zmierzyliśmy; zauważyłem|zauważyłam|zauważyliśmy;
                wniosek; winowajca; tak naprawdę""",
        ),
        ("insight", 0.6, "przy okazji; pamiętajcie; uwaga; ciekawe ~; wygląda na to"),
        (
            "trouble",
            0.45,
            """nikt; nic; nigdy; żaden|żadna|żadnego; dwa razy; znowu; nadal nie|nadal; ciągle; pust*;
                za każdym razem; zamiast; chociaż; już nie; nigdzie""",
        ),
        (
            "report",
            0.5,
            """od|po ~ aktualizacji|wczoraj|rana|poniedziałku|wdrożeniu|wydaniu;
                na produkcji|prodzie|stagingu|moim|androidzie; kiedy|gdy ja|my|ktoś ~; klient*|użytkownic*;
                pisze|piszą|zgłasza|zgłaszają|mówi|mówią""",
        ),
        ("answer", 0.5, "bo|ponieważ; tak; nie; to; można; jest; trzeba; domyślnie; zwykle; tylko"),
        (
            "request",
            0.8,
            """możesz|możecie|mógłbyś|mogłabyś|czy możesz ~; proszę ~; ktoś powinien|może; kto może|weźmie;
                pamiętaj|pamiętajcie o|żeby; zrób|dodaj|sprawdź|wyślij|popraw ~""",
        ),
        ("commit", 0.6, "zrobię|sprawdzę|wyślę|przygotuję|poprawię|wezmę|biorę|dodam|napiszę; zajmę się"),
        (
            "resolved",
            0.8,
            "już działa|działają|ok; działa już|teraz; nieaktualne|nieważne; mój błąd|moja wina; fałszywy alarm",
        ),
        (
            "clarify",
            0.8,
            """co masz|macie na myśli; czyli ty; możesz|możecie ~ pokazać|wysłać|wyjaśnić|podesłać;
                jaką masz wersję; próbowałeś|próbowałaś|próbowaliście; serio""",
        ),
        (
            "chatter",
            0.8,
            """dzień dobry; dobry wieczór|wieczór; dobranoc; wszystkiego najlepszego; gratulacje|gratuluję;
                obiad|lunch|kawa|kawę|pizza|piwo; weekend; urlop|wakacje; haha*; żart|żartuję; smacznego;
                witaj|witamy""",
        ),
        (
            "hedge",
            0.5,
            "chyba; może; myślę; wydaje się|mi; prawdopodobnie; nie jestem pewien|pewna; podejrzewam; raczej",
        ),
        ("hypothetic", 0.5, "jeśli|jeżeli|gdyby; na przykład|np; w razie"),
        ("urgent", 0.8, "pilne|pilnie; natychmiast; jak najszybciej; krytyczn*; na cito; przed wydaniem"),
        (
            "severe",
            0.8,
            """produkcji|produkcja|prodzie; utrata danych; wszyscy klienci|użytkownicy; bezpieczeństw*; wyciek;
                straciliśmy ~ dane|pieniądze|zamówienia""",
        ),
        ("minor", 0.7, "literówka; kosmetyczn*; drobiazg|drobnostka; niepilne; kiedyś"),
    ),
    openers="""cześć|hej|witam|witajcie ~ wszystkim|wszyscy|zespół|ludzie; cześć|hej|witam|witajcie;
        dzień dobry ~ wszystkim; dzień dobry; słuchajcie; ludzie; przy okazji; no; więc; tak; nie; ok; okej; i; a;
        ale; no więc; myślę że; myślę; wydaje mi się że; wydaje się że; chyba; może; prawdopodobnie; niestety;
        pytanie; szybkie pytanie; mam pytanie; czy ktoś wie; ktoś wie; okazało się że; okazuje się że;
        zauważyłem|zauważyłam że; ponadto; poza tym; teraz; obecnie; dzięki; dziękuję; proszę; pomysł; propozycja;
        proponuję żeby; proponuję; ustaliliśmy że; zdecydowaliśmy że; uwaga; dla informacji""",
    closers="""dzięki; dziękuję; proszę; prawda; ok; z góry; z góry dzięki; przy okazji; chyba; czy nie;
        albo coś; pozdrawiam""",
    tags={
        "risk": "ryzyko",
        "idea": "pomysł|propozycja|sugestia",
        "decision": "decyzja|ustalone|ustaliliśmy",
        "requirement": "wymaganie|prośba",
        "question": "pytanie",
        "problem": "problem|bug|błąd",
        "solution": "rozwiązanie|poprawka|naprawione",
        "blocker": "bloker",
        "insight": "wniosek|przyczyna",
    },
    acknowledgements=words(
        "dzięki dziękuję ok okej tak nie dobra dobrze super świetnie jasne rozumiem zrobione gotowe "
        "gotowy gotowa cześć hej siema zgoda zgadzam się spoko pewnie dokładnie też wielkie bardzo i "
        "wam wszystkim robię już"
    ),
    questions=words("czy jak dlaczego czemu kiedy gdzie kto co który która które jaki jaka jakie ile skąd"),
    negations=words("nie bez żaden żadna żadnego nigdy ani"),
    pronouns=words("on ona ono oni one to ten ta te tu tam tutaj jego jej ich im mu"),
    clauses=word_list("bo że który która które kiedy gdzie jeśli ale żeby chociaż ponieważ po przed i oraz a gdy"),
    dates=DateWords(
        today="dziś|dzisiaj",
        tomorrow="jutro",
        overmorrow="pojutrze",
        until="do|termin|przed",
        next="następny|następnego|następną|przyszły|przyszłego|przyszłą",
        end_of="końca|koniec",
        week="tydzień|tygodnia|tygodnie|tygodni",
        month="miesiąc|miesiąca",
        day="dzień|dni|dnia",
        inside="za|w|ciągu",
        weekdays=(
            "poniedziałek|poniedziałku|poniedziałkiem",
            "wtorek|wtorku",
            "środa|środy|środę",
            "czwartek|czwartku",
            "piątek|piątku|piątkiem",
            "sobota|soboty|sobotę",
            "niedziela|niedzieli|niedzielę",
        ),
        months=word_list("""stycznia|styczeń lutego|luty marca|marzec kwietnia|kwiecień maja|maj czerwca|czerwiec
            lipca|lipiec
                sierpnia|sierpień września|wrzesień października|październik listopada|listopad grudnia|grudzień"""),
    ),
    wording=Wording(
        bylines={
            "problem": "Zgłasza",
            "blocker": "Bloker, zgłasza",
            "question": "Pyta",
            "decision": "Decyzja, pisze",
            "requirement": "Wymaganie, pisze",
            "idea": "Proponuje",
            "solution": "Rozwiązanie od",
            "insight": "Ustalenie, pisze",
            "risk": "Ostrzega",
        },
        answer="Odpowiedź od",
        also="To samo zgłasza",
        fix="Naprawić: {}",
        do="Zrobić: {}",
        consider="Rozważyć: {}",
        clarify="Wyjaśnić: {}",
        unblock="Odblokować: {}",
        prevent="Zapobiec ryzyku: {}",
        labels={
            "problem": "Problem",
            "blocker": "Bloker",
            "question": "Otwarte pytanie",
            "decision": "Decyzja",
            "requirement": "Wymaganie",
            "idea": "Pomysł",
            "solution": "Rozwiązanie",
            "insight": "Wniosek",
            "risk": "Ryzyko",
        },
    ),
    rewrites=(
        ("question", r"jak (?:możemy|mogę|można|najlepiej) (?P<rest>.+)", "Jak {rest}"),
        ("risk", r"(?:jest |istnieje )?ryzyko,? że (?P<rest>.+)", "{rest}"),
        ("*", r"(?:czy )?(?:możesz|możecie|mógłbyś|mogłabyś)(?: proszę)? (?P<rest>.+)", "{rest}"),
        ("problem", r"(?:mam|mamy|u mnie|u nas) (?P<rest>.+)", "{rest}"),
        (
            "decision",
            r"(?:zdecydowaliśmy|postanowiliśmy|ustaliliśmy|uzgodniliśmy)(?: się)?[,:]?(?: że)? (?P<rest>.+)",
            "{rest}",
        ),
        ("idea", r"(?:moglibyśmy|można by)(?: też| może)* (?P<rest>.+)", "{rest}"),
        (
            "idea",
            r"(?:fajnie|dobrze|super|świetnie) (?:byłoby|by było)[,]? (?:gdyby(?:śmy)? |jakby(?:śmy)? )?(?P<rest>.+)",
            "{rest}",
        ),
        ("question", r"czy (?P<rest>.+)", "Pytanie, czy {rest}"),
        ("requirement", r"(?:trzeba|musimy|potrzebujemy) (?P<rest>.+)", "Potrzebne: {rest}"),
        ("solution", r"(?:musisz|możesz|wystarczy|trzeba|spróbuj) (?P<rest>.+)", "{rest}"),
        ("insight", r"(?:przyczyną|powodem) (?:jest|było|był)(?: to,? że)? (?P<rest>.+)", "Przyczyna: {rest}"),
        ("risk", r"(?:obawiam|boję) się[,]? że (?P<rest>.+)", "{rest}"),
    ),
)
