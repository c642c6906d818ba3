#!/bin/sh
# Removes everything that Teal's templates created, and nothing else: first what is outside Teal's own resource group, then
# `azd down app`. Needs `az login`, `azd auth login`, and the azd environment of this installation. May be repeated.
# Endpoints, deployments and their traffic stay as they are, and so do the workspace's system topic, which others may use,
# and the containers, queues and tables in a storage account that Teal was given.
set -eu

eval "$(azd env get-values)"
group="/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$TEAL_RESOURCE_GROUP"
workspace="$group/providers/Microsoft.MachineLearningServices/workspaces/$TEAL_WORKSPACE"

# What is already gone is not an error; everything else is.
gone() {
  output=$("$@" 2>&1) && return
  case "$output" in
    *NotFound* | *"not found"* | *"could not be found"* | *"doesn't exist"*) ;;
    *) printf '%s\n' "$output" >&2; exit 1 ;;
  esac
}

gone az eventgrid system-topic event-subscription delete --yes --subscription "$AZURE_SUBSCRIPTION_ID" \
  --resource-group "$TEAL_RESOURCE_GROUP" --system-topic-name "${TEAL_EVENT_TOPIC:-evgt-$TEAL_WORKSPACE}" \
  --name "${TEAL_EVENT_SUBSCRIPTION:-teal-$AZURE_ENV_NAME}"

for endpoint in $(az resource list --subscription "$AZURE_SUBSCRIPTION_ID" --resource-group "$TEAL_RESOURCE_GROUP" \
  --resource-type Microsoft.MachineLearningServices/workspaces/onlineEndpoints --query '[].id' --output tsv); do
  case "$endpoint" in
    "$workspace"/*) gone az monitor diagnostic-settings delete --name "teal-$AZURE_ENV_NAME" --resource "$endpoint" ;;
  esac
done

# On the workspace, its resource group, the subscription (metrics), the workspace's storage (predictions), and on storage,
# logs and Application Insights that Teal was given, in any subscription.
revoke() {
  for assignment in $(az role assignment list --query '[].id' --output tsv "$@"); do
    gone az role assignment delete --ids "$assignment"
  done
}
subscriptions=$AZURE_SUBSCRIPTION_ID
for id in ${TEAL_STORAGE_ID:-} ${TEAL_LOGS_ID:-} ${TEAL_INSIGHTS_ID:-}; do
  subscription=$(printf '%s' "$id" | cut -d / -f 3)
  case " $subscriptions " in *" $subscription "*) ;; *) subscriptions="$subscriptions $subscription" ;; esac
done
for principal in "$TEAL_PRINCIPAL_ID" ${TEAL_EVENTS_PRINCIPAL_ID:-}; do
  for subscription in $subscriptions; do
    revoke --all --subscription "$subscription" --assignee "$principal"
  done
done
# The topic may serve others, so it loses only what it got for this installation's dead letters.
[ -z "${TEAL_TOPIC_PRINCIPAL_ID:-}" ] || revoke --assignee "$TEAL_TOPIC_PRINCIPAL_ID" \
  --scope "$TEAL_STORAGE_ID/blobServices/default/containers/$TEAL_DEAD_LETTER_CONTAINER"

for role in "${TEAL_ROLE:-}" "${TEAL_AUTOSCALE_ROLE:-}"; do
  [ -z "$role" ] || gone az role definition delete --name "$role" --scope "$group"
done

azd env set TEAL_CODE_DEPLOYED false
azd down app "$@" # only this layer: the others reference the resource group of the workspace
