#!/bin/sh
# `azd up` for those without azd: shows what Azure would change, asks, and deploys the same three layers and the same code.
#
# usage: infra/az/deploy.sh [--yes]     --yes: do not ask
#
# Needs `az login`, `make setup`, and the same variables as azd: AZURE_ENV_NAME, AZURE_SUBSCRIPTION_ID, AZURE_LOCATION,
# TEAL_WORKSPACE, TEAL_RESOURCE_GROUP, and the optional ones of docs/deploying.md. May be repeated at any time.
set -eu
cd "$(dirname "$0")/../.."

ask=true
[ "${1:-}" != --yes ] || ask=false
for name in AZURE_ENV_NAME AZURE_SUBSCRIPTION_ID AZURE_LOCATION TEAL_WORKSPACE TEAL_RESOURCE_GROUP; do
  eval "value=\${$name:-}"
  [ -n "$value" ] || { echo "set $name first; see docs/deploying.md" >&2; exit 2; }
done
# shellcheck disable=SC2016 # these are for Python
python3 -c '
import json, sys
given = json.load(open("infra/main.parameters.json"))["parameters"]
filled = [name for name, each in given.items() if not isinstance(each["value"], str) and "${" in json.dumps(each["value"])]
sys.exit(f"write the values themselves in {filled}: only azd fills in variables there" if filled else 0)
' || exit 2
[ -x .venv/bin/teal ] || { echo "run 'make setup' first: policies are checked before they are deployed" >&2; exit 1; }
.venv/bin/teal policy check --no-estimates --settings infra/main.parameters.json
values="out/az/$AZURE_ENV_NAME.env"
mkdir -p out/az
az account set --subscription "$AZURE_SUBSCRIPTION_ID"

confirmed() {
  [ "$ask" = true ] || return 0
  printf '%s? [y/N] ' "$1"
  read -r answer
  [ "$answer" = y ] || { echo "stopped before: $1"; exit 1; }
}

# Deploys a layer and exports its outputs. Azure changes the case of their names ("teaL_URL").
layer() {
  az deployment sub what-if --location "$AZURE_LOCATION" --name "teal-$AZURE_ENV_NAME-$1" --parameters "$2"
  confirmed "deploy the layer $1"
  az deployment sub create --location "$AZURE_LOCATION" --name "teal-$AZURE_ENV_NAME-$1" --parameters "$2" \
    --query properties.outputs --output json > "out/az/$1.json"
  python3 -c '
import json, shlex, sys
for name, output in (json.load(sys.stdin) or {}).items():
    value = output["value"]
    text = value if isinstance(value, str) else json.dumps(value)
    print(f"export {name.upper()}={shlex.quote(text)}")
' < "out/az/$1.json" > "out/az/$1.env"
  # shellcheck source=/dev/null
  . "./out/az/$1.env"
}

layer app infra/az/main.bicepparam
layer workspace infra/workspace.bicepparam

confirmed 'deploy the code'
.venv/bin/teal package --out out/teal.zip
az functionapp deployment source config-zip --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
  --name "$TEAL_FUNCTION_APP" --src out/teal.zip --build-remote true

# Event Grid rejects a function that Azure does not list yet.
tries=0
until az functionapp function show --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$AZURE_RESOURCE_GROUP" \
  --name "$TEAL_FUNCTION_APP" --function-name model_registered --query name --output tsv; do
  tries=$((tries + 1))
  [ "$tries" -lt 40 ] || { echo 'the code was deployed, but Azure does not list its functions: see its log' >&2; exit 1; }
  sleep 15
done

export TEAL_CODE_DEPLOYED=true
layer events infra/events.bicepparam
{
  for name in AZURE_ENV_NAME AZURE_SUBSCRIPTION_ID; do eval "printf 'export %s=\"%s\"\n' $name \"\$$name\""; done
  cat out/az/app.env out/az/workspace.env out/az/events.env
} > "$values"
echo "Teal is at $TEAL_URL. Keep $values: infra/remove.sh needs it (TEAL_VALUES)."
[ -z "${TEAL_MISSING_ENDPOINTS:-}" ] || echo "not there yet, so their traffic is not logged: $TEAL_MISSING_ENDPOINTS"
