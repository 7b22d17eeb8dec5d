"""Keys: what is kept of them, and when they hold."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from service.access import keys
from service.access.keys import AccessKey, make_key, parse_key
from service.access.roles import Role

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(life: timedelta | None = HOUR) -> tuple[str, AccessKey]:
    return make_key("CART-1", frozenset({Role.WORKSTATION}), AT, life)


def test_a_key_opens_what_was_kept_of_it_and_nothing_else() -> None:
    (text, kept), (other, other_kept) = made(), made()
    given = parse_key(text)
    assert given is not None
    assert given.opens(kept)
    assert not given.opens(other_kept)
    assert not given.opens(None)
    assert text != other


def test_what_is_kept_does_not_hold_the_secret() -> None:
    text, kept = made()
    secret = text.removeprefix(f"sonoplace_{kept.id}_")
    assert len(secret) == 43  # 256 bits in base 64
    assert secret not in repr(kept)
    assert secret not in repr(parse_key(text))


@pytest.mark.parametrize(
    "text",
    ["", "sonoplace", "sonoplace_0123456789ab", "sonoplace_0123456789ab_short", "sonoplace_0123456789AB_" + "a" * 43,
     "sonoplace_0123456789ab_" + "a" * 44, "sonoplace_0123456789ab_" + "a" * 43 + "\n", "x" * 100_000],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    assert parse_key(text) is None


def test_a_key_that_does_not_exist_is_compared_like_one_that_does(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def counting(a: str, b: str) -> bool:
        compared.append((len(a), len(b)))
        return a == b

    monkeypatch.setattr(hmac, "compare_digest", counting)
    text, kept = made()
    given = parse_key(text)
    assert given is not None
    assert [given.opens(one) for one in (kept, made()[1], None)] == [True, False, False]
    assert compared == [(64, 64)] * 3  # whole hashes, once each, whatever there is to compare with
    assert keys.hmac is hmac


@pytest.mark.parametrize(
    ("life", "revoked_at", "at", "fault"),
    [
        (HOUR, None, AT, None),
        (HOUR, None, AT + HOUR, "expired"),
        (None, None, AT + 10_000 * HOUR, None),
        (HOUR, AT, AT, "revoked"),
        (HOUR, AT + HOUR / 2, AT, None),
        (HOUR, AT, AT + 2 * HOUR, "revoked"),
    ],
)
def test_when_a_key_holds(life: timedelta | None, revoked_at: datetime | None, at: datetime, fault: str | None) -> None:
    kept = made(life)[1]
    key = AccessKey(kept.id, kept.secret_sha256, "CART-1", kept.roles, AT, kept.expires_at, revoked_at)
    said = key.fault(at)
    assert (said is None) if fault is None else (said is not None and fault in said)


def test_a_key_has_a_role() -> None:
    with pytest.raises(ValueError, match="expected one at least"):
        make_key("CART-1", frozenset(), AT, HOUR)
