"""The Bicep files parse, reference each other correctly, are documented, and do not change what is not Teal's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
import yaml
from tree_sitter import Node

AZD_ITSELF = {"AZURE_ENV_NAME", "AZURE_LOCATION"}


def text(node: Node) -> str:
    """Return the source of a node."""
    return (node.text or b"").decode()


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and all its descendants."""
    yield node
    for child in node.children:
        yield from walk(child)


def declarations(tree: Node, kind: str) -> list[Node]:
    """Return the declarations of a kind (parameter, variable, output, module, resource), including nested ones."""
    return [node for node in walk(tree) if node.type == f"{kind}_declaration"]


def name_of(declaration: Node) -> str:
    """Return the symbol that a declaration introduces."""
    return next(text(child) for child in declaration.named_children if child.type == "identifier")


def quoted(declaration: Node) -> str:
    """Return the first string of a declaration: a resource's type, a module's path."""
    return next(text(child).strip("'") for child in declaration.named_children if child.type == "string")


def required(tree: Node) -> set[str]:
    """Return the parameters of a template that have no default."""
    return {name_of(node) for node in declarations(tree, "parameter") if "=" not in [text(c) for c in node.children]}


def parameters(tree: Node) -> set[str]:
    """Return all parameters of a template."""
    return {name_of(node) for node in declarations(tree, "parameter")}


def given(module: Node) -> set[str]:
    """Return the names that a module declaration passes in `params`."""
    body = next(n for n in walk(module) if n.type == "object_property" and text(n.named_children[0]) == "params")
    return {text(p.named_children[0]) for p in body.named_children[1].named_children if p.type == "object_property"}


def module_path(template: str, module: Node) -> str:
    """Return the path below infra of a module declaration's file."""
    return str(PurePosixPath(template).parent / quoted(module))


def reached(templates: dict[str, Node], start: str) -> set[str]:
    """Return the template, all modules that it deploys, and the files whose types they use."""
    imported = re.findall(r"^import \{.*\} from '(.*)'$", text(templates[start]), re.MULTILINE)
    found = {start} | {str(PurePosixPath(start).parent / path) for path in imported}
    for module in declarations(templates[start], "module"):
        found |= reached(templates, module_path(start, module))
    return found


def test_every_file_is_bicep(templates: dict[str, Node], parameter_files: dict[str, Node]) -> None:
    """Each file parses; an error is reported with its line."""
    faults = [
        f"{name}:{node.start_point.row + 1}"
        for name, tree in (templates | parameter_files).items()
        for node in walk(tree)
        if node.is_error or node.is_missing
    ]
    assert templates
    assert parameter_files
    assert faults == []


def test_modules_exist_and_get_their_parameters(templates: dict[str, Node]) -> None:
    """A module names an existing file and passes all required parameters and no unknown ones."""
    for name, tree in templates.items():
        for module in declarations(tree, "module"):
            path = module_path(name, module)
            assert path in templates, f"{name} names {path}"
            assert required(templates[path]) <= given(module) <= parameters(templates[path]), f"{name} -> {path}"


def test_every_template_is_used(templates: dict[str, Node]) -> None:
    """There is no module that nothing deploys."""
    top = [name for name in templates if "/" not in name]
    assert set().union(*(reached(templates, name) for name in top)) == set(templates)


def test_parameters_and_outputs_have_descriptions(templates: dict[str, Node]) -> None:
    """Everyone who has to provide or read a value can see what it is."""
    silent = [
        f"{name}: {name_of(node)}"
        for name, tree in templates.items()
        for kind in ("parameter", "output")
        for node in declarations(tree, kind)
        if "@description('" not in text(preceding_decorators(node))
    ]
    assert silent == []


def preceding_decorators(declaration: Node) -> Node:
    """Return the decorators of a declaration, or the declaration itself if it has none."""
    previous = declaration.prev_named_sibling
    return previous if previous is not None and previous.type == "decorators" else declaration


def test_hooks_have_every_value_they_need(templates: dict[str, Node], parameter_files: dict[str, Node]) -> None:
    """A variable read in a .bicepparam file is an output of an earlier layer or azd's own, or has a default."""
    layers = ("main.bicep", "workspace.bicep")
    known = {name_of(node) for each in layers for node in declarations(templates[each], "output")} | AZD_ITSELF
    for name, tree in parameter_files.items():
        if name.startswith("az/"):
            continue  # its values come from infra/az/deploy.sh
        values = declarations(tree, "variable")
        template = templates[name.removesuffix("param")]
        assert required(template) <= {name_of(v) for v in values} <= parameters(template), name
        read = {m for v in values for m in re.findall(r"readEnvironmentVariable\('(\w+)'\)", text(v))}
        assert read, name
        assert read <= known, name


