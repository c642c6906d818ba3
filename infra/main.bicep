// All of Teal's own resources, in their own resource group. Outside it are only roles on the operator's existing resources,
// and the containers, queues and tables in an existing storage account. What Teal needs in the machine learning workspace's
// resource group is in workspace.bicep and events.bicep. Versions of azd before 1.24.1 would, with `azd down`, delete every
// resource group that this file references (Azure/azure-dev 2916): azure.yaml refuses them.
targetScope = 'subscription'

@sealed()
type resourceNames = {
  @description('Resource group.')
  resourceGroup: string?

  @description('Teal\'s identity.')
  identity: string?

  @description('Storage account: 3 to 24 lower-case letters and digits.')
  storage: string?

  @description('Log Analytics workspace.')
  logs: string?

  @description('Application Insights component.')
  insights: string?

  @description('Plan of the function app.')
  plan: string?

  @description('Function app, also the host name of the API.')
  app: string?

  @description('Action group.')
  actionGroup: string?

  @description('Virtual network; its security group, NAT gateway and public address are named after it.')
  network: string?
}

@sealed()
type zoneIds = {
  @description('Resource id of the zone privatelink.blob....')
  blob: string?

  @description('Resource id of the zone privatelink.queue....')
  queue: string?

  @description('Resource id of the zone privatelink.table....')
  table: string?

  @description('Resource id of the zone privatelink.azurewebsites.net.')
  sites: string?
}

// Where a resource is, from its id.
func place(id string) { subscription: string, group: string, name: string } => {
  subscription: split(id, '/')[2]
  group: split(id, '/')[4]
  name: last(split(id, '/'))
}

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
// depends on this one, and azd refuses to provision layers that depend on each other in a cycle.
@description('Region of that workspace, where its metrics are queried. Empty: the app asks the workspace.')
param workspaceRegion string = ''

@allowed([512, 2048, 4096])
@description('Memory of one function instance in MB. azure-ai-ml alone takes 100 MB when loaded.')
param instanceMemory int = 2048

@minValue(0)
@maxValue(40)
@description('Instances that are always ready for the HTTP API, which answers without a cold start then. They are billed while idle. With zoneRedundant none or at least 2.')
param alwaysReady int = 0

@description('Whether the app and its data are spread over availability zones. The region must have them. Azure then keeps two instances of each function ready, and bills them.')
param zoneRedundant bool = false

@description('Tags of every resource, by name.')
param tags { *: string } = {}

@minValue(30)
@maxValue(730)
@description('Retention of logs and traffic logs in days.')
param logRetention int = 30

@description('Client id of the Entra app registration with the roles of app-roles.json. With it the platform signs callers in, and their app roles decide what they may do. Empty: function keys alone.')
param entraClientId string = ''

@description('Tenant whose users and apps may sign in.')
param entraTenantId string = tenant().tenantId

@description('Whether App Service authentication was set up otherwise and signs callers in, with the same app roles. These templates then leave it alone.')
param trustEasyAuth bool = false

import { otherWorkspace } from 'modules/types.bicep'

@description('Further workspaces that this installation serves, in any resource group and subscription of the tenant; see docs/deploying.md.')
param otherWorkspaces otherWorkspace[] = []

@minValue(1)
@maxValue(99999)
@description('Days for which the telemetry that a finished rollout was judged by is kept.')
param evidenceDays int = 30

@minValue(1)
@maxValue(99999)
@description('Days for which a finished rollout and its history are kept.')
param historyDays int = 730

@description('Further app settings by name, such as those that policies use as `\${NAME}`. If set manually, they would be lost: every provision replaces them all.')
param appSettings { *: string } = {}

@description('Resource id of an existing action group, in any subscription of the tenant, that the alerts notify.')
param actionGroupId string = ''

@description('Mail address that the alerts notify, by an action group that is created for it. With neither this nor an action group there are no alerts.')
param alertEmail string = ''

@description('Names of the resources, where a naming rule asks for others than the defaults. Any may be left out.')
param customNames resourceNames = {}

