# SPDX-License-Identifier: Apache-2.0
"""What is bought, the buyer and the price. Everybody here is invented."""
import json
from decimal import Decimal
from random import Random
from typing import NamedTuple

ORDER_TYPES = ("delivery", "pickup", "dine_in")

_GIVEN = ("An", "Bình", "Chloé", "Dao", "Emre", "Farah", "Giang", "Hà", "Ines", "Jomo", "Khánh", "Lương",
          "Mina", "Nuno", "O'Rhea", "Phúc", "Quỳnh", "Rosa", "Søren", "Trâm")
_FAMILY = ("Nguyễn", "Okoro", "Brandt", "Lê", "Márquez", "Phạm", "Silva", "Tran-Weber", "Vũ", "Yıldız")
_ITEMS = (("Phở bò", 6500), ("Bánh mì \"Sài Gòn\"", 3200), ("Iced coffee", 2800), ("Green curry", 8900),
          ("Veggie burger", 7450), ("Family box", 24900), ("Margherita", 9900), ("Ramen", 10500),
          ("Fruit bowl", 5400), ("Birthday cake", 31500))
_EXTRAS = ("no onions", "extra spicy", "ring twice", "gift wrap", "table by the window")
_CHANNELS = ("app", "web", "kiosk")


class Basket(NamedTuple):
    """The part of an order that never changes. Fields of type bytes are JSON text, ready to send."""
    order_type: str
    amount: Decimal
    amount_json: bytes
    customer_id: bytes
    customer_name: bytes
    item_name: bytes
    item_detail: bytes
    unknown_extra: bytes


def json_text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def draw_basket(random: Random) -> Basket:
    item, cents = _pick(random, _ITEMS)
    quantity = 1 + int(random.random() * 3)
    amount = _draw_amount(random, cents * quantity)
    written = str(amount).encode()
    customer = int(random.random() * 9000) + 1000
    return Basket(
        order_type=_pick(random, ORDER_TYPES),
        amount=amount,
        amount_json=written if random.random() < 0.5 else b'"' + written + b'"',
        customer_id=b'"C-%d"' % customer,
        customer_name=json_text(f"{_pick(random, _GIVEN)} {_pick(random, _FAMILY)}"),
        item_name=json_text(item),
        item_detail=_draw_detail(random, quantity),
        unknown_extra=b'{"channel":"%s","visits":[%d,2]}' % (_pick(random, _CHANNELS).encode(), quantity),
    )


def _pick(random: Random, choices: tuple):
    return choices[int(random.random() * len(choices))]


def _draw_amount(random: Random, cents: int) -> Decimal:
    """Mostly two decimals; sometimes none, one or four."""
    kind = random.random()
    cents += int(random.random() * 100)
    if kind < 0.85:
        return Decimal(cents).scaleb(-2)
    if kind < 0.92:
        return Decimal(cents // 100)
    if kind < 0.96:
        return Decimal(cents // 10).scaleb(-1)
    return Decimal(cents * 100 + 25).scaleb(-4)


def _draw_detail(random: Random, quantity: int) -> bytes:
    kind = random.random()
    extra = _pick(random, _EXTRAS)
    if kind < 0.4:
        return json_text(f"{quantity} x, {extra}")
    if kind < 0.8:
        return json_text({"quantity": quantity, "notes": [extra], "gift": None})
    return b"null"
