"""One person has one number, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.writing.telephones import masked_telephone, normal_telephone

WRITTEN = {
    "13812340001": (
        "13812340001", "١٣٨١٢٣٤٠٠٠١",
        "013812340001", "+86 13812340001", "+86 0138 1234 0001", "8613812340001", "86 138-1234-0001",
        "(86)13812340001", "(+86) 138 1234 0001", "0086-138-1234-0001", "+86-138-1234-0001",
        "\u202d138 1234 0001\u202c",
        "138\u200b1234\u200b0001",
        "138\u20131234\u20130001", "138.1234.0001", "138·1234·0001",
        "１３８１２３４０００１", "＋８６　１３８　１２３４　０００１",
        "\ufeff+86\u00a0138\u00a01234\u00a00001", "138\t1234\t0001", "tel:+86-138-1234-0001",
        "138—1234—0001", "138−1234−0001", " 138 1234 0001 ", "１３８－１２３４－０００１", "\u2068+8613812340001\u2069",
    ),
    "01062345678": (
        "010-62345678", "01062345678", "(010)62345678", "+86 10 6234 5678", "0086-10-62345678", "86-10-62345678",
        "+86 (0)10 6234 5678", "+86 010 62345678", "010 6234 5678", "（010）6234－5678", "010\u20136234\u20135678",
    ),
    "01062345678转801": (
        "010-62345678转801", "010-62345678-801", "010 6234 5678 ext. 801", "010-62345678x801", "010-62345678,801",
        "01062345678#801", "+86 10 62345678 分机 801", "010-62345678 转：801",
        "+86-10-62345678;ext=801", "01062345678-801",
    ),
    "03118123456": ("0311-8123456", "+86 311 812 3456", "(0311) 812-3456"),
    "031181234567": ("0311-81234567", "0311-8123-4567", "0086 311 8123 4567"),
    "03118123456转7": ("0311-8123456-7", "03118123456转7"),
    "4008001234": ("400-800-1234", "4008001234", "400 8001 234", "+86 400 800 1234"),
    "8008201234": ("800-820-1234",),
    "+85291234567": ("+852 9123 4567", "00852-9123-4567", "+852-91234567"),
    "+12125551234转5": ("+1 212-555-1234 x5", "+1 (212) 555-1234 ext 5"),
    "+442079460958": ("+44 (0)20 7946 0958", "+44 20 7946 0958"),
    "13812340001转22": ("13812340001转22",),
}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "normal"), [(one, normal) for normal, forms in WRITTEN.items() for one in forms], ids=ascii
)
def test_a_number_has_one_spelling_however_it_is_written(written: str, normal: str) -> None:
    assert normal_telephone(written) == normal


@pytest.mark.parametrize("normal", WRITTEN)
def test_the_one_spelling_is_its_own(normal: str) -> None:
    assert normal_telephone(normal) == normal


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "-", "110", "12345", "95588", "23812340001", "1381234000", "138123400012", "call me", "+", "+86",
        "62345678", "010-1234567", "010-02345678", "86", "+86 86 138 1234 0001", "13812340001 13812340002",
        "13812340001/13812340002", "0138123400012", "+1", "+0123456789", "138123四0001", "138x", "转801", "٣٨١٢٣٤٠٠٠١",
        "+8613812340001+", "1" * 61, "010-62345678转8010000", "138+12340001",
    ],
    ids=ascii,
)  # fmt: skip
def test_what_cannot_be_a_number_is_none(written: str) -> None:
    with pytest.raises(ValueError, match="telephone"):
        normal_telephone(written)


@given(st.text(st.sampled_from("0123456789+-().转x, 　\u200b\u202d–８６"), max_size=24))
def test_what_has_been_spelt_once_is_spelt_the_same_again(written: str) -> None:
    try:
        normal = normal_telephone(written)
    except ValueError:
        return
    assert normal_telephone(normal) == normal


def test_masks_leave_enough_to_recognise_and_too_little_to_reach() -> None:
    assert masked_telephone("13800005678") == "138****5678"
    assert masked_telephone("03506000078") == "*********78"
    assert masked_telephone("01062345678转801") == "*************01"
    assert masked_telephone("+85291234567") == "**********67"
