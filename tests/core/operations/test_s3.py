"""Files in S3: against a real server that speaks its language."""

import json
import subprocess
import sys
import time
import zipfile
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from django.apps import apps
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import FileField
from django.utils import timezone

from apps.accounts.models import Document, Erasure, Export
from apps.accounts.services.documents import erase_file
from apps.accounts.tasks import erase_due
from apps.core.operations.storage import private_storage
from apps.social.models import Story
from tests.client import PDF, ApiClient, image_file, media_file, pdf_file
from tests.core.operations.reading import start
from tests.e2e.conftest import free_port
from tests.factories import AttachmentFactory, DocumentFactory, StoryFactory, UserFactory
from tests.links import link_to

KEYS = {"S3_ACCESS_KEY_ID": "somebody", "S3_SECRET_ACCESS_KEY": "something secret"}
BUCKETS = {"S3_BUCKET": "public", "S3_PRIVATE_BUCKET": "private"}
START_SECONDS = 30


@pytest.fixture(scope="module")
def server():
    """The address of an S3 of our own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            httpx.get(f"http://127.0.0.1:{port}/moto-api/")
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def storages_of(folder, **environment):
    """What the settings make of these variables."""
    run = start(folder, "import json; print(json.dumps(config.settings.STORAGES, default=str))", **environment)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def configured(server, tmp_path_factory):
    return storages_of(tmp_path_factory.mktemp("data"), **KEYS, **BUCKETS, S3_ENDPOINT=server)


@pytest.fixture
def use(settings, monkeypatch):
    """Read and write files there from now on; a model remembers its storage."""

    def use(configured):
        settings.S3_BUCKET = "public"
        settings.STORAGES = {name: configured[name] for name in ("default", "private")} | {
            "staticfiles": settings.STORAGES["staticfiles"]
        }
        for model in apps.get_models():
            for field in model._meta.fields:
                if isinstance(field, FileField) and getattr(field, "_storage_callable", None) is private_storage:
                    monkeypatch.setattr(field, "storage", private_storage())

    return use


@pytest.fixture
def s3(server, configured, use):
    """The client of an empty S3, which from now on keeps the files."""
    httpx.post(f"{server}/moto-api/reset")
    use(configured)
    call_command("make_buckets")
    return boto3.client(
        "s3",
        endpoint_url=server,
        region_name="us-east-1",
        aws_access_key_id="somebody",
        aws_secret_access_key="something secret",
        config=Config(s3={"addressing_style": "path"}),
    )


def names(s3, bucket):
    return [row["Key"] for row in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def handed_over(response, content_type):
    """The file behind the link it answers with."""
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    file = httpx.get(response["Location"])
    assert file.status_code == 200
    assert file.headers["Content-Type"] == content_type
    assert file.headers["Content-Disposition"] == response["Content-Disposition"]
    return file.content


# What the settings say


def test_each_variable_has_its_place(tmp_path):
    found = storages_of(tmp_path, **KEYS, **BUCKETS, S3_REGION="eu-central-1")

    public, private = found["default"]["OPTIONS"], found["private"]["OPTIONS"]
    assert (public["bucket_name"], private["bucket_name"]) == ("public", "private")
    assert public["custom_domain"] == "public.s3.eu-central-1.amazonaws.com"
    for options in (public, private):
        assert (options["access_key"], options["secret_key"]) == ("somebody", "something secret")
        assert (options["endpoint_url"], options["region_name"]) == (None, "eu-central-1")


@pytest.mark.parametrize(
    ("environment", "link"),
    [
        ({}, "https://public.s3.us-east-1.amazonaws.com/avatars/a.webp"),
        ({"S3_ENDPOINT": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000/public/avatars/a.webp"),
        ({"S3_PUBLIC_URL": "https://media.example/x/"}, "https://media.example/x/avatars/a.webp"),
    ],
)
def test_a_public_file_has_a_plain_link(tmp_path, use, environment, link):
    use(storages_of(tmp_path, **KEYS, **BUCKETS, **environment))

    assert storages["default"].url("avatars/a.webp") == link


def test_a_private_link_to_amazon_is_signed_for_its_bucket(tmp_path, use):
    use(storages_of(tmp_path, **KEYS, **BUCKETS, S3_REGION="eu-central-1"))

    link = urlsplit(storages["private"].url("documents/a.pdf"))

    assert link.hostname == "private.s3.eu-central-1.amazonaws.com"
    assert parse_qs(link.query)["X-Amz-Expires"] == ["300"]


def test_buckets_are_made_once_and_only_the_first_is_for_everybody(s3, server):
    call_command("make_buckets")
    s3.put_object(Bucket="public", Key="a", Body=b"a")

    assert sorted(row["Name"] for row in s3.list_buckets()["Buckets"]) == ["private", "public"]
    assert json.loads(s3.get_bucket_policy(Bucket="public")["Policy"])["Statement"][0]["Action"] == ["s3:GetObject"]
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket="private")


def test_without_s3_there_are_no_buckets_to_make():
    with pytest.raises(CommandError, match="set S3_BUCKET"):
        call_command("make_buckets")


# What the product keeps there


def test_an_avatar_is_public_and_goes_with_its_successor(s3, alice_client, django_capture_on_commit_callbacks):
    first = alice_client.put("/users/profile/avatar", form={"file": image_file()}).json()["data"]["avatar"]
    answer = httpx.get(first)
    with django_capture_on_commit_callbacks(execute=True):
        second = alice_client.put("/users/profile/avatar", form={"file": image_file()}).json()["data"]["avatar"]

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert [second.endswith(name) for name in names(s3, "public")] == [True]
    assert names(s3, "private") == []


def test_a_document_is_handed_over_to_its_owner_only(s3, alice, alice_client):
    uploaded = alice_client.post("/users/verify", form={"type": "identity", "file": pdf_file()})
    document = Document.objects.get(pk=uploaded.json()["data"]["id"])

    response = alice_client.get(f"/files/document/{document.pk}")

    assert names(s3, "private") == [document.file.name]
    assert response["Content-Disposition"] == f'inline; filename="identity-{document.pk}.pdf"'
    assert handed_over(response, "application/pdf") == PDF
    assert ApiClient().get(link_to(document).removeprefix("http://127.0.0.1:8000/api/v1")).status_code == 302
    assert ApiClient(UserFactory()).get(f"/files/document/{document.pk}").status_code == 404
    assert ApiClient().get(f"/files/document/{document.pk}").status_code == 401


def test_a_link_opens_for_five_minutes(s3, alice, alice_client):
    document = DocumentFactory(user=alice)

    query = parse_qs(urlsplit(alice_client.get(f"/files/document/{document.pk}")["Location"]).query)

    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_what_the_sender_called_it_is_not_what_it_is(s3, alice, alice_client):
    disguised = pdf_file()
    disguised.content_type = "text/html"
    document = DocumentFactory(user=alice, file=disguised)

    assert handed_over(alice_client.get(f"/files/document/{document.pk}"), "application/pdf") == PDF


def test_a_film_is_handed_over_and_read_in_ranges(s3, alice_client):
    film = media_file("clip.mp4")
    posted = alice_client.post("/stories", form={"content_file": film})
    story = Story.objects.get(pk=posted.json()["data"]["id"])

    response = alice_client.get(f"/files/story/{story.pk}", range="bytes=4-7")
    part = httpx.get(response["Location"], headers={"Range": "bytes=4-7"})

    assert response.status_code == 302
    assert (part.status_code, part.content, part.headers["Content-Type"]) == (206, b"ftyp", "video/mp4")


def test_what_is_for_saving_is_handed_over_for_saving(s3, alice, alice_client):
    attachment = AttachmentFactory(
        message__sender=alice, content_type="application/zip", name="plans ü.zip", file=pdf_file("plans.zip")
    )

    response = alice_client.get(f"/files/attachment/{attachment.pk}")

    assert response["Content-Disposition"].startswith("attachment;")
    assert handed_over(response, "application/zip") == PDF


def test_head_is_handed_over_as_head(s3, alice, alice_client):
    document = DocumentFactory(user=alice)

    response = alice_client.call("HEAD", f"/files/document/{document.pk}")

    assert (response.status_code, response.content) == (302, b"")
    assert httpx.head(response["Location"]).headers["Content-Length"] == str(len(PDF))


def test_a_staff_view_is_audited_when_the_file_is_handed_over(s3, alice):
    clerk = UserFactory(is_superuser=True)
    document = DocumentFactory(user=alice)

    for method, entries in (("HEAD", 0), ("GET", 1)):
        ApiClient(clerk).call(method, f"/files/document/{document.pk}")
        assert clerk_entries(clerk) == entries


def clerk_entries(clerk):
    return apps.get_model("core.AuditEntry").objects.filter(actor=clerk, action="document.viewed").count()


@pytest.mark.parametrize("factory", [StoryFactory, AttachmentFactory, DocumentFactory])
def test_a_file_goes_after_the_commit_that_removes_its_row(s3, db, factory, django_capture_on_commit_callbacks):
    row = factory()
    assert len(names(s3, "private")) == 1

    with django_capture_on_commit_callbacks(execute=True):
        row.delete()
        assert len(names(s3, "private")) == 1

    assert names(s3, "private") == []


def test_an_old_document_is_erased(s3, db):
    document = DocumentFactory()

    assert erase_file(document)
    assert names(s3, "private") == []


def test_an_export_holds_files_from_both_buckets_and_leaves_nothing_when_its_owner_does(
    s3, alice, alice_client, run_jobs
):
    alice_client.put("/users/profile/avatar", form={"file": image_file()})
    document = DocumentFactory(user=alice)
    gone = DocumentFactory(user=alice, type="business")
    gone.file.storage.delete(gone.file.name)
    alice_client.post("/users/export")
    run_jobs()

    response = alice_client.get(f"/files/export/{Export.objects.get().pk}")

    with zipfile.ZipFile(BytesIO(handed_over(response, "application/zip"))) as archive:
        media = {name for name in archive.namelist() if name.startswith("media/")}
        assert media == {f"media/{name}" for name in (*names(s3, "public"), document.file.name)}
        assert json.loads(archive.read("manifest.json"))["media"]["left_out"] == [gone.file.name]
    Erasure.objects.create(user=alice, due_at=timezone.now())
    erase_due()
    assert names(s3, "public") == names(s3, "private") == []


def test_public_files_have_no_path_here(s3, client):
    assert client.get("/media/avatars/a.webp").status_code == 404


# When it is down


@pytest.fixture
def down(configured, use):
    """Nobody listens where the files are."""
    options = {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
    use(
        {name: configured[name] | {"OPTIONS": configured[name]["OPTIONS"] | options} for name in ("default", "private")}
    )


def test_it_is_not_ready_when_its_storage_is_down(db, down):
    started = time.monotonic()
    response = ApiClient().get("/health/ready")

    assert response.status_code == 503
    assert response.json()["checks"]["storage"] == "failed"
    assert time.monotonic() - started < 10


def test_it_is_ready_when_its_storage_is_there(db, s3):
    assert ApiClient().get("/health/ready").json()["checks"]["storage"] == "ok"
    assert names(s3, "public") == names(s3, "private") == []


def test_an_upload_meanwhile_is_503(alice, alice_client, down):
    for response in (
        alice_client.post("/users/verify", form={"type": "identity", "file": pdf_file()}),
        alice_client.put("/users/profile/avatar", form={"file": image_file()}),
        alice_client.post("/stories", form={"content_file": image_file()}),
    ):
        assert response.status_code == 503
        assert response.json()["code"] == "unavailable"
    assert not Document.objects.exists()
    assert not Story.objects.exists()


def test_a_document_that_cannot_be_erased_meanwhile_keeps_its_file(s3, down, db):
    with transaction.atomic():
        document = Document.objects.create(user=UserFactory(), type="identity", size=1, file="documents/a.pdf")

    assert not erase_file(document)
    assert Document.objects.get().file.name == "documents/a.pdf"