@description('Resource id of an existing storage account, used by nothing else, instead of an own one. Shared keys may be disabled.')
param existingStorageId string = ''

@description('Resource id of an existing Log Analytics workspace for the endpoints\' request logs, instead of an own one.')
param existingLogsId string = ''

@description('Resource id of an existing workspace-based Application Insights component, instead of an own one.')
param existingInsightsId string = ''

@description('Whether the app runs in a virtual network and reaches its storage by private endpoints only. Without the subnets below, a network is created.')
param vnetEnabled bool = false

@description('Address range of the created network, /25 or larger.')
param vnetAddressPrefix string = '10.90.0.0/24'

@description('Resource id of an existing subnet for the app, delegated to Microsoft.App/environments, /27 or larger, with a way to the internet.')
param appSubnetId string = ''

@description('Resource id of an existing subnet for private endpoints, from which the app\'s subnet can be reached.')
param endpointSubnetId string = ''

@description('Existing private DNS zones. In an existing network, endpoints without one are left for the company\'s policy to register.')
param dnsZoneIds zoneIds = {}

@description('Whether the API, too, is reachable only by a private endpoint. Event Grid still delivers from its own addresses.')
param privateSite bool = false

var token = uniqueString(subscription().id, environmentName, location)
// Computed here and passed to the modules, never taken from a module's output: a preview (`azd provision --preview`) can
// evaluate only what is known before anything is deployed.
var names = {
  resourceGroup: customNames.?resourceGroup ?? 'rg-teal-${environmentName}'
  identity: customNames.?identity ?? 'id-teal-${token}'
  storage: customNames.?storage ?? 'st${token}'
  logs: customNames.?logs ?? 'log-teal-${token}'
  insights: customNames.?insights ?? 'appi-teal-${token}'
  plan: customNames.?plan ?? 'plan-teal-${token}'
  app: customNames.?app ?? 'func-teal-${token}'
  actionGroup: customNames.?actionGroup ?? 'ag-teal-${token}'
  network: customNames.?network ?? 'vnet-teal-${token}'
  workbook: guid(token, 'workbook')
}
var containers = { package: 'package', deadLetters: 'dead-letters' }
var allTags = union(tags, { 'azd-env-name': environmentName })

func inGroup(group string, type string, name string) string =>
  resourceId(subscription().subscriptionId, group, type, name)

var ids = {
  identity: inGroup(names.resourceGroup, 'Microsoft.ManagedIdentity/userAssignedIdentities', names.identity)
  app: inGroup(names.resourceGroup, 'Microsoft.Web/sites', names.app)
  storage: empty(existingStorageId)
    ? inGroup(names.resourceGroup, 'Microsoft.Storage/storageAccounts', names.storage)
    : existingStorageId
  logs: empty(existingLogsId)
    ? inGroup(names.resourceGroup, 'Microsoft.OperationalInsights/workspaces', names.logs)
    : existingLogsId
  insights: empty(existingInsightsId)
    ? inGroup(names.resourceGroup, 'Microsoft.Insights/components', names.insights)
    : existingInsightsId
}
var at = { storage: place(ids.storage), logs: place(ids.logs), insights: place(ids.insights) }
var tablesEndpoint = 'https://${at.storage.name}.table.${environment().suffixes.storage}'
var ownNetwork = vnetEnabled && empty(appSubnetId) && empty(endpointSubnetId)
var networkId = inGroup(names.resourceGroup, 'Microsoft.Network/virtualNetworks', names.network)
var subnetType = 'Microsoft.Network/virtualNetworks/subnets'
var broughtNetwork = vnetEnabled && !ownNetwork
var subnets = ownNetwork
  ? {
      app: resourceId(subscription().subscriptionId, names.resourceGroup, subnetType, names.network, 'app')
      endpoints: resourceId(subscription().subscriptionId, names.resourceGroup, subnetType, names.network, 'endpoints')
    }
  : {
      app: broughtNetwork && empty(appSubnetId) ? fail('an existing network needs appSubnetId') : appSubnetId
      endpoints: (broughtNetwork || privateSite) && empty(endpointSubnetId)
        ? fail('an existing network needs endpointSubnetId, and privateSite needs vnetEnabled')
        : endpointSubnetId
    }
