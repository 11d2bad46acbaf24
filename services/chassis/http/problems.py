"""Problems: every error answer is `application/problem+json` (RFC 9457), its type stable, in the caller's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Locale = Literal["zh-CN", "en"]
_RESERVED = {"type", "title", "status", "detail", "instance"}


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. `slug` never changes; the details may name the problem's parameters in braces."""

    slug: str
    status: int
    title_zh: str
    title_en: str
    detail_zh: str
    detail_en: str


class Problem(Exception):
    """Something that a caller did or asked is refused. `params` fill the detail and are answered as members."""

    def __init__(self, what: "str | ProblemType", headers: Mapping[str, str] | None = None, **params: Any) -> None:
        self.slug = what if isinstance(what, str) else what.slug
        super().__init__(self.slug)
        self.headers = dict(headers or {})
        self.params = params


# fmt: off
MALFORMED_REQUEST = ProblemType(
    "malformed-request", 400, "请求格式不对", "Malformed request",
    "请求的 {part} 不符合 HTTP 的格式。", "The request's {part} is not well-formed.")
MALFORMED_QUERY = ProblemType(
    "malformed-query", 400, "查询参数格式不对", "Malformed query",
    "查询字符串不是正确的百分号编码的 UTF-8，或含有控制字符。",
    "The query string is not percent-encoded UTF-8, or holds control characters.")
MALFORMED_JSON = ProblemType(
    "malformed-json", 400, "JSON 格式不对", "Malformed JSON",
    "请求内容不是合格的 UTF-8 JSON。", "The body is not well-formed JSON in UTF-8.")
BAD_CURSOR = ProblemType(
    "bad-cursor", 400, "翻页标记无效", "Bad cursor",
    "翻页标记不是本接口给出的，请从第一页重新开始。",
    "The cursor was not given out by this list; start again from the first page.")
IDEMPOTENCY_KEY_REQUIRED = ProblemType(
    "idempotency-key-required", 400, "缺少可用的 Idempotency-Key", "No usable Idempotency-Key",
    "新建时必须带 Idempotency-Key 请求头；凡带上的，须为 1 至 128 个可见 ASCII 字符，未登录时至少 16 个。",
    "What creates something needs the header Idempotency-Key; wherever it is sent it has 1 to 128 visible ASCII "
    "characters, at least 16 without a token.")
AUTHENTICATION_REQUIRED = ProblemType(
    "authentication-required", 401, "需要登录", "Authentication required",
    "请在 Authorization 请求头中提供令牌。", "Send a bearer token in the header Authorization.")
TOKEN_EXPIRED = ProblemType(
    "token-expired", 401, "令牌已过期", "Token expired",
    "令牌已过期，请重新登录。", "The token has expired; sign in again.")
TOKEN_INVALID = ProblemType(
    "token-invalid", 401, "令牌无效", "Token invalid",
    "令牌无效，请重新登录。", "The token is not valid here; sign in again.")
SIGNED_OUT = ProblemType(
    "signed-out", 401, "登录已失效", "Signed out",
    "密码、角色或密钥有变动，此前的登录已失效，请重新登录。",
    "A password, a role or a key has changed since you signed in: please sign in again.")
ACCOUNT_DISABLED = ProblemType(
    "account-disabled", 403, "账号已停用", "Account disabled",
    "您的账号已停用，不能再办理；如有疑问请联系管理员。",
    "Your account is disabled and does nothing any more; ask your administrator.")
NOT_ALLOWED = ProblemType(
    "not-allowed", 403, "没有权限", "Not allowed",
    "您的角色不能做这件事。", "Your role does not allow this.")
ONLY_PEOPLE = ProblemType(
    "only-people", 403, "须由人办理", "Only for people",
    "这件事只能由个人办理，系统账号不行。", "This is for people; a program's account does not do it.")
NOT_FOUND = ProblemType(
    "not-found", 404, "没有找到", "Not found",
    "没有这个对象，或您无权查看。", "There is no such thing, or it is not yours to see.")
NO_SUCH_ROUTE = ProblemType(
    "no-such-route", 404, "没有这个地址", "No such address",
    "本系统没有这个地址。", "This system has no such address.")
METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, "不支持这个方法", "Method not allowed",
    "这个地址不支持该请求方法。", "This address does not know that method.")
CONFLICT = ProblemType(
    "conflict", 409, "冲突", "Conflict",
    "同样的对象已经存在，或同时被别人改动。", "The same thing exists already, or somebody changed it just now.")
CURSOR_EXPIRED = ProblemType(
    "cursor-expired", 410, "翻页标记已过期", "Cursor expired",
    "该标记之后的部分事件已清理，请先取快照再从头读取。",
    "Events after the cursor have left the log: begin with a snapshot.")
STALE = ProblemType(
    "stale", 412, "内容已被改动", "Stale",
    "您看到的版本已经不是最新的，请重新读取后再改。", "It has changed since you read it; read it again first.")
TOO_LARGE = ProblemType(
    "too-large", 413, "请求内容过大", "Too large",
    "请求内容不能超过 {limit_bytes} 字节。", "The body may have at most {limit_bytes} bytes.")
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported-media-type", 415, "内容类型不支持", "Unsupported media type",
    "只接受 application/json（UTF-8）。", "Only application/json in UTF-8 is accepted.")
