"""The page as a file: one script, its policy, the same bytes; and what the bundler refuses."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from auditor.checker.page import bundle, page

MODULES = Path(__file__).parents[2] / "auditor/checker"


def policy_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_it_may_run_its_own_script_and_ask_for_nothing() -> None:
    text = page("1.2.3")
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    [script] = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    directives = {name: rest for name, *rest in (each.split() for each in policy.split(";"))}
    assert directives == {
        "default-src": ["'none'"],
        "script-src": [policy_of(script)],
        "style-src": [policy_of(style)],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert "auditor 1.2.3." in text
    assert not re.search(r"\b(?:src|href)=\"(?!#)|https?://", text.replace(script, ""))


def test_it_holds_every_module_whole_and_once() -> None:
    text = page("1")
    for path in MODULES.rglob("*.mjs"):
        name = path.relative_to(MODULES).as_posix()
        assert text.count(f"// ---- {name} ----") == 1, name
        comment = path.read_text().splitlines()[0]
        assert comment.startswith("// ")
        assert comment in text


def test_the_same_version_is_the_same_page() -> None:
    assert page("1") == page("1")


def test_names_stay_apart_and_modules_run_once_in_order() -> None:
    main = [
        "import { one as first } from './a/one.mjs';",
        "import { two } from './b.mjs';",
        "import * as b from './b.mjs';",
        "first(two, b.two);",
    ]
    one = [
        "import { two } from '../b.mjs';",
        "const own = 1;",
        "export const one = () => own + two;",
        "export { own };",
    ]
    two = ["const own = 2;", "export const two = own;"]
    named = {"main.mjs": main, "a/one.mjs": one, "b.mjs": two}
    sources = {name: "\n".join(lines) + "\n" for name, lines in named.items()}
    with pytest.raises(ValueError, match=r"a/one.mjs: 'export \{ own \};' is of a form"):
        bundle("main.mjs", sources.__getitem__)
    sources["a/one.mjs"] = sources["a/one.mjs"].replace("export { own };", "")
    text = bundle("main.mjs", sources.__getitem__)
    assert re.findall(r"---- (\S+) ----", text) == ["b.mjs", "a/one.mjs", "main.mjs"]
    assert "const { one: first } = module_a_one;" in text
    assert "const b = module_b;" in text


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ({"m": "import { a } from './n';\n", "n": "import { b } from './m';\n"}, "m -> n -> m"),
        ({"m": "import './n';\n", "n": ""}, "import './n';"),
        ({"m": "import a from './n';\n", "n": ""}, "import a from './n';"),
        ({"m": "export default 1;\n"}, "export default 1;"),
        ({"m": "import { b } from './n';\n", "n": "export const a = 1, b = 2;\n"}, "not export b"),
        (
            {
                "m": "import * as a from './a_b';\nimport * as b from './a/b';\n",
                "a_b": "",
                "a/b": "",
            },
            "another module has the same name",
        ),
        ({"m": "const a = '</script>';\n"}, "end the script"),
        ({"m": "const a = '<!--';\n"}, "end the script"),
    ],
)
def test_what_would_not_mean_the_same_is_refused(sources: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        bundle("m", sources.__getitem__)
