// What Teal needs in the resource group of an existing machine learning workspace: its permissions, and the endpoints'
// traffic logs. Deployed by azure.yaml after main.bicep, and separate from it (see there). Never declare an
// endpoint or a deployment: redeploying one would reset the traffic that Teal controls.

@description('Name of this installation.')
param environmentName string

@description('Name of the existing workspace, in the resource group that this is deployed to.')
param workspaceName string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Resource id of the Log Analytics workspace that Teal reads.')
param logsId string

@description('Existing online endpoints whose traffic Teal judges: comma-separated names.')
param endpoints string = ''

@description('Whether policies create deployments from templates with local code or environments, which Teal then uploads.')
param templates bool = false

@description('Whether a policy reads platform metrics. Off by default: this needs a permission on the whole subscription.')
param readsMetrics bool = false

@description('Whether a policy judges predictions. Off by default: collected answers may be personal data.')
param readsPredictions bool = false

var provider = 'Microsoft.MachineLearningServices/workspaces'
var endpointNames = filter(map(split(endpoints, ','), name => trim(name)), name => !empty(name))

var actions = [
  '${provider}/read'
  '${provider}/models/read'
  '${provider}/models/*/read'
  '${provider}/environments/read'
  '${provider}/environments/*/read'
  '${provider}/codes/read'
  '${provider}/codes/*/read'
  '${provider}/data/read'
  '${provider}/data/*/read'
  '${provider}/onlineEndpoints/read'
  '${provider}/onlineEndpoints/write'
  '${provider}/onlineEndpoints/listKeys/action'
  '${provider}/onlineEndpoints/token/action'
  '${provider}/onlineEndpoints/score/action'
  '${provider}/onlineEndpoints/deployments/read'
  '${provider}/onlineEndpoints/deployments/write'
  '${provider}/onlineEndpoints/deployments/delete'
  '${provider}/onlineEndpoints/deployments/*/action' // getLogs
  'Microsoft.Insights/diagnosticSettings/read' // where an endpoint sends its request log, to say what is missing
]
// What azure-ai-ml needs to upload a template's local code and to register its environment. It uploads with a signature
// from the workspace, so it needs no permission on the workspace's storage.
var templateActions = [
  '${provider}/codes/write'
  '${provider}/codes/*/write'
  '${provider}/codes/*/action'
  '${provider}/environments/write'
  '${provider}/environments/*/write'
  '${provider}/datastores/read'
]
// A deployment refers to the data asset for its answers (data/*/read), which refers to a datastore.
var predictionActions = ['${provider}/datastores/read']

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

// The built-in role AzureML Data Scientist could run jobs, write data and delete endpoints: far more than Teal needs.
// Asterisks are used where Azure does not publish the individual actions below an asset.
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(workspace.id, 'Teal')
  properties: {
    roleName: 'Teal progressive delivery (${workspaceName}, ${uniqueString(workspace.id)})' // unique in the tenant
    description: 'Create and delete deployments, set traffic, read logs and keys of online endpoints; read assets.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: union(actions, templates ? templateActions : [], readsPredictions ? predictionActions : [])
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: workspace
  name: guid(workspace.id, principalId, 'Teal')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}

// Autoscale settings of deployments belong to the resource group, not to the workspace.
resource autoscaleRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'Teal autoscale')
  properties: {
    roleName: 'Teal autoscale (${resourceGroup().name}, ${uniqueString(resourceGroup().id)})' // unique in the tenant
    description: 'Copy autoscale settings from one deployment to another, and delete the copies.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Insights/autoscalesettings/read'
          'Microsoft.Insights/autoscalesettings/write'
          'Microsoft.Insights/autoscalesettings/delete'
        ]
      }
    ]
  }
}

resource autoscaleAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, 'Teal autoscale')
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: autoscaleRole.id
  }
}

module metrics 'modules/metrics.bicep' = if (readsMetrics) {
  name: 'teal-metrics-${environmentName}'
  scope: subscription()
  params: { principalId: principalId }
}

module answers 'modules/answers.bicep' = if (readsPredictions) {
  name: 'teal-answers-${environmentName}'
  params: { storageId: workspace.properties.storageAccount, principalId: principalId }
}

module diagnostics 'modules/diagnostics.bicep' = {
  name: 'teal-diagnostics-${environmentName}'
  params: {
    settingName: 'teal-${environmentName}'
    workspaceName: workspaceName
    endpointNames: endpointNames
    logsId: logsId
  }
}

@description('Teal\'s role on the workspace.')
output roleName string = role.properties.roleName

@description('The endpoints whose traffic logs Teal receives.')
output observedEndpoints array = endpointNames

@description('Region of the workspace, for the app setting TEAL_REGION.')
output region string = workspace.location
