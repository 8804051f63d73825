"""Signs of a kind in languages that the cue tables do not know: parts of words, looked for as they stand.

Chinese, Japanese and Korean put no spaces between words; Italian, Turkish and Dutch have a few plain signs here too.
"""

import re

_SIGNS = {
    "bug": """
        无法 無法 不能用 不工作 失效 崩溃 崩潰 闪退 閃退 卡死 卡住 卡顿 死机 報錯 报错 出错 出錯 错误 錯誤
        异常 異常 失败 失敗 没反应 没有反应 沒有反應 不显示 不顯示 打不开 打不開 乱码 亂碼 不见了 消失 丢失
        丟失 黑屏 白屏 有问题 不生效 不起作用 不正常 没有效果 动不动 バグ 不具合 動かない 動きません
        動作しない 動作しません できない できません クラッシュ フリーズ エラー 落ちる 固まる 表示されない
        表示されません 開けない 失敗し 文字化け おかしい 遅い 버그 오류 에러 안됩니다 안됨 안돼 안되 되지
        작동하지 깨짐 깨져 멈춤 멈춥 느려 실패 non~funziona errore si~blocca smesso çalışmıyor hata çöküyor
        werkt~niet fout~bij
    """,
    "feature": """
        希望能 希望可以 希望增加 希望添加 希望有 建议 建議 能否增加 能不能加 可否增加 可以增加 增加一个
        添加一个 新增 请增加 请添加 请支持 支持一下 加上 加个 想要 要是能 如果能 优化一下 欲しい ほしい
        追加して 追加し 追加を 対応して できるように できたら していただき 要望 提案 추가해 추가하 있으면
        좋겠 지원해 건의 제안 요청 sarebbe~bello sarebbe~utile aggiunger eklenmeli eklenebilir olsa~iyi
        zou~fijn zou~handig
    """,
    "question": """
        怎么 怎麼 怎样 如何 为什么 為什麼 请问 請問 什么时候 哪里 哪裡 是否 有没有人 有人知道 吗? 吗？ 呢？
        嗎？ どうやって どうすれば なぜ ですか ますか でしょうか 教えて どこで いつ 方法は 어떻게 왜 나요?
        까요? 인가요 무엇 언제 어디 come~posso perché qualcuno~sa nasıl neden niçin mı? mi? mu? hoe~kan
        waarom weet~iemand
    """,
    "task": """
        麻烦 麻煩 请帮 請幫 请尽快 请修改 帮忙 记得 我来 お願いします してください 対応お願い 부탁 해주세요
        per~favore lütfen graag~even
    """,
    "decision": """
        决定 決定 确定用 同意 已通过 就这样 決まり 決めました 決定し 결정 하기로 abbiamo~deciso karar~verdik
        besloten
    """,
    "noise": """
        谢谢 謝謝 感谢 感謝 你好 您好 大家好 早上好 晚安 哈哈 ありがとう こんにちは よろしく 감사합니다 안녕
        ㅋㅋ ㅎㅎ grazie ciao teşekkür merhaba bedankt
    """,
}
KINDS = tuple(_SIGNS)
_FOREIGN = re.compile(r"[^\x00-\x7f]")


def _pattern(block: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(sign).replace(r"\~", " ").replace("~", " ") for sign in block.split()))


_PATTERNS = {kind: _pattern(block) for kind, block in _SIGNS.items()}


def wide_signs(low: str) -> list[float]:
    """How many different signs of each of `KINDS` stand in a folded text: 0, 0.5 or 1."""
    return [min(1.0, len(set(_PATTERNS[kind].findall(low))) / 2) for kind in KINDS]
