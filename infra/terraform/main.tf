# Deploys the templates of this folder's parent, compiled by `make terraform`: there is no second definition of the resources
# that could differ. A plan shows changed parameters and templates; `az deployment sub what-if` shows each resource.

resource "azurerm_subscription_template_deployment" "app" {
  name               = "teal-${var.environment_name}-app"
  location           = var.location
  template_content   = file("${path.module}/templates/main.json")
  parameters_content = local.app_content
}

# After the app: what Teal needs in the workspaces' resource groups.
resource "azurerm_subscription_template_deployment" "workspace" {
  name               = "teal-${var.environment_name}-workspace"
  location           = var.location
  template_content   = file("${path.module}/templates/workspace.json")
  parameters_content = local.workspace_content
}

# After the code: Event Grid rejects a function that does not exist yet.
resource "azurerm_subscription_template_deployment" "events" {
  name               = "teal-${var.environment_name}-events"
  location           = var.location
  template_content   = file("${path.module}/templates/events.json")
  parameters_content = local.events_content
}

# Azure changes the case of the outputs' names ("teaL_URL").
locals {
  app_outputs = {
    for name, output in jsondecode(azurerm_subscription_template_deployment.app.output_content) :
    upper(name) => output.value
  }
  workspace_outputs = {
    for name, output in jsondecode(azurerm_subscription_template_deployment.workspace.output_content) :
    upper(name) => output.value
  }
  events_outputs = {
    for name, output in jsondecode(azurerm_subscription_template_deployment.events.output_content) :
    upper(name) => output.value
  }
}
