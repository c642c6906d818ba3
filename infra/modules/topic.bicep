// The system topic of a machine learning workspace: the only source of its events. Azure allows one per workspace, so other
// installations of Teal declare the same one, and each must leave it as the others need it. That is why it has its own
// identity: a list of user-assigned ones would be replaced by each installation's own.

@description('Name of the topic.')
param name string

@description('Name of the workspace, in this resource group.')
param workspaceName string

@description('Region of the workspace; a system topic must be in its source\'s region.')
param location string

@description('Tags of every resource.')
param tags object

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-12-01' existing = {
  name: workspaceName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: workspace.id
    topicType: 'Microsoft.MachineLearningServices.Workspaces'
  }
}
