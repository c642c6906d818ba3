// Delivers the events of a further workspace: a system topic, unless it has one, and a subscription.

@description('Name of this installation.')
param environmentName string

@description('Name of the workspace, in this resource group.')
param workspaceName string

@description('Its region.')
param region string

@description('Name of the workspace\'s system topic if it already has one. Empty: one is created.')
param systemTopic string

@description('Resource id of the function app.')
param functionAppId string

@description('Resource id of the storage account for dead letters.')
param storageId string

@description('Container for events that could not be delivered.')
param deadLetterContainer string

@description('Prefix of the subject; empty for all.')
param subject string

@description('Tags of the system topic, if it is created.')
param tags object

var topicName = empty(systemTopic) ? 'evgt-${workspaceName}' : systemTopic

module topic 'topic.bicep' = if (empty(systemTopic)) {
  name: 'teal-topic-${environmentName}-${workspaceName}'
  params: {
    name: topicName
    workspaceName: workspaceName
    location: region
    tags: tags
  }
}

module deadLetters 'topic_identity.bicep' = {
  name: 'teal-topic-identity-${environmentName}-${workspaceName}'
  params: {
    topicName: topicName
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    environmentName: '${environmentName}-${workspaceName}'
  }
  dependsOn: [topic]
}

module eventSubscription 'subscription.bicep' = {
  name: 'teal-subscription-${environmentName}-${workspaceName}'
  params: {
    name: 'teal-${environmentName}'
    topicName: topicName
    functionAppId: functionAppId
    storageId: storageId
    deadLetterContainer: deadLetterContainer
    subject: subject
  }
  dependsOn: [topic, deadLetters]
}

@description('Object id of the topic\'s own identity, for the removal. Empty: it is not used.')
output topicPrincipalId string = deadLetters.outputs.principalId
