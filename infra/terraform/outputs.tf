output "url" {
  description = "URL of the function app; the HTTP API is below /api."
  value       = local.app_outputs.TEAL_URL
}

output "function_app" {
  description = "Name of the function app, for the deployment of the code."
  value       = local.app_outputs.TEAL_FUNCTION_APP
}

output "resource_group" {
  description = "Resource group of Teal's own resources."
  value       = local.app_outputs.AZURE_RESOURCE_GROUP
}

output "missing_endpoints" {
  description = "Endpoints that do not exist yet: their traffic is not logged until this is applied again."
  value       = local.workspace_outputs.TEAL_MISSING_ENDPOINTS
}

# Destroying a template deployment removes its record and none of its resources.
output "values" {
  description = "What infra/remove.sh needs, as shell variables: write it to the file that TEAL_VALUES names."
  value = join("\n", [
    for name, value in merge(
      { AZURE_ENV_NAME = var.environment_name, AZURE_SUBSCRIPTION_ID = split("/", local.app_outputs.TEAL_FUNCTION_APP_ID)[2] },
      { for name, value in local.app_outputs : name => try(tostring(value), jsonencode(value)) },
      { for name, value in local.workspace_outputs : name => try(tostring(value), jsonencode(value)) },
      { for name, value in local.events_outputs : name => try(tostring(value), jsonencode(value)) },
    ) : "export ${name}='${replace(value, "'", "'\\''")}'"
  ])
}
