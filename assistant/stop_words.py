"""Words so common that they say nothing about a text's subject, and much about its language."""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """A language whose words Hearth takes apart; the value is the name of its Snowball stemmer, where there is one."""

    ENGLISH = "english"
    GERMAN = "german"
    SPANISH = "spanish"
    FRENCH = "french"
    ITALIAN = "italian"
    PORTUGUESE = "portuguese"
    DUTCH = "dutch"
    SWEDISH = "swedish"
    DANISH = "danish"
    NORWEGIAN = "norwegian"
    POLISH = "polish"
    CZECH = "czech"
    ROMANIAN = "romanian"
    TURKISH = "turkish"
    VIETNAMESE = "vietnamese"
    RUSSIAN = "russian"
    GREEK = "greek"
    ARABIC = "arabic"
    HINDI = "hindi"
    CHINESE = "chinese"
    JAPANESE = "japanese"
    KOREAN = "korean"
    THAI = "thai"


def folded(word: str) -> str:
    """The word in small letters without accents, as people type it on a phone."""
    apart = unicodedata.normalize("NFKD", word.lower().replace("’", "'"))
    return "".join(character for character in apart if unicodedata.category(character) != "Mn")


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


ENGLISH: Final = _words(
    "a about after again all also am an and any are aren't as at be because been before being between both but by",
    "can can't could did didn't do does doesn't doing don't down during each few find for from further had has",
    "have having he her here hers him his how i i'm if in into is isn't it it's its itself just let's me mean",
    "means most my myself no nor not of off on once only or other our ours out over own please same she should so",
    "some such tell than that that's the their theirs them then there there's these they this those through to",
    "too under until up us very was we were what what's when when's where where's which while who who's whom",
    "whose why will with would you your yours",
)

