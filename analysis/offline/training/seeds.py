"""Examples that this project wrote: what no labelled set has, above all questions, and other languages than English.

One message a line. They teach the learnt reader a little, and show that a language by itself is no sign of a kind.
"""

from collections.abc import Iterator

from .rows import Row

SOURCE = "own"
WEIGHT = 0.5  # taught with, never measured on

_LINES = {
    "question": """
        how do I restart the worker without losing the queue
        does anyone know where the staging password is kept
        is there a way to run only the slow tests
        what is the difference between the two endpoints
        anybody here tried the new driver on arm
        why is the second replica always empty
        which branch should I base this on
        can I use the old token for the new API?
        trying to understand how the cache key is made, any pointers
        як перезапустити чергу без втрати даних?
        хтось знає, де лежать логи стенду
        чому звіт будується двічі?
        кто-нибудь пробовал новую версию драйвера
        как посмотреть, кто держит блокировку?
        где лежит пример настроек
        weiß jemand, wo die Logs der Testumgebung liegen?
        wie starte ich den Dienst neu, ohne die Warteschlange zu verlieren
        ¿alguien sabe cómo se cambia el puerto?
        cómo reinicio el servicio sin perder la cola
        alguém sabe onde ficam os logs de teste?
        como eu rodo só os testes lentos?
        quelqu'un sait où se trouvent les journaux ?
        comment relancer le service sans perdre la file
        czy ktoś wie, gdzie są logi środowiska testowego?
        jak uruchomić tylko wolne testy
        qualcuno sa dove sono i log di prova?
        test günlükleri nerede, bilen var mı?
        请问测试环境的日志在哪里？
        怎么只运行慢的测试
        有人知道端口在哪里改吗
        为什么报表会生成两次？
        テスト環境のログはどこにありますか
        ポートはどうやって変更しますか？
        테스트 환경 로그는 어디에 있나요?
        포트는 어떻게 바꾸나요
    """,
    "task": """
        please bump the timeout to thirty seconds before Friday
        @lena can you send me the list of open invoices
        I'll write the migration tomorrow morning
        could you review the second pull request today
        онови, будь ласка, сертифікат до п'ятниці
        я зроблю міграцію завтра зранку
        скинь мне список открытых счетов, пожалуйста
        я завтра проверю резервные копии
        bitte das Zertifikat bis Freitag erneuern
        por favor, actualiza el certificado antes del viernes
        por favor, atualize o certificado até sexta
        merci de renouveler le certificat avant vendredi
        proszę odnowić certyfikat do piątku
        麻烦周五之前更新一下证书
        我明天来写迁移脚本
        金曜日までに証明書を更新してください
        금요일까지 인증서를 갱신해 주세요
    """,
    "decision": """
        we agreed to keep both formats until the end of the year
        decided: the nightly job moves to the second server
        let's go with the smaller image, agreed
        вирішили лишити обидва формати до кінця року
        домовились: нічне завдання їде на другий сервер
        решили закрыть старый адрес в марте
        договорились оставить меньший образ
        wir haben beschlossen, beide Formate zu behalten
        hemos decidido mantener los dos formatos
        decidimos manter os dois formatos
        nous avons décidé de garder les deux formats
        ustaliliśmy, że zostają oba formaty
        我们决定保留两种格式
        決まりました、両方の形式を残します
        두 형식을 모두 유지하기로 결정했습니다
    """,
    "discussion": """
        the old format is smaller, but it takes longer to read
        I think the index helps only for the short queries
        on my machine the second run takes half of the time
        старий формат менший, але читається довше
        мені здається, індекс допомагає лише коротким запитам
        старый формат меньше, но читается дольше
        у меня второй запуск идёт вдвое быстрее
        das alte Format ist kleiner, wird aber langsamer gelesen
        el formato viejo es más pequeño pero tarda más
        o formato antigo é menor, mas demora mais para ler
        l'ancien format est plus petit mais plus lent à lire
        stary format jest mniejszy, ale wolniej się go czyta
        旧格式比较小，但是读取更慢
        我觉得索引只对短查询有用
        古い形式は小さいが、読むのに時間がかかる
        예전 형식이 더 작지만 읽는 데 오래 걸립니다
    """,
    "noise": """
        good morning everyone
        haha nice one
        thanks a lot, have a great weekend
        доброго ранку всім
        дякую, гарних вихідних
        всем доброе утро
        спасибо, хороших выходных
        guten Morgen zusammen
        buenos días a todos
        bom dia, pessoal
        bonjour tout le monde
        dzień dobry wszystkim
        大家早上好
        谢谢，周末愉快
        おはようございます
        ありがとうございます、良い週末を
        안녕하세요 여러분
    """,
    "bug": """
        the export stops at row 900 with an exception since yesterday
        after the update the page stays white
        після оновлення сторінка лишається білою
        выгрузка падает на девятисотой строке
        nach dem Update bleibt die Seite weiß
        tras la actualización la página queda en blanco
        depois da atualização a página fica em branco
        après la mise à jour la page reste blanche
        po aktualizacji strona jest pusta
        更新之后页面一直是白屏
        更新後に画面が真っ白のままになる
        업데이트 후 화면이 하얗게 멈춥니다
    """,
    "feature": """
        it would help if the list could be sorted by date
        please add a way to export the chart as an image
        було б зручно сортувати список за датою
        добавьте выгрузку графика в картинку
        es wäre schön, die Liste nach Datum zu sortieren
        sería útil poder ordenar la lista por fecha
        seria bom poder ordenar a lista por data
        ce serait bien de pouvoir trier la liste par date
        przydałoby się sortowanie listy po dacie
        希望列表可以按日期排序
        一覧を日付で並べ替えられるようにしてほしい
        목록을 날짜순으로 정렬할 수 있으면 좋겠습니다
    """,
}


def seeds() -> Iterator[Row]:
    """The examples as rows."""
    for category, block in _LINES.items():
        for line in block.strip().splitlines():
            yield Row(line.strip(), frozenset({category}), WEIGHT, line.strip(), SOURCE)
