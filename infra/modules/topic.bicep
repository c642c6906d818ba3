// The system topic of a machine learning workspace: the only source of its events.

@description('Name of the topic.')
param name string

@description('Name of the workspace, in this resource group.')
param workspaceName string

@description('Region of the workspace; a system topic must be in its source\'s region.')
param location string

@description('Resource id of the identity that writes dead letters. Empty: the topic\'s own.')
param identityId string

var given = { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  identity: empty(identityId) ? { type: 'SystemAssigned' } : given
  properties: {
    source: workspace.id
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}
