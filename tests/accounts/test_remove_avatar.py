from tests.client import ApiClient, image_file

URL = "/users/profile/avatar"


def test_the_picture_and_its_file_go(alice_client, stored_files, django_capture_on_commit_callbacks):
    alice_client.put(URL, form={"file": image_file()})

    with django_capture_on_commit_callbacks(execute=True):
        response = alice_client.delete(URL)
        assert len(stored_files()) == 1

    assert (response.status_code, response.content) == (204, b"")
    assert stored_files() == []
    assert alice_client.get("/users/profile").json()["data"]["avatar"] is None


def test_without_a_picture_it_does_no_harm(alice_client):
    assert alice_client.delete(URL).status_code == 204


def test_it_asks_who_is_calling(db):
    assert ApiClient().delete(URL).status_code == 401
