"""What events are called in shops' logs. Words are compared without case and punctuation."""

from __future__ import annotations

from ...column_names import plain

EVENT_WORDS = {
    "impression": "impression impressions imp imps shown show exposure exposed display displayed noclick none "
    "productimpression 曝光 展示 表示",
    "view": "view views viewed pv pageview detail productview viewproduct viewitem itemview browse visit "
    "productviewed productdetail productdetailview itemviewed detailview viewcontent view_item_detail productdetails "
    "ansehen ansicht angesehen vue consultation consulté ver visto vista visualizar visualizacao visualização "
    "visualizzazione 浏览 查看 瀏覽 閲覧 조회 "
    "prodview wyświetlenie wyświetlono bekeken weergave просмотр "
    "viewedproduct",
    "click": "click clicks clicked clk tap select selectitem productclick productclicked itemclick clickitem "
    "productclickthrough clickout opened open klick geklickt clic clicado clique 点击 點擊 クリック 클릭",
    "cart": "cart carts addtocart addtobasket basket atc addcart addedtocart cartadd add productadded productadd "
    "itemaddedtocart added addtobag addtotrolley warenkorb indenwarenkorb ajoutpanier ajouteraupanier panier carrito "
    "agregaralcarrito carrinho adicionaraocarrinho carrello aggiungialcarrello 加购 加购物车 加入购物车 加車 购物车 "
    "カート カート追加 カートに追加 장바구니 "
    "scadd koszyk dodokoszyka dodaniedokoszyka winkelwagen winkelmand корзина 加入購物車 購物車 加購 "
    "addedproduct",
    "favourite": "fav favorite favourite favorites wishlist addtowishlist like liked save saved bookmark collect "
    "productaddedtowishlist wishlistadd merkliste favori favoris favorito 收藏 喜欢 お気に入り 찜",
    "remove": "remove removefromcart removecart removefrombasket cartremove removed productremoved removeproduct "
    "delete deletefromcart entfernen entfernt retirer eliminar remover 移除 删除 移出购物车 削除 "
    "scremove",
    "purchase": "purchase purchases purchased buy bought order orders ordered transaction checkout sale sold payment "
    "conversion convert ordercompleted orderplaced orderpaid checkoutcompleted paymentcompleted completeorder paid "
    "buyproduct kauf gekauft bestellung bestellt kaufen achat acheté acheter commande compra comprado comprar "
    "acquisto pedido 购买 下单 支付 付款 成交 購入 購買 注文 구매 "
    "ecommerceorder zakup zakupiono zamówienie aankoop gekocht bestelling покупка заказ 下單 "
    "converted booking booked reservation boughtproduct productbought productpurchased",
    "search": "search searched searches productssearched viewsearchresults searchquery suche gesucht recherche busca "
    "buscar busqueda búsqueda pesquisa ricerca 搜索 検索 검색",
    "refund": "refund refunds refunded return returned returns orderrefunded orderreturned chargeback "
    "erstattung rückgabe retoure retour remboursement devolucion devolución reembolso rimborso 退款 退货 "
    "返品 返金 환불",
}
"""Our event -> what others call it."""

_OTHER_EVENTS = (
    "session_start session_end first_visit user_engagement scroll login logout sign_up signup register identify page "
    "page_load begin_checkout checkout_started checkout_step_viewed checkout_step_completed add_payment_info "
    "payment_info_entered add_shipping_info view_cart cart_viewed view_item_list product_list_viewed view_promotion "
    "select_promotion promotion_viewed promotion_clicked coupon_applied coupon_entered share ping heartbeat app_open "
    "app_close screen_view video_start video_progress video_complete file_download form_start form_submit "
    "notification_open email_open error exception purchase_failed payment_failed order_failed order_updated "
    "cart_shared sc_view sc_open sc_checkout newsletter email_sent delivered email_delivered"
)
OTHER_EVENTS = frozenset(map(plain, _OTHER_EVENTS.split()))
"""Known events that say nothing of an item: their rows are set aside."""

KNOWN_CODES = {
    "behaviortype": {"1": "view", "2": "favourite", "3": "cart", "4": "purchase"},
    "type": {"0": "click", "1": "cart", "2": "purchase"},
    "actiontype": {"0": "click", "1": "cart", "2": "purchase", "3": "favourite"},
}
"""What codes mean in well-known data sets, by the column's name. They are offered, never taken."""

MISSING = (
    "NA",
    "N/A",
    "n/a",
    "NaN",
    "nan",
    "NULL",
    "null",
    "Null",
    "None",
    "nil",
    "\\N",
    "-",
    "--",
    "(not set)",
    "(none)",
    "(null)",
    "<NA>",
    "<null>",
    "#N/A",
    "#NULL!",
    "#VALUE!",
    "undefined",
    "[null]",
    "NaT",
    "?",
)
"""Texts that mean "missing"."""
STAND_INS = frozenset(("0", "-1", "unknown", "guest", "anonymous", "none", "default", "test", "n.a.", "na", "other"))
"""Texts, in small letters, that may stand for every user that a shop does not know."""


def our_event(value: str) -> str | None:
    """The event of our vocabulary that a raw value means, or None."""
    return _BY_WORD.get(plain(value))


def likely_event(value: str) -> str | None:
    """A guess at what a word means, by a part of it, or None."""
    word = plain(value)
    parts = (
        ("remove", "remove"), ("delete", "remove"), ("refund", "refund"), ("return", "refund"), ("search", "search"),
        ("wish", "favourite"), ("fav", "favourite"), ("like", "favourite"), ("cart", "cart"), ("basket", "cart"),
        ("purchas", "purchase"), ("order", "purchase"), ("buy", "purchase"), ("paid", "purchase"),
        ("click", "click"), ("impress", "impression"), ("view", "view"), ("detail", "view"),
    )  # fmt: skip
    return next((event for part, event in parts if part in word), None)


_BY_WORD = {plain(word): event for event, words in EVENT_WORDS.items() for word in words.split()}