var siteSuffixes = { AzureCloud: 'net', AzureUSGovernment: 'us', AzureChinaCloud: 'cn' }
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  sites: 'privatelink.azurewebsites.${siteSuffixes[environment().name]}'
}
var endpointKinds = concat(['blob', 'queue', 'table'], privateSite ? ['sites'] : [])
var ownZones = filter(endpointKinds, kind => ownNetwork && !contains(dnsZoneIds, kind))
var zoneOf = toObject(
  endpointKinds,
  kind => kind,
  kind =>
    contains(ownZones, kind)
      ? inGroup(names.resourceGroup, 'Microsoft.Network/privateDnsZones', zoneNames[kind])
      : dnsZoneIds[?kind] ?? ''
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.resourceGroup
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: { name: names.identity, location: location, tags: allTags }
}

module storage 'modules/storage.bicep' = if (empty(existingStorageId)) {
  name: 'storage'
  scope: group
  params: {
    name: names.storage
    location: location
    tags: allTags
    zoneRedundant: zoneRedundant
    private: vnetEnabled
  }
}

module contents 'modules/storage_contents.bicep' = {
  name: 'teal-storage-${environmentName}'
  scope: resourceGroup(at.storage.subscription, at.storage.group)
  params: {
    storageName: at.storage.name
    packageContainer: containers.package
    deadLetterContainer: containers.deadLetters
    identityId: ids.identity
    principalId: identity.outputs.principalId
  }
  dependsOn: [storage]
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    logsName: empty(existingLogsId) ? names.logs : ''
    insightsName: empty(existingInsightsId) ? names.insights : ''
    logsId: ids.logs
    location: location
    tags: allTags
    retention: logRetention
  }
}

module logs 'modules/logs_access.bicep' = {
  name: 'teal-logs-${environmentName}'
  scope: resourceGroup(at.logs.subscription, at.logs.group)
  params: { logsName: at.logs.name, identityId: ids.identity, principalId: identity.outputs.principalId }
  dependsOn: [monitoring]
}

module insights 'modules/insights_access.bicep' = {
  name: 'teal-insights-${environmentName}'
  scope: resourceGroup(at.insights.subscription, at.insights.group)
  params: { insightsName: at.insights.name, identityId: ids.identity, principalId: identity.outputs.principalId }
  dependsOn: [monitoring]
}

module network 'modules/network.bicep' = if (ownNetwork) {
  name: 'network'
  scope: group
  params: {
    name: names.network
    addressPrefix: vnetAddressPrefix
    appPrefix: cidrSubnet(vnetAddressPrefix, 26, 0)
    endpointPrefix: cidrSubnet(vnetAddressPrefix, 26, 1)
    location: location
    tags: allTags
  }
}

module zones 'modules/dns_zones.bicep' = if (ownNetwork) {
  name: 'zones'
  scope: group
  params: { zoneNames: map(ownZones, kind => zoneNames[kind]), networkId: networkId, tags: allTags }
  dependsOn: [network]
}

