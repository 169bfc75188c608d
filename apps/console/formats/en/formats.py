"""Short enough for lists, the same in every country; the spaces do not break."""

DATE_FORMAT = "j\xa0M\xa0Y"
DATETIME_FORMAT = "j\xa0M\xa0Y,\xa0H:i"
TIME_FORMAT = "H:i"
