// What Teal needs in the resource group of an existing machine learning workspace: its permissions, and the endpoints'
// traffic logs. A layer of its own, after main.bicep (see there). Never declare an endpoint or a deployment: redeploying
// one would reset the traffic that Teal controls.
targetScope = 'subscription'

@description('Name of this installation.')
param environmentName string

@description('Name of the existing workspace.')
param workspaceName string

@description('Its resource group, in the subscription that this is deployed to.')
param workspaceResourceGroup string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Resource id of the Log Analytics workspace that Teal reads.')
param logsId string

@description('Online endpoints whose traffic Teal judges: comma-separated names. Those that do not exist yet are skipped, and listed in an output.')
param endpoints string = ''

@description('Whether policies create deployments from templates with local code or environments, which Teal then uploads.')
param templates bool = false

@description('Whether a policy reads platform metrics. Off by default: this needs a permission on the whole subscription.')
param readsMetrics bool = false

@description('Whether a policy judges predictions. Off by default: collected answers may be personal data.')
param readsPredictions bool = false

var endpointNames = filter(map(split(endpoints, ','), name => trim(name)), name => !empty(name))

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' existing = {
  name: workspaceResourceGroup
}

module permissions 'modules/permissions.bicep' = {
  name: 'teal-permissions-${environmentName}'
  scope: group
  params: {
    environmentName: environmentName
    workspaceName: workspaceName
    principalId: principalId
    templates: templates
    readsPredictions: readsPredictions
  }
}

module metrics 'modules/metrics.bicep' = if (readsMetrics) {
  name: 'teal-metrics-${environmentName}'
  params: { principalId: principalId }
}

module found 'modules/existing_endpoints.bicep' = {
  name: 'teal-endpoints-${environmentName}'
  scope: group
  params: { workspaceName: workspaceName, endpointNames: endpointNames }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'teal-diagnostics-${environmentName}'
  scope: group
  params: {
    settingName: 'teal-${environmentName}'
    workspaceName: workspaceName
    endpointNames: endpointNames
    #disable-next-line what-if-short-circuiting // only Azure knows which exist: the preview shows these settings with a condition
    existing: found.outputs.names
    logsId: logsId
  }
}

@description('Teal\'s role on the workspace.')
output TEAL_ROLE string = permissions.outputs.roleName

@description('Teal\'s role for autoscale settings.')
output TEAL_AUTOSCALE_ROLE string = permissions.outputs.autoscaleRoleName

@description('Region of the workspace: of its events, and where its metrics are queried.')
output TEAL_REGION string = permissions.outputs.region

@description('Endpoints that do not exist yet: their traffic is not logged until this is deployed again.')
output TEAL_MISSING_ENDPOINTS string = join(filter(endpointNames, name => !contains(found.outputs.names, name)), ',')
