"""Words of one meaning, in the eight languages: what makes "photos are grey" and "bilder sind grau" alike.

One entry for each concept, continued on indented lines; words are compared by stem. Add words freely: a word belongs to
one concept only, and a concept is narrow enough that two reports which share it may well be of the same matter.
"""

import re
from functools import lru_cache

from .words import stem

_TABLE = """
twice: twice double doubled duplicate duplicates duplicated doppelt zweimal двічі подвійний дубль дублюється дважды
    двойной doble duplicado podwójny dwukrotnie deux doublon dobro duplicada ×2
photo: photo photos picture pictures image images pic foto fotos bild bilder фото фотографія знімок зображення
    картинка фотография изображение imagen imágenes zdjęcie zdjęcia image imagem imagens
grey: grey gray grau сірий серый gris szary cinza
box: box boxes square squares tile kasten kästchen квадрат quadrat cuadro kwadrat carré quadrado
slow: slow slower sluggish hang hangs hanging freeze freezes laggy lag langsam hängt повільний повільно гальмує
    зависає медленный медленно тормозит lento lenta wolny wolno lent lente
empty: empty blank leer порожній порожня порожньо порожній пустой пусто vacío vacía pusty pusta vide vazio vazia
vanish: vanish vanishes disappear disappears disappeared vanished gone verschwindet verschwunden зникає зник зникла
    исчезает исчез пропал desaparece desapareció znika disparaît disparu some sumiu
crash: crash crashes crashed crashing abstürzt absturz stürzt падає впав краш вилітає падает упал вылетает cae caído
    crashuje plante planté trava travou
fail: fail fails failed failing failure scheitert fehlgeschlagen falla fallo échoue falha
wrong: wrong incorrect falsch неправильний невірний неправильный неверный incorrecto equivocado błędny niepoprawny
    faux incorrecte errado incorreto
missing: missing absent lost fehlt fehlen відсутній пропав пропало отсутствует falta faltan brakuje brak manque
    manquant faltando
late: late delayed delay verspätet spät запізно пізно поздно tarde retraso późno retard atraso
early: early früh рано раніше раньше temprano wcześnie tôt cedo
invoice: invoice invoices bill bills rechnung rechnungen рахунок рахунки рахунків фактура счет счёт счета factura
    facturas faktura faktury facture factures fatura faturas
payment: payment payments pay paid zahlung zahlungen bezahlt оплата платіж платежі оплатити платеж платежи pago
    pagos płatność płatności paiement paiements pagamento pagamentos
refund: refund refunds erstattung повернення возврат reembolso zwrot remboursement
vat: vat mwst ust пдв ндс iva tva
export: export exports exportiert експорт экспорт exportación eksport exportation exportação
import: import imports імпорт импорт importación importation importação
customer: customer customers client clients kunde kunden клієнт клієнти клиент клиенты cliente clientes klient
    klienci
user: user users benutzer nutzer користувач користувачі пользователь пользователи usuario usuarios użytkownik
    utilisateur utilisateurs usuário usuários
shop: shop shops store stores laden werkstatt магазин майстерня мастерская tienda sklep boutique loja
order: order orders bestellung bestellungen замовлення заказ заказы pedido pedidos zamówienie zamówienia commande
    commandes
price: price prices preis preise ціна ціни цена цены precio precios cena ceny prix preço preços
discount: discount coupon voucher promo rabatt gutschein знижка купон скидка descuento cupón zniżka remise desconto
    cupom
login: login signin logon anmelden anmeldung einloggen логін увійти зайти войти вход логин вхід zaloguj logowanie
    zalogować connexion iniciar entrar
logout: logout signout abmelden вийти розлогінює выйти разлогинивает cerrar wyloguj déconnexion
password: password passwort пароль contraseña hasło senha
email: email e-mail mail mails emails пошта лист листи почта письмо письма correo poczta courriel
message: message messages nachricht nachrichten повідомлення сообщение mensaje mensajes wiadomość wiadomości
    mensagem mensagens
notify: notification notifications notice notices alert alerts push benachrichtigung benachrichtigungen сповіщення
    пуш уведомление уведомления notificación notificaciones powiadomienie powiadomienia notificação notificações
reminder: reminder reminders erinnerung erinnerungen нагадування напоминание напоминания recordatorio recordatorios
    przypomnienie przypomnienia rappel rappels lembrete lembretes
sms: sms text-message смс
phone: phone phones smartphone mobile handy telefon телефон смартфон teléfono móvil téléphone telefone celular
app: app apps application anwendung застосунок додаток приложение aplicación aplikacja aplicativo
browser: browser browsers браузер navegador przeglądarka navigateur
page: page pages seite seiten сторінка сторінки страница страницы página páginas strona strony
screen: screen screens bildschirm екран экран pantalla ekran écran tela
button: button buttons knopf schaltfläche кнопка кнопки botón przycisk bouton botão
list: list lists liste listen список lista
table: table tables tabelle таблиця таблица tabla tabela tableau
search: search suche suchen пошук шукати поиск искать búsqueda buscar szukaj wyszukiwanie recherche busca
filter: filter filters фільтр фильтр filtro filtr filtre
upload: upload uploads uploaded hochladen завантажити завантаження загрузить загрузка subir wgrać téléverser
    enviar-arquivo
download: download downloads herunterladen скачати скачать descargar pobrać télécharger baixar
save: save saves saved saving speichern gespeichert зберегти зберігає зберігається сохранить сохраняет guardar
    guarda zapisać zapisuje enregistrer sauvegarder salvar salva
delete: delete deletes deleted remove removed löschen gelöscht видалити видаляє удалить удаляет eliminar borrar
    usunąć supprimer excluir apagar
print: print prints printed printing drucken друк друкувати печать печатать imprimir drukować imprimer
file: file files datei dateien файл файли файлы archivo archivos plik pliki fichier fichiers arquivo arquivos
backup: backup backups dump dumps sicherung бекап бекапи резервний бэкап copia-de-seguridad kopia sauvegarde
restore: restore restores restored wiederherstellen wiederherstellung відновити відновлення восстановить
    восстановление restaurar przywrócić restaurer
database: database db postgres datenbank база бд база-даних базы base-de-datos baza banco
server: server servers сервер сервера servidor serwer serveur
disk: disk disks storage drive space festplatte speicher speicherplatz диск місце место disco dysk disque
full: full voll заповнений переповнений полный переполнен lleno pełny plein cheio
log: log logs logfile protokoll лог логи журнал registro dziennik journal
deploy: deploy deploys deployed deployment rollout ausgerollt деплой викотили выкатили despliegue wdrożenie
    déploiement implantação
release: release releases релиз реліз lanzamiento wydanie lançamento
version: version versions versión wersja версія версия versão
update: update updates upgrade aktualisierung оновлення апдейт обновление actualización aktualizacja atualização
test: test tests тест тести тесты prueba pruebas testy teste testes
flaky: flaky unstable instabil нестабільний флейковий нестабильный inestable niestabilny instable instável
certificate: certificate cert tls ssl zertifikat сертифікат сертификат certificado certyfikat certificat
expire: expire expires expired abgelaufen закінчився прострочений истек истёк caducado vencido wygasł expiré expirou
webhook: webhook webhooks вебхук
retry: retry retries wiederholung повтор повторна reintento ponowienie
timeout: timeout timeouts zeitüberschreitung таймаут
error: error errors exception fehler помилка помилки ошибка ошибки błąd błędy erreur erreurs erro erros
calendar: calendar kalender календар planner kalendarz calendario calendrier calendário week-view
booking: booking bookings appointment appointments termin buchung бронювання запис бронирование запись reserva cita
    rezerwacja réservation agendamento
date: date dates datum дата fecha data
address: address addresses adresse адреса адрес dirección adres endereço
name: name names имя ім'я назва nombre imię nom nome
number: number numbers nummer номер номери número numer numéro
network: network connection internet netz netzwerk мережа мережі сеть сети red réseau sieć rede
gap: gap gaps hole holes jumps lücke пропуск пропуски дірка hueco luka trou lacuna
rounding: rounding rounded rounds rounding cent cents penny gerundet rundung округлення округлюємо копійка
    округление копейка redondeo centavo zaokrąglenie arrondi arredondamento
total: total totals sum summe gesamt сума підсумок сумма итог suma somme soma
tax: tax taxes steuer податок налог impuesto podatek impôt imposto
offline: offline офлайн оффлайн
token: token tokens токен токени
scan: scan scans scanner scanned scanning scannen сканер сканувати сканирует escáner escanear skaner skanować
    scanneur
barcode: barcode barcodes strichcode штрихкод código-de-barras kod-kreskowy
translation: translation translations translate translated übersetzung переклад переклади перевод traducción
    tłumaczenie traduction tradução
umlaut: umlaut umlauts umlaute encoding utf-8 utf8 bom mojibake charset умлаут умлаути кодування кодировка
permission: permission permissions berechtigung rechte дозвіл доступ права разрешение permiso uprawnienia permissão
contract: contract dpa agreement vertrag договір договор contrato umowa contrat
duplicate-person: merge merging zusammenführen об'єднати объединить fusionar scalić fusionner mesclar
opening: opening öffnungszeiten години-роботи horario otwarcia ouverture
holiday: holiday holidays closure closures closed feiertag feiertage свято вихідний праздник festivo święto férié
    feriado
wizard: wizard onboarding setup assistent майстер-налаштувань asistente kreator assistant
step: step steps schritt крок шаг paso krok étape passo
memory: memory ram speicherleck пам'ять память memoria pamięć mémoire memória
leak: leak leaks leaking витік утечка fuga wyciek fuite vazamento
security: security sicherheit безпека безопасность seguridad bezpieczeństwo sécurité segurança
key: key keys schlüssel ключ ключі ключи clave llave klucz clé chave
account: account accounts konto акаунт обліковий аккаунт cuenta compte conta
report: report reports bericht звіт отчет отчёт informe raport rapport relatório
chart: chart charts graph diagramm графік діаграма график диаграмма gráfico wykres graphique
"""


@lru_cache(maxsize=1)
def _concepts() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _TABLE.replace("\n    ", " ").strip().splitlines():
        name, _, forms = entry.partition(":")
        for form in forms.split():
            found.setdefault(stem(form), name)
    return found


_TWICE = re.compile(
    r"\b(?:(?:two|three|2|3|several|multiple) times|zwei mal|два рази|два раза|dos veces|dwa razy|deux fois|"
    r"duas vezes)\b",
    re.IGNORECASE,
)


def plainer(text: str) -> str:
    """`text` with turns of several words that mean a concept as one word."""
    return _TWICE.sub("twice", text)


def named_concept(word_stem: str) -> str:
    """The concept of a stem, "" when the table has none."""
    return _concepts().get(word_stem, "")


def concept(word_stem: str) -> str:
    """The concept of a stem, or the stem itself."""
    return _concepts().get(word_stem, word_stem)
