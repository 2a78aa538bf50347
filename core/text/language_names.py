"""ISO 639-1 codes of languages from the ways in which people write them: `English`, `eng`, `en-GB`."""

# A code, then the language's ISO 639-2 codes and its names in English and, for some, in itself.
_NAMES = """
af afr afrikaans
am amh amharic
ar ara arabic العربية
az aze azerbaijani
be bel belarusian
bg bul bulgarian български
bn ben bengali bangla
br bre breton
bs bos bosnian
ca cat catalan català
cs ces cze czech čeština
cy cym wel welsh
da dan danish dansk
de deu ger german deutsch
el ell gre greek ελληνικά
en eng english
eo epo esperanto
es spa spanish castilian español
et est estonian eesti
eu eus baq basque
fa fas per persian farsi
fi fin finnish suomi
fo fao faroese
fr fra fre french français
ga gle irish
gl glg galician
gu guj gujarati
he heb hebrew עברית
hi hin hindi हिन्दी
hr hrv croatian hrvatski
ht hat haitian
hu hun hungarian magyar
hy hye arm armenian
id ind indonesian
is isl ice icelandic
it ita italian italiano
ja jpn japanese 日本語
jv jav javanese
ka kat geo georgian
kk kaz kazakh
km khm khmer
kn kan kannada
ko kor korean 한국어
ku kur kurdish
ky kir kyrgyz
la lat latin
lb ltz luxembourgish
lo lao
lt lit lithuanian lietuvių
lv lav latvian latviešu
mg mlg malagasy
mk mkd mac macedonian
ml mal malayalam
mn mon mongolian
mr mar marathi
ms msa may malay
mt mlt maltese
ne nep nepali
nl nld dut dutch flemish nederlands
nn nno nynorsk
no nor nob nb norwegian bokmål norsk
oc oci occitan
or ori odia oriya
pa pan punjabi
pl pol polish polski
ps pus pashto
pt por portuguese português
qu que quechua
ro ron rum romanian română
ru rus russian русский
rw kin kinyarwanda
se sme sami
si sin sinhala
sk slk slo slovak slovenčina
sl slv slovenian slovene slovenščina
sq sqi alb albanian
sr srp serbian српски
sv swe swedish svenska
sw swa swahili
ta tam tamil
te tel telugu
th tha thai ไทย
tl tgl tagalog filipino
tr tur turkish türkçe
ug uig uyghur
uk ukr ukrainian українська
ur urd urdu
uz uzb uzbek
vi vie vietnamese
wa wln walloon
xh xho xhosa
yo yor yoruba
zh zho chi cmn chinese mandarin 中文 汉语 漢語 普通话
zu zul zulu
"""
_CODES = {name: line.split()[0] for line in _NAMES.strip().splitlines() for name in line.split()}


def language_code(word: str) -> str:
    """Return the ISO 639-1 code of a language's name or code, in any case and with or without a region.

    A word that is not known comes back in lower case.
    """
    plain = word.strip().casefold()
    bare = plain.replace("_", "-").partition("-")[0]
    return _CODES.get(plain) or _CODES.get(bare) or plain
