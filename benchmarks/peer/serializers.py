from rest_framework import serializers

from benchmarks.peer.models import (
    Attachment,
    Connection,
    Event,
    Message,
    Notification,
    Platform,
    Profile,
    Story,
    User,
)


class PersonSerializer(serializers.ModelSerializer):
    role = serializers.CharField(source="user_type.slug", read_only=True)
    avatar = serializers.ImageField(source="profile.avatar", read_only=True)

    class Meta:
        model = User
        fields = ["id", "username", "role", "is_verified", "avatar"]


class PlatformSerializer(serializers.ModelSerializer):
    class Meta:
        model = Platform
        fields = ["platform", "handle", "followers", "engagement_rate", "source"]


class ProfileSerializer(serializers.ModelSerializer):
    id = serializers.IntegerField(source="user.id")
    username = serializers.CharField(source="user.username")
    role = serializers.CharField(source="user.user_type.slug")
    is_verified = serializers.BooleanField(source="user.is_verified")
    first_name = serializers.CharField(source="user.first_name")
    last_name = serializers.CharField(source="user.last_name")
    created_at = serializers.DateTimeField(source="user.date_joined")
    categories = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    platforms = PlatformSerializer(many=True)
    connection = serializers.CharField(allow_null=True)
    mutual_connections_count = serializers.IntegerField()

    class Meta:
        model = Profile
        fields = [
            *("id", "username", "role", "is_verified", "avatar", "first_name", "last_name", "bio", "social_links"),
            *("business_category", "website", "country", "city", "languages", "categories", "platforms"),
            *("tier_level", "tier_name", "karma_score", "rating", "completed_collaborations", "created_at"),
            *("connection", "mutual_connections_count"),
        ]


class ConnectionSerializer(serializers.ModelSerializer):
    sender = PersonSerializer()
    receiver = PersonSerializer()

    class Meta:
        model = Connection
        fields = ["id", "sender", "receiver", "status", "created_at", "updated_at"]


class EventSerializer(serializers.ModelSerializer):
    host = PersonSerializer(read_only=True)
    attendees_count = serializers.IntegerField(read_only=True, default=0)
    my_status = serializers.CharField(read_only=True, default=None)

    class Meta:
        model = Event
        fields = [
            *("id", "title", "description", "date", "end_date", "location", "capacity", "visibility", "host"),
            *("attendees_count", "my_status", "created_at"),
        ]


class StorySerializer(serializers.ModelSerializer):
    user = serializers.CharField(source="user.username", read_only=True)
    content_url = serializers.FileField(source="media", read_only=True)
    content_file = serializers.ImageField(source="media", write_only=True)
    seen = serializers.BooleanField(read_only=True, default=False)

    class Meta:
        model = Story
        fields = [
            *("id", "user", "caption", "content_url", "content_file", "media_type", "created_at", "expires_at", "seen"),
        ]
        read_only_fields = ["media_type", "expires_at"]


class NotificationSerializer(serializers.ModelSerializer):
    type = serializers.CharField(source="kind.family")
    code = serializers.CharField(source="kind.code")
    actor = PersonSerializer()
    redirect = serializers.SerializerMethodField()

    class Meta:
        model = Notification
        fields = [
            *("id", "type", "code", "title", "message", "is_read", "read_at", "priority", "actor", "redirect"),
            *("created_at", "updated_at", "expires_at"),
        ]

    def get_redirect(self, row):
        return {"kind": row.redirect_kind, "id": row.redirect_id, "url": row.redirect_url}


class AttachmentSerializer(serializers.ModelSerializer):
    url = serializers.CharField(source="link")

    class Meta:
        model = Attachment
        fields = ["id", "url", "name", "content_type", "size"]


class MessageSerializer(serializers.ModelSerializer):
    sender = PersonSerializer(read_only=True)
    receiver = PersonSerializer(read_only=True)
    receiver_id = serializers.PrimaryKeyRelatedField(
        source="receiver",
        write_only=True,
        queryset=User.objects.filter(is_active=True).select_related("user_type", "profile"),
    )
    attachments = AttachmentSerializer(many=True, read_only=True)
    is_read = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = [
            *("id", "conversation", "sender", "receiver", "receiver_id", "content", "attachments", "is_read"),
            *("read_at", "edited_at", "timestamp"),
        ]
        read_only_fields = ["conversation", "read_at", "edited_at"]

    def get_is_read(self, row):
        return row.read_at is not None
