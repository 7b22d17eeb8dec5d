"""Tokens of an identity provider: only whole, timely ones for us, signed as was agreed, say who somebody is."""

import asyncio
import base64
import functools
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from service.access.errors import IssuerUnreachable, Unauthenticated
from service.access.jwks import Jwks
from service.access.refreshed import Ages, Refreshed
from service.access.roles import Role
from service.access.tokens import MOST_CHARACTERS, Issuer, TokenVerifier
from service.errors import BadSetting

ISSUER = Issuer("https://login.example", "sonoplace")


@functools.cache
def private(name: str) -> Any:
    """Key of this name: the EC key is ``ec``, the one that is too short ``weak``."""
    if name == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 1024 if name == "weak" else 2048)


def pem() -> bytes:
    public = private("rsa").public_key()
    return bytes(public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))


def jwk(name: str, kid: str | None = None, **more: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.ECAlgorithm if name == "ec" else jwt.algorithms.RSAAlgorithm
    return {**algorithm.to_jwk(private(name).public_key(), as_dict=True), "kid": kid or name, **more}


def with_head(key: str, **head: Any) -> str:
    return jwt.encode(claims(), private(key), "RS256", headers={"kid": "rsa", **head})


def keys_in(folder: Path, *keys: dict[str, Any]) -> Jwks:
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": list(keys)}))
    return Jwks(str(path))


@pytest.fixture
def verifier(tmp_path: Path) -> TokenVerifier:
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(pem()).decode(), "kid": "secret"}
    found = keys_in(tmp_path, jwk("rsa"), jwk("ec"), jwk("weak"), jwk("rsa", "enc", use="enc"), secret)
    return TokenVerifier(ISSUER, Refreshed(found, Ages(300, 0, 3600)), hashed)


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def claims(**more: Any) -> dict[str, Any]:
    said = {"iss": ISSUER.issuer, "aud": ISSUER.audience, "sub": "jane", "exp": time.time() + 600, "roles": ["auditor"]}
    return {name: value for name, value in (said | more).items() if value is not None}


def signed(key: str = "rsa", alg: str = "RS256", kid: str | None = "rsa", **more: Any) -> str:
    return jwt.encode(claims(**more), private(key), alg, headers=None if kid is None else {"kid": kid})


