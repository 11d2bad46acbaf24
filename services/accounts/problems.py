"""What accounts may answer besides the problems of the chassis, and what it says to who registers."""

from services.chassis.http import ProblemType

# fmt: off
PROBLEMS = (
    ProblemType("sign-in-failed", 401, "登录失败", "Sign-in failed",
                "账号或密码不对。", "The login or the password is wrong."),
    ProblemType("wrong-password", 422, "密码不对", "Wrong password",
                "现在的密码不对。", "The present password is wrong."),
    ProblemType("wait-before-retry", 429, "请稍候再试", "Wait before you try again",
                "密码多次输错，请在 {retry_after_seconds} 秒后再试。",
                "After several wrong passwords, try again in {retry_after_seconds} seconds."),
    ProblemType("login-taken", 409, "账号名已被使用", "Login taken",
                "这个账号名已被使用。", "This login is in use."),
    ProblemType("malformed-login", 422, "账号名不合规", "Malformed login",
                "账号名应为 {shortest} 至 {longest} 个字符，不含空格。",
                "A login has {shortest} to {longest} characters and no spaces."),
    ProblemType("weak-password", 422, "密码太弱", "Weak password",
                "密码应为 {shortest} 至 {longest} 个字符，不能含有账号名，不能只用几个相同的字符，"
                "也不能是常见词或几个字母加数字。",
                "A password has {shortest} to {longest} characters, not the login, not only a few different ones, and "
                "is no common word or a few letters with digits."),
    ProblemType("unknown-role", 422, "没有这个角色", "Unknown role",
                "没有角色 {role}；可用的有：{known}。", "There is no role {role}; there are: {known}."),
    ProblemType("malformed-area-path", 422, "区域路径不合规", "Malformed area path",
                "区域路径应如 /county/street/。", "An area path looks like /county/street/."),
    ProblemType("area-too-wide", 422, "区域过大", "Area too wide",
                "居民只能登记在社区或其下的区域。", "A resident registers at a community or a place beneath it."),
    ProblemType("area-too-narrow", 422, "区域过小", "Area too narrow",
                "角色 {role} 属于一级机构：区县角色授予县、街道角色授予街道、社区角色授予社区，不能授予 {area_path}。",
                "The role {role} is an office's: district at a county, street at a street, community at a community, "
                "never at {area_path}."),
    ProblemType("unknown-place", 422, "没有这个区域", "Unknown place",
                "没有区域 {area_path}。如果刚刚导入，请过几秒再试；否则请核对路径。",
                "There is no place at {area_path}. If it was loaded a moment ago, try again in a few seconds; "
                "else look at the spelling."),
    ProblemType("too-many-grants", 422, "角色过多", "Too many grants",
                "一个账号最多 {most} 个角色，区域路径很长时更少。",
                "An account has at most {most} grants, fewer where area paths are very long."),
    ProblemType("outside-your-area", 403, "超出您的管理范围", "Outside your area",
                "区域 {area_path} 不在您的管理范围内。", "The area {area_path} is not yours to administer."),
    ProblemType("own-account", 409, "不能修改自己的账号", "Own account",
                "不能修改自己的角色和状态，请由另一位管理员修改。",
                "Nobody changes his own roles or state; ask another administrator."),
    ProblemType("too-many-keys", 409, "密钥过多", "Too many keys",
                "一个账号最多有 {most} 个有效密钥，请先停用不用的。",
                "An account has at most {most} live keys; revoke one first."),
    ProblemType("keys-are-for-services", 422, "密钥只给系统用", "Keys are for services",
                "只有 kind 为 service 的账号才有密钥；个人用密码登录。",
                "Only an account of kind service has keys; people sign in with a password."),
    ProblemType("services-sign-in-by-key", 422, "系统账号不用密码", "Services sign in by key",
                "kind 为 service 的账号没有密码，请为它签发密钥。",
                "An account of kind service has no password; issue a key for it."),
    ProblemType("only-people-issue-keys", 403, "密钥须由人签发", "Only people issue keys",
                "密钥要有人负责，只能由个人账号签发或接管。",
                "Somebody must answer for a key: only a person's account issues or adopts one."),
    ProblemType("only-people-end-keys", 403, "密钥须由人停用", "Only people end keys",
                "系统账号只能停用自己正在使用的密钥；其他密钥请由个人账号停用，紧急时可先停用该账号。",
                "A program ends only the key by which it came: have a person end another, "
                "or disable its account meanwhile."),
    ProblemType("only-people-give-roles", 403, "角色须由人授予", "Only people give roles",
                "系统账号只能授予居民角色，不能启用有其他角色的账号，也不能设置密码；请由个人账号办理。",
                "A program gives no role but resident, enables no account with another, and sets no password: "
                "have a person do it."),
    ProblemType("key-suspended", 403, "密钥已暂停", "Key suspended",
                "签发这个密钥的管理员已停用或不再管理这个账号；请另一位管理员接管这个密钥，或签发新的。",
                "The administrator who issued this key is disabled or administers its account no more; "
                "have another administrator adopt the key, or issue a new one."),
    ProblemType("key-is-over", 409, "密钥已失效", "Key is over",
                "这个密钥已停用或已过期，请签发新的。", "This key was revoked or has expired; issue a new one."),
)
# fmt: on
REGISTERED = {
    "zh-CN": "已收到登记。请用这个账号名和密码登录；如果登录不了，说明这个账号名以前登记过，原来的密码没有改变，"
    "请用原来的密码登录。忘记密码的，请到社区服务站求助。",
    "en": "Your registration has arrived. Sign in with this login and password. If that fails, the login was "
    "registered before and its password has not changed: sign in with the earlier one, or ask at your station "
    "if it is lost.",
}  # fmt: skip
"""To everybody the same: it does not say which of the two holds."""
