"""What was posted in the last day, and who has seen it."""

from collections import defaultdict
from functools import partial

from apps.accounts.models import User
from apps.demo.gallery import Gallery, keep
from apps.demo.logins import NAMES, demo_people
from apps.demo.scenes import scene
from apps.demo.texts import themes
from apps.demo.world import BATCH, World
from apps.social.models import Connection, Story, StoryView
from apps.social.services.stories import LIFETIME

Friends = dict[int, list[int]]

POSTERS = ("influencer", "brand")
SHARE = 0.14
"""How many of them posted something."""
FOR_EACH_LOGIN = 6
PICTURES = 25
"""Different pictures of each kind."""
VIEWS = 60
KIND = {"media_type": Story.MediaType.IMAGE, "content_type": "image/jpeg"}


def post(world: World) -> None:
    """By the demo people who are in the database: also on a later day, when the stories of this one are gone."""
    friends, gallery = friendships(), Gallery(world.rng, PICTURES)
    stories = [story for author in authors(world, friends) for story in stories_of(world, author)]
    stories.sort(key=lambda story: story.created_at)
    for story in world.progress.of("stories", stories):
        kind, story.caption = subject(world, story.user)
        keep(story.media, "story", gallery.take(kind, partial(scene, world.rng, kind)))
    Story.objects.bulk_create(stories, batch_size=BATCH)
    views = [view for story in stories for view in views_of(world, story, friends[story.user_id])]
    views.sort(key=lambda view: view.created_at)
    StoryView.objects.bulk_create(views, batch_size=BATCH)


def friendships() -> Friends:
    friends: Friends = defaultdict(list)
    people = demo_people().active().values("pk")
    rows = Connection.objects.accepted().filter(sender__in=people, receiver__in=people).order_by("pk")
    for one, other in rows.values_list("sender", "receiver"):
        friends[one].append(other)
        friends[other].append(one)
    return friends


def authors(world: World, friends: Friends) -> list[User]:
    """Some of all, and for everybody one can sign in as, some of their connections."""
    posters = demo_people().active().filter(user_type__slug__in=POSTERS).as_people().order_by("pk")
    known = {user.pk: user for user in posters}
    chosen = [user for user in posters if world.rng.random() < SHARE or user.username in NAMES]
    for login in demo_people().filter(username__in=NAMES).order_by("pk"):
        chosen += world.some([known[pk] for pk in friends[login.pk] if pk in known], FOR_EACH_LOGIN)
    return list(dict.fromkeys(chosen))


def stories_of(world: World, author: User) -> list[Story]:
    moments = [world.ago(0.01, 0.93) for _ in range(world.rng.choice([1, 1, 1, 2, 2, 3]))]
    there = [moment for moment in moments if moment > author.date_joined]
    return [Story(user=author, created_at=moment, expires_at=moment + LIFETIME, **KIND) for moment in there]


def subject(world: World, author: User) -> tuple[str, str]:
    """What kind of picture, and the words that go with it."""
    told: dict[str, list[str]] = themes(author.role)[author.profile.business_category]["stories"]
    kind, caption = world.rng.choice([(kind, caption) for kind, captions in told.items() for caption in captions])
    return kind, caption.format(city=author.profile.city)


def views_of(world: World, story: Story, friends: list[int]) -> list[StoryView]:
    """The longer it is there, the more of them have seen it."""
    share = min((world.now - story.created_at) / LIFETIME + 0.35, 1) * world.rng.uniform(0.3, 0.75)
    viewers = world.some(friends, min(int(len(friends) * share), VIEWS))
    return [
        StoryView(story=story, viewer_id=pk, created_at=world.between(story.created_at, world.now)) for pk in viewers
    ]
