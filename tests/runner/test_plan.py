"""What the plan expects of jobs: measured by kind, since members and shards differ."""

from __future__ import annotations

from kedro.pipeline import node

from mineral_prospectivity.runner.plan import Durations, describe_plan
from mineral_prospectivity.runner.settings import Resources


def step(name, *tags):
    return node(lambda *_: 1, f"in_{name}", f"out_{name}", name=name, tags=["batch", *tags])


MEMBERS = [step(f"member_{number}", "training") for number in range(3)]
SHARDS = [step(f"part_{number}", "prediction") for number in range(2)]


def test_durations_are_kept_by_kind(settings, store):
    durations = Durations(settings, store, "demo")
    assert durations.of(MEMBERS[0]) == (600.0, "as batch.yml expects")
    durations.keep("1", zip(MEMBERS, (100, 200, 330), strict=True))
    later = Durations(settings, store, "demo")
    assert later.of(MEMBERS[2]) == (200.0, "as measured in run 1")
    assert later.of(SHARDS[0]) == (600.0, "as batch.yml expects")
    later.keep("2", [(SHARDS[0], 60.0)])
    assert Durations(settings, store, "demo").of(MEMBERS[0]).seconds == 200
    assert Durations(settings, store, "demo").of(SHARDS[1]) == (60.0, "as measured in run 2")


def test_another_experiment_and_packs_of_another_size_are_not_measured_yet(settings, store):
    Durations(settings, store, "demo").keep("1", [(MEMBERS[0], 100.0)])
    assert Durations(settings, store, "cloncurry").of(MEMBERS[0]).seconds == 600
    pack = node(lambda *_: (1, 1), "in", ["out_1", "out_2"], name="pack", tags=MEMBERS[0].tags)
    assert Durations(settings, store, "demo").of(pack).seconds == 600
    assert Durations(settings, store, "demo").of(MEMBERS[1]).seconds == 100


def test_a_plan_of_two_kinds_says_what_each_takes_and_is_given(settings, store):
    durations = Durations(settings, store, "demo")
    durations.keep("1", [*((member, 3600.0) for member in MEMBERS), (SHARDS[0], 1800.0)])
    settings = settings.model_copy(
        update={"resources_by_tag": {"prediction": Resources(vcpus=2, memory=6000, gpus=0)}}
    )
    assert describe_plan(settings, "9", [*MEMBERS, *SHARDS], [], durations).splitlines() == [
        "run 9: 5 nodes (member_0, member_1, member_2, …, part_1) as jobs on queue 'members'; "
        "0 nodes run here",
        "  2 x 30 min 0 s, as measured in run 1",
        "  3 x 1 h 0 min, as measured in run 1",
        "  4.00 job hours, 14.00 vCPU hours, 3.00 GPU hours",
        "  about 0.73 USD on Spot, 1.84 on demand (a share of g4dn.xlarge; prices in batch.yml)",
    ]