INVALID_INPUT = ProblemType(
    "invalid-input", 422, "输入有误", "Invalid input",
    "有字段填写有误，见 errors。", "Some fields are wrong; see errors.")
IDEMPOTENCY_KEY_REUSED = ProblemType(
    "idempotency-key-reused", 422, "Idempotency-Key 已用过", "Idempotency-Key reused",
    "这个 Idempotency-Key 已用于内容不同的请求。", "This Idempotency-Key was used with another request.")
IF_MATCH_REQUIRED = ProblemType(
    "if-match-required", 428, "缺少 If-Match", "If-Match required",
    "修改时必须带 If-Match 请求头，内容为读取时得到的 ETag。",
    "An edit needs the header If-Match with the ETag that you read.")
TOO_MANY_REQUESTS = ProblemType(
    "too-many-requests", 429, "请求过于频繁", "Too many requests",
    "请在 {retry_after_seconds} 秒后再试。", "Try again in {retry_after_seconds} seconds.")
INTERNAL_ERROR = ProblemType(
    "internal-error", 500, "系统内部错误", "Internal error",
    "系统出错了，已经记录。请提供 instance 中的编号。",
    "Something went wrong and was recorded; quote the number in instance.")
BUSY = ProblemType(
    "busy", 429, "系统正忙", "Busy",
    "同时处理的请求过多，请在 {retry_after_seconds} 秒后再试。",
    "Too much is being worked on at the same time; try again in {retry_after_seconds} seconds.")
UNAVAILABLE = ProblemType(
    "unavailable", 503, "暂时不可用", "Unavailable",
    "系统暂时不可用，请稍后用同一个 Idempotency-Key 再试。",
    "The system cannot do this just now; try again shortly with the same Idempotency-Key.")

CHASSIS_PROBLEMS: tuple[ProblemType, ...] = (
    MALFORMED_REQUEST, MALFORMED_QUERY, MALFORMED_JSON, BAD_CURSOR, IDEMPOTENCY_KEY_REQUIRED, AUTHENTICATION_REQUIRED,
    TOKEN_EXPIRED, TOKEN_INVALID, SIGNED_OUT, ACCOUNT_DISABLED, NOT_ALLOWED, ONLY_PEOPLE, NOT_FOUND,
    NO_SUCH_ROUTE, METHOD_NOT_ALLOWED, CONFLICT, CURSOR_EXPIRED, STALE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE,
    INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, IF_MATCH_REQUIRED, TOO_MANY_REQUESTS, INTERNAL_ERROR, BUSY, UNAVAILABLE,
)
# fmt: on


class Catalog:
    """The problem types that a service can answer: the chassis' own and its own."""

    def __init__(self, own: Iterable[ProblemType] = ()) -> None:
        self._types = {kind.slug: kind for kind in CHASSIS_PROBLEMS}
        for kind in own:
            if kind.slug in self._types:
                raise ValueError(f"problem type {kind.slug!r} is declared twice")
            self._types[kind.slug] = kind

    def find(self, error: BaseException) -> ProblemType | None:
        """The type of anything that was raised with a `slug`; None for a slug that nobody declared."""
        slug = getattr(error, "slug", None)
        return self._types.get(slug) if isinstance(slug, str) else None

    def __iter__(self) -> Any:
        return iter(self._types.values())


_MORE: Mapping[Locale, str] = {"zh-CN": "另有 {} 处有误未列出。", "en": " {} more are not listed."}


def document(kind: ProblemType, params: Mapping[str, Any], locale: Locale, instance: str | None) -> dict[str, Any]:
    """The body of a problem answer."""
    title, template = (kind.title_zh, kind.detail_zh) if locale == "zh-CN" else (kind.title_en, kind.detail_en)
    body: dict[str, Any] = {"type": f"/problems/{kind.slug}", "title": title, "status": kind.status}
    body["detail"] = template.format_map(_Shown(params, locale))
    if params.get("more_errors"):
        body["detail"] += _MORE[locale].format(params["more_errors"])
    if instance:
        body["instance"] = f"urn:correlation:{instance}"
    body.update({name: _member(value) for name, value in params.items() if name not in _RESERVED})
    return body


class _Shown(dict[str, Any]):
    """Parameters as they read in a sentence; one that is missing does not turn a refusal into a crash."""

    def __init__(self, params: Mapping[str, Any], locale: Locale) -> None:
        super().__init__({name: _spoken(value, locale) for name, value in params.items()})

    def __missing__(self, name: str) -> str:
        return "…"


_BETWEEN: Mapping[Locale, str] = {"zh-CN": "、", "en": ", "}
_NOTHING: Mapping[Locale, str] = {"zh-CN": "无", "en": "none"}


def _spoken(value: Any, locale: Locale) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        return _BETWEEN[locale].join(str(_member(item)) for item in value) or _NOTHING[locale]
    return str(_member(value))


def _member(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _member(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_member(item) for item in value]
    return str(value)
