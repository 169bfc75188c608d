# ruff: noqa: DJ001, DJ008  # they describe tables, no more
"""Infloo's tables; nothing here makes or changes them."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class UserType(models.Model):
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=50)

    class Meta:
        managed = False
        db_table = "accounts_usertype"


class User(AbstractUser):
    groups = None
    user_permissions = None
    email_verified = models.BooleanField(default=False)
    is_verified = models.BooleanField(default=False)
    user_type = models.ForeignKey(UserType, on_delete=models.PROTECT)

    class Meta:
        managed = False
        db_table = "accounts_user"


class Profile(models.Model):
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="profile")
    avatar = models.ImageField(blank=True)
    bio = models.TextField(blank=True)
    website = models.URLField(blank=True)
    social_links = models.JSONField(default=dict)
    business_category = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    languages = models.JSONField(default=list)
    tier_level = models.PositiveSmallIntegerField(default=0)
    tier_name = models.CharField(max_length=50)
    karma_score = models.IntegerField(default=0)
    rating = models.FloatField(null=True)
    completed_collaborations = models.PositiveIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "accounts_profile"


class Platform(models.Model):
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="platforms")
    platform = models.CharField(max_length=50)
    handle = models.CharField(max_length=100)
    followers = models.PositiveBigIntegerField(default=0)
    engagement_rate = models.FloatField(null=True)
    source = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "accounts_profileplatform"


class Category(models.Model):
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="categories")
    slug = models.CharField(max_length=50)

    class Meta:
        managed = False
        db_table = "accounts_profilecategory"


class Block(models.Model):
    blocker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks_made")
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks_received")

    class Meta:
        managed = False
        db_table = "accounts_block"


class Connection(models.Model):
    sender = models.ForeignKey(User, on_delete=models.CASCADE, related_name="connections_sent")
    receiver = models.ForeignKey(User, on_delete=models.CASCADE, related_name="connections_received")
    status = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "social_connection"


class Event(models.Model):
    host = models.ForeignKey(User, on_delete=models.CASCADE, related_name="events")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    date = models.DateTimeField()
    end_date = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    location = models.CharField(max_length=200)
    capacity = models.PositiveIntegerField(null=True)
    visibility = models.CharField(max_length=20, default="public")
    cover = models.CharField(max_length=100, blank=True)
    cover_type = models.CharField(max_length=50, blank=True)
    uid = models.UUIDField()
    sequence = models.PositiveIntegerField(default=0)
    search_text = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "events_event"


class Attendance(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="attendances")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="attendances")
    status = models.CharField(max_length=20)

    class Meta:
        managed = False
        db_table = "events_attendance"


class Story(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="stories")
    media = models.FileField(upload_to="stories")
    media_type = models.CharField(max_length=10)
    content_type = models.CharField(max_length=50)
    caption = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "social_story"


class StoryView(models.Model):
    story = models.ForeignKey(Story, on_delete=models.CASCADE, related_name="views")
    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        managed = False
        db_table = "social_storyview"


class NotificationType(models.Model):
    code = models.SlugField(unique=True)
    family = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    message = models.TextField()
    priority = models.CharField(max_length=10)

    class Meta:
        managed = False
        db_table = "notifications_notificationtype"


class Notification(models.Model):
    receiver = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.ForeignKey(NotificationType, on_delete=models.PROTECT)
    title = models.CharField(max_length=200)
    message = models.TextField()
    priority = models.CharField(max_length=10)
    redirect_kind = models.CharField(max_length=30)
    redirect_id = models.PositiveBigIntegerField()
    redirect_url = models.CharField(max_length=200)
    is_read = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "notifications_notification"


class Conversation(models.Model):
    name = models.CharField(max_length=50, null=True, unique=True)
    first = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "messaging_conversation"


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    sender = models.ForeignKey(User, on_delete=models.CASCADE, related_name="messages_sent")
    receiver = models.ForeignKey(User, on_delete=models.CASCADE, related_name="messages_received")
    content = models.TextField(blank=True)
    timestamp = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "messaging_message"


class Attachment(models.Model):
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    link = models.URLField(max_length=2000, blank=True)
    name = models.CharField(max_length=110, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "messaging_attachment"