module endpoints 'modules/private_endpoints.bicep' = if (vnetEnabled) {
  name: 'endpoints'
  scope: group
  params: {
    targets: [
      for kind in ['blob', 'queue', 'table']: {
        name: 'pep-${at.storage.name}-${kind}'
        id: ids.storage
        kind: kind
        zoneId: zoneOf[kind]
      }
    ]
    subnetId: subnets.endpoints
    location: location
    tags: allTags
  }
  dependsOn: [network, zones, contents]
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
    storageId: ids.storage
    packageContainer: containers.package
    insightsId: ids.insights
    subnetId: vnetEnabled ? subnets.app : ''
    private: privateSite
    entraClientId: entraClientId
    entraTenantId: entraTenantId
    managesSignIn: !trustEasyAuth || !empty(entraClientId)
    instanceMemory: instanceMemory
    alwaysReady: zoneRedundant && alwaysReady == 1
      ? fail('with zoneRedundant, alwaysReady is 0 or at least 2')
      : alwaysReady
    zoneRedundant: zoneRedundant
    furtherSettings: appSettings
    settings: {
      TEAL_SUBSCRIPTION_ID: subscription().subscriptionId
      TEAL_RESOURCE_GROUP: workspaceResourceGroup
      TEAL_WORKSPACE: workspaceName
      TEAL_WORKSPACES: string(otherWorkspaces)
      TEAL_LOGS_WORKSPACE_ID: logs.outputs.customerId
      TEAL_LOGS_RESOURCE_ID: ids.logs
      TEAL_TABLES_ENDPOINT: tablesEndpoint
      TEAL_POLICIES: policies
      TEAL_REGION: workspaceRegion
      TEAL_TRUST_EASY_AUTH: string(trustEasyAuth || !empty(entraClientId))
      TEAL_EVIDENCE_DAYS: string(evidenceDays)
      TEAL_HISTORY_DAYS: string(historyDays)
    }
  }
  dependsOn: [contents, insights, endpoints] // the host reads its storage as soon as it starts
}

module siteEndpoint 'modules/private_endpoints.bicep' = if (privateSite) {
  name: 'site-endpoint'
  scope: group
  params: {
    targets: [{ name: 'pep-${names.app}', id: ids.app, kind: 'sites', zoneId: zoneOf.sites }]
    subnetId: subnets.endpoints
    location: location
    tags: allTags
  }
  dependsOn: [app, zones]
}

module alerts 'modules/alerts.bicep' = if (!empty(actionGroupId) || !empty(alertEmail)) {
  name: 'alerts'
  scope: group
  params: {
    appName: names.app
    insightsId: ids.insights
    location: location
    tags: allTags
    actionGroupId: actionGroupId
    email: alertEmail
    actionGroupName: names.actionGroup
  }
  dependsOn: [monitoring]
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    name: names.workbook
    title: 'Teal ${environmentName}'
    appName: names.app
    insightsId: ids.insights
    logsId: ids.logs
    location: location
    tags: allTags
  }
  dependsOn: [monitoring]
}

@description('Resource group of Teal\'s own resources.')
output AZURE_RESOURCE_GROUP string = group.name

@description('URL of the function app; the HTTP API is below /api.')
output TEAL_URL string = app.outputs.url

@description('Name of the function app.')
output TEAL_FUNCTION_APP string = names.app

@description('Resource id of the function app, for the event subscription.')
output TEAL_FUNCTION_APP_ID string = ids.app

@description('Object id of Teal\'s identity, for its role on the workspace.')
output TEAL_PRINCIPAL_ID string = identity.outputs.principalId

@description('Resource id of the storage account.')
output TEAL_STORAGE_ID string = ids.storage

@description('Container for events that could not be delivered.')
output TEAL_DEAD_LETTER_CONTAINER string = containers.deadLetters

@description('Endpoint of the tables that hold the rollouts.')
output TEAL_TABLES_ENDPOINT string = tablesEndpoint

@description('Resource id of the Log Analytics workspace, for diagnostic settings.')
output TEAL_LOGS_ID string = ids.logs

@description('Resource id of the Application Insights component.')
output TEAL_INSIGHTS_ID string = ids.insights

@description('Customer id (GUID) of the Log Analytics workspace, used in queries.')
output TEAL_LOGS_WORKSPACE_ID string = logs.outputs.customerId

@description('The machine learning workspace, for the hooks.')
output TEAL_WORKSPACE string = workspaceName

@description('Its resource group, for the hooks.')
output TEAL_RESOURCE_GROUP string = workspaceResourceGroup

@description('The further workspaces, as JSON, for the other layers.')
output TEAL_WORKSPACES string = string(otherWorkspaces)

@description('The tags, as JSON, for the other layers.')
output TEAL_TAGS string = string(tags)
