from apps.core.declarations import CAMPAIGNS, DailyCount, Measure

MEASURES = [
    Measure("campaign_reach", lambda person_id, first, last: {last: 7, first: 1}, permissions=CAMPAIGNS),
    Measure("venture_interest", lambda person_id, first, last: {last: 9}, permissions=["toys.add_toy"]),
]
DAILY_COUNTS = [DailyCount("toys", lambda day: {None: 3})]
