"""A room such as CONTRIBUTING.md, "Build a room", describes: `test_toy_room.py` moves it in."""
