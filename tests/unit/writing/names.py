"""Usual names, and texts that deceive who reads them as a name."""

DECEIVING = (
    "\u200b",
    "\u202eabc",
    "a\nb",
    "a\r\nb",
    "a\u2028b",
    "a\u2029b",
    "a\tb",
    "a\u200fb",
    "\u2066a\u2069",
    "\u3164",
    "\uffa0",
    "a\u180bb",
    "   ",
)
NAMES = ("河曲县", "Xikou street", "第 3 网格", "西口\u3000社区", "葛\U000e0100", "①号院", "O'Neill—Ω")