STOP_WORDS: Final[Mapping[Language, frozenset[str]]] = {
    Language.ENGLISH: ENGLISH,
    Language.GERMAN: _words(
        "der die das den dem des ein eine einen einem einer eines und oder aber ist sind war waren wird",
        "werden wurde wurden hat haben hatte hatten nicht auch auf aus bei mit nach von vom zu zum zur über",
        "unter für wie was wer wo wann warum woher wohin womit wofür wem wen wessen welche welcher welches",
        "welchen welchem wieviel viele wir ihr sie er es ich mein meine dein sein seine seinen ihre ihren",
        "kann können dass als wenn im am an in um durch vor seit bis gegen ohne zwischen nur noch schon so",
        "sich man mehr bezüglich laut gibt gab dieser diese dieses",
    ),
    Language.SPANISH: _words(
        "el la los las un una unos unas y o u pero es son fue fueron era eran ser está están estaba del de al",
        "a en con por para sin sobre qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta",
        "cuántos cuántas que se su sus lo le les mi tu no más como entre desde hasta hay había ha han tiene",
        "tenía tuvo este esta estos estas ese esa eso otro otra también muy según durante ante bajo contra",
        "hacia tras cuya cuyo",
    ),
    Language.FRENCH: _words(
        "le la les des du de un une et ou mais est sont était étaient été être au aux dans en avec pour par",
        "sur sans sous qui que quoi quel quelle quels quelles quand où comment combien pourquoi ce cette ces",
        "cet il elle nous vous ils elles je mon ma mes son sa ses leur leurs ne pas plus a ont avait y se s d",
        "l qu n c'est a-t-il",
    ),
    Language.ITALIAN: _words(
        "il lo la gli le i un uno una di del della dei delle da dal dalla a al alla in nel nella nei nelle",
        "con su sul sulla per tra fra e ed o ma che chi cosa quale quali quando dove come quanto quanti",
        "quanta quante perché è sono era erano fu ha hanno non più si suo sua suoi sue mio mia questo questa",
    ),
    Language.PORTUGUESE: _words(
        "o a os as um uma uns umas e ou mas é são foi foram era eram ser está estão do da dos das de ao à aos",
        "em no na nos nas com por para sem sobre que quem qual quais quando onde como quanto quantos quantas",
        "porque se seu sua seus suas não mais entre até desde há tem este esta isto",
    ),
    Language.DUTCH: _words(
        "de het een en of maar is zijn was waren wordt werd niet ook op uit bij met naar van voor wie wat",
        "waar wanneer hoe hoeveel welke welk waarom te aan in om door over dan dat die dit deze er ze hij zij",
        "ik mijn heeft hebben",
    ),
    Language.SWEDISH: _words(
        "en ett och eller men är var varit det den de som på av med till från för i om att inte vad vem när",
        "hur vilken vilket vilka varför många mycket han hon jag min har hade",
    ),
    Language.DANISH: _words(
        "en et og eller men er var det den de som på af med til fra for i om at ikke hvad hvem hvor hvornår",
        "hvordan hvilken hvilket hvilke hvorfor mange meget han hun jeg min har havde",
    ),
    Language.NORWEGIAN: _words(
        "en et og eller men er var det den de som på av med til fra for i om å ikke hva hvem hvor når hvordan",
        "hvilken hvilket hvilke hvorfor mange mye han hun jeg min har hadde",
    ),
    Language.POLISH: _words(
        "w we na z ze do od po za i a o u jest są był była było były być nie się jak co kto kogo gdzie kiedy",
        "ile który która które dlaczego czy to ten ta te dla przez pod nad oraz lub ale jego jej ich ma",
    ),
    Language.CZECH: _words(
        "v ve na z ze do od po za a i o u s se si je jsou byl byla bylo byly být ne jak co kdo koho kde kdy",
        "kolik který která které proč zda to ten ta pro přes pod nad nebo ale jeho její jejich má",
    ),
    Language.ROMANIAN: _words(
        "a al ai ale am are au avea aveau avut ca că care ce cel cea cei cele cine cu cum câte câți cât câtă",
        "când cărui cărei căror da dar de deasupra decât din dintre după e ea ei el ele era erau este eu fi",
        "fie fost în într într-o într-un la le li lui lor mai mare nu o of pe pentru prin s-a s-au sa sale",
        "sau se și său spre sub sunt te un una unde unei unor unui unul",
    ),
    Language.TURKISH: _words(
        "ve veya ile bir bu şu o da de mi mı mu mü ne nedir neydi neden niçin nasıl nerede nereye nereden",
        "hangi hangisi kim kimdir kimin kimi kaç kaçtır zaman kadar için gibi olan olarak oldu olduğu",
        "olduğunu olmuştur vardı var yok değil en çok daha göre sonra önce tarafından idi ise her hem ki ya",
        "diye",
    ),
    Language.VIETNAMESE: _words(
        "và của là có các những một cho với được trong ở tại từ đến này đó khi nào gì ai đâu sao bao nhiêu",
        "như thế vì để không đã đang sẽ bị do theo về trên dưới ra vào cũng mà nhưng hay hoặc nơi ông bà họ",
        "nó thì lúc mấy",
    ),
    Language.RUSSIAN: _words(
        "и в во на с со к ко у о об от до из за по при для без под над между через что кто кого кому чем чего",
        "как какой какая какое какие каких каком какую каким когда где куда откуда почему зачем сколько чей",
        "который которая которое которые которой которого был была было были быть есть это этот эта эти он",
        "она оно они его ее её их не ни но а или же ли бы то так также после того году год",
    ),
    Language.GREEK: _words(
        "ο η το οι τα του της των τον την τους τις στο στη στην στον στους στις στα σε από με για και ή αλλά",
        "που πού ποιος ποια ποιο ποιοι ποιες ποιον ποιους ποιών πότε πώς πως τι γιατί πόσο πόσοι πόσες πόσα",
        "πόση είναι ήταν έχει είχε είχαν έχουν να θα δεν μη ως κατά μετά πριν ένας μια μία ένα αυτό αυτή",
        "αυτός αυτά όταν όπως υπάρχουν",
    ),
    Language.ARABIC: _words(
        "ما ماذا من متى أين كيف كم لماذا هل أي أية التي الذي الذين اللذين في على إلى عن مع هو هي هم كان كانت",
        "كانوا يكون تكون هذا هذه ذلك تلك أن إن لا لم لن قد و أو ثم بعد قبل بين كل بعض عند منذ حتى خلال تم يتم",
        "لدى ولا وما به بها فيه فيها منه منها له لها عليه عليها إليه بمن لمن مما عدد",
    ),
    Language.HINDI: _words(
        "का के की को में से पर ने है हैं था थी थे हो होता होती होते हुआ हुई हुए और या क्या कौन किस किसने किसे",
        "किसके किसकी कब कहाँ कहां कैसे क्यों कितने कितना कितनी कौनसा कौनसी यह वह ये वे इस उस एक भी ही तक साथ",
        "लिए द्वारा कर करने किया गया गई गए जो जिस तो नहीं अपने उनके उनकी इसके बाद दौरान",
    ),
    Language.KOREAN: _words(
        "은 는 이 가 을 를 의 에 에서 와 과 도 무엇 누구 언제 어디 왜 어떻게 몇 얼마나 어떤 있는 하는",
    ),
}
"""By language. Norwegian and Danish share most of theirs; where they leave it open, either stemmer will do."""

FOREIGN: Final = frozenset().union(*(words for name, words in STOP_WORDS.items() if name != Language.ENGLISH)) - ENGLISH
"""Those of all other languages, less those that are English too."""

CUTS: Final[Mapping[Language, tuple[str, ...]]] = {
    Language.CHINESE: (
        *("为什么", "怎么样", "什么样", "什么时候", "请问", "什么", "哪里", "哪儿", "哪个", "哪些", "哪一", "哪", "谁"),
        *(
            "怎么",
            "怎样",
            "如何",
            "多少",
            "几个",
            "几",
            "何时",
            "何地",
            "何",
            "是否",
            "是",
            "的",
            "了",
            "吗",
            "呢",
            "被",
        ),
    ),
    Language.JAPANESE: (
        *(
            "ですか",
            "ますか",
            "でしたか",
            "ましたか",
            "何ですか",
            "どのような",
            "どのように",
            "どこ",
            "いつ",
            "なぜ",
            "どの",
        ),
        *("どう", "だれ", "誰", "何", "です", "ます", "した", "は", "が", "を", "に", "の", "で", "と", "か"),
    ),
    Language.THAI: (
        *("อย่างไร", "อะไร", "ใคร", "ที่ไหน", "ที่ใด", "เมื่อไหร่", "เมื่อไร", "เมื่อใด", "ทำไม", "เท่าไหร่", "เท่าไร", "เท่าใด"),
        *("กี่", "ไหน", "ใด", "หรือไม่", "คือ", "เป็น", "ของ", "ที่", "และ", "ใน", "ได้", "ถูก", "มี"),
    ),
}
"""In scripts without spaces, what a question is cut at: its asking words and particles."""
