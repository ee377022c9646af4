from kedro.pipeline import Pipeline, node

from members import nodes, shape


def register_pipelines():
    names = [f"member_{number:03}" for number in range(shape.count[0])]
    training = Pipeline([_member(name, number) for number, name in enumerate(names)])
    prepare = Pipeline([node(nodes.prepare, "params:shape", ["table", "note"], name="prepare")])
    weights = [f"{name}.weights" for name in names]
    summary = Pipeline([node(nodes.summarise, ["note", *weights], "mean", name="summarise")])
    return {
        "__default__": prepare + training + summary,
        "training": training,
        "unsafe": prepare
        + Pipeline([node(nodes.peek, "note", "seen", name="peek", tags=["batch"])]),
        "here": prepare,
        "beside": prepare
        + training
        + Pipeline([node(nodes.linger, ["params:lingers", "table"], "lingered", name="linger")]),
    }


def _member(name, number):
    inputs = {
        "table": "table",
        "parameters": "parameters",
        "checkpoint": f"{name}.checkpoint",
    }
    train = nodes.trainer(number)
    return node(train, inputs, f"{name}.weights", name=name, tags=["batch"])
