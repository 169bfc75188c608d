from apps.core.declarations import Page

PAGES = [Page("Toys", "Toys", "toys", "toys.toy", order=1000)]
