"""Old texts are read in the characters in which they were written; short ones are not guessed at wildly."""

import pytest

from assistant.parser.plain import decoded
from tests.assistant.parser.reading import text

JAPANESE = "ボイラーの圧力は毎年点検してください。保証書は引き出しの中にあります。"
WORDS = {
    "cp932": JAPANESE,
    "euc_jp": JAPANESE,
    "iso2022_jp": JAPANESE,
    "gb18030": "锅炉的压力每年检查一次。保修卡在厨房的抽屉里，电话在背面。",
    "big5": "鍋爐的壓力每年檢查一次。保固卡在廚房的抽屜裡，電話在背面。",
    "cp949": "보일러의 압력은 매년 점검하십시오. 보증서는 부엌 서랍에 있습니다.",
    "cp1251": "Давление котла следует проверять каждый год. Гарантийный талон лежит в ящике на кухне.",
    "koi8_r": "Давление котла следует проверять каждый год. Гарантийный талон лежит в ящике на кухне.",
    "cp1253": "Η πίεση του λέβητα πρέπει να ελέγχεται κάθε χρόνο. Η εγγύηση βρίσκεται στο συρτάρι.",
    "cp1255": "יש לבדוק את לחץ הדוד מדי שנה. תעודת האחריות נמצאת במגירת המטבח.",
    "cp1256": "يجب فحص ضغط المرجل كل عام. بطاقة الضمان موجودة في درج المطبخ بجانب الفواتير.",
    "cp874": "ควรตรวจสอบความดันของหม้อต้มทุกปี ใบรับประกันอยู่ในลิ้นชักห้องครัว",
}
LATIN = (
    ("cp1250", "Ciśnienie kotła należy sprawdzać co roku. Książka gwarancyjna leży w szufladzie kuchennej."),
    ("cp1250", "Tlak kotle je třeba každý rok kontrolovat. Záruční list leží v kuchyňské zásuvce vedle účtů."),
    ("cp1250", "A kazán nyomását minden évben ellenőrizni kell. A jótállási jegy a konyhában, a fiókban található."),
    ("cp1254", "Kazanın basıncı her yıl kontrol edilmelidir. Garanti belgesi mutfaktaki çekmecede, şöyle ğüş."),
    (
        "cp1252",
        "Der Druck des Kessels ist jährlich zu prüfen. Die Garantie liegt in der Küchenschublade für Gäste – 5 €.",
    ),
    ("cp1252", "La pression de la chaudière doit être vérifiée chaque année. La garantie est rangée à côté des reçus."),
    ("cp1252", "La presión de la caldera se revisa cada año. La garantía está en el cajón de la cocina, según Íñigo."),
    ("cp1252", "Smörgås på ön är väldigt god, säger Åsa och Örjan när de går på ängen."),
)


@pytest.mark.parametrize("encoding", WORDS)
@pytest.mark.parametrize("times", [1, 40])
def test_an_old_text_in_another_script_is_read(encoding: str, times: int) -> None:
    words = "\n".join([WORDS[encoding]] * times)

    assert decoded(words.encode(encoding)) == words


@pytest.mark.parametrize(("encoding", "words"), LATIN)
def test_an_old_text_in_latin_letters_is_read(encoding: str, words: str) -> None:
    assert decoded(words.encode(encoding)) == words
    assert decoded(f"{words}\n".encode(encoding) * 30) == f"{words}\n" * 30


@pytest.mark.parametrize(
    "words", ["Café", "naïve", "prix: 5 €", "Müller, Straße 5", "25 °C ± 2", "“Yes”, he said – no"]
)
def test_a_few_letters_are_not_guessed_at(words: str) -> None:
    assert decoded(words.encode("cp1252")) == words


def test_a_text_too_long_to_be_looked_at_whole_is_read_whole() -> None:
    words = f"{WORDS['gb18030']}\n" * 4_000

    assert decoded(words.encode("gb18030")) == words


@pytest.mark.parametrize("charset", ["WINDOWS-1251", "KOI8-R", "UTF-8"])
def test_a_contact_names_the_encoding_of_its_lines(charset: str) -> None:
    name = "Иван Петров"
    packed = "".join(f"={byte:02X}" for byte in name.encode(charset))
    quoted = f"BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:{packed}\r\nEND:VCARD\r\n"
    plain = f"BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET={charset}:{name}\r\nEND:VCARD\r\n"

    assert text("a.vcf", quoted.encode("ascii")) == name
    assert text("b.vcf", plain.encode(charset)) == name
