# Copyright (c) 2026, the linuxnet.tcp authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ctypes
import ctypes.util
import platform

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.globs import braces, fnmatch, glob_result
from ansible_collections.linuxnet.tcp.plugins.module_utils._boot.patterns import is_pattern, may_match

FNM_PATHNAME = 1
if platform.libc_ver()[0] != "glibc":
    pytest.skip("compares with fnmatch(3) of the GNU C library, which is not here", allow_module_level=True)
_libc = ctypes.CDLL(None)


def libc_fnmatch(pattern, text, flags=0):
    return _libc.fnmatch(pattern.encode("ascii"), text.encode("ascii"), flags) == 0


NAMES = ("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit")
CLASSES = ["[:%s:]" % name for name in NAMES]
INSIDE = st.lists(st.sampled_from(list("ab!^*?[") + ["a-b", "!-b", "\\a", "\\]", "b-a"] + CLASSES), min_size=1, max_size=3)
BRACKETS = st.builds("[{0}{1}{2}]".format, st.sampled_from(["", "", "!", "^"]), st.sampled_from(["", "", "]"]), INSIDE.map("".join))
PIECES = st.sampled_from(["a", "b", "-", "]", "*", "*", "?", "\\*", "\\a", "\\[", "!"]) | BRACKETS
PATTERNS = st.lists(PIECES, max_size=6).map("".join)
TEXTS = st.text("ab-]![^\\", max_size=6)


@given(PATTERNS, TEXTS)
@example("a\\", "a\\")
@example("[a", "[a")
def test_matches_what_the_c_library_matches(pattern, text):
    assert fnmatch(pattern, text) == libc_fnmatch(pattern, text)


@pytest.mark.parametrize("name", NAMES)
def test_each_class_holds_what_it_holds_for_the_c_library(name):
    every = [chr(number) for number in range(1, 128)]
    for pattern in ("[[:%s:]]", "[![:%s:]]", "[^[:%s:]_]"):
        assert [one for one in every if fnmatch(pattern % name, one)] == [one for one in every if libc_fnmatch(pattern % name, one)]


@pytest.mark.parametrize("pattern", [
    "[a-c]", "[!a-c]", "[^a-c]", "[a^]", "[a!]", "[]]", "[!]]", "[^]a]", "[]-a]", "[a-]", "[-a]", "[!-]", "[a-c-e]", "[c-a]", "[\\]]", "[\\a-\\c]", "[a-\\]]",
    "[\\-a]", "[[]", "[[:]", "[[:digit:]", "[[:digit]]", "[[:digit:]a-c]", "[a[:digit:]]", "[[:digit:]-c]", "[a-[:digit:]]", "[*]", "[?]", "\\[a]", "[",
    "[]", "[!", "[!]", "[a", "[a-", "[a-b", "[\\", "[\\]", "a]", "]", "\\", "a\\", "\\*", "\\\\", "*", "?", "*?", "?*", "a*", "*a", "*a*", "a*b*c", "a?c", "**",
    "", "a[b]c",
    "*[a-c]", "[:digit:]", "[[:digit:][:alpha:]]", "[![:digit:]a]", "[[:digit:]]5", "[/]", "[!a]*",
])  # fmt: skip
def test_brackets_and_stars_as_the_c_library_has_them(pattern):
    texts = [
        "",
        *map(chr, range(32, 127)),
        "ab",
        "ac",
        "abc",
        "aab",
        "abbc",
        "cab",
        "[a",
        "[a]",
        "a]",
        "a-",
        "5]",
        "[5]",
        "a5",
        "[:]",
        ":]",
        "[!",
        "[!]",
        "[]",
        "[a-b",
        "\\a",
        "a\\",
    ]
    assert [text for text in texts if fnmatch(pattern, text)] == [text for text in texts if libc_fnmatch(pattern, text)]


