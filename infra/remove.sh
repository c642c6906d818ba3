#!/bin/sh
# Removes everything that Teal's templates created, and nothing else: first what is outside Teal's own resource group, then
# `azd down app`. Needs `az login`, `azd auth login`, and the azd environment of this installation. May be repeated.
# Without azd, TEAL_VALUES is the file that infra/az/deploy.sh wrote, and Teal's own resource group is left to you.
# Endpoints, deployments and their traffic stay as they are, and so do the workspace's system topic, which others may use,
# and the containers, queues and tables in a storage account that Teal was given.
set -eu

if [ -n "${TEAL_VALUES:-}" ]; then
  case "$TEAL_VALUES" in */*) ;; *) TEAL_VALUES="./$TEAL_VALUES" ;; esac # without a slash, a shell looks on the PATH
  # shellcheck source=/dev/null
  . "$TEAL_VALUES"
else
  eval "$(azd env get-values)"
fi
provider=providers/Microsoft.MachineLearningServices/workspaces

# Every workspace that this installation serves: its id, its system topic and, if it has its own, its logs.
served() {
  echo "/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$TEAL_RESOURCE_GROUP/$provider/$TEAL_WORKSPACE" \
    "${TEAL_EVENT_TOPIC:-evgt-$TEAL_WORKSPACE}"
  printf '%s\n' "${TEAL_WORKSPACES:-[]}" | tr '}' '\n' | while IFS= read -r entry; do
    id=$(printf '%s\n' "$entry" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
    topic=$(printf '%s\n' "$entry" | sed -n 's/.*"system_topic": *"\([^"]*\)".*/\1/p')
    logs=$(printf '%s\n' "$entry" | sed -n 's/.*"logs_id": *"\([^"]*\)".*/\1/p')
    [ -z "$id" ] || echo "$id" "${topic:-evgt-${id##*/}}" "$logs"
  done
}

# What is already gone is not an error; everything else is.
gone() {
  output=$("$@" 2>&1) && return
  case "$output" in
    *NotFound* | *"not found"* | *"could not be found"* | *"doesn't exist"*) ;;
    *) printf '%s\n' "$output" >&2; exit 1 ;;
  esac
}

served | while read -r workspace topic _; do
  group=${workspace%%/providers/*}
  subscription=$(echo "$workspace" | cut -d/ -f3)
  gone az eventgrid system-topic event-subscription delete --yes --subscription "$subscription" \
    --resource-group "${group##*/}" --system-topic-name "$topic" --name "teal-$AZURE_ENV_NAME"
  for endpoint in $(az resource list --subscription "$subscription" --resource-group "${group##*/}" \
    --resource-type Microsoft.MachineLearningServices/workspaces/onlineEndpoints --query '[].id' --output tsv); do
    case "$endpoint" in
      "$workspace"/*) gone az monitor diagnostic-settings delete --name "teal-$AZURE_ENV_NAME" --resource "$endpoint" ;;
    esac
  done
done

# On each workspace, its resource group, the subscription (metrics, quota), the workspace's storage (predictions), and on storage,
# logs and Application Insights that Teal was given, in any subscription.
revoke() {
  for assignment in $(az role assignment list --query '[].id' --output tsv "$@"); do
    gone az role assignment delete --ids "$assignment"
  done
}
subscriptions=$AZURE_SUBSCRIPTION_ID
for id in ${TEAL_STORAGE_ID:-} ${TEAL_LOGS_ID:-} ${TEAL_INSIGHTS_ID:-} $(served | cut -d ' ' -f 1,3); do
  subscription=$(printf '%s' "$id" | cut -d / -f 3)
  case " $subscriptions " in *" $subscription "*) ;; *) subscriptions="$subscriptions $subscription" ;; esac
done
for subscription in $subscriptions; do
  revoke --all --subscription "$subscription" --assignee "$TEAL_PRINCIPAL_ID"
done
# A topic may serve others, so it loses only its role for this installation's dead letters.
for principal in ${TEAL_TOPIC_PRINCIPAL_ID:-} $(printf '%s' "${TEAL_OTHER_TOPIC_PRINCIPAL_IDS:-}" | tr -d '[]"' | tr ',' ' '); do
  revoke --assignee "$principal" --scope "$TEAL_STORAGE_ID/blobServices/default/containers/$TEAL_DEAD_LETTER_CONTAINER"
done

# A role can be deleted once it is no longer assigned. The role for the quota belongs to the subscription.
for subscription in $subscriptions; do
  for role in $(az role definition list --custom-role-only true --scope "/subscriptions/$subscription" \
    --query "[?starts_with(roleName, 'Teal $AZURE_ENV_NAME quota ')].name" --output tsv); do
    gone az role definition delete --name "$role" --scope "/subscriptions/$subscription"
  done
done
served | while read -r workspace _; do
  group=${workspace%%/providers/*}
  for role in $(az role definition list --custom-role-only true --scope "$group" \
    --query "[?starts_with(roleName, 'Teal $AZURE_ENV_NAME ')].name" --output tsv); do
    gone az role definition delete --name "$role" --scope "$group"
  done
done

if [ -n "${TEAL_VALUES:-}" ]; then
  echo "What is left is Teal's own: az group delete --subscription $AZURE_SUBSCRIPTION_ID --name $AZURE_RESOURCE_GROUP"
  exit
fi
azd env set TEAL_CODE_DEPLOYED false
azd down app "$@" # only this layer: the others reference the resource group of the workspace
