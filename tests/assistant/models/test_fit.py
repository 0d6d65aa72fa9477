"""What is said of a model before it is fetched: whether it fits this box, how, and how fast it would be."""

import dataclasses

import pytest

from assistant.models.catalogue import catalogue, entry_named
from assistant.models.errors import CatalogueError
from assistant.models.facts import ModelFacts
from assistant.models.fit import LEAST_CONTEXT, Room, Speed, fit, least_need, need_bytes, room_for_models, seat

GB = 1_000_000_000
SPEED = Speed(writing_bytes_per_second=10 * GB, reading_parameters_per_second=100 * GB)


def test_the_catalogue_reaches_from_small_to_70b_and_names_where_each_file_lies() -> None:
    entries = catalogue()

    assert entries[0].size_bytes < GB
    assert entries[-1].parameters > 70e9
    assert len({entry.name for entry in entries}) == len(entries) >= 20
    for entry in entries:
        assert entry.repository.count("/") == 1
        assert entry.file.endswith(".gguf")
        assert entry.purpose
        assert entry.licence
        assert entry.active_parameters <= entry.parameters
        assert 4 <= entry.bits <= 9


def test_a_name_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(CatalogueError, match="no model “gpt-9”"):
        entry_named("gpt-9")


def test_the_known_sizes_of_files_are_met_within_some_percent() -> None:
    known = {"qwen3-8b": 5.03e9, "llama-3.3-70b": 42.52e9, "qwen3-30b-a3b": 18.56e9, "mistral-7b": 4.37e9}

    for name, size_bytes in known.items():
        assert entry_named(name).size_bytes == pytest.approx(size_bytes, rel=0.03)


def test_a_small_model_gets_all_the_room_that_the_pc_offers() -> None:
    facts = entry_named("smollm2-360m").facts

    found = seat(facts, 20 * GB, context_tokens=8192, slots=8)

    assert found is not None
    assert (found.context_tokens, found.slots) == (8192, 8)


def test_a_large_model_serves_fewer_at_a_time_and_then_shorter_conversations() -> None:
    facts = entry_named("qwen3-8b").facts

    roomy = seat(facts, 30 * GB, context_tokens=8192, slots=8)
    narrow = seat(facts, 7 * GB, context_tokens=8192, slots=8)
    tight = seat(facts, least_need(facts), context_tokens=8192, slots=8)

    assert roomy is not None
    assert narrow is not None
    assert tight is not None
    assert roomy.slots > narrow.slots == 1
    assert (tight.context_tokens, tight.slots) == (LEAST_CONTEXT, 1)
    assert narrow.need_bytes <= 7 * GB


def test_no_seat_takes_more_than_there_is() -> None:
    for entry in catalogue():
        for room in (0, GB, 3 * GB, 9 * GB, 20 * GB, 60 * GB):
            found = seat(entry.facts, room, context_tokens=8192, slots=16)
            if found is None:
                assert least_need(entry.facts) > room
            else:
                assert found.need_bytes <= room
                assert found.need_bytes == need_bytes(
                    entry.facts, context_tokens=found.context_tokens, slots=found.slots
                )


def test_a_model_that_does_not_fit_is_told_with_the_numbers() -> None:
    told = fit(entry_named("llama-3.3-70b").facts, Room(memory_bytes=12 * GB), SPEED, context_tokens=8192, slots=4)

    assert told.place == "none"
    assert told.need_bytes > 42 * GB
    assert told.room_bytes == 12 * GB
    assert told.tokens_per_second is None


def test_the_graphics_card_is_taken_where_the_model_fits_into_it() -> None:
    room = Room(memory_bytes=12 * GB, graphics_bytes=8 * GB)

    assert fit(entry_named("qwen3-4b").facts, room, SPEED, context_tokens=8192, slots=4).place == "graphics"
    assert fit(entry_named("qwen3-14b").facts, room, SPEED, context_tokens=8192, slots=4).place == "memory"


def test_no_conversation_becomes_shorter_for_the_sake_of_the_graphics_card() -> None:
    facts = entry_named("qwen3-4b").facts
    narrow = Room(memory_bytes=24 * GB, graphics_bytes=least_need(facts))

    assert fit(facts, narrow, SPEED, context_tokens=8192, slots=4).place == "memory"