@given(
    st.lists(st.text("abc*?", min_size=1, max_size=5), min_size=1, max_size=4),
    st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4),
)
def test_a_wildcard_never_stands_for_a_slash(pattern, path):
    pattern, path = "/".join(pattern), "/".join(path)
    assert (glob_result(pattern, path) is not None) == libc_fnmatch(pattern, path, FNM_PATHNAME)


@given(st.text("abc", min_size=1, max_size=3), st.lists(st.text("abc", max_size=3), min_size=2, max_size=4))
def test_braces_stand_for_each_alternative(head, alternatives):
    assert braces("%s{%s}*" % (head, ",".join(alternatives))) == [head + one + "*" for one in alternatives]


@pytest.mark.parametrize("pattern, expanded", [
    ("a{b,c{d,e}}f", ["abf", "acdf", "acef"]),
    ("a{b,c}{d,e}", ["abd", "abe", "acd", "ace"]),
    ("a{b,c", ["a{b,c"]),
    ("a{}b", ["a{}b"]),
    ("a\\{b,c}", ["a\\{b,c}"]),
    ("{a}", ["a"]),
    ("{}", ["{}"]),
    ("{}{a,b}", ["{}a", "{}b"]),
    ("{,a}", ["", "a"]),
    ("{a,}b", ["ab", "b"]),
    ("a{b,{c,d}}{e}", ["abe", "ace", "ade"]),
    ("{{a,b}}", ["a", "b"]),
    ("{a,{b}", ["{a,{b}"]),
    ("a}{b,c}", ["a}b", "a}c"]),
    ("{a\\,b,c}", ["a\\,b", "c"]),
    ("{a\\},b}", ["a\\}", "b"]),
    ("\\{{a,b}", ["\\{a", "\\{b"]),
    ("a,b", ["a,b"]),
    ("{a,b}\\", ["a\\", "b\\"]),
    ("{a,b\\", ["{a,b\\"]),
    ("", [""]),
])  # fmt: skip
def test_braces(pattern, expanded):
    assert braces(pattern) == expanded


def test_a_bomb_of_braces_is_bounded():
    assert len(braces("{a,b}" * 60)) == 4096


def test_a_bomb_of_stars_is_fast():
    assert not fnmatch("*a" * 2000, "a" * 500 + "b")


@pytest.mark.parametrize("pattern, path, spelled", [
    ("net/core/som*", "net/core/somaxconn", "net/core/somaxconn"),
    ("net//core/som*", "net/core/somaxconn", "net//core/somaxconn"),
    ("/net/*/somaxconn", "net/core/somaxconn", "/net/core/somaxconn"),
    ("net/./core/*", "net/core/somaxconn", "net/./core/somaxconn"),
    ("net/core/*/", "net/core/somaxconn", None),
    ("net/*", "net/core/somaxconn", None),
    ("net/core/*/.", "net/core/somaxconn", None),
    ("net/core/*", "/net//core/somaxconn", "net/core/somaxconn"),
    ("net/core", "net/core/somaxconn", None),
    ("net/c?re/[s]omaxconn", "net/core/somaxconn", "net/core/somaxconn"),
    ("", "net", None),
    ("net/core/somaxconn/*", "net/core/somaxconn", None),
])  # fmt: skip
def test_results_are_spelled_like_the_pattern(pattern, path, spelled):
    assert glob_result(pattern, path) == spelled


@given(st.text())
def test_what_is_a_pattern(text):
    assert is_pattern(text) == bool(set(text) & set("*?["))


@given(st.text("ab/.*?[]{},\\", max_size=10), st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=3))
@example("net/{core/somaxconn,ipv4/x}", ["net", "core", "somaxconn"])
def test_what_cannot_match_does_not_match(pattern, parts):
    path = "/".join(parts)
    if any(glob_result(one, path) is not None for one in braces(pattern)):
        assert may_match(pattern, path)


@given(st.text("ab{},\\", max_size=12))
def test_braces_never_fail(text):
    assume("{" in text)
    assert braces(text)
