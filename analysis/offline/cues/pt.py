"""Portuguese: function words, cues and what a title leaves out."""

from ..blocks import word_list
from .base import DateWords, Language, Wording, words

LANGUAGE = Language(
    code="pt",
    stop=words(
        """o a os as um uma uns umas e ou mas que de do da dos das em no na nos nas com sem por pelo pela para ao
            aos à às como mais menos
        muito já não sim se me te lhe nos vos meu minha teu seu sua seus suas nosso nossa este esta isto estes esse
        essa isso aquele
        aquela eu tu você ele ela nós vocês eles elas quem qual quais quando onde porque porquê é são era eram foi
        foram ser estar está
        estão estava estou estamos há tem têm tenho temos ter pode podem posso podemos poderia deve devem também só
        ainda agora aqui ali
        lá então depois antes sempre nunca nada ninguém algo alguém tudo toda todos todas cada outro outra outros
        mesmo mesma até desde
        entre sobre contra durante olá oi obrigado obrigada ok bom bem mal tão tanto muitos pouco assim embora
        enquanto pois seja sido
        vai vão vou vamos ir quero quer acho parece favor pra pro né"""
    ),
    weak=words(
        """coisa coisas vez vezes dia dias semana semanas mês meses ano anos hora horas minuto minutos manhã tarde
            noite gente pessoa
        pessoas tempo problema problemas pergunta perguntas resposta ideia ideias erro erros trabalho funciona
        funcionam exemplo forma
        maneira lugar parte início fim hoje ontem amanhã novo nova novos novas velho melhor pior grande igual
        próximo último primeira
        primeiro segunda terça quarta quinta sexta sábado domingo ver vejo sabe sei saber"""
    ),
    cues=(
        (
            "problem",
            0.8,
            """
                não funciona|funcionam|carrega|carregam|abre|abrem|chega|chegam|salva ~;
                não aparece|aparecem|responde|inicia|envia|atualiza|consigo|conseguimos|conseguem|consegue ~;
                parou|pararam de; erro|erros; falha|falham|falhou|falhando;
                caiu|cai|caindo|trava|travou|travando|quebrou|quebra|fecha; fora do ar; quebrado|quebrada;
                bug|bugs; some|sumiu|sumiram|desaparece|desapareceu; perda de dados;
                duplicado|duplicada|duplicados; tela branca""",
        ),
        (
            "problem",
            0.5,
            """problema|problemas com|em|ao; incorreto|incorreta|errado|errada; lento|lenta;
                falta|faltam|faltando; vazio|vazia; reclamam|reclamou|reclamando; estranho; em vez de""",
        ),
        (
            "blocker",
            0.9,
            """bloqueado|bloqueada|bloqueados ~; bloqueia|bloqueiam|bloqueando ~; bloqueio|impeditivo;
                não podemos ~ lançar|publicar|fazer|avançar|continuar|começar; esperando|aguardando ~""",
        ),
        (
            "risk",
            0.85,
            """risco|riscos|arriscado; pode|poderia|podem quebrar|perder|falhar|cair; perigo|perigoso;
                vulnerabilidade; preocupado|preocupada|preocupa que|com; tenho medo; expira|vence|vencer ~""",
        ),
        (
            "decision",
            0.92,
            """decidimos; decidido; decisão; combinamos|combinado|acordamos; ficou acordado|decidido;
                vamos usar|com|manter|remover|mover|deixar|adiar; usaremos|manteremos|lançaremos; ficamos com;
                escolhemos; a partir de agora|hoje; foi adiado|adiada""",
        ),
        (
            "requirement",
            0.85,
            """
                cliente|clientes|usuário|usuários|contabilidade|jurídico|vendas ~ quer|querem|pede|pedem|pediu;
                cliente|clientes|usuário ~ pediram|precisa|precisam|exige|exigem;
                usuários|contabilidade|jurídico|vendas ~ pediram|precisa|precisam|exige|exigem;
                deve|devem ~; obrigatório|obrigatória|requisito|requisitos; é necessário; precisamos ~;
                tem que|têm que ~""",
        ),
        ("requirement", 0.62, "precisa|precisam ~; temos que ~; é preciso"),
        (
            "idea",
            0.85,
            """que tal; e se ~; proponho|proposta|sugiro|sugestão; ideia|tive uma ideia;
                seria bom|legal|ótimo|útil|interessante|melhor; poderíamos ~; a gente podia|poderia;
                talvez possamos|devêssemos|fosse; por que não; gostaria que|de; tomara""",
        ),
        (
            "question",
            0.8,
            """alguém sabe|conhece|já|pode|tem; existe|há|tem alguma|algum forma|maneira|jeito|modo; como ~;
                por que|porque ~; quando ~; onde ~; quem ~; qual|quais ~; quanto|quantos|quantas ~;
                o que acontece se|quando; é possível; devemos|deveríamos|podemos|temos ~;
                pergunta:|uma pergunta|dúvida; não sei se|como|por que""",
        ),
        (
            "solution",
            0.85,
            """
                corrigido|corrigida|corrigi|arrumei|arrumado;
                consertei|consertado|resolvido|resolvi|resolveu|solucionado;
                a solução|solução é|foi; publicado|implantado ~ correção; já funciona; voltou a funcionar;
                revertido|revertemos; descobri e""",
        ),
        (
            "solution",
            0.6,
            """você precisa|tem|pode|deve ~; tente|tenta|experimente|experimenta ~; é só ~;
                use|usa|usar ~ em vez de; basta""",
        ),
        (
            "insight",
            0.85,
            """acontece que; descobri|descobrimos ~; a causa|causa é|era|foi; é|era porque; devido a;
                aprendemos|aprendi; medi|medimos; percebi|percebemos; culpado; conclusão; o motivo é|era""",
        ),
        ("insight", 0.6, "aliás; atenção; lembrem|lembre que; interessante ~; pelo visto; aparentemente"),
        (
            "trouble",
            0.45,
            """ninguém; nada; nunca; nenhum|nenhuma; duas vezes; de novo|novamente; ainda não|continua;
                vazio|vazia; toda vez; em vez de; embora; não ~ mais""",
        ),
        (
            "report",
            0.5,
            """desde|após|depois ~ atualização|ontem|segunda|hoje|deploy|semana;
                em produção|prod|staging|meu|android; quando ~; cliente|clientes|usuário|usuários ~;
                diz|dizem|relata|relatam|escreve""",
        ),
        ("answer", 0.5, "porque; sim; não; é; dá para; tem que; por padrão; normalmente; só"),
        (
            "request",
            0.8,
            """pode|poderia|podem|consegue você|alguém|vocês ~; por favor ~; alguém pode|deveria;
                quem pode|cuida; lembre de; revise|atualize|adicione|envie ~""",
        ),
        ("commit", 0.6, "eu faço|reviso|olho|envio|preparo|pego; vou ~; fico com; deixa comigo"),
        (
            "resolved",
            0.8,
            """já funciona|está|voltou; funciona agora; resolvido já; esquece|esqueçam; alarme falso;
                erro meu|culpa minha; deu certo""",
        ),
        (
            "clarify",
            0.8,
            """o que você quer dizer; como assim; pode|poderia ~ compartilhar|enviar|mostrar|explicar|esclarecer;
                qual versão você; você já|tentou; sério""",
        ),
        (
            "chatter",
            0.8,
            """bom dia; boa tarde|noite; feliz aniversário|natal|ano; parabéns; almoço|café|pizza|cerveja;
                fim de semana; férias; kkk*|haha*|rsrs*; brincadeira; bem-vindo|bem-vinda;
                muito obrigado|obrigada por""",
        ),
        ("hedge", 0.5, "acho; penso; suponho; talvez; provavelmente; parece; não tenho certeza; possivelmente"),
        ("hypothetic", 0.5, "se; caso; por exemplo; imagine"),
        ("urgent", 0.8, "urgente|urgentemente; o quanto antes; imediatamente; o mais rápido possível; crítico"),
        (
            "severe",
            0.8,
            """produção; perda de dados; todos os clientes|usuários; segurança; vazamento;
                perdemos ~ dados|dinheiro|pedidos""",
        ),
        ("minor", 0.7, "erro de digitação; cosmético; menor; sem pressa; baixa prioridade"),
    ),
    openers="""olá|oi ~ pessoal|a todos|time|gente; olá|oi; bom dia|boa tarde|boa noite ~ pessoal|a todos|gente;
        bom dia|boa tarde|boa noite; pessoal; gente; aliás; pois; bom; bem; então; e; mas; sim; não; ok;
        acho|penso|suponho que; acho; me parece que; parece que; talvez; provavelmente; infelizmente;
        uma pergunta|dúvida; pergunta; dúvida; alguém sabe se|como|por que; alguém sabe; acontece que;
        percebi|notei|vi que; além disso; também; agora; obrigado|obrigada; por favor; ideia; proposta;
        proponho que; sugiro que; atenção""",
    closers="obrigado; obrigada; por favor; certo; né; ok; desde já; aliás; acho; ou não; ou algo assim; abraços",
    tags={
        "risk": "risco",
        "idea": "ideia|proposta|sugestão",
        "decision": "decisão|decidido|combinado",
        "requirement": "requisito|pedido",
        "question": "pergunta|dúvida",
        "problem": "problema|bug|erro",
        "solution": "solução|correção|corrigido|resolvido|arrumado",
        "blocker": "bloqueio|impeditivo",
        "insight": "causa|conclusão",
    },
    acknowledgements=words(
        "obrigado obrigada valeu ok sim não bem ótimo perfeito claro feito pronto oi olá bom dia "
        "combinado entendi entendido beleza show exato igualmente muito e pra todos blz"
    ),
    questions=words(
        "como que por quando onde quem qual quais quanto quantos há é são pode podem podemos devemos "
        "deveríamos alguém temos existe"
    ),
    negations=words("não sem nunca nenhum nenhuma nem"),
    articles=words("o a os as um uma"),
    pronouns=words("ele ela isso isto este esta esse essa eles elas o a os as aí ali aqui lá lhe"),
    clauses=word_list("porque que mas quando onde se embora enquanto para até desde e ou pois"),
    dates=DateWords(
        today="hoje",
        tomorrow="amanhã",
        until="até|antes|prazo",
        next="próximo|próxima|seguinte",
        end_of="final|fim",
        week="semana|semanas",
        month="mês|meses",
        day="dia|dias",
        inside="em|dentro",
        weekdays=(
            "segunda|segunda-feira",
            "terça|terça-feira",
            "quarta|quarta-feira",
            "quinta|quinta-feira",
            "sexta|sexta-feira",
            "sábado",
            "domingo",
        ),
        months=word_list("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
    ),
    wording=Wording(
        bylines={
            "problem": "Relatado por",
            "blocker": "Bloqueio relatado por",
            "question": "Perguntado por",
            "decision": "Decisão, segundo",
            "requirement": "Requisito, segundo",
            "idea": "Proposto por",
            "solution": "Solução de",
            "insight": "Constatado por",
            "risk": "Aviso de",
        },
        answer="Resposta de",
        also="Também relatado por",
        fix="Corrigir: {}",
        do="Fazer: {}",
        consider="Avaliar: {}",
        clarify="Esclarecer: {}",
        unblock="Desbloquear: {}",
        prevent="Evitar o risco: {}",
        labels={
            "problem": "Problema",
            "blocker": "Bloqueio",
            "question": "Pergunta em aberto",
            "decision": "Decisão",
            "requirement": "Requisito",
            "idea": "Ideia",
            "solution": "Solução",
            "insight": "Constatação",
            "risk": "Risco",
        },
    ),
    rewrites=(
        ("question", r"como (?:podemos|posso|se pode|a gente pode) (?P<rest>.+)", "Como {rest}"),
        ("risk", r"(?:há|existe) (?:o |um )?risco de (?:que )?(?P<rest>.+)", "{rest}"),
        ("idea", r"(?:proponho|sugiro) (?:que )?(?P<rest>.+)", "{rest}"),
        ("insight", r"(?:descobri|descobrimos|percebi) que (?P<rest>.+)", "{rest}"),
        ("*", r"(?:você pode|você poderia|pode|poderia|alguém pode)(?: por favor)? (?P<rest>.+)", "{rest}"),
        ("problem", r"(?:tenho|temos|está dando|há|tem) (?:um |uma |o |a )?(?P<rest>.+)", "{rest}"),
        (
            "decision",
            r"(?:foi |ficou )?(?:decidimos|decidido|combinamos|combinado|acordado)(?: que)? (?P<rest>.+)",
            "{rest}",
        ),
        ("decision", r"vamos (?P<rest>.+)", "{rest}"),
        ("idea", r"(?:poderíamos|a gente podia|a gente poderia|deveríamos)(?: também| talvez)* (?P<rest>.+)", "{rest}"),
        ("idea", r"seria (?:bom|legal|ótimo|útil|interessante|melhor)(?: que| se)? (?P<rest>.+)", "{rest}"),
        (
            "question",
            r"(?:existe|há|tem) (?:alguma|algum|um) (?:forma|maneira|jeito|modo) de (?P<rest>.+)",
            "Forma de {rest}",
        ),
        ("requirement", r"(?:precisamos|temos que|é preciso) (?P<rest>.+)", "Preciso: {rest}"),
        ("solution", r"(?:você precisa|você pode|é só|basta|tem que) (?P<rest>.+)", "{rest}"),
        ("insight", r"(?:a causa|o motivo) (?:é|era|foi)(?: que)? (?P<rest>.+)", "Causa: {rest}"),
        ("risk", r"(?:me preocupa|tenho medo) (?:que|de que) (?P<rest>.+)", "{rest}"),
    ),
)
