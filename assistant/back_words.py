"""Words by which a question shows that it goes on from another one: pronouns, and how such a question begins."""

from collections.abc import Mapping
from typing import Final

from assistant.parser.word_list import word_list
from assistant.stop_words import Language

_NORTHERN: Final = frozenset(
    word_list("han hon hun dess dens dets deras deres hans hennes hendes dem sin sitt sit sina sine")
)

ANYWHERE: Final[Mapping[Language, frozenset[str]]] = {
    language: frozenset(word_list(*lines))
    for language, lines in {
        Language.ENGLISH: ("it its it's they them their theirs he she his her hers him",),
        Language.GERMAN: (
            "er es ihn ihm sie ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner dessen deren davon dafür",
            "dazu damit darin daran darauf dabei danach dort",
        ),
        Language.SPANISH: ("él ella ellos ellas su sus suyo suya eso ese esa esos esas aquel aquella lo allí ahí",),
        Language.FRENCH: ("il elle ils elles son sa ses leur leurs celui celle ceux celles cela ça ceci lui",),
        Language.ITALIAN: ("esso essa essi lui lei loro suo sua suoi sue questo quello quella quelli ciò",),
        Language.PORTUGUESE: (
            "ele ela eles elas seu sua seus suas dele dela deles delas isso esse essa aquele aquela nele nela",
        ),
        Language.DUTCH: ("hij zij ze hem haar hun ervan daarvan daarvoor daarmee daar",),
        Language.POLISH: ("ona ono oni jego jej ich go mu nim nią nich tego",),
        Language.CZECH: ("jeho její jejich ho ním ní toho",),
        Language.ROMANIAN: ("el ea ei ele său săi sale lor acesta aceasta acela aceea asta",),
        Language.TURKISH: ("onun onu ona onlar onların bunun bunu buna şunun",),
        Language.VIETNAMESE: ("nó họ chúng đó ấy",),
        Language.RUSSIAN: ("он она оно они его её их ему ей им ним ней них нём этого этому это",),
        Language.GREEK: ("αυτό αυτός αυτή αυτά αυτού αυτής αυτών εκείνο εκείνη",),
        Language.ARABIC: ("هو هي هم ذلك تلك هذا هذه منه منها فيه فيها له لها عنه عنها عليه عليها به بها",),
        Language.HINDI: ("यह वह ये वे इस उस इसका उसका इसकी उसकी इसके उसके इसे उसे इनका उनका उनकी उनके इसमें उसमें",),
        Language.KOREAN: (
            "그것 그것은 그것을 그것의 이것 이것은 이것을 그 그는 그의 그녀 그녀의 그들 그들의 거기 그건 그걸",
        ),
    }.items()
} | dict.fromkeys((Language.SWEDISH, Language.DANISH, Language.NORWEGIAN), _NORTHERN)
"""Pronouns, by language."""

ARTICLES: Final = frozenset(
    word_list(
        "the a an der die das den dem ein eine einen einem einer het",
        "el la los las un una le les une il gli o a os as um uma",
    )
)
"""What stands behind one of these is what a later pronoun stands for."""

OPENERS: Final = (
    *("and", "and what", "what about", "how about", "but", "or", "also", "then"),
    *("und", "was ist mit", "wie ist es mit", "wie sieht es mit", "aber", "oder", "auch"),
    *("y", "e", "et", "que pasa con", "que hay de", "qu'en est-il", "mais", "pero", "che ne e"),
    *("en", "en hoe", "hoe zit het met", "och", "og", "hur ar det med", "hva med", "hvad med", "vad galler"),
    *("a", "i", "co z", "a co", "si", "dar", "ce zici de", "ve", "peki", "ya"),
    *("còn", "thế còn", "và", "а", "и", "что насчет", "как насчет", "και", "τι γίνεται με"),
    *("وماذا", "ماذا عن", "وكم", "ومتى", "وأين", "ومن", "وكيف", "ولماذا", "और", "तो", "그럼", "그리고", "그러면"),
)
"""Each followed by a space."""

UNSPACED: Final = tuple(word_list("它 他 她 这个 那个 这些 那些 這個 那個 それ これ その この 彼 そこ มัน เขา เธอ นั้น นี้"))
UNSPACED_APART: Final = ("其他", "吉他", "それぞれ")
"""Words with one of those inside that refer to nothing."""
UNSPACED_OPENERS: Final = ("那", "还有", "還有", "では", "じゃあ", "それで", "また", "そして", "แล้ว")
