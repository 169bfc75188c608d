from datetime import date

from pydantic import Field

from apps.core.http.schemas import Integer, Out, Query

CAMPAIGNS = "Only for whoever may host events or make offers."
VENTURES = "Only for whoever may add a startup."


class AnalyticsQuery(Query):
    days: Integer = Field(30, ge=1, le=365)


class FiguresOut(Out):
    """Each is a measure that rooms declare in their `analytics.py`."""

    connections_gained: int
    profile_visits: int
    story_views: int
    story_engagement: float = Field(
        description="Views of the stories posted then, out of the connections who could have seen them: 0 to 1."
    )
    campaign_reach: int | None = Field(None, description=f"Attendees and views of offers. {CAMPAIGNS}")
    applications: int | None = Field(None, description=CAMPAIGNS)
    venture_interest: int | None = Field(None, description=f"Views of projects and followers. {VENTURES}")


class DayFiguresOut(FiguresOut):
    date: date


class AnalyticsOut(Out):
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    totals: FiguresOut
    series: list[DayFiguresOut] = Field(description="One for each day by UTC, the oldest first.")
