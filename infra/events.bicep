// Delivers the workspace's ModelRegistered events to Teal. Deployed by azure.yaml after the code, into the workspace's
// resource group: Event Grid rejects a subscription whose function does not exist yet.

@description('Name of this installation.')
param environmentName string

@description('Name of the existing workspace, in the resource group that this is deployed to.')
param workspaceName string

@description('Resource id of the function app.')
param functionAppId string

@description('Resource id of the storage account for dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Resource id of the identity that may write there.')
param identityId string

@description('Name of the workspace\'s system topic if it already has one: Azure allows one per workspace. It must have the identity above. Empty: one is created.')
param systemTopic string = ''

@description('Only models whose event subject starts with this, such as "models/churn:" (with the colon). Empty: all models; policies choose.')
param subject string = ''

resource workspace 'Microsoft.MachineLearningServices/workspaces@2024-10-01' existing = {
  name: workspaceName
}

module topic 'modules/topic.bicep' = if (empty(systemTopic)) {
  name: 'teal-topic-${environmentName}'
  params: {
    name: 'evgt-${workspaceName}'
    workspaceId: workspace.id
    location: workspace.location
    identityId: identityId
  }
}

module eventSubscription 'modules/subscription.bicep' = {
  name: 'teal-subscription-${environmentName}'
  params: {
    name: 'teal-${environmentName}'
    topicName: empty(systemTopic) ? 'evgt-${workspaceName}' : systemTopic
    functionAppId: functionAppId
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    identityId: identityId
    subject: subject
  }
  dependsOn: [topic]
}

@description('The system topic that carries the events.')
output systemTopic string = empty(systemTopic) ? 'evgt-${workspaceName}' : systemTopic

@description('The event subscription.')
output subscriptionName string = 'teal-${environmentName}'
