"""What columns are called in logs: one table, for drafting cards of event logs and for reading logged decisions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

COLUMN_NAMES: dict[str, str] = {
    "time": "timestamp time ts eventtime eventtimestamp eventts eventns timems datetime createdat occurredat "
    "servertime servertimestamp servertimestampepochms unixtime unixtimestamp unixreviewtime reviewtime epoch epochms "
    "clienttime receivedat originaltimestamp eventdatetime actiontime clicktime viewtime logtime starttime "
    "when processedat orderedat purchasedat paidat orderdate orderdatetime purchasedate invoicedate transactiondate "
    "transactiontime zeit zeitpunkt zeitstempel datumzeit horodatage heure dateheure fecha hora fechahora datahora "
    "tempo ora dataora 时间 时间戳 日期时间 行为时间 下单时间 购买时间 点击时间 日時 タイムスタンプ 購入日時 時刻 "
    "時間 시간 "
    "created tstamp collectortstamp derivedtstamp dvcecreatedtstamp hittimegmt czas tijd tijdstip время "
    "playedat trandate sentat",
    "date": "eventdate date day tdat dt bestelldatum kaufdatum datum jour fechacompra data dia 日期 日付 購入日 날짜",
    "clock": "time eventclock clock timeofday hour orderhour ordertime uhrzeit zeit heure hora ora 时刻 時刻",
    "step": "step t",
    "order": "ordernumber ordernr orderno orderindex eventnumber eventindex eventorder sequence sequencenumber seq "
    "seqno rownumber visitnumber stepnumber hitnumber",
    "item": "itemid item productid product sku articleid article aid asin goodsid contentid videoid variantid offerid "
    "iid pid productsku itemsku skuid productcode itemcode articlecode articleno articlenumber stockcode goods movieid "
    "bookid songid trackid newsid isbn ean gtin upc goodssku cmsid listingid productno itemno adgroupid lineitemsku "
    "artikel artikelnr artikelnummer artikelid produkt produktid produktnummer produit idproduit produitid "
    "articulo artículo producto idproducto productoid produto idproduto produtoid prodotto idprodotto "
    "商品id 商品 商品编号 商品编码 商品番号 商品コード 商品號 商品編號 物品id 상품id 상품 "
    "businessid towar товар артикул "
    "hotelid propertyid jobid recipeid courseid gameid clickarticleid",
    "offer": "bannerid banner offerid offer creativeid creative adid ad campaignid campaign armid arm variantid "
    "variant recommendedid recommendeditem treatment",
    "action": "action actionid arm",
    "event": "eventtype event eventname action actiontype behavior behaviour behaviortype behaviourtype outcome "
    "interaction interactiontype activity activitytype productaction useraction ecommerceaction verb what type "
    "click clicked isclick label ereignis ereignistyp aktion evenement événement evento accion acción acao ação "
    "azione 行为 行为类型 事件 事件类型 操作 操作类型 行動 イベント アクション 動作 이벤트 "
    "seaction zdarzenie akcja gebeurtenis actie событие действие",
    "user": "userid user visitorid visitor customerid customer clientid memberid accountid shopperid uid cookieid "
    "cookie anonymousid deviceid userpseudoid fullvisitorid reviewerid reviewer msisdn buyerid buyer consumerid "
    "customerno customernumber customeruniqueid usernumber useridx clientno member account shopper guestid visitoruuid "
    "useruuid profileid subscriberid householdkey householdid personid "
    "email useremail customeremail emailhash distinctid userkey "
    "kunde kundeid kundennr kundennummer kundenid benutzer benutzerid nutzer nutzerid client idclient utilisateur "
    "idutilisateur cliente idcliente clienteid usuario idusuario usuário utente idutente "
    "用户id 用户 用户编号 会员id 会员 客户id 顾客id 客户编号 用戶id ユーザーid ユーザー 会員id 顧客id 顧客番号 "
    "사용자id "
    "idvisitor domainuserid networkuserid visid klient klientid idklienta użytkownik klant klantid klantnummer  "
    "gebruiker gebruikerid пользователь клиент 會員編號 會員id 會員 客戶編號 客戶id "
    "listener listenerid custid",
    "session": "sessionid session usersession visitid visit basketid sid gasessionid sessionnumber sessionuuid "
    "sessionkey visitnumber visitkey sitzung sitzungid sitzungsid idsession sesion sesión idsesion sessao sessão "
    "sessione 会话id 会话 セッションid セッション 세션 "
    "idvisit domainsessionid sesja sessie сессия",
    "purchase id": "orderid transactionid invoiceno invoiceid invoice basketid receiptid cartid checkoutid ordernumber "
    "bestellnummer bestellung commande pedido 订单id 订单号 订单编号 注文番号 注文id",
    "episode": "episode episodeid trajectory trajectoryid",
    "price": "price itemprice unitprice productprice saleprice amount eur usd gbp priceusd priceeur unitcost "
    "sellingprice priceperunit priceeach lineitemprice einzelpreis preis stückpreis stueckpreis prix prixunitaire "
    "precio preciounitario preço preco precounitario preçounitário prezzo prezzounitario 价格 单价 售价 价钱 金额 価格 "
    "単価 値段 가격 "
    "單價 價格 售價 cena cenajednostkowa prijs stukprijs цена",
    "quantity": "quantity qty pieces units count amount itemquantity productquantity ordered quantityordered "
    "lineitemquantity stück stueck anzahl menge stückzahl quantité quantite cantidad quantidade quantità quantita "
    "数量 件数 個数 购买数量 수량 "
    "數量 ilość ilosc aantal количество",
    "total": "linetotal total totalprice lineamount linerevenue revenue totalamount subtotal sales salesamount spend "
    "turnover grosssales netsales itemrevenue productrevenue amountpaid paidamount value eventvalue gesamt "
    "gesamtpreis summe betrag gesamtbetrag umsatz montant totalttc importe totallinea importetotal valortotal "
    "totale importo 总价 总额 总金额 金额 合计 合計 合計金額 売上 "
    "wartość suma totaal bedrag сумма 總價 總額 金額",
    "rating": "rating ratings stars reviewscore overall userrating survey satisfaction nps csat bewertung note "
    "calificacion avaliacao 评分 評価 "
    "ocena 評分",
    "category": "categoryid category itemcategory productcategory cat categorycode categoryname department kategorie "
    "warengruppe categorie catégorie categoria categoría 类目 类别 商品类目 类目id 商品类目id 品类 分类 カテゴリ "
    "カテゴリー "
    "kategoria категория 類別 類目",
    "propensity": "propensity propensities propensityscore pscore actionprob actionprobability behaviourpropensity "
    "behaviorpropensity loggingprobability probability prob logprob logpropensity logprobability inversepropensity "
    "ips ipw showprob showprobability chance "
    "logp pshown pshow pib pi0",
    "target propensity": "targetpropensity targetpropensities evaluationpropensity newpropensity targetprob pie",
    "reward": "reward rewards r outcome click clicked isclick cost",
    "q": "qlogged q qhat",
    "v": "vtarget v vhat",
    "row weight": "weight weights rowweight sampleweight samplingweight",
    "position": "position slot pos rank itemposition listposition",
    "slate": "slateid slate",
    "score": "score scores prediction predictions predictedscore predictedrating pred rating relevance",
    "probability": "probability probabilities prob proba itemprobability",
    "rank": "rank ranking position place",
    "request": "impressionid requestid",
    "page": "pageid listid",
    "decision": "decisionid decision eventid logid rowid uuid impression",
    "query": "query searchquery searchterm searchtext keyword keywords search suchbegriff 搜索词 検索語",
}
"""What a column holds -> what it is called, likeliest first, as `plain` writes it."""


def plain(text: str) -> str:
    """A name without case, blanks and punctuation: `Event_Type` -> `eventtype`."""
    return "".join(character for character in text.casefold() if character.isalnum())


def rank(kinds: Sequence[str], column: str) -> int | None:
    """How likely a column of this name holds one of these kinds, 0 being likeliest; None: its name does not say so."""
    return _ranks(tuple(kinds)).get(plain(column))


@cache
def _ranks(kinds: tuple[str, ...]) -> dict[str, int]:
    names = " ".join(COLUMN_NAMES[kind] for kind in kinds).split()
    return {name: place for place, name in reversed(list(enumerate(names)))}


def likely_columns(kinds: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns whose names say that they hold one of these kinds, likeliest first."""
    ranked = [(position, column) for column in columns if (position := rank(kinds, column)) is not None]
    return [column for _, column in sorted(ranked, key=lambda pair: pair[0])]
