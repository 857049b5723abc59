"""What the service models say, and which operations of them are served."""

import json
import pathlib
import tomllib

MODELS = pathlib.Path(__file__).resolve().parent.parent.parent / "models"

#: The protocols a model may declare, as botocore names them.
PROTOCOLS = ("rest-json", "json", "query", "smithy-rpc-v2-cbor", "rest-xml")


class Service:
    """One model with its table in operations.toml."""

    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        self.model = json.loads((MODELS / f"{name}.json").read_text())
        self.metadata = self.model["metadata"]
        self.shapes = self.model["shapes"]

    @property
    def protocols(self):
        """All protocols the service speaks."""
        return self.metadata.get("protocols") or [self.metadata["protocol"]]

    @property
    def constraint_code(self):
        """The code of a broken constraint."""
        return self.settings["constraint"]

    @property
    def operations(self):
        """The operations that are served."""
        return {name: self.model["operations"][name] for name in sorted(self.settings["operations"])}

    def shape(self, name):
        """A shape, with what operations.toml declares to differ from the model."""
        shape = self.shapes[name]
        own = self.settings.get("shapes", {}).get(name)
        if own:
            shape = {**shape, **{key: own[key] for key in ("min", "max", "pattern") if key in own}}
            if own.get("open"):
                shape.pop("enum", None)
        return shape

    def input(self, operation):
        """The name of an operation's input shape; none if it takes nothing."""
        return self.operations[operation].get("input", {}).get("shape")


def services():
    """Every service that operations.toml lists: new ones come by themselves."""
    table = tomllib.loads((MODELS / "operations.toml").read_text())
    return [Service(name, settings) for name, settings in table.items()]
