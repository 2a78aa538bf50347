"""What a model thinks before it answers, told from the answer line by line.

Thought stands between tags (`<think>` and those of other models), behind a tag that is never closed, or
before a closing tag alone: some chat templates write the opening tag into the prompt.
"""

import re

_NAMES = (
    r"think(?:ing)?|thoughts?|reason(?:ing)?|reflect(?:ion)?|analysis|scratchpad|inner_monologue|seed:think"
)
_OPENING = (
    rf"<(?:{_NAMES})>|\[THINK\]|◁think▷|<\|(?:begin_of_thought|START_THINKING)\|>|<unused94>(?:thought)?"
    r"|<\|?channel\|?>\s*(?:analysis|commentary|thought)\s*(?:<\|message\|>)?"
)
_CLOSING = (
    rf"</(?:{_NAMES})>|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|END_THINKING)\|>|<unused95>|<channel\|>"
    r"|(?:<\|end\|>)?(?:<\|start\|>)?(?:assistant)?<\|channel\|>\s*final\s*(?:<\|message\|>)?|assistantfinal"
)
_TAG = re.compile(f"(?P<closing>{_CLOSING})|{_OPENING}", re.IGNORECASE)
_ENDS_OPEN = re.compile(rf"(?:{_OPENING})\s*\Z", re.IGNORECASE)
# Tags around the answer itself, which are no part of it.
_AROUND = re.compile(
    r"</?(?:answer|final_answer|response|output)>|<\|(?:begin|end)_of_solution\|>"
    r"|<\|(?:(?:START|END)_RESPONSE|message|return|end|start)\|>",
    re.IGNORECASE,
)


def opens_thought(prompt: str) -> bool:
    """Return whether a prompt ends with a tag that begins thought, so that the answer begins inside it."""
    return bool(_ENDS_OPEN.search(prompt))


class ThoughtFilter:
    """Takes the lines of an answer in order, and gives what of each is answer."""

    def __init__(self) -> None:
        self.thinks = False
        """Whether the latest line ended in thought."""
        self.closed_alone = False
        """Whether a closing tag stood without an opening one: all before it was thought."""

    def line(self, line: str) -> str:
        """Return what of a line is answer."""
        said, place = "", 0
        for tag in _TAG.finditer(line):
            said += "" if self.thinks else line[place : tag.start()]
            if tag["closing"] and not self.thinks:
                said, self.closed_alone = "", True
            self.thinks, place = not tag["closing"], tag.end()
        said += "" if self.thinks else line[place:]
        return _AROUND.sub("", said).strip()
