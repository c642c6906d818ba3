// All of Teal's own resources, in their own resource group. Never declare or reference anything in the machine
// learning workspace's resource group: older versions of `azd down` delete every resource group that a deployment touched,
// including referenced ones (Azure/azure-dev 2916). What Teal needs there is in workspace.bicep and events.bicep.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of this installation; Azure Developer CLI calls it the environment.')
param environmentName string

@minLength(1)
@description('Region of the function app and its storage. It must offer Flex Consumption; the workspace may be elsewhere.')
param location string

@minLength(3)
@maxLength(33)
@description('Name of the existing Azure Machine Learning workspace whose endpoints Teal delivers to. Same subscription.')
param workspaceName string

@minLength(1)
@description('Resource group of that workspace.')
param workspaceResourceGroup string

@description('Folder of the rollout policies inside the package.')
param policies string = 'policies'

// azd must not set it from TEAL_REGION, an output of the layer `workspace`: this layer would then depend on that one, which
// depends on this one, and azd refuses to provision layers that depend on each other in a circle.
@description('Region of that workspace, where its metrics are queried. Empty: the app asks the workspace.')
param workspaceRegion string = ''

@allowed([512, 2048, 4096])
@description('Memory of one function instance in MB. azure-ai-ml alone takes 100 MB when loaded.')
param instanceMemory int = 2048

@minValue(0)
@description('Instances that are always ready for the HTTP API, which answers without a cold start then. They are billed while idle.')
param alwaysReady int = 0

@description('Whether the app and its data are spread over availability zones. The region must have them.')
param zoneRedundant bool = false

@description('Tags of every resource, by name.')
param tags object = {}

@minValue(30)
@maxValue(730)
@description('Retention of logs and traffic logs in days.')
param logRetention int = 30

@description('Whether the platform signs callers in before they reach the API, so that their names are known.')
param trustEasyAuth bool = false

@description('Further workspaces that this app serves, each with its id (the ARM id), logs_workspace_id and region; see docs/deploying.md.')
param otherWorkspaces array = []

@minValue(1)
@description('Days for which the telemetry that a finished rollout was judged by is kept.')
param evidenceDays int = 30

@minValue(1)
@description('Days for which a finished rollout and its history are kept.')
param historyDays int = 730

@description('Further app settings by name, such as those that policies use as `\${NAME}`. If set manually, they would be lost: every provision replaces them all.')
param appSettings object = {}

@description('Resource id of an existing action group, in any subscription of the tenant, that the alerts notify.')
param actionGroupId string = ''

@description('Mail address that the alerts notify, by an action group that is created for it. With neither this nor an action group there are no alerts.')
param alertEmail string = ''

var token = uniqueString(subscription().id, environmentName, location)
// Computed here and passed to the modules, never taken from a module's output: a preview (`azd provision --preview`) can
// evaluate only what is known before anything is deployed.
var names = {
  identity: 'id-teal-${token}'
  eventsIdentity: 'id-teal-events-${token}'
  storage: 'st${token}'
  logs: 'log-teal-${token}'
  insights: 'appi-teal-${token}'
  plan: 'plan-teal-${token}'
  app: 'func-teal-${token}'
  actionGroup: 'ag-teal-${token}'
  workbook: guid(token, 'workbook')
}
var containers = { package: 'package', deadLetters: 'dead-letters' }
var allTags = union(tags, { 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-teal-${environmentName}'
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { appName: names.identity, eventsName: names.eventsIdentity, location: location, tags: allTags }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: names.storage
    packageContainer: containers.package
    deadLetterContainer: containers.deadLetters
    location: location
    tags: allTags
    zoneRedundant: zoneRedundant
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    logsName: names.logs
    insightsName: names.insights
    location: location
    tags: allTags
    retention: logRetention
  }
}

module roles 'modules/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    appPrincipalId: identity.outputs.appPrincipalId
    eventsPrincipalId: identity.outputs.eventsPrincipalId
    appIdentityName: names.identity
    eventsIdentityName: names.eventsIdentity
    storageName: names.storage
    deadLetterContainer: containers.deadLetters
    logsName: names.logs
    insightsName: names.insights
  }
  dependsOn: [storage, monitoring]
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    name: names.app
    planName: names.plan
    location: location
    tags: allTags
    identityName: names.identity
    storageName: names.storage
    packageContainer: containers.package
    insightsName: names.insights
    instanceMemory: instanceMemory
    alwaysReady: alwaysReady
    zoneRedundant: zoneRedundant
    furtherSettings: appSettings
    settings: {
      TEAL_SUBSCRIPTION_ID: subscription().subscriptionId
      TEAL_RESOURCE_GROUP: workspaceResourceGroup
      TEAL_WORKSPACE: workspaceName
      TEAL_WORKSPACES: string(otherWorkspaces)
      TEAL_LOGS_WORKSPACE_ID: monitoring.outputs.logsCustomerId
      TEAL_LOGS_RESOURCE_ID: monitoring.outputs.logsId
      TEAL_TABLES_ENDPOINT: storage.outputs.tablesEndpoint
      TEAL_POLICIES: policies
      TEAL_REGION: workspaceRegion
      TEAL_TRUST_EASY_AUTH: string(trustEasyAuth)
      TEAL_EVIDENCE_DAYS: string(evidenceDays)
      TEAL_HISTORY_DAYS: string(historyDays)
    }
  }
  dependsOn: [roles] // the host reads its storage as soon as it starts
}

module alerts 'modules/alerts.bicep' = if (!empty(actionGroupId) || !empty(alertEmail)) {
  name: 'alerts'
  scope: group
  params: {
    appName: names.app
    insightsId: monitoring.outputs.insightsId
    location: location
    tags: allTags
    actionGroupId: actionGroupId
    email: alertEmail
    actionGroupName: names.actionGroup
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    name: names.workbook
    title: 'Teal ${environmentName}'
    appName: names.app
    insightsId: monitoring.outputs.insightsId
    logsId: monitoring.outputs.logsId
    location: location
    tags: allTags
  }
}

@description('Resource group of Teal\'s own resources.')
output AZURE_RESOURCE_GROUP string = group.name

@description('URL of the function app; the HTTP API is below /api.')
output TEAL_URL string = app.outputs.url

@description('Name of the function app.')
output TEAL_FUNCTION_APP string = names.app

@description('Resource id of the function app, for the event subscription.')
output TEAL_FUNCTION_APP_ID string = app.outputs.id

@description('Object id of Teal\'s identity, for its role on the workspace.')
output TEAL_PRINCIPAL_ID string = identity.outputs.appPrincipalId

@description('Resource id of the identity that Event Grid writes dead letters with.')
output TEAL_EVENTS_IDENTITY_ID string = identity.outputs.eventsId

@description('Resource id of the storage account.')
output TEAL_STORAGE_ID string = storage.outputs.id

@description('Container for events that could not be delivered.')
output TEAL_DEAD_LETTER_CONTAINER string = containers.deadLetters

@description('Endpoint of the tables that hold the rollouts.')
output TEAL_TABLES_ENDPOINT string = storage.outputs.tablesEndpoint

@description('Resource id of the Log Analytics workspace, for diagnostic settings.')
output TEAL_LOGS_ID string = monitoring.outputs.logsId

@description('Customer id (GUID) of the Log Analytics workspace, used in queries.')
output TEAL_LOGS_WORKSPACE_ID string = monitoring.outputs.logsCustomerId

@description('The machine learning workspace, for the hooks.')
output TEAL_WORKSPACE string = workspaceName

@description('Its resource group, for the hooks.')
output TEAL_RESOURCE_GROUP string = workspaceResourceGroup