def by_hand(head: dict[str, Any], said: dict[str, Any], secret: bytes | None = None) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, said)]
    text = b".".join(parts)
    mac = b"" if secret is None else hmac.digest(secret, text, "sha256")
    return (text + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


def tampered() -> str:
    head, _, mac = signed().split(".")
    said = base64.urlsafe_b64encode(json.dumps(claims(roles=["admin"])).encode()).rstrip(b"=").decode()
    return f"{head}.{said}.{mac}"


def ask(verifier: TokenVerifier, *tokens: str) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return [await verifier.principal(token) for token in tokens]

    return asyncio.run(all_of_them())


def test_a_good_token(verifier: TokenVerifier) -> None:
    by_rsa, by_ec, by_pss = ask(verifier, signed(), signed("ec", "ES256", "ec"), signed("rsa", "PS512"))
    assert by_rsa.roles == {Role.AUDITOR}
    assert by_rsa.name == by_ec.name == by_pss.name == "oidc:" + hashed("oidc:https://login.example|jane")[:16]
    assert by_rsa.expires_at == pytest.approx(time.time() + 630, abs=20)
    assert "jane" not in repr(by_rsa)


REFUSED = {
    "expired": (lambda: signed(exp=time.time() - 31), "expired"),
    "not yet": (lambda: signed(nbf=time.time() + 60), "not hold yet"),
    "issued in the future": (lambda: signed(iat=time.time() + 60), "not hold yet"),
    "another audience": (lambda: signed(aud="pacs"), "another audience"),
    "several other audiences": (lambda: signed(aud=["pacs", "ris"]), "another audience"),
    "another issuer": (lambda: signed(iss="https://login.example.evil"), "another issuer"),
    "no end": (lambda: signed(exp=None), "lacks"),
    "an end in milliseconds": (lambda: signed(exp=int(time.time() + 600) * 1000), "is no date"),
    "an end beyond all dates": (lambda: signed(exp=10**400), "is no date"),
    "no audience": (lambda: signed(aud=None), "lacks"),
    "no subject": (lambda: signed(sub=None), "lacks"),
    "an end that is no number": (lambda: signed(exp="tomorrow"), "not a valid token"),
    "alg none": (lambda: by_hand({"alg": "none", "kid": "rsa"}, claims()), "algorithm"),
    "alg None": (lambda: by_hand({"alg": "None", "kid": "rsa"}, claims()), "algorithm"),
    "alg a list": (lambda: by_hand({"alg": ["RS256"], "kid": "rsa"}, claims()), "algorithm"),
    "no alg": (lambda: by_hand({"kid": "rsa"}, claims()), "algorithm"),
    "public key as secret": (lambda: by_hand({"alg": "HS256", "kid": "rsa"}, claims(), pem()), "algorithm"),
    "secret of the set": (lambda: by_hand({"alg": "HS256", "kid": "secret"}, claims(), pem()), "algorithm"),
    "an EC algorithm, the RSA key": (lambda: by_hand({"alg": "ES256", "kid": "rsa"}, claims(), pem()), "does not have"),
    "an RSA algorithm, the EC key": (lambda: signed(kid="ec"), "does not have"),
    "another key under a known name": (lambda: signed("other"), "not a valid token"),
    "an unknown key": (lambda: signed(kid="gone"), "does not have"),
    "no key named": (lambda: signed(kid=None), "kid"),
    "a weak key": (lambda: signed("weak", kid="weak"), "does not have"),
    "a key for encryption": (lambda: signed(kid="enc"), "does not have"),
    "its own key in its head": (lambda: with_head("other", jwk=jwk("other", "rsa")), "not a valid token"),
    "changed claims": (tampered, "not a valid token"),
    "cut within the claims": (lambda: signed().rpartition(".")[0][:-20], "neither a key"),
    "cut within the signature": (lambda: signed()[:-18], "not a valid token"),
    "cut within a byte of the signature": (lambda: signed()[:-17], "neither a key"),
    "critical extension": (lambda: with_head("rsa", crit=["x"], x=1), "neither a key"),
    "no token": (lambda: "hello", "neither a key"),
    "three dots": (lambda: "...", "neither a key"),
    "too long": (lambda: "a" * (MOST_CHARACTERS + 1), "characters"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(verifier: TokenVerifier, name: str) -> None:
    make_token, why = REFUSED[name]
    token = make_token()
    with pytest.raises(Unauthenticated, match=why) as refused:
        ask(verifier, token)
    assert "invalid_token" in refused.value.headers["WWW-Authenticate"]
    assert "jane" not in str(refused.value)


def test_clocks_may_differ_by_the_leeway_and_no_more(verifier: TokenVerifier) -> None:
    assert ask(verifier, signed(exp=time.time() - 20), signed(nbf=time.time() + 20))


@pytest.mark.parametrize(
    ("claim", "said", "names", "roles"),
    [
        ("roles", {"roles": ["auditor", "reviewer", "cook"]}, None, {"auditor", "reviewer"}),
        ("roles", {"roles": "auditor reviewer"}, None, {"auditor", "reviewer"}),
        ("roles", {"roles": None}, None, set()),
        ("roles", {"roles": [["admin"], 1, None]}, None, set()),
        ("roles", {"roles": {"admin": True}}, None, set()),
        ("realm_access.roles", {"realm_access": {"roles": ["admin"]}}, None, {"admin"}),
        ("realm_access.roles", {"realm_access": ["admin"]}, None, set()),
        ("https://x.example/roles", {"https://x.example/roles": ["admin"]}, None, {"admin"}),
        ("groups", {"groups": ["US-QA", "admin"]}, {"US-QA": Role.AUDITOR}, {"auditor"}),
    ],
)
def test_roles(tmp_path: Path, claim: str, said: dict[str, Any], names: Any, roles: set[str]) -> None:
    issuer = Issuer(ISSUER.issuer, ISSUER.audience, claim, **({} if names is None else {"role_names": names}))
    verifier = TokenVerifier(issuer, Refreshed(keys_in(tmp_path, jwk("rsa")), Ages(300, 0, 3600)), hashed)
    assert ask(verifier, signed(**said))[0].roles == roles


def test_a_checked_token_is_remembered_but_not_beyond_its_end(tmp_path: Path) -> None:
    at = [time.time()]
    keys = keys_in(tmp_path, jwk("rsa"))
    verifier = TokenVerifier(ISSUER, Refreshed(keys, Ages(0, 0, 3600)), hashed, clock=lambda: at[0])
    token = signed()
    ask(verifier, token)
    keys_in(tmp_path, jwk("other"))
    assert ask(verifier, token)  # its signature is not checked again for a minute
    at[0] += 61
    with pytest.raises(Unauthenticated):
        ask(verifier, token)


def test_a_new_key_of_the_provider_is_found(tmp_path: Path) -> None:
    verifier = TokenVerifier(ISSUER, Refreshed(keys_in(tmp_path, jwk("other", "old")), Ages(300, 0, 3600)), hashed)

    async def rolled_over() -> Any:
        with pytest.raises(Unauthenticated):
            await verifier.principal(signed())
        keys_in(tmp_path, jwk("rsa"))
        return await verifier.principal(signed())

    assert asyncio.run(rolled_over()).roles


@pytest.mark.parametrize("content", ["", "[]", '{"keys": 3}', '{"keys": [3]}', "{}", "x" * 1_000_001])
def test_keys_that_cannot_be_read(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content)
    with pytest.raises(IssuerUnreachable):
        Jwks(str(tmp_path / "jwks.json"))()


def test_keys_over_an_open_line_are_not_believed() -> None:
    with pytest.raises(BadSetting, match="expected https or a file"):
        Jwks("http://login.example/jwks")
    with pytest.raises(IssuerUnreachable):
        Jwks("http://127.0.0.1:9/jwks")()