def test_azd_passes_every_parameter_that_an_operator_may_choose(root: Path, templates: dict[str, Node]) -> None:
    """main.parameters.json sets them, each from one variable of the azd environment."""
    values = json.loads((root / "infra/main.parameters.json").read_text())["parameters"]
    assert required(templates["main.bicep"]) <= set(values)
    # The app asks for its workspace's region, and the tenant is that of the subscription.
    assert parameters(templates["main.bicep"]) - set(values) == {"workspaceRegion", "entraTenantId"}
    assert set(values) <= parameters(templates["main.bicep"])
    written = {"appSettings", "customNames", "dnsZoneIds", "otherWorkspaces", "tags"}
    single = [entry["value"] for name, entry in values.items() if name not in written]
    assert all(re.fullmatch(r"\$\{[A-Z_]+(=[\w./]+)?\}", value) for value in single)


def test_azd_up_provisions_and_deploys_in_order(root: Path) -> None:
    """Policies are checked first, permissions come before the code, and events after it."""
    azure = yaml.safe_load((root / "azure.yaml").read_text())
    steps = [step["azd"] for step in azure["workflows"]["up"]["steps"]]
    assert steps == ["package --all", "provision app", "provision workspace", "deploy --all", "provision events"]
    layers = {layer["name"]: layer for layer in azure["infra"]["layers"]}
    assert [layer["module"] for layer in layers.values()] == ["main", "workspace", "events"]
    assert layers["events"]["dependsOn"] == ["app", "workspace"]


def test_no_hook_needs_another_command_line(root: Path) -> None:
    """`azd` and the project's own `teal` are enough; `az` would install a second Bicep."""
    assert not re.search(r"\baz ", (root / "azure.yaml").read_text())


def test_azd_down_cannot_reach_the_workspace(root: Path, templates: dict[str, Node]) -> None:
    """Outside its own resource group, main.bicep creates only roles, and contents of an existing account."""
    for name in reached(templates, "main.bicep"):
        assert "Microsoft.MachineLearningServices" not in text(templates[name]), name
    for file in (root / "tests/infra/snapshots").glob("app*.snapshot.json"):
        created = json.loads(file.read_text(encoding="utf-8"))["predictedResources"]
        own = next(each["id"] for each in created if each["type"] == "Microsoft.Resources/resourceGroups")
        # An id that only Azure can complete still names its resource group.
        group = own.rpartition("/")[2]
        elsewhere = [each for each in created if own not in each["id"] and f"'{group}'" not in each["id"]]
        kinds = {each["type"].rpartition("/")[2] for each in elsewhere}
        assert kinds <= {"roleAssignments", "containers", "queues", "tables"}, file.name
        assert bool(kinds) == (file.name == "app-existing.snapshot.json")


def is_property(node: Node, name: str) -> bool:
    """Return whether the node is an object's property with this name."""
    return node.type == "object_property" and text(node.named_children[0]) == name


def test_traffic_is_never_declared(templates: dict[str, Node]) -> None:
    """Endpoints, deployments and the workspace are only declared `existing`: redeploying must not reset traffic."""
    owned = [
        f"{name}: {name_of(node)}"
        for name, tree in templates.items()
        for node in declarations(tree, "resource")
        if quoted(node).startswith("Microsoft.MachineLearningServices/")
        and "existing" not in [text(child) for child in node.children]
    ]
    assert owned == []


def test_no_key_is_ever_read(templates: dict[str, Node]) -> None:
    """No template reads a key from Azure, and the storage account has shared keys disabled."""
    for name, tree in templates.items():
        assert not re.search(r"\blist(Keys|AccountSas|ServiceSas|Secrets)\(|\.list\w*\(", text(tree)), name
    account = text(templates["modules/storage.bicep"])
    assert re.search(r"allowSharedKeyAccess: false", account)


@pytest.mark.parametrize(
    ("parameter", "module"),
    [
        ("readsMetrics", "modules/metrics.bicep"),
        ("readsQuota", "modules/quota.bicep"),
        ("readsPredictions", "answers.bicep"),
    ],
)
def test_broad_permissions_are_opt_in(
    templates: dict[str, Node], parameter_files: dict[str, Node], parameter: str, module: str
) -> None:
    """Metrics and the quota need a permission on the subscription, and answers may be personal data: all are off."""
    source = text(templates["workspace.bicep"])
    assert f"param {parameter} bool = false" in source
    both = source + text(templates["modules/permissions.bicep"])
    assert re.search(rf"'{module}' = (?:\[\s+for [^:]*: )?if \({parameter}\)", both)
    assert re.search(rf"{parameter} = bool\(.*'false'\)\)", text(parameter_files["workspace.bicepparam"]))
