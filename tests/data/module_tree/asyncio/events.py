"""A loop, and a cycle: tasks imports this."""

from _intrinsics import load_intrinsic

__all__ = ["run"]


def run(one):
    from asyncio.tasks import Task

    return load_intrinsic("rt_loop_run")(Task(one))
