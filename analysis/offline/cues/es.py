"""Spanish: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words

LANGUAGE = Language(
    code="es",
    stop=words(
        """el la los las lo un una unos unas y e o u pero que de del en con sin por para a al como más menos muy ya
            no sí si se me te le nos
        os les mi tu su mis tus sus nuestro nuestra este esta esto estos estas ese esa eso esos esas aquel aquella
        yo tú él ella ello
        nosotros ustedes ellos ellas usted quien quién cual cuál cuando cuándo donde dónde porque porqué cómo qué
        es son era eran fue
        fueron ser estar está están estaba estoy estamos ha han he hemos había haber hay hace hacer tiene tienen
        tengo tenemos puede
        pueden puedo podemos podría debe deben también tampoco solo sólo aún todavía ahora aquí allí ahí entonces
        luego después antes
        siempre nunca nada nadie algo alguien todo toda todos todas cada otro otra otros otras mismo misma hasta
        desde entre sobre bajo
        contra durante según hola gracias vale ok bueno bien mal tan tanto mucho mucha muchos poco así aunque
        mientras pues sea sido va
        van voy vamos ir quiero quiere creo parece favor"""
    ),
    weak=words(
        """cosa cosas vez veces día días semana semanas mes meses año años hora horas minuto minutos mañana tarde
            noche gente persona
        personas tiempo problema problemas pregunta preguntas respuesta idea ideas error errores trabajo funciona
        funcionan ejemplo forma
        manera lugar parte inicio fin hoy ayer nuevo nueva nuevos nuevas viejo mejor peor grande igual próximo
        último primera primero
        lunes martes miércoles jueves viernes sábado domingo ver veo sabe sé saber"""
    ),
    cues=(
        (
            "problem",
            0.8,
            """
                no funciona|funcionan|carga|cargan|abre|abren|llega|llegan|guarda ~;
                no aparece|aparecen|responde|arranca|envía|actualiza|sirve|deja|va|se ~;
                dejó|dejaron|deja de; error|errores; falla|fallan|falló|fallando|fallo|fallos;
                se cae|cayó|caen|cuelga|colgó|bloquea|rompe|rompió|cierra; caído|caída; roto|rota;
                no puedo|podemos|pueden|puede ~; bug|bugs; desaparece|desaparecen|desapareció; pérdida de datos;
                duplicado|duplicada|duplicados; se queda ~ blanco|colgado|cargando""",
        ),
        (
            "problem",
            0.5,
            """problema|problemas con|en|al; incorrecto|incorrecta|equivocado; lento|lenta; falta|faltan;
                vacío|vacía; se quejan|queja; raro|extraño; mal; en vez de""",
        ),
        (
            "blocker",
            0.9,
            """bloqueado|bloqueada|bloqueados ~; bloquea|bloquean ~; bloqueante;
                no podemos ~ lanzar|publicar|desplegar|avanzar|continuar|empezar; esperando|a la espera ~""",
        ),
        (
            "risk",
            0.85,
            """riesgo|riesgos|riesgoso|arriesgado; podría|podrían romper|perder|fallar|caer; peligro|peligroso;
                vulnerabilidad; me preocupa|preocupa que; temo que; caduca|vence|expira ~""",
        ),
        (
            "decision",
            0.92,
            """decidimos; decidido; decidió; decisión; acordamos|acordado; quedamos|quedó en;
                vamos a usar|con|mantener|quitar|mover|dejar;
                usaremos|mantendremos|quitaremos|cambiaremos|lanzaremos|dejaremos; nos quedamos con; elegimos;
                a partir de ahora|hoy; se pospone|aplaza""",
        ),
        (
            "requirement",
            0.85,
            """
                cliente|clientes|usuario ~ quiere|quieren|pide|piden|necesita|necesitan|exige|exigen;
                usuarios|contabilidad|legal|ventas ~ quiere|quieren|pide|piden|necesita|necesitan|exige|exigen;
                debe|deben ~; obligatorio|obligatoria|requisito|requisitos; es necesario|necesario que;
                necesitamos ~; hace falta; tiene que|tienen que ~""",
        ),
        ("requirement", 0.62, "hay que ~; tenemos que ~; necesita|necesitan ~"),
        (
            "idea",
            0.85,
            """qué tal si; y si ~; propongo|propuesta|sugiero|sugerencia; idea|se me ocurre;
                estaría bien|bueno|genial; sería bueno|genial|útil|ideal|mejor|interesante; podríamos ~;
                se podría; quizá|quizás ~ podríamos|deberíamos; tal vez ~ podríamos|deberíamos; por qué no;
                me gustaría que; ojalá""",
        ),
        (
            "question",
            0.8,
            """alguien sabe|conoce|ha|puede|tiene; hay alguna|algún forma|manera|modo; cómo ~; por qué ~;
                cuándo ~; dónde ~; quién ~; cuál|cuáles ~; cuánto|cuánta|cuántos ~; qué pasa si|con|cuando;
                es posible; deberíamos|debemos|podemos|tenemos ~; pregunta:|una pregunta; no sé si|cómo|por qué""",
        ),
        (
            "solution",
            0.85,
            """arreglado|arreglada|arreglé|corregido|corregí|solucionado|solucioné|resuelto|resolví|reparado;
                la solución|solución es|fue; se arregla|soluciona|arregló|solucionó;
                desplegado|publicado ~ arreglo; ya funciona; revertido|revertimos""",
        ),
        (
            "solution",
            0.6,
            """tienes|tenés que ~; puedes|podés ~; prueba|probá|intenta ~; hay que ~ poner|añadir|cambiar|usar;
                usa|usar ~ en lugar|vez de; basta con""",
        ),
        (
            "insight",
            0.85,
            """resulta que; resultó que; la causa|causa es|era|fue; es|era porque; debido a;
                descubrí|descubrimos; aprendimos|aprendí; medí|medimos; me di cuenta|nos dimos; culpable;
                conclusión; el motivo es|era""",
        ),
        ("insight", 0.6, "por cierto; ojo; ten|tengan en cuenta; interesante ~; al parecer"),
        (
            "trouble",
            0.45,
            """nadie; nada; nunca; ninguna|ninguno|ningún; dos veces; otra vez; de nuevo;
                todavía no|sigue|siguen; vacío|vacía; cada vez; en vez|lugar de; aunque; ya no""",
        ),
        (
            "report",
            0.5,
            """desde|tras|después ~ actualización|ayer|lunes|hoy|despliegue|semana;
                en producción|prod|staging|mi|android; cuando ~; cliente|clientes|usuario|usuarios ~;
                dice|dicen|informa|reporta|reportan|escribe""",
        ),
        ("answer", 0.5, "porque; sí; no; es; se puede; hay que; por defecto; normalmente; solo"),
        (
            "request",
            0.8,
            """puedes|podrías|puede|podrías|pueden ~; por favor ~; alguien puede|debería; quién puede|se encarga;
                recuerda|recuerden ~; hazlo|revisa|revisá|actualiza|añade|agrega|envía ~""",
        ),
        ("commit", 0.6, "lo hago|reviso|miro|envío|preparo|tomo; voy a ~; me encargo ~; yo ~"),
        (
            "resolved",
            0.8,
            """ya funciona|está|quedó; funciona ahora; resuelto|solucionado ya; olvídalo|olvidadlo; falsa alarma;
                mi error|culpa mía""",
        ),
        (
            "clarify",
            0.8,
            """qué quieres decir; a qué te refieres;
                puedes|podrías ~ compartir|enviar|mostrar|explicar|aclarar|pasar; qué versión usas|tienes;
                has|habéis probado; en serio; quieres decir""",
        ),
        (
            "chatter",
            0.8,
            """buenos días; buenas tardes|noches; feliz cumpleaños|navidad|fin; felicidades|enhorabuena;
                almuerzo|comida|café|pizza|cerveza; fin de semana; vacaciones; jaja*; broma;
                bienvenido|bienvenida; muchas gracias por; qué rico""",
        ),
        (
            "hedge",
            0.5,
            "creo; pienso; supongo; quizá|quizás; tal vez; probablemente; parece; no estoy seguro|segura; posiblemente",
        ),
        ("hypothetic", 0.5, "si; en caso; por ejemplo; imagina"),
        ("urgent", 0.8, "urgente|urgentemente; cuanto antes; inmediatamente; lo antes posible; crítico; ya mismo"),
        (
            "severe",
            0.8,
            """producción; pérdida de datos; todos los clientes|usuarios; seguridad; fuga de datos;
                perdimos ~ datos|dinero|pedidos""",
        ),
        ("minor", 0.7, "errata; cosmético; menor; sin prisa; poca prioridad"),
    ),
    openers="""hola ~ a todos|equipo|gente|chicos; hola; buenos días|buenas tardes|buenas noches ~; buenas; gente;
        chicos; por cierto; pues; bueno; entonces; y; pero; sí; no; ok; vale; creo|pienso|supongo que; creo;
        me parece que; parece que; quizá|quizás; tal vez; probablemente; lamentablemente; una pregunta; pregunta;
        duda; alguien sabe si|cómo|por qué; alguien sabe; resulta que; resultó que; he notado|visto que;
        noté|vi que; me di cuenta de que; además; también; ahora mismo; ahora; gracias; por favor; idea; propuesta;
        propongo que; sugiero que; para que conste; aviso; ojo""",
    closers="gracias; por favor; verdad; no; ok; de antemano; por cierto; creo; o no; o algo así; saludos",
    tags={
        "risk": "riesgo",
        "idea": "idea|propuesta|sugerencia",
        "decision": "decisión|decidido|acordado",
        "requirement": "requisito|petición",
        "question": "pregunta|duda",
        "problem": "problema|bug|error",
        "solution": "solución|arreglo|arreglado|solucionado|resuelto|corregido",
        "blocker": "bloqueo|bloqueante",
        "insight": "causa|conclusión",
    },
    acknowledgements=words(
        "gracias muchas ok vale sí si no bien genial perfecto claro hecho listo hola buenas buenos "
        "días de acuerdo entendido bueno estupendo exacto igual a ti todos y lo hago muy qué"
    ),
    questions=words(
        "cómo qué por cuándo dónde quién cuál cuáles cuánto cuántos hay es son puede pueden podemos "
        "debemos deberíamos alguien tenemos"
    ),
    negations=words("no sin nunca ningún ninguna ni"),
    articles=words("el la los las un una"),
    pronouns=words("él ella ello eso esto esta este ese esa ellos ellas lo la los las ahí allí aquí le les"),
    clauses=word_list("porque que pero cuando donde si aunque mientras para hasta desde y o ya"),
    dates=DateWords(
        today="hoy",
        tomorrow="mañana",
        until="antes|hasta|para|plazo|límite",
        next="próximo|próxima|siguiente",
        end_of="final|finales|fin",
        week="semana|semanas",
        month="mes|meses",
        day="día|días",
        inside="en|dentro",
        weekdays=("lunes", "martes", "miércoles|miercoles", "jueves", "viernes", "sábado|sabado", "domingo"),
        months=word_list(
            "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre"
        ),
    ),
    wording=Wording(
        bylines={
            "problem": "Informado por",
            "blocker": "Bloqueo informado por",
            "question": "Preguntado por",
            "decision": "Decisión, según",
            "requirement": "Requisito, según",
            "idea": "Propuesto por",
            "solution": "Solución de",
            "insight": "Observado por",
            "risk": "Aviso de",
        },
        answer="Respuesta de",
        also="También informado por",
        fix="Corregir: {}",
        do="Hacer: {}",
        consider="Valorar: {}",
        clarify="Aclarar: {}",
        unblock="Desbloquear: {}",
        prevent="Evitar el riesgo: {}",
        labels={
            "problem": "Problema",
            "blocker": "Bloqueo",
            "question": "Pregunta abierta",
            "decision": "Decisión",
            "requirement": "Requisito",
            "idea": "Idea",
            "solution": "Solución",
            "insight": "Hallazgo",
            "risk": "Riesgo",
        },
    ),
    rewrites=(
        ("question", r"¿?cómo (?:podemos|puedo|se puede|podríamos) (?P<rest>.+)", "Cómo {rest}"),
        ("risk", r"(?:hay|existe) (?:el |un )?riesgo de que (?P<rest>.+)", "{rest}"),
        ("idea", r"(?:propongo|sugiero) (?:que )?(?P<rest>.+)", "{rest}"),
        ("*", r"(?:puedes|podrías|puede alguien|alguien puede)(?: por favor)? (?P<rest>.+)", "{rest}"),
        ("problem", r"(?:tengo|tenemos|me da|nos da|hay) (?:un |una |el |la )?(?P<rest>.+)", "{rest}"),
        (
            "decision",
            r"(?:hemos |se )?(?:decidimos|decidido|decidió|acordamos|acordado|quedamos en)(?: que)? (?P<rest>.+)",
            "{rest}",
        ),
        ("decision", r"vamos a (?P<rest>.+)", "{rest}"),
        ("idea", r"(?:podríamos|se podría|deberíamos)(?: también| quizá)* (?P<rest>.+)", "{rest}"),
        (
            "idea",
            r"(?:sería|estaría) (?:bueno|bien|genial|útil|ideal|mejor|interesante)(?: que| si)? (?P<rest>.+)",
            "{rest}",
        ),
        ("question", r"hay (?:alguna|algún) (?:forma|manera|modo) de (?P<rest>.+)", "Forma de {rest}"),
        ("requirement", r"(?:necesitamos|hay que|tenemos que|hace falta) (?P<rest>.+)", "Hace falta {rest}"),
        ("solution", r"(?:tienes que|puedes|hay que|prueba a|basta con) (?P<rest>.+)", "{rest}"),
        ("insight", r"(?:la causa|el motivo) (?:es|era|fue)(?: que)? (?P<rest>.+)", "Causa: {rest}"),
        ("risk", r"(?:me preocupa|temo) que (?P<rest>.+)", "{rest}"),
    ),
)
