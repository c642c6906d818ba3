// Which of these endpoints exist. A diagnostic setting on an endpoint that does not would fail the whole deployment.

@description('Name of the machine learning workspace.')
param workspaceName string

@description('Names of endpoints.')
param endpointNames array

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

@nullIfNotFound()
resource endpoints 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-12-01' existing = [
  for name in endpointNames: {
    parent: workspace
    name: name
  }
]

@description('The names of those that exist, and an empty text for each other one.')
output names array = [for (name, i) in endpointNames: endpoints[i] == null ? '' : name]
