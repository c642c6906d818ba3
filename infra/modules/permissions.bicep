// Teal's permissions in the resource group of the machine learning workspace: one custom role on the workspace, one for
// autoscale settings, and with `readsPredictions` one on the workspace's storage.

@description('Name of this installation.')
param environmentName string

@description('Name of the workspace.')
param workspaceName string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Whether Teal uploads code and registers environments.')
param templates bool

@description('Whether Teal reads collected answers.')
param readsPredictions bool

// Unique in the tenant.
var suffix = uniqueString(resourceGroup().id, workspaceName, principalId)
var roleNames = {
  workspace: 'Teal ${environmentName} (${workspaceName}, ${suffix})'
  autoscale: 'Teal ${environmentName} autoscale (${resourceGroup().name}, ${suffix})'
}
var provider = 'Microsoft.MachineLearningServices/workspaces'

var actions = [
  '${provider}/read'
  '${provider}/models/read'
  '${provider}/models/versions/read'
  '${provider}/environments/read'
  '${provider}/environments/versions/read'
  '${provider}/codes/read'
  '${provider}/codes/versions/read'
  '${provider}/data/read'
  '${provider}/data/versions/read'
  '${provider}/onlineEndpoints/read'
  '${provider}/onlineEndpoints/write'
  '${provider}/onlineEndpoints/listKeys/action'
  '${provider}/onlineEndpoints/token/action'
  '${provider}/onlineEndpoints/score/action'
  '${provider}/onlineEndpoints/deployments/read'
  '${provider}/onlineEndpoints/deployments/write'
  '${provider}/onlineEndpoints/deployments/delete'
  '${provider}/onlineEndpoints/deployments/getLogs/action'
  'Microsoft.Insights/diagnosticSettings/read' // where an endpoint sends its request log, to say what is missing
]
// What azure-ai-ml needs to upload a template's local code and to register its environment. It asks the workspace for a
// signed address (POST codes/.../startPendingUpload), for which Azure publishes no operation of its own, and uploads there,
// so it needs no permission on the workspace's storage. A workspace whose storage accepts identities only gives no signature.
var templateActions = [
  '${provider}/codes/write'
  '${provider}/codes/versions/write'
  '${provider}/environments/write'
  '${provider}/environments/versions/write'
  '${provider}/datastores/read'
]
// A deployment refers to the data asset for its answers (data/versions/read), which refers to a datastore.
var predictionActions = ['${provider}/datastores/read']

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

// The built-in role AzureML Data Scientist could run jobs, write data and delete endpoints: far more than Teal needs.
// Every action is one that Azure publishes: it rejects a whole role for an action that matches nothing.
resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(workspace.id, principalId, 'Teal role') // per installation: two must not overwrite each other's
  properties: {
    roleName: roleNames.workspace
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
  name: guid(resourceGroup().id, principalId, 'Teal autoscale role')
  properties: {
    roleName: roleNames.autoscale
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

module answers 'answers.bicep' = if (readsPredictions) {
  name: 'teal-answers-${environmentName}'
  #disable-next-line what-if-short-circuiting // only the workspace knows its storage: the preview shows this role as unknown
  params: { storageId: workspace.properties.storageAccount, principalId: principalId }
}

@description('Teal\'s role on the workspace.')
output roleName string = roleNames.workspace

@description('Teal\'s role for autoscale settings.')
output autoscaleRoleName string = roleNames.autoscale

@description('Region of the workspace.')
output region string = workspace.location
