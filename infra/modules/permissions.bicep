// Teal's permissions on one machine learning workspace: a custom role, and with `readsPredictions` one on its storage.

@description('Name of this installation.')
param environmentName string

@description('Name of the workspace.')
param workspaceName string

@description('Object id of Teal\'s identity.')
param principalId string

@description('Whether Teal uploads code and registers environments and data assets.')
param templates bool

@description('Whether Teal reads collected answers.')
param readsPredictions bool

// Unique in the tenant.
var name = 'Teal ${environmentName} (${workspaceName}, ${uniqueString(resourceGroup().id, workspaceName, principalId)})'
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
// What azure-ai-ml needs to upload a template's local code, and to register its environment and the data assets of its data
// collector. It asks the workspace for a signed address (POST codes/.../startPendingUpload), for which Azure publishes no
// operation of its own, and uploads there, so it needs no permission on the workspace's storage. A workspace whose storage
// accepts only identities returns no signature.
var templateActions = [
  '${provider}/codes/write'
  '${provider}/codes/versions/write'
  '${provider}/data/write'
  '${provider}/data/versions/write'
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
    roleName: name
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

module answers 'answers.bicep' = if (readsPredictions) {
  name: 'teal-answers-${environmentName}-${workspaceName}'
  #disable-next-line what-if-short-circuiting // only the workspace knows its storage: the preview shows this role as unknown
  params: { storageId: workspace.properties.storageAccount, principalId: principalId }
}

@description('Teal\'s role on the workspace.')
output roleName string = name

@description('Region of the workspace.')
output region string = workspace.location
