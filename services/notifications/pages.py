"""The one page of notifications: an e-mail address is confirmed with a button, without a script."""

from html import escape

from services.notifications.handlers.confirming import Link

_TEXTS = {
    "zh-CN": {
        "title": "确认邮箱", "button": "确认这个邮箱",
        Link.OPEN: "有人登记事项时留了这个邮箱。确认后，与您有关的其他事项也会通知到这里。不是您本人的，请不要确认。",
        Link.USED: "这个邮箱已经确认。",
    },
    "en": {
        "title": "Confirm your address", "button": "This is my address",
        Link.OPEN: "Somebody gave this address with a matter. Once you confirm it, you will hear of your other matters "
        "here too. If it is not yours, leave it.",
        Link.USED: "This address is confirmed.",
    },
}  # fmt: skip
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


def page(locale: str, state: Link) -> bytes:
    """In the reader's language, with the button where there is something to confirm."""
    texts = _TEXTS[locale]
    form = f'<form method="post"><button>{escape(texts["button"])}</button></form>' if state is Link.OPEN else ""
    text = (
        f'<!doctype html><html lang="{locale}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(texts['title'])}</title><h1>{escape(texts['title'])}</h1><p>{escape(texts[state])}</p>{form}"
    )
    return text.encode()
