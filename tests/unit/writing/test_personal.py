"""A person's number is found however it was copied; what only looks a little like one is let be."""

import pytest

from services.writing.personal import holds_identity_card, holds_landline, holds_mobile


@pytest.mark.parametrize(
    "text",
    [
        "13812340002",
        "１３８１２３４０００２",
        "138\u30001234\u30000002",
        "138\u00a01234\u00a00002",
        "138\t1234\t0002",
        "138.1234.0002",
        "138·1234·0002",
        "138/1234/0002",
        "138|1234|0002",
        "138~1234~0002",
        "138:1234:0002",
        "138*1234*0002",
        "1\u180b3\u180b8\u180b12340002",
        "1\u03003\u033281234\u20de0002",
        "⑴⑶⑻12⑶⑷000⑵",
        "⒈⒊⒏12340002",
        "١٣٨١٢٣٤٠٠٠٢",
        "১৩৮১২৩৪০০০২",
        "❶❸❽❶❷❸❹⓿⓿⓿❷",
        "1\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e312340002",
        "138\u200b1234\u200b0002",
        "+8613812340002",
        "008613812340002",
        "013812340002",
        "\u202d138 1234 0002\u202c",
        "138\u20131234\u20130002",
        "138－1234－0002",
        "138-1234 0002",
        "(86)138-1234-0002",
        "1 3 8 1 2 3 4 0 0 0 2",
        "王某13812340002请回",
        "2026-11-22 13812340002",
        "3栋2 138-1234-0002",
        "1381234\n0002",
        "13812340002转1",
        "261122-482-1390 13812340002",
        "tel13812340002x",
        "138\u00ad1234\u00ad0002",
    ],
    ids=ascii,
)
def test_a_mobile_is_found(text: str) -> None:
    assert holds_mobile(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22 10:30",
        "2026.11.22 10.30",
        "2026/11/22 10:30",
        "13/11/2026 10:30",
        "1301/1302/1303",
        "工单 261122-482-1390",
        "261122-138-1390 2026-11-23",
        "13-2-501 12345",
        "18-2-1301",
        "转 12345 热线",
        "400-800-1234",
        "1381234000",
        "138123400021",
        "G13812345678901",
        "1301 1302 1303",
        "13:30-14:30 15",
        "HX-20261122-0138123",
        "1381234、0002",
        "23812340002",
        "95588",
    ],
    ids=ascii,
)
def test_what_is_no_mobile_is_let_be(text: str) -> None:
    assert not holds_mobile(text)
    assert not holds_landline(text)
    assert not holds_identity_card(text)


@pytest.mark.parametrize(
    "text",
    ["010-62345678", "0311 8123456", "+86 10 6234 5678", "０１０－６２３４５６７８", "电话01062345678"],
    ids=ascii,
)
def test_a_landline_is_found_and_is_no_mobile(text: str) -> None:
    assert holds_landline(text)
    assert not holds_mobile(text)


@pytest.mark.parametrize(
    "text",
    [
        "身份证11010519491231002X号",
        "110105 19491231 002x",
        "440524188001010014",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u200b19491231002X",
    ],
    ids=ascii,
)
def test_the_number_of_an_identity_card_is_found(text: str) -> None:
    assert holds_identity_card(text)


@pytest.mark.parametrize("text", ["110105194912310021", "11010519491331002X", "1101051949123100", "622202020011223344"])
def test_eighteen_digits_without_its_check_digit_are_no_identity_card(text: str) -> None:
    assert not holds_identity_card(text)
