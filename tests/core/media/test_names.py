"""How files are called where they are shown."""

import pytest

from apps.core.media.names import shown_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Invoice No. 12.pdf", "Invoice No. 12.pdf"),
        ("Invoice No. 12", "Invoice No. 12.pdf"),
        ("v1.5", "v1.5.pdf"),
        ("2027.01.31", "2027.01.31.pdf"),
        ("letter.docx", "letter.pdf"),
        ("film.MP4", "film.pdf"),
        ("song.7z", "song.pdf"),
        ("archive.tar.gz", "archive.tar.pdf"),
        ("To Mr. Müller", "To Mr. Müller.pdf"),
        ("ends with a dot.", "ends with a dot..pdf"),
        ("far.toolongforone", "far.toolongforone.pdf"),
        ("résumé.été", "résumé.été.pdf"),
        (".htaccess", ".htaccess.pdf"),
        ("", "file.pdf"),
        (None, "file.pdf"),
    ],
)
def test_only_what_looks_like_an_ending_is_cut(sent, shown):
    assert shown_name(sent, ".pdf") == shown


@pytest.mark.parametrize("space", ["\u00a0", "\u1680", "\u2003", "\u2009", "\u202f", "\u205f", "\u3000", "\u2028"])
def test_any_white_space_becomes_a_space(space):
    assert shown_name(f"two{space}words.png", ".png") == "two words.png"


@pytest.mark.parametrize(
    "mark",
    ["\0", "\n", "\t", "\x1b", "\x7f", "\x85", "\u00ad", "\u061c", "\u200b", "\u200e", "\u202e", "\u2066", "\ufeff"],
)
def test_what_cannot_be_seen_or_turns_the_writing_goes(mark):
    assert shown_name(f"one{mark}word.png", ".png") == "oneword.png"


@pytest.mark.parametrize("name", ["می\u200cخواهم", "क्\u200dष", "👩\u200d👩\u200d👧", "e\u0301te", "夏の写真"])
def test_joiners_and_marks_that_belong_to_letters_stay(name):
    assert shown_name(f"{name}.jpeg", ".jpg") == f"{name}.jpg"


@pytest.mark.parametrize("sent", ["../../etc/passwd", "C:\\Users\\me\\passwd", "/passwd", "a/b\\passwd"])
def test_folders_are_cut(sent):
    assert shown_name(sent, ".txt") == "passwd.txt"


def test_a_long_name_is_cut():
    assert shown_name("x" * 98 + " y z.png", ".png") == "x" * 98 + " y.png"
    assert shown_name("x" * 300, ".png") == "x" * 100 + ".png"
