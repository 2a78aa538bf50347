"""Instructions: sentences that tell what to do, in English and Chinese, and questions that are put as one."""

import json
import re
from pathlib import Path

_WORDS = json.loads(Path(__file__).with_name("instruction_verbs.json").read_text("utf-8"))
_VERBS = "|".join(_WORDS["verbs"])
_NOUNS_TOO = "|".join(_WORDS["also_nouns"])
# "Charge level" is a thing and "Charge the battery" is to be done.
_THING = (
    r"(?:the|an?|my|your|our|their|its?|this|that|these|those|all|any|each|every|both|up|off|out|in|on)\b"
)
_DO = rf"(?:(?:{_VERBS})\b(?! (?:is|are|was|were)\b)|(?:{_NOUNS_TOO}) {_THING})"
_FIRST = (
    r"(?:(?:then|next|now|first|finally|afterwards|lastly|please|pls|carefully|again|always|optionally)\b,? )"
)
_INSTRUCTS = re.compile(
    rf"\W*(?:step \d+\W+|\d{{1,3}}[.)]\s+)?{_FIRST}{{0,2}}{_DO}"
    rf"|\W*(?:to|in|on|under|if|when|once|after|before|from)\b[^.!?]{{2,80}}, {_FIRST}?{_DO}"
    r"|\W*(?:第[一二三四五六七八九十\d]+步|首先|然后|接着|接下来|最后|随后|请|先|再|点击|选择|打开|关闭|输入|按下|拔|插"
    r"|拆|装|检查|确认|设置|进入|安装|卸载|下载|重启|运行|执行|添加|删除|修改|切换|启动|停止|排空|冲洗|佩戴|通知|填写|提交)",
    re.IGNORECASE,
)
_WISHES = re.compile(
    rf"^\W*(?:(?:(?:i|we)(?:['’]d)? )?(?:want|need|would like|like|have|try|trying|wish) to |help me (?:to )?"
    rf"|please |pls )?(?:{_DO})[^?？]*$"
    rf"|[.,;:!–—-]\s+(?:please |pls )?(?:{_VERBS}|{_NOUNS_TOO})(?: \w+){{0,3}}\s*[?.!]*\s*$",
    re.IGNORECASE,
)


def is_instruction(text: str) -> bool:
    """Return whether a sentence tells what to do: it begins with the verb, or with its place or time."""
    return bool(_INSTRUCTS.match(text))


def asks_to_do(question: str) -> bool:
    """Return whether a question without a question word names what is to be done: "stop my subsidy"."""
    return bool(_WISHES.search(question))
