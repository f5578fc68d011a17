"""What is seen of a process from inside: waits, holders, deaths, all through the private names of this interpreter."""

import asyncio
import contextlib
import functools
import os
import stat

import pytest

from runtime.async_debug import dump_async_tasks
from runtime.tracing import private
from runtime.tracing.analysis import find_cycles
from runtime.tracing.hooks import Notes
from runtime.tracing.places import NoPlace, directories, place_for, sockets
from runtime.tracing.pulse import Pulse
from runtime.tracing.redact import redacted
from runtime.tracing.snapshot import snapshot
from runtime.tracing.waits import _KINDS

# What is looked at is a task that sleeps; no test waits for its end.
an_hour = functools.partial(asyncio.sleep, 3600)


def look(*coroutines):
    """Start the coroutines as tasks, let them come to rest, and look; gives the snapshot."""

    async def main():
        tasks = [asyncio.get_running_loop().create_task(each, name=each.__name__) for each in coroutines]
        for _ in range(20):
            await asyncio.sleep(0)
        notes = Notes()
        seen = snapshot(notes, Pulse(notes), inside=True)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return seen

    return asyncio.run(main())


def waits(seen, name):
    return next(task["waits"] for task in seen["tasks"] if task["name"] == name)


def test_every_private_name_that_tracing_reads_is_in_this_interpreter():
    """A new Python that renames one of them must be noticed here, not in a trace that shows nothing."""

    async def main():
        async def sleeper():
            async with asyncio.TaskGroup() as group:
                group.create_task(an_hour())

        task = asyncio.get_running_loop().create_task(sleeper())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert private.waited_future(task) is not None
        assert task in private.known_tasks()
        assert private.thread_of(asyncio.get_running_loop()) is not None
        gathering = asyncio.gather(task)
        assert private.gathered(gathering) == [task]
        queue = asyncio.Queue()
        getter = asyncio.get_running_loop().create_task(queue.get())
        await asyncio.sleep(0)
        assert private.queue_waiters(queue) == (1, 0)
        for each in (task, getter):
            each.cancel()
        await asyncio.gather(gathering, getter, return_exceptions=True)

    asyncio.run(main())
    assert private.context_mixin() is not None
    assert private.stacks()
    modules = {file for file, _ in _KINDS}
    folder = os.path.dirname(asyncio.__file__)  # noqa: PTH120 -- one name of a folder
    assert {name for name in modules if not os.path.exists(f"{folder}/{name}")} == set()  # noqa: PTH110 -- as above


def test_a_circle_of_async_with_is_seen_without_any_note():
    first, second = asyncio.Lock(), asyncio.Lock()
    both = asyncio.Barrier(2)

    async def one():
        async with first:
            await both.wait()
            async with second:
                pass

    async def two():
        async with second:
            await both.wait()
            async with first:
                pass

    seen = look(one(), two())
    assert [[link.task for link in circle] for circle in find_cycles(seen)] == [["one", "two"]]
    assert "second" in waits(seen, "one")["text"]
    assert [each["name"] for each in waits(seen, "one")["holders"]] == ["two"]


def test_a_lock_taken_inside_another_context_manager_has_its_holder_too():
    lock = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def session():
        async with lock:
            yield

    async def holder():
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(session())
            await asyncio.Event().wait()

    async def waiter():
        async with lock:
            pass

    assert [each["name"] for each in waits(look(holder(), waiter()), "waiter")["holders"]] == ["holder"]


async def _sleeps():
    await an_hour()


async def _gets():
    await asyncio.Queue(7).get()


async def _puts():
    queue = asyncio.Queue(1)
    await queue.put(1)
    await queue.put(2)


async def _hears():
    market_open = asyncio.Event()
    await market_open.wait()


async def _groups():
    async with asyncio.TaskGroup() as group:
        group.create_task(an_hour(), name="child")


async def _gathers():
    await asyncio.gather(an_hour())


async def _limits():
    await asyncio.wait_for(asyncio.Event().wait(), 3600)


@pytest.mark.parametrize(
    ("coroutine", "kind", "words"),
    [
        (_sleeps, "sleep", "time to pass (3"),
        (_gets, "queue_get", "(0 of 7)"),
        (_puts, "queue_put", "room in queue queue"),
        (_hears, "event", "event market_open"),
        (_groups, "task", "task child"),
        (_gathers, "task", "task Task-"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_a_task_waits_for_is_named(coroutine, kind, words):
    found = waits(look(coroutine()), coroutine.__name__)
    assert found["kind"] == kind
    assert words in found["text"]


def test_a_wait_with_a_limit_is_marked_as_one():
    assert any(task["waits"] and task["waits"]["bounded"] for task in look(_limits())["tasks"])


def test_a_task_that_died_unseen_is_reported_and_its_warning_still_comes():
    warned = []

    async def main():
        async def dies():
            raise ValueError("price of 'nan'")

        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: warned.append(context["message"]))
        task = loop.create_task(dies(), name="feed-reader")
        await asyncio.sleep(0)
        notes = Notes()
        seen = snapshot(notes, Pulse(notes), inside=True)
        del task
        await asyncio.sleep(0)
        return seen

    seen = asyncio.run(main())
    assert [(each["name"], each["error"]) for each in seen["dead"]] == [("feed-reader", "ValueError: price of 'nan'")]
    assert "test_inside.py" in seen["dead"][0]["at"]
    assert any("never retrieved" in text for text in warned)


def test_the_dump_of_the_specification_is_there_from_inside_too(caplog):
    async def main():
        return dump_async_tasks()

    caplog.set_level("INFO")
    text = asyncio.run(main())
    assert text.startswith("=== Async Task Dump (1 tasks) ===")
    assert text.splitlines()[-2] == "=== End Task Dump ==="
    assert text.splitlines()[-1].startswith("Diagnosis: ")
    assert text in caplog.text


def test_no_value_of_a_local_variable_is_in_a_snapshot():
    async def holds_a_secret():
        password = "canary-5f2a9c"  # noqa: S105 -- it must not be found
        await asyncio.Event().wait()
        return password

    assert "canary-5f2a9c" not in str(look(holds_a_secret()))


def test_secrets_of_the_environment_and_of_addresses_are_taken_out_of_an_exceptions_words():
    environ = {"PROJECT_X_API_KEY": "canary-5f2a9c", "HOME": "/home/somebody"}
    text = redacted("login at wss://user:pw@hub with canary-5f2a9c failed in /home/somebody", environ)
    assert text == "login at wss://***@hub with *** failed in /home/somebody"


def test_the_place_of_a_socket_is_private_and_a_foreign_directory_is_refused(short_tmp):
    environ = {"XDG_RUNTIME_DIR": str(short_tmp)}
    path = place_for(os.getpid(), environ)
    assert path.parent.parent == short_tmp
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.chmod(0o755)
    found = directories(environ)
    assert found[0] == path.parent
    path.touch()
    assert os.getpid() not in sockets(environ) or sockets(environ)[os.getpid()] != path


def test_a_directory_whose_path_is_too_long_is_no_place(tmp_path, monkeypatch):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with pytest.raises(NoPlace, match="too long"):
        place_for(os.getpid(), {})


def test_the_socket_of_a_process_that_is_gone_is_removed(short_tmp):
    environ = {"XDG_RUNTIME_DIR": str(short_tmp)}
    left = place_for(os.getpid(), environ).with_name("4194304.sock")  # above the highest pid there is
    left.touch()
    assert 4194304 not in sockets(environ)
    assert not left.exists()
