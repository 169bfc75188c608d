"""Read a page's form as a browser would: what it sends if nobody touches it."""

from html.parser import HTMLParser

from django.http import HttpResponse

Fields = dict[str, list[str]]


class FormReader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.fields: Fields = {}
        self.select = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        if not self.inside or "disabled" in given:
            return
        kind = given.get("type")
        if tag == "input" and ("checked" in given or kind not in ("checkbox", "radio", "submit", "file")):
            self.add(given.get("name", ""), given.get("value", "on" if "checked" in given else ""))
        elif tag == "textarea":
            self.text = given["name"]
            self.fields[self.text] = [""]
        elif tag == "select":
            self.select = given.get("name", "")
        elif tag == "option" and "selected" in given:
            self.add(self.select, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.inside and self.text:
            self.fields[self.text][0] += data.removeprefix("\r\n").removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
        self.text = "" if tag == "textarea" else self.text

    def add(self, name: str, value: str) -> None:
        if name:
            self.fields.setdefault(name, []).append(value)


def form_of(page: HttpResponse, form_id: str) -> Fields:
    reader = FormReader(form_id)
    reader.feed(page.content.decode())
    assert reader.fields, f"the page has no form {form_id}"
    return reader.fields
