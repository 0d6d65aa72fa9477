"""Words so common that they say nothing about a text's subject, and much about its language."""

from typing import Final


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
"""English ones."""

FOREIGN: Final = (
    _words(
        # German
        "der die das den dem des ein eine einen einem einer eines und oder aber ist sind war waren wird werden wurde",
        "hat haben hatte nicht auch auf aus bei mit nach von vom zu zum zur über unter für wie was wer wo wann warum",
        "welche welcher welches wieviel wir ihr sie er es ich mein meine dein sein seine kann dass als wenn im am",
        # Spanish and Portuguese
        "el la los las un una unos unas y o pero es son fue era ser está están del al en con por para sin sobre qué",
        "quién cuál cuáles cuándo dónde cómo cuánto cuántos cuántas que se su sus lo le les mi tu no más como os um",
        "uma e foi são não em na nas dos da das ao qual quem quando onde quanto quantos",
        # French
        "le les des du une et ou mais est sont était au aux dans avec pour sur sans qui quel quelle quels quelles",
        "quand où comment combien pourquoi ce cette ces il elle nous vous ils elles je mon ma mes ne pas plus",
        # Italian
        "il gli i uno di che è sono era nel nella con per su chi quale quali dove quanto quanti perché non più come",
        # Dutch, Swedish, Danish and Norwegian
        "de het een en of maar zijn was waren wordt niet ook op uit bij met naar van voor wie wat waar wanneer hoe",
        "hoeveel welke och eller men är var det som på av med till från vad vem när hur vilken ikke og hvad hvem hvor",
        "hvornår hvordan jeg",
        # Polish and Czech
        "w na z do jest są był była nie się jak co kto gdzie kiedy ile który która które je byl byla kde kdy kolik",
    )
    - ENGLISH
)
"""Those of other languages in Latin script, less those that are English too."""
