"""A page on the web, refreshed through the stages as Dagster runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from projects import errors, make_project, refresh, store_of
from web_server import Page, WebServer, live_blog, serving

STAGES = ("documents", "failures", "fetches", "passages", "claims")


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def test_an_entry_that_stands_unchanged_is_not_extracted_again(web: WebServer, tmp_path: Path) -> None:
    root = make_project(tmp_path / "project")
    entry = f'[[sources]]\nid = "live"\npages = ["{web.url}/live"]\nallow_private = true\n'
    (root / "sources.toml").write_text(entry, encoding="utf-8")
    earlier = [
        ("02T09:00", "Bridge shut", "At least 12 people died."),
        ("02T08:00", "Rain", "It rained for 9 hours."),
    ]
    later = [("02T11:00", "Toll rises", "At least 15 people died."), *earlier]
    versions = []
    for entries in (earlier, earlier, later):
        web.pages["/live"] = Page(live_blog(*entries), headers={"ETag": f'"{len(entries)}"'})
        assert errors(refresh(root, only=STAGES)) == []
        versions.append([store_of(root).version(table) for table in ("documents", "passages", "claims")])
    assert versions[0] == versions[1] != versions[2]
    assert [a.path for a in web.asked] == ["/robots.txt", "/live"] * 3
    assert [a.headers.get("if-none-match") for a in web.asked if a.path == "/live"] == [None, '"2"', '"2"']
    claims = store_of(root).read("claims", columns=["passage_id"])["passage_id"].to_pylist()
    assert len(claims) == len(set(claims)) == 3
