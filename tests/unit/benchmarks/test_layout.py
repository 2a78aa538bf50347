import ast

from benchmarks.layout import Layout, body_lines, markdown, measure, percentile, public_methods


def parsed(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def methods(names: list[str], *, properties: bool = False) -> str:
    decorator = "    @property\n" if properties else ""
    return "".join(f"{decorator}    def {name}(self): ...\n" for name in names)


def test_body_lines_leave_out_signature_and_docstring() -> None:
    function = parsed('def add(\n    a,\n    b,\n):\n    """Add."""\n    c = a\n\n    return c + b\n')
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 3


def test_body_of_a_docstring_alone_is_empty() -> None:
    function = parsed('def run():\n    """Run."""\n')
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == 0


def test_public_methods_are_neither_private_nor_properties() -> None:
    kind = parsed("class Run:\n" + methods(["start", "_stop"]) + methods(["steps"], properties=True))
    assert isinstance(kind, ast.ClassDef)
    assert public_methods(kind) == {"start"}


def test_percentile_is_one_of_the_values() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2
    assert percentile([4, 1, 3, 2], 0.9) == 4
    assert percentile([7], 0.9) == 7


def test_measure_finds_crowded_folders_long_signatures_and_large_classes() -> None:
    modules = {f"core/store/m{number}.py": "" for number in range(15)}
    large = "class Large:\n" + methods([f"m{number}" for number in range(11)])
    signature = "def long(self, a, b, c, d, e, *, f, g): ...\ndef short(self, a, b, c, d, e, *, f): ...\n"
    layout = measure(
        {"core/__init__.py": '"""Core."""', "llm/large.py": large, "llm/long.py": signature, **modules}
    )
    assert layout.folders == {"core/store": 15, "llm": 2}
    assert layout.crowded == ["core/store"]
    assert layout.long_signatures == ["llm/long.py: long"]
    assert layout.large_classes == ["llm/large.py: Large"]


def test_markdown_has_a_row_for_each_state_and_marks_crowded_folders() -> None:
    before = Layout(
        folders={"llm": 15}, files=[10, 20], bodies=[1, 9], long_signatures=["llm/a.py: f"], large_classes=[]
    )
    after = Layout(folders={"llm/chat": 3}, files=[5], bodies=[2], long_signatures=[], large_classes=[])
    lines = markdown({"v1": before, "v2": after}).splitlines()
    assert "| v1 | 2 | 1 | 1 / 9 | 20 / 20 | 1 | 0 |" in lines
    assert "| llm | **15** |  |" in lines
    assert "| llm/chat |  | 3 |" in lines
    assert lines[-1] == "- llm/a.py: f"