def test_a_model_that_only_the_graphics_card_holds_is_run_there() -> None:
    room = Room(memory_bytes=2 * GB, graphics_bytes=24 * GB)

    assert fit(entry_named("qwen3-14b").facts, room, SPEED, context_tokens=8192, slots=4).place == "graphics"


def test_graphics_in_main_memory_have_no_more_than_there_is_for_models() -> None:
    room = Room(memory_bytes=2 * GB, graphics_bytes=24 * GB, shared=True)

    assert fit(entry_named("qwen3-14b").facts, room, SPEED, context_tokens=8192, slots=4).place == "none"


def test_a_speed_is_told_only_where_it_was_measured() -> None:
    room = Room(memory_bytes=64 * GB, graphics_bytes=8 * GB)
    by_card = dataclasses.replace(SPEED, place="graphics")
    small, large = entry_named("qwen3-4b").facts, entry_named("qwen3-32b").facts

    def told(facts: ModelFacts, speed: Speed) -> bool:
        return fit(facts, room, speed, context_tokens=8192, slots=1).tokens_per_second is not None

    assert (told(small, by_card), told(small, SPEED)) == (True, False)
    assert (told(large, by_card), told(large, SPEED)) == (False, True)


def test_the_speed_follows_from_what_this_box_works_through_in_a_second() -> None:
    room = Room(memory_bytes=64 * GB)
    dense = fit(entry_named("qwen3-32b").facts, room, SPEED, context_tokens=8192, slots=1)
    experts = fit(entry_named("qwen3-30b-a3b").facts, room, SPEED, context_tokens=8192, slots=1)
    unmeasured = fit(entry_named("qwen3-32b").facts, room, None, context_tokens=8192, slots=1)

    assert dense.tokens_per_second == pytest.approx(10 / 19.78, rel=0.01)
    assert experts.tokens_per_second == pytest.approx(10 / 2.03, rel=0.01)
    assert unmeasured.tokens_per_second is None


def test_a_pc_keeps_memory_for_all_that_is_no_model() -> None:
    assert room_for_models(2 * GB) == GB
    assert room_for_models(16 * GB) == pytest.approx(13.6 * GB)
    assert room_for_models(128 * GB) == 124 * GB
    assert room_for_models(0) == 0


def test_a_model_trained_on_short_texts_is_not_given_long_ones() -> None:
    facts = dataclasses.replace(entry_named("qwen3-4b").facts, trained_context=1024)

    found = seat(facts, 60 * GB, context_tokens=8192, slots=2)

    assert found is not None
    assert found.context_tokens == 1024


def test_a_model_that_was_made_for_long_conversations_gets_them_where_memory_allows() -> None:
    facts = entry_named("qwen3-8b").facts

    roomy = seat(facts, 60 * GB, context_tokens=8192, slots=8, longest_tokens=32_768)
    usual = seat(facts, 14 * GB, context_tokens=8192, slots=8, longest_tokens=32_768)
    narrow = seat(facts, 7 * GB, context_tokens=8192, slots=8, longest_tokens=32_768)

    assert roomy is not None
    assert usual is not None
    assert narrow is not None
    assert (roomy.context_tokens, roomy.slots) == (32_768, 2)
    assert (usual.context_tokens, usual.slots) == (16_384, 2)
    assert narrow == seat(facts, 7 * GB, context_tokens=8192, slots=8)


def test_no_conversation_is_longer_than_the_model_was_made_for_or_takes_more_than_there_is() -> None:
    for entry in catalogue():
        for room in (0, GB, 3 * GB, 9 * GB, 20 * GB, 60 * GB, 200 * GB):
            found = seat(entry.facts, room, context_tokens=8192, slots=16, longest_tokens=32_768)
            if found is not None:
                assert found.context_tokens <= min(32_768, entry.context)
                assert found.need_bytes <= room


def test_longer_conversations_drive_no_model_off_the_graphics_card() -> None:
    room = Room(memory_bytes=60 * GB, graphics_bytes=12 * GB)

    found = fit(entry_named("qwen3-14b").facts, room, SPEED, context_tokens=8192, slots=4, longest_tokens=32_768)

    assert (found.place, found.context_tokens) == ("graphics", 8192)
