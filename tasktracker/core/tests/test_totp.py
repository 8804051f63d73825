"""Codes of an authenticator app, against the vectors of RFC 6238."""

import base64

import pytest

from tasktracker.core import totp

KEY = base64.b32encode(b"12345678901234567890").decode()
# Appendix B of the RFC gives eight digits; six are the last six of them.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]


@pytest.mark.parametrize(("moment", "code"), VECTORS)
def test_the_vectors_of_the_rfc(moment: int, code: str) -> None:
    assert totp.code_at(KEY, moment) == code
    assert totp.step_of(KEY, code, after=0, now=moment) == moment // 30


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    now = 1_800_000_015
    found = {off: totp.step_of(KEY, totp.code_at(KEY, now + off), after=0, now=now) for off in (-60, -30, 0, 30, 60)}
    assert {off for off, step in found.items() if step is not None} == {-30, 0, 30}


def test_no_code_works_twice_nor_an_older_one_after_it() -> None:
    now = 1_800_000_015
    step = totp.step_of(KEY, totp.code_at(KEY, now), after=0, now=now)
    assert step is not None
    assert totp.step_of(KEY, totp.code_at(KEY, now), after=step, now=now) is None
    assert totp.step_of(KEY, totp.code_at(KEY, now - 30), after=step, now=now) is None
    assert totp.step_of(KEY, totp.code_at(KEY, now + 30), after=step, now=now) == step + 1


@pytest.mark.parametrize("code", ["", "0", "28708", "2870822", "２８７０８２", "abcdef"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert totp.step_of(KEY, code, after=0, now=59) is None


def test_keys_are_random_and_the_address_says_what_an_app_needs() -> None:
    assert totp.new_key() != totp.new_key()
    assert len(base64.b32decode(totp.new_key())) == 20
    address = totp.address(KEY, "ada lovelace")
    assert address.startswith("otpauth://totp/Task%20Tracker:ada%20lovelace?")
    assert f"secret={KEY}" in address
