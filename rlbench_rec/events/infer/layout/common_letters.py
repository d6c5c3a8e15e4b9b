"""Letters that are common in the languages of an encoding: what tells encodings apart on a few words."""

from __future__ import annotations

_HAN = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公"
    "此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回"
    "特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何"
    "电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白"
    "却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导"
    "户商价购买浏览收藏费订单支付击用牌脑衣服鞋帽食具图华米苹冰箱视车店铺退款评红黑蓝男"
    "這個們來為國說時會對過發後裡種經還進與長見機關點業間問將產應頭體戰實無現開當學樣兩從給門東員認題處變電數報結務場"
    "計總類別瀏覽購買車訂單價格飾書評論擊蔵閲覧購入価返注収靴帽"
)
_KANA = "".join(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30F7), 0x30FC]))
_HANGUL = (
    "이다는을가에의하고한지를사로기리은아시자도나인그대서어해일있수정스라보제것들부과전상주장면원용관성공구만조여게우때무"
    "생유비신모동적소으요오진물경세선방위안계당실중간통개문교학발미회치연화분민국심체입단식업품매목바니차량마트카테색남녀"
    "류전책음반결취불검클릭노북폰컴퓨터냉창청커피"
)
_WESTERN = "äöüßÄÖÜéèàçêôîâûáíóúñãõÉ"
_CENTRAL = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉÍŘŠŽőűöüăâîşţ"
_CYRILLIC = "оеаинтсрвлкмдпуяыьбгзОПКТСВ"
_GREEK = "αοιετσνηυρπκμλςάόίέήώβγδθφχ"
_HEBREW = "יוהלאמרתשבנדקעםפחכט"
_ARABIC = "اليمنتروبدعسهفكقحةشجأص"
_THAI = "นราก่เงอ้มยลวสัดีตทปิบคุไแหพขจูชะ์โใำึื"

COMMON: dict[str, str] = {
    "gbk": _HAN,
    "big5": _HAN,
    "shift_jis": _HAN + _KANA,
    "euc_jp": _HAN + _KANA,
    "euc_kr": _HANGUL,
    "cp1252": _WESTERN + "€",
    "iso8859_15": _WESTERN + "€",
    "cp1250": _CENTRAL + "€",
    "iso8859_2": _CENTRAL,
    "cp1254": "ğışçöüĞİŞÇÖÜâ€",
    "cp1257": "āčēģīķļņšūžąęėįųĀČŠŽõäöü",
    "cp1251": _CYRILLIC,
    "koi8_r": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": _GREEK,
    "iso8859_7": _GREEK,
    "cp1255": _HEBREW,
    "cp1256": _ARABIC,
    "cp874": _THAI,
    "cp850": _WESTERN,
    "mac_roman": _WESTERN,
}
"""Encodings that are looked for, in the order in which they are taken where they give one text -> common letters."""
RARER = frozenset("åæøëïœìòù")
"""Letters of Western languages whose bytes are common letters of Central Europe, so that they prove little."""
PRIOR = {
    **dict.fromkeys(("gbk", "big5", "shift_jis", "euc_kr", "cp1251", "cp1252"), 0.05),
    **dict.fromkeys(("euc_jp", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"), 0.0),
    **dict.fromkeys(("iso8859_2", "cp1257"), -0.1),
}
"""How much likelier an encoding is before its bytes are seen; -0.05 for those that are not here."""
DOUBLE_BYTE = {
    "gbk": (0xB0, 0xD7, 0xA1),
    "big5": (0xA4, 0xC6, 0x40),
    "shift_jis": (0x88, 0x98, 0x40),
    "euc_jp": (0xB0, 0xCF, 0xA1),
    "euc_kr": (0xB0, 0xC8, 0xA1),
}
"""First and last lead byte and first trail byte of the frequent characters, which each of these standards has in one
block."""
WIDER = {"gbk": "gb18030", "big5": "cp950", "shift_jis": "cp932", "euc_kr": "cp949", "euc_jp": "euc_jis_2004"}
"""Supersets, taken where the narrower encoding lacks a letter."""
