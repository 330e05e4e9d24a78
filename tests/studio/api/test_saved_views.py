"""Saved views by scripts: what the page can do."""

from tests.studio.api.callers import Caller


def test_a_view_is_saved_changed_and_deleted(annotator: Caller) -> None:
    saved = annotator.post("/views", {"name": "Mine", "query": "?tool=read_file&sort=worst&after=x"})
    assert saved.status_code == 201
    view = saved.json()
    assert (view["query"], view["owner"], view["is_shared"]) == ("tool=read_file&sort=worst", "ann", False)
    changed = annotator.patch(f"/views/{view['id']}", {"name": "Reads", "is_default": True}).json()
    assert (changed["name"], changed["is_default"]) == ("Reads", True)
    assert [row["name"] for row in annotator.get("/views").json()["items"]] == ["Reads"]
    assert annotator.patch(f"/views/{view['id']}", {"is_default": False}).json()["is_default"] is False
    assert annotator.delete(f"/views/{view['id']}").status_code == 204
    assert annotator.get("/views").json()["items"] == []


def test_leads_share_and_nobody_sees_the_views_of_others(annotator: Caller, lead: Caller) -> None:
    assert annotator.post("/views", {"name": "x", "is_shared": True}).status_code == 403
    own = lead.post("/views", {"name": "Own"}).json()
    shared = lead.post("/views", {"name": "Team", "query": "stale=yes", "is_shared": True}).json()
    assert [row["name"] for row in annotator.get("/views").json()["items"]] == ["Team"]
    assert annotator.patch(f"/views/{own['id']}", {"is_default": True}).status_code == 404
    assert annotator.patch(f"/views/{shared['id']}", {"name": "y"}).status_code == 403
    assert annotator.delete(f"/views/{shared['id']}").status_code == 403
    assert annotator.patch(f"/views/{shared['id']}", {"is_default": True}).json()["is_default"] is True


def test_a_name_that_is_taken_is_refused_and_nothing_else_is_done(annotator: Caller) -> None:
    annotator.post("/views", {"name": "a"})
    view = annotator.post("/views", {"name": "b"}).json()
    refused = annotator.patch(f"/views/{view['id']}", {"name": "a", "is_default": True})
    assert (refused.status_code, refused.json()["details"][0]["pointer"]) == (422, "/name")
    assert [row["is_default"] for row in annotator.get("/views").json()["items"]] == [False, False]
    assert annotator.post("/views", {"name": " "}).status_code == 422
