from apps.core.declarations import Card, Figure, Page, Panel, Tabs

PAGES = [
    Page(
        *("Toys", "Playgrounds", "toys", "events.event"),
        order=5000,
        waiting=lambda viewer: 3,
        tabs=Tabs("visibility__exact", [("", "All"), ("public", "Open")]),
    ),
    Page("Network", "Playmates", "toys", "accounts.user", order=205),
]
CARDS = [Card("Toys", "events.event", lambda viewer: Figure(7, "in the box"), order=15)]
PANELS = [
    Panel("Toy box", "events.event", "table", lambda viewer: {"headers": ["toy"], "rows": [["Marble"]]}, order=15),
    Panel("Nobody's", "events.event", "table", lambda viewer: {}, order=16, permission="toyroom.nobody_has_this"),
]
