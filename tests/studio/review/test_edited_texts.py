"""Which texts say that they were edited: those that differ from version 1, wherever they stand by now."""

import re

from studio.domain import edits, structure
from studio.domain.saving import Save


def told(page) -> list[str]:
    return re.findall(r'data-edited="([^"]*)"', page.get("background/").content.decode())


def edit(page, by, field, text, *, step=0) -> None:
    edits.edit_text(page.fresh(), save=Save(version=page.fresh().version, by=by), field=field, text=text, step=step)


def test_a_text_is_edited_as_long_as_it_differs_from_the_first_version(page, anna):
    assert told(page) == []
    for field in ("system_prompt", "user", "answer"):
        edit(page, anna, field, "Otherwise.")
    assert told(page) == ["system_prompt", "user-0", "answer-0"]
    edit(page, anna, "system_prompt", "Be brief.")
    assert told(page) == ["user-0", "answer-0"]


def test_a_thought_is_known_by_its_call_and_one_of_a_new_step_is_no_edit(page, anna):
    first, second = page.fresh().content.calls
    edit(page, anna, "thought", "I had a look.", step=1)
    structure.add_call(
        page.fresh(),
        save=Save(version=2, by=anna),
        tool="read_file",
        arguments={"file_path": "notes/c.txt"},
        call_id=first.id,
        place="before",
        thought="One more.",
    )
    assert told(page) == [f"thought@{second.id}"]


def test_the_page_itself_reads_no_version_for_it(page, anna, django_assert_max_num_queries):
    edit(page, anna, "answer", "Otherwise.")
    with django_assert_max_num_queries(12) as asked:
        page.get()
    assert not any('"studio_revision"."document"' in query["sql"] for query in asked.captured_queries)


def test_of_what_stands_as_it_was_no_version_is_read_at_all(page, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as asked:
        page.get("background/")
    assert not any('"studio_revision"."document"' in query["sql"] for query in asked.captured_queries)
